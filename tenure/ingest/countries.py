"""Where a trade is at home: the currency and time zone of a country, for files that name neither.

home("Deutschland").currency          # EUR
currency_of("£12.50")                 # GBP
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tenure.ingest.column_names import folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A country with its currency (ISO 4217) and its time zone, the capital's where there are several."""

    name: str
    currency: str
    timezone: str


# name: codes and other names, currency, time zone
_COUNTRIES = """
the United Kingdom: uk gb gbr united_kingdom great_britain england scotland wales royaume_uni | GBP | Europe/London
Germany: de deu germany deutschland allemagne alemania germania duitsland | EUR | Europe/Berlin
Austria: at aut austria osterreich autriche | EUR | Europe/Vienna
Switzerland: ch che switzerland schweiz suisse svizzera suiza | CHF | Europe/Zurich
France: fr fra france frankreich francia frankrijk | EUR | Europe/Paris
Spain: es esp spain espana spanien espagne spagna | EUR | Europe/Madrid
Portugal: pt prt portugal | EUR | Europe/Lisbon
Italy: it ita italy italia italien italie | EUR | Europe/Rome
the Netherlands: nl nld netherlands the_netherlands nederland niederlande holland pays_bas | EUR | Europe/Amsterdam
Belgium: be bel belgium belgie belgique belgien | EUR | Europe/Brussels
Ireland: ie irl ireland eire irland irlande | EUR | Europe/Dublin
Finland: fi fin finland suomi finnland | EUR | Europe/Helsinki
Greece: gr grc greece griechenland | EUR | Europe/Athens
Sweden: se swe sweden sverige schweden | SEK | Europe/Stockholm
Norway: no nor norway norge norwegen | NOK | Europe/Oslo
Denmark: dk dnk denmark danmark danemark | DKK | Europe/Copenhagen
Poland: pl pol poland polska polen | PLN | Europe/Warsaw
Czechia: cz cze czechia czech_republic cesko | CZK | Europe/Prague
the United States: us usa united_states united_states_of_america estados_unidos | USD | America/New_York
Canada: ca can canada kanada | CAD | America/Toronto
Mexico: mx mex mexico | MXN | America/Mexico_City
Brazil: br bra brazil brasil brasilien | BRL | America/Sao_Paulo
Australia: au aus australia | AUD | Australia/Sydney
New Zealand: nz nzl new_zealand | NZD | Pacific/Auckland
Japan: jp jpn japan | JPY | Asia/Tokyo
India: in ind india | INR | Asia/Kolkata
Turkey: tr tur turkey turkiye | TRY | Europe/Istanbul
South Africa: za zaf south_africa | ZAR | Africa/Johannesburg
Singapore: sg sgp singapore | SGD | Asia/Singapore
"""
_CURRENCIES = {
    "GBP": "gbp|pounds?|sterling|pfund|£",
    "EUR": "eur|euros?|€",
    "USD": r"usd|us\$|dollars?|\$",
    "CHF": "chf|franken",
    "SEK": "sek",
    "NOK": "nok",
    "DKK": "dkk",
    "PLN": "pln|zł|zl",
    "BRL": r"brl|r\$|reais",
    "INR": "inr|rupees?|₹",
    "JPY": "jpy|yen|¥",
    "CAD": "cad",
    "AUD": "aud",
}


def _read() -> dict[str, Home]:
    found = {}
    for line in _COUNTRIES.strip().splitlines():
        names, currency, timezone = (part.strip() for part in line.split("|"))
        name, _, others = names.partition(":")
        for other in others.split():
            found[folded(other)] = Home(name=name, currency=currency, timezone=timezone)
    return found


_HOMES = _read()


def home(country: str) -> Home | None:
    """The country of that name or code, in whatever language; None where it is not known."""
    return _HOMES.get(folded(country))


def currency_of(*texts: str) -> str | None:
    """The one currency that a column's name or its values speak of; None where there is none, or several."""
    found = {
        code for text in texts for code, signs in _CURRENCIES.items()
        if re.search(rf"(?:^|[^a-z])(?:{signs})(?:[^a-z]|$)", text.casefold())
    }  # fmt: skip
    return found.pop() if len(found) == 1 else None
