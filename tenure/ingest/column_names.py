"""What the name of a column suggests, in English, German, French, Spanish, Italian, Dutch and a few more.

    suggests("Kunden-Nr.")         # {'customer': 3}
    suggests("invoice date")       # {'time': 3}

Names are folded first: accents, case, blanks and signs do not count, nor does a currency at either end.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

Role = Literal["customer", "time", "clock", "invoice", "amount", "quantity", "price", "product", "currency", "country",
               "email", "name", "status"]  # fmt: skip
ROLES: tuple[Role, ...] = get_args(Role)

# the words by which a column is called, folded; the first of a role are the clearest
_WORDS: dict[Role, str] = {
    "customer": (
        "customer client cust kunde kunden kd kundin debitor besteller kaeufer kaufer acheteur cliente clientes "
        "klant afnemer koper kund klient nabywca comprador acquirente user member buyer shopper household "
        "consumer patron subscriber mitglied nutzer adherent membre usuario socio utente lid donor spender "
        "cardholder customerkey crm"
    ),
    "time": (
        "orderdate invoicedate purchasedate transactiondate saledate salesdate orderedat purchasedat paidat "
        "placedat ordertime transactiontime purchasetime invoicetime orderdatetime transdate ordertimestamp "
        "orderpurchasetimestamp bestelldatum rechnungsdatum belegdatum kaufdatum auftragsdatum buchungsdatum "
        "umsatzdatum datecommande datefacture dateachat datevente datetransaction fechapedido fechacompra "
        "fechafactura fechaventa dataordine dataacquisto datafattura datavendita orderdatum besteldatum "
        "factuurdatum aankoopdatum datapedido datacompra orderdato kobsdato kopdatum datazamowienia datetime "
        "timestamp date datum fecha data dato createdat created creationdate occurredat time zeit zeitpunkt when "
        "ts day tag eventtime moment dt donationdate posted"
    ),
    "clock": "time uhrzeit zeit heure hora ora tijd tid clock hour ordertime invoicetime transtime transactiontime",
    "invoice": (
        "invoice order transaction trans receipt basket bill ticket checkout cart purchase sale document doc "
        "voucher bestellung bestell auftrag auftrags rechnung rechnungs beleg bon vorgang bestellungs commande "
        "facture recu achat vente pedido factura recibo compra venta ordine fattura scontrino acquisto bestelling "
        "factuur kassabon faktura ordre zamowienie paragon donation"
    ),
    "amount": (
        "linetotal lineamount ordertotal orderamount ordervalue totalamount totalprice totalvalue grandtotal "
        "amount revenue netrevenue netamount netsales netvalue sales salesvalue salesamount turnover total value "
        "spend spent totalspend totalspent purchaseamount transactionamount invoiceamount paymentvalue "
        "paymentamount payment amountpaid paid subtotal grossamount gross net extendedprice monetary sum umsatz "
        "nettoumsatz bruttoumsatz betrag rechnungsbetrag bestellwert gesamtbetrag gesamtpreis gesamtsumme gesamt "
        "summe nettobetrag bruttobetrag netto brutto warenwert positionswert montant montantht montantttc "
        "montanttotal ttc totalttc totalht prixtotal chiffredaffaires chiffreaffaires ca importe importetotal "
        "monto montototal valor valortotal ingresos ingreso importo importototale totale ricavo fatturato incasso "
        "bedrag totaalbedrag totaal omzet belopp belob beloeb kwota wartosc donationamount"
    ),
    "quantity": (
        "quantity qty units unit pieces pcs count items itemcount unitssold quantityordered menge anzahl stueck "
        "stuck stk stueckzahl stuckzahl quantite qte nombre cantidad cant unidades quantita qta pezzi aantal "
        "stuks antal ilosc quantidade qtd qtde"
    ),
    "price": (
        "unitprice price itemprice priceeach unitamount pricepaid listprice productprice einzelpreis stueckpreis "
        "stuckpreis preis vkpreis verkaufspreis artikelpreis prixunitaire prixunit prix pu preciounitario "
        "preciounit precio prezzounitario prezzo stukprijs eenheidsprijs prijs styckpris stykpris pris cena "
        "cenajednostkowa precounitario preco valorunitario"
    ),
    "product": (
        "stockcode sku productid product item itemid article artikel artikelnr artikelnummer artnr produkt "
        "produktnummer ref reference produit producto articulo prodotto articolo asin upc ean gtin isbn material "
        "productcode itemcode productname description bezeichnung beschreibung designation descripcion "
        "descrizione omschrijving variant plu"
    ),
    "currency": "currency currencycode waehrung wahrung devise moneda valuta divisa curr iso4217 moeda waluta",
    "country": (
        "country countrycode countryname land pays pais paese nation region market shippingcountry billingcountry "
        "customercountry lieferland rechnungsland kraj"
    ),
    "email": (
        "email mail emailaddress customeremail useremail kundenemail buyeremail contactemail courriel adressemail "
        "correo correoelectronico emailadresse emailadres billingemail"
    ),
    "name": (
        "customername fullname name kundenname clientname username buyername nomclient nom nombrecliente nombre "
        "nomecliente nome naam klantnaam billingname shippingname"
    ),
    "status": (
        "status orderstatus financialstatus paymentstatus fulfillmentstatus state bestellstatus statut estado "
        "stato transactiontype doctype type typ art belegart vorgangsart"
    ),
}
# what makes a number or key of a word: customer_id, no. client, KundenNr
_KEY = (
    "(?:ids?|no|nr|num|number|nbr|nummer|numero|numer|codice|codigo|code|key|ref|reference|kennung|kod|identifier|hash"
    "|uuid|unique)"
)
_OF = "(?:de|du|des|del|della|dela|di|do|d|van|der|af)?"
_CURRENCIES = (
    "(?:usd|eur|euros?|gbp|chf|sek|nok|dkk|pln|brl|inr|aud|cad|jpy|dollars?|pounds?|pfund|gross|incl|excl|vat|tax)"
)
# dates of other things, and amounts that are no revenue
_OTHER_TIMES = re.compile(
    "birth|dob|geburt|naiss|nacim|nasc|geboorte|ship|deliver|liefer|versand|livr|expedi|entrega|envio|spediz|consegn|lever"
    "|updat|modif|aender|cancel|refund|due|faellig|fallig|expir|regist|signup|signed|join|export|import|arriv|estimat"
    "|approv|first|last|return|load|stand"
)
_OTHER_AMOUNTS = re.compile(
    "mwst|steuer|ship|deliver|versand|livr|freight|fracht|porto|discount|rabatt|remise|descuento|sconto|korting|kosten"
    "|margin|marge|profit|gewinn|gebuehr|gebuhr|balance|saldo|refund|weight|gewicht|points|punkte|commission|installment"
)
_OTHER_AMOUNT_WORDS = frozenset("tax vat ust tva iva btw moms cost coste cout costo fee tip age point".split())
_KEYED: tuple[Role, ...] = ("customer", "invoice", "product")
_LOOSE_CUSTOMERS = frozenset("id cid uid account accountid accountnumber contactid cardid".split())
_JOINTS = frozenset("de du des del della di do da la le l d of der van the".split())
_COUNTED = re.compile("^(?:numberof|numof|noof|nof|nbof|anzahlder|anzahl|nombrede|nbde|nb|aantal)[a-z]{2,}$")


def folded(name: str) -> str:
    """The name in small letters without accents, blanks and signs: `Kunden-Nr.` is kundennr."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    return "".join(letter for letter in plain.casefold() if letter.isascii() and letter.isalnum())


