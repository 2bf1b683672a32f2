"""Python values as the JSON that the log holds, by the rules of imported values: exact amounts, nothing but JSON.

A number that a double cannot hold (more than 15 digits, or beyond ±2^53) is kept as text, as conditions read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite

from tenure.ingest.values import SAFE_INTEGER

DEEPEST = 20
# what cannot stand in a text of the log: the zero byte, and halves of a sign
UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_DIGITS = 15


class NotJson(ValueError):
    """A value that the log cannot hold; `reason` says which and why, in the words of rejected rows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def json_object(values: Mapping[str, object], what: str, *, nulls: bool = False) -> str:
    """The JSON object of the values; those that are None are absent, or null with `nulls`.

    Raises NotJson with the name of the value that the log cannot hold; `what` is what they are values of.
    """
    if not isinstance(values, Mapping):
        raise NotJson(f"the {what} are no mapping")
    return "{" + ",".join(_members(values, "", 0, nulls=nulls)) + "}"


def _members(values: Mapping[str, object], path: str, depth: int, *, nulls: bool) -> Iterator[str]:
    for name, value in values.items():
        if not isinstance(name, str):
            raise NotJson("a property's name is no text")
        if value is None and not nulls:
            continue
        # most values are texts, and short
        told = _text(value, path + name) if type(value) is str else _value(value, path + name, depth)
        yield f"{_text(name, 'a property')}:{told}"


def _value(value: object, path: str, depth: int) -> str:
    if depth > DEEPEST:
        raise NotJson(f"{path[:100]} is nested too deep")
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value, path)
        case int():
            return str(value) if abs(value) <= SAFE_INTEGER else f'"{value}"'
        case float():
            return _float(value, path)
        case Decimal():
            return _decimal(value, path)
        case datetime():
            if value.tzinfo is None:
                raise NotJson(f"{path} has no time zone")
            return f'"{value.astimezone(UTC).isoformat().replace("+00:00", "Z")}"'
        case date():
            return f'"{value.isoformat()}"'
        case Mapping():
            return "{" + ",".join(_members(value, f"{path}.", depth + 1, nulls=True)) + "}"
        case list() | tuple():
            return "[" + ",".join(_value(each, path, depth + 1) for each in value) + "]"
        case _:
            raise NotJson(f"{path} is no value of JSON")


def _float(value: float, path: str) -> str:
    if not isfinite(value):
        raise NotJson(f"{path} is no number")
    return str(int(value)) if value.is_integer() and abs(value) <= SAFE_INTEGER else repr(value)


def _decimal(value: Decimal, path: str) -> str:
    if not value.is_finite():
        raise NotJson(f"{path} is no number")
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text in ("-0", "") else text
    return text if sum(sign.isdigit() for sign in text) <= _DIGITS else f'"{text}"'


def _text(value: str, path: str) -> str:
    # most are plain, which is quickly told
    if not (value.isascii() and "\x00" not in value) and UNREADABLE.search(value):
        raise NotJson(f"{UNREADABLE.sub('', path)} is no readable text")
    return encode_basestring(value)
