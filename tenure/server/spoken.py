"""Numbers with what they count, and lengths of time, in the language of whoever reads the page.

`tenure.wording` writes the same in English, for terminals and files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenure.wording import figure as english_figure
from tenure.wording import number, written_with
from tenure.wording import units as english_units

_SECOND = 1_000_000
_MINUTE, _HOUR, _DAY = 60 * _SECOND, 3_600 * _SECOND, 86_400 * _SECOND
_SIZES = (_DAY, _HOUR, _MINUTE)


@contextmanager
def in_this_language() -> Iterator[None]:
    """Nothing; numbers that are written inside have the signs of the language that is active."""
    with written_with(get_format("THOUSAND_SEPARATOR"), get_format("DECIMAL_SEPARATOR")):
        yield


def length(microseconds: Decimal | float) -> str:
    """A length of time in its largest whole unit: 142 days, 1 day, 36 hours; `-` before one that lies back."""
    whole = abs(int(microseconds))
    # 36 hours say more than 1 day, and 100 minutes more than 1 hour
    size = next((one for one in _SIZES if whole >= 2 * one or whole == one), _SECOND)
    count = whole // size
    texts = {
        _DAY: ngettext("%(n)s day", "%(n)s days", count),
        _HOUR: ngettext("%(n)s hour", "%(n)s hours", count),
        _MINUTE: ngettext("%(n)s minute", "%(n)s minutes", count),
        _SECOND: ngettext("%(n)s second", "%(n)s seconds", count),
    }
    return ("-" if microseconds < 0 else "") + texts[size] % {"n": number(count)}


def figure(value: Decimal | None, unit: str, currency: str | None, *, short: bool = False) -> str:
    """The figure of a metric as people read it: 12.5 %, £1,200.50, 4.5 days, 1,204."""
    told = english_figure(value, unit, currency, short=short)
    number_of, _blank, word = told.rpartition(" ")
    # hours, minutes and seconds have signs that every language knows
    days = _("days")
    return f"{number_of} {days}" if unit == "days" and word == "days" else told


def people(count: int, unit: str = "customer") -> str:
    """`1 person`, `2,000 people`, or whatever a lifecycle counts."""
    match unit:
        case "customer":
            text = ngettext("%(n)s person", "%(n)s people", count)
        case "account":
            text = ngettext("%(n)s account", "%(n)s accounts", count)
        case _:
            # what a company's own units are called stands in its files
            text = f"%(n)s {english_units(unit, count)}".replace("%", "%%").replace("%%(n)s", "%(n)s")
    return text % {"n": number(count)}


def units(unit: str, count: int = 2) -> str:
    """What a lifecycle counts, without the number: people, accounts."""
    match unit:
        case "customer":
            return ngettext("person", "people", count)
        case "account":
            return ngettext("account", "accounts", count)
        case _:
            return english_units(unit, count)


def several(count: int, word: str) -> str:
    """`1 row`, `2,000 rows`, of the words below."""
    texts = {
        "row": ngettext("%(n)s row", "%(n)s rows", count),
        "day": ngettext("%(n)s day", "%(n)s days", count),
        "event": ngettext("%(n)s event", "%(n)s events", count),
        "target": ngettext("%(n)s target", "%(n)s targets", count),
        "term": ngettext("%(n)s term", "%(n)s terms", count),
        "time": ngettext("%(n)s time", "%(n)s times", count),
        "entry": ngettext("%(n)s entry", "%(n)s entries", count),
        "move": ngettext("%(n)s move", "%(n)s moves", count),
        "account": ngettext("%(n)s account", "%(n)s accounts", count),
    }
    return texts[word] % {"n": number(count)}


def period(unit: str) -> str:
    """What a kind of period is called inside of a sentence."""
    texts = {
        "day": _("day"), "week": _("week"), "month": _("month"), "quarter": _("quarter"), "year": _("year"),
    }  # fmt: skip
    return texts.get(unit, unit)


def judged(status: str) -> str:
    """How a figure stands to its target, in words; whatever else stands there stays as it is."""
    texts = {
        "ahead": _("ahead"), "on track": _("on track"), "behind": _("behind"), "missed": _("missed"),
        "no data": _("no data"),
    }  # fmt: skip
    return texts.get(status, status)
