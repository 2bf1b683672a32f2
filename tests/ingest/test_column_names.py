from __future__ import annotations

import pytest

from tenure.ingest.column_names import folded, suggests


@pytest.mark.parametrize(
    ("names", "role"),
    [
        ("CustomerID|customer_id|Kunden-Nr.|KundenNr|Klantnummer|user_id|household_key|customer_unique_id", "customer"),
        ("N° client|Codice cliente|Cliente|Client|Kundennummer|id_cliente|Member", "customer"),
        ("InvoiceDate|ordered_at|Bestelldatum|order_purchase_timestamp|created_at|Fecha|DAY|Datum", "time"),
        ("Date de commande|fecha de compra|Data ordine|Order Date|Purchase Date", "time"),
        ("InvoiceNo|order_id|Rechnungsnummer|Bestellnummer|BASKET_ID|Ordernummer|Invoice", "invoice"),
        ("Numéro de commande|N° commande|Nº pedido|Order ID|Transaction ID", "invoice"),
        ("dollar_value|total|SALES_VALUE|payment_value|Gesamtpreis|Importe|Bedrag|revenue", "amount"),
        ("Betrag (EUR)|Montant TTC|Order Total|Grand Total|Total Amount", "amount"),
        ("Quantity|qty|Menge|Quantité|cantidad|Aantal|number_of_cds|Stückzahl", "quantity"),
        ("UnitPrice|Einzelpreis|Stückpreis|Preis|prijs|Prix unitaire|Unit Price", "price"),
        ("StockCode|SKU|product_id|Artikelnummer|Product Name", "product"),
        ("Country|Land|Pays|País", "country"),
        ("Currency|Währung", "currency"),
        ("email|E-Mail|customer_email|Courriel", "email"),
    ],
)
def test_the_usual_names_say_what_they_mean(names: str, role: str) -> None:
    for name in names.split("|"):
        found = suggests(name)
        assert max(found, key=lambda one: found[one]) == role, (name, found)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Ship Date", "time"), ("Lieferdatum", "time"), ("date_of_birth", "time"), ("updated_at", "time"),
        ("tax amount", "amount"), ("shipping total", "amount"), ("Rabatt", "amount"), ("Profit", "amount"),
        ("Numéro de commande", "quantity"), ("InvoiceDate", "customer"),
    ],
)  # fmt: skip
def test_names_of_other_things_do_not_mislead(name: str, role: str) -> None:
    assert role not in suggests(name)


def test_folding_leaves_letters_and_digits() -> None:
    assert folded("Kunden-Nr.") == "kundennr"
    assert folded("Numéro_de Commande") == "numerodecommande"
    assert folded("Straße") == "strasse"
    assert suggests("") == suggests("???") == {}
