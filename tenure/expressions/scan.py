"""The characters of a condition as words: names, numbers, texts and signs, with their places.

What no condition may hold is refused here, with the place and what to write instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Literal

from tenure.errors import ConditionError
from tenure.expressions.functions import MAX_DECIMALS, MAX_NUMBER
from tenure.expressions.names import quoted
from tenure.expressions.slips import CALENDAR, SYMBOLS, UNITS

SIGNS = frozenset({"(", ")", "[", "]", ",", ".", "+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "="})

_NUMBER = re.compile(r"(?:[0-9]+(?:_[0-9]+)*)?(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"[^\W\d]\w*")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\\'\"nrt]))")
_PLAIN_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t"}
_TYPESET = re.compile(r"[‘’‚“”„«»`´]([^‘’‚“”„«»`´'\"\\\r\n]+)[‘’‚“”„«»`´]")
_EXACT = Context(prec=60)
_PREFIXES = frozenset({"f", "r", "b", "u", "rb", "br", "fr", "rf"})
_APOSTROPHE = '"it\'s"'
_LONGEST_EXPONENT = 4
_LONGEST_EXAMPLE = 9


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a condition: what kind, as written, from where to where, and the value of a number or text."""

    kind: Literal["name", "number", "text", "sign"]
    written: str
    start: int
    end: int
    value: Decimal | str | None = None