def suggests(name: str) -> dict[Role, int]:
    """What the name may stand for, with how clearly it says so: 1 (perhaps) to 4 (exactly, and a usual name)."""
    whole = folded(name)
    parts = [folded(word) for word in re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", name)]
    words = {*parts} - {""}
    # `date de commande` is datecommande, `Betrag (EUR)` is betrag
    forms = {whole, "".join(part for part in parts if part not in _JOINTS)} - {""}
    forms |= {re.sub(f"^{_CURRENCIES}|{_CURRENCIES}$", "", form) or form for form in forms}
    found: dict[Role, int] = {}
    for role in ROLES:
        strength = max((_strength(role, form, words) for form in forms), default=0)
        if strength:
            found[role] = strength
    if _COUNTED.fullmatch(whole):
        found["quantity"] = 3
    if _OTHER_TIMES.search(whole):
        found.pop("time", None)
    if _OTHER_AMOUNTS.search(whole) or words & _OTHER_AMOUNT_WORDS:
        for role in ("amount", "price"):
            found.pop(role, None)
    return found


def _strength(role: Role, form: str, words: set[str]) -> int:
    listed = _WORDS[role].split()
    if role in _KEYED:
        stems = "|".join(sorted(listed, key=len, reverse=True))
        if re.fullmatch(f"(?:{_KEY}{_OF})?(?:{stems})s?{_KEY}+|{_KEY}{_OF}(?:{stems})s?|n(?:{_OF})(?:{stems})s?", form):
            return 4
    for word in (form, form.removesuffix("s")):
        if word in listed:
            return 3 if listed.index(word) < len(listed) * 2 // 3 else 2
    if role == "customer" and form in _LOOSE_CUSTOMERS:
        return 2
    return 1 if words & set(listed) and role not in ("status", "clock", "name") else 0
