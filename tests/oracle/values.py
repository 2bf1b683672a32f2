"""What a property or trait is worth: as a number, and as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

TOO_LARGE = 10**15
MILLION = 10**6
DECIMAL_LITERAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"  # a date alone is its midnight
    r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"  # what is below a microsecond is cut off
    r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?"
)


@dataclass(frozen=True, slots=True)
class Untyped:
    """A property or trait: what it is read as depends on what it is compared with."""

    number: Fraction | None
    text: str | None


def read(raw: object) -> Untyped | None:
    """The value of a JSON value; None (unknown) for null, lists, objects and numbers out of range."""
    if isinstance(raw, bool):
        return Untyped(None, "true" if raw else "false")
    if isinstance(raw, str):
        return Untyped(as_loaded(raw), raw)
    if isinstance(raw, int | float | Decimal):
        number = as_loaded(str(raw))
        return None if number is None else Untyped(number, shortest(number))
    return None


def as_loaded(text: str) -> Fraction | None:
    """The number a decimal literal stands for, rounded to 6 decimals, half away from zero; None if it is none."""
    if not DECIMAL_LITERAL.fullmatch(text):
        return None
    decimal = Decimal(text)
    if abs(decimal) >= TOO_LARGE:
        return None
    if decimal.adjusted() < -7:  # 1e-999999999 is a number too, but its fraction does not fit in memory
        return Fraction(0)
    number = Fraction(decimal)
    millionths = int(abs(number) * MILLION + Fraction(1, 2))
    return Fraction(millionths if number >= 0 else -millionths, MILLION)


def shortest(number: Fraction) -> str:
    """The shortest decimal form of a loaded number: 5, 10.25."""
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def kind_of_thing(raw: object) -> tuple[str, object] | None:
    """What `distinct` tells apart: texts by their text, JSON numbers by their number; None for the unknown."""
    value = read(raw)
    if value is None:
        return None
    if isinstance(raw, str | bool):
        return "text", value.text
    return "number", value.number


def time_of(text: str) -> int | None:
    """The microseconds since 1970 of an ISO date or time, naive ones in UTC; None if it cannot be read."""
    if not ISO_TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