def scan(text: str) -> tuple[Token, ...]:
    """The words of `text` in order; comments (from # to the end of the line) are left out.

    Raises ConditionError for what is no word of the language.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character.isspace():
            at += 1
        elif character == "#":
            at = _line_end(text, at)
        else:
            tokens.append(_token(text, at, tokens))
            at = tokens[-1].end
    return tuple(tokens)


def name_hint(name: str, before: Sequence[Token]) -> str:
    """How `name` is written in quotes, given the words before it."""
    if len(before) >= 2 and before[-1].written == "." and before[-2].kind == "name":
        return f"Write it so: {before[-2].written}[{quoted(name)}]"
    if len(before) >= 2 and before[-1].written == "(" and before[-2].written in ("was", "since_entered", "stage"):
        return f"Write it so: {before[-2].written}({quoted(name)})"
    return f"Write it so: event[{quoted(name)}]"


def _token(text: str, at: int, before: list[Token]) -> Token:
    character = text[at]
    if character in "'\"":
        return _text(text, at, before)
    if "0" <= character <= "9" or (character == "." and "0" <= text[at + 1 : at + 2] <= "9"):
        return _number(text, at)
    name = _NAME.match(text, at)
    if name:
        if not name[0].isascii():
            raise ConditionError(
                f"The name '{name[0]}' has letters beyond a to z, so it needs quotes.",
                text=text,
                start=at,
                end=name.end(),
                hint=name_hint(name[0], before),
            )
        return Token("name", name[0], at, name.end())
    return _sign(text, at)


def _sign(text: str, at: int) -> Token:
    for length in (3, 2, 1):
        written = text[at : at + length]
        if len(written) < length:
            continue
        slip = SYMBOLS.get(written)
        if slip:
            typeset = _TYPESET.match(text, at)
            end, hint = (typeset.end(), f"Write it so: {quoted(typeset[1])}") if typeset else (at + length, slip.hint)
            raise ConditionError(slip.message, text=text, start=at, end=end, hint=hint)
        if written in SIGNS:
            return Token("sign", written, at, at + length)
    raise ConditionError(
        f"{_described(text[at])} has no meaning in a condition.",
        text=text,
        start=at,
        hint="Remove it, or put it in quotes.",
    )


def _described(character: str) -> str:
    if character.isprintable():
        return f"'{character}'"
    name = unicodedata.name(character, "").lower()
    return f"An invisible character (U+{ord(character):04X}{', ' + name if name else ''})"


def _text(text: str, at: int, before: list[Token]) -> Token:
    quote = text[at]
    _refuse_prefix(text, at, before)
    value: list[str] = []
    place = at + 1
    while place < len(text) and text[place] != quote:
        character = text[place]
        if character in "\r\n":
            break
        length = 1
        if character == "\\":
            character, length = _escape(text, place)
        if character == "\x00" or "\ud800" <= character <= "\udfff":
            raise ConditionError(
                f"{_described(character)} cannot stand in a text.",
                text=text,
                start=place,
                end=place + length,
                hint="Remove it.",
            )
        value.append(character)
        place += length
    if text[place : place + 1] != quote:
        raise ConditionError(
            "This text is never closed.",
            text=text,
            start=at,
            end=place,
            hint=f"Close it with {quote} on the same line.",
        )
    return Token("text", text[at : place + 1], at, place + 1, "".join(value))


def _refuse_prefix(text: str, at: int, before: list[Token]) -> None:
    """Refuse a quotation mark that stands right behind a text or a name: `'it's'`, `f'x'`."""
    if not before or before[-1].end != at:
        return
    last = before[-1]
    inside = last.kind == "text" or (len(before) > 1 and before[-2].kind == "text" and before[-2].end == last.start)
    if inside and last.kind != "sign":
        raise ConditionError(
            "This text ends before its last quotation mark.",
            text=text,
            start=before[-1 if last.kind == "text" else -2].start,
            end=at + 1,
            hint=f"Put a quotation mark inside a text into quotes of the other kind: {_APOSTROPHE}",
        )
    if last.kind == "name" and last.written.lower() in _PREFIXES:
        message = f"'{last.written}' before a quotation mark has no meaning."
        raise ConditionError(message, text=text, start=last.start, end=at + 1, hint="Leave it out.")


def _escape(text: str, at: int) -> tuple[str, int]:
    """The character that an escape stands for, and how long the escape is."""
    found = _ESCAPE.match(text, at)
    code = int(found[1] or found[2] or found[3] or "0", 16) if found else -1
    if not found or code > 0x10FFFF:
        raise ConditionError(
            f"'{text[at : at + 2]}' has no meaning in a text.",
            text=text,
            start=at,
            end=at + 2,
            hint="Write \\\\ for a backslash.",
        )
    return _PLAIN_ESCAPES[found[4]] if found[4] else chr(code), len(found[0])


def _number(text: str, at: int) -> Token:
    found = _NUMBER.match(text, at)
    end = found.end() if found else at + 1
    written = text[at:end]
    suffix = _NAME.match(text, end)
    if suffix:
        raise _with_suffix(text, at, written, suffix)
    if text[end : end + 1] == "." and not _NAME.match(text, end + 1):
        more = re.compile(r"[0-9._]*").match(text, end)
        raise ConditionError(
            f"'{text[at : more.end() if more else end]}' is not a number.",
            text=text,
            start=at,
            end=more.end() if more else end,
            hint="A number has one point, with digits on both sides: 10.5",
        )
    return Token("number", written, at, end, _decimal(text, at, end))


def _decimal(text: str, at: int, end: int) -> Decimal:
    """The exact value of a literal; refused where it has more digits than the values it is compared with."""
    digits, _, exponent = text[at:end].replace("_", "").lower().partition("e")
    small = exponent.startswith("-")
    huge = len(exponent.lstrip("+-").lstrip("0")) >= _LONGEST_EXPONENT
    value = Decimal(0) if huge else Decimal(f"{digits}e{exponent}" if exponent else digits)
    if (huge and not small) or abs(value) >= MAX_NUMBER:
        raise ConditionError(
            "This number is too large.", text=text, start=at, end=end, hint="Numbers stay below 10^15."
        )
    rounded = value.quantize(Decimal(1).scaleb(-MAX_DECIMALS), context=_EXACT)
    if (huge and small) or rounded != value:
        raise ConditionError(
            f"This number has more than {MAX_DECIMALS} decimals.",
            text=text,
            start=at,
            end=end,
            hint=f"Round it; the values it is compared with have {MAX_DECIMALS}.",
        )
    return plain_decimal(rounded)


def plain_decimal(value: Decimal) -> Decimal:
    """`value` without zeros behind the point and without exponent."""
    short = value.normalize(_EXACT)
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1), context=_EXACT) if isinstance(exponent, int) and exponent > 0 else short


def _with_suffix(text: str, at: int, written: str, suffix: re.Match[str]) -> ConditionError:
    unit = suffix[0].lower()
    end = suffix.end()
    message, hint = f"'{text[at:end]}' is not a number.", "Write digits, and a point before decimals: 10.5"
    if unit in UNITS or unit in CALENDAR:
        message = f"'{text[at:end]}' is not a length of time."
        hint = length_hint(written, unit)
    elif unit in ("and", "or", "in", "is", "not"):
        message, hint = "A blank is missing after the number.", f"Write {written} {suffix[0]}"
    elif unit in ("k", "m", "mio", "mn", "bn"):
        hint = f"Write the number out: {'1000' if unit == 'k' else '1000000'} for 1{suffix[0]}"
    elif unit.startswith(("x", "b")):
        hint = "Numbers are written in decimal digits."
    return ConditionError(message, text=text, start=at, end=end, hint=hint)


def length_hint(number: str, unit: str) -> str:
    """How a length of time is written: `Write it so: days(90)`."""
    if unit in CALENDAR:
        return "Months and years differ in length; write the days: days(30), days(365)"
    function, factor = UNITS[unit]
    digits = number.replace("_", "")
    short = len(digits) <= _LONGEST_EXAMPLE and digits.replace(".", "", 1).isdigit()
    amount = plain_decimal(Decimal(digits) * factor) if short else Decimal(90)
    return f"Write it so: {function}({amount:f})"


def _line_end(text: str, at: int) -> int:
    while at < len(text) and text[at] not in "\r\n":
        at += 1
    return at
