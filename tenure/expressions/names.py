"""Names and texts as they are written in conditions: bare, or in quotes."""

from __future__ import annotations

import keyword

RESERVED = frozenset({"and", "or", "not", "in", "is", "true", "false", "none", "null"})
"""Words that are never names unless quoted, in any mixture of capitals."""

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def is_plain(name: str) -> bool:
    """Whether `name` can be written without quotes: letters, digits and _ of ASCII, and no reserved word."""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and name.lower() not in RESERVED


def quoted(text: str) -> str:
    """`text` in quotes, as a condition writes it: single ones, or double ones where it holds a single one."""
    quote = '"' if "'" in text and '"' not in text else "'"
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def written_event(name: str) -> str:
    """An event's name as a condition writes it: `order`, `event['Order Completed']`."""
    return name if is_plain(name) and name not in ("trait", "score", "event") else f"event[{quoted(name)}]"


def written_part(owner: str, name: str) -> str:
    """A name that belongs to another: `order.revenue`, `trait['renewal date']`."""
    return f"{owner}.{name}" if is_plain(name) else f"{owner}[{quoted(name)}]"


def written_property(name: str) -> str:
    """A property's name as an event's `where` writes it: `score`, `event['class']`."""
    return name if is_plain(name) else f"event[{quoted(name)}]"


def written_stage(name: str) -> str:
    """A stage's name as `was` and `since_entered` write it: `at_risk`, `'at risk'`."""
    return name if is_plain(name) else quoted(name)


def cited(code: str) -> str:
    """A piece of a condition within a sentence: in quotes, unless it holds quotes itself."""
    return code if "'" in code else f"'{code}'"


def _escaped(character: str, quote: str) -> str:
    if character == quote:
        return "\\" + quote
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return f"\\x{code:02x}"
    if code in (0x2028, 0x2029, 0xFEFF) or 0x200B <= code <= 0x200F:
        return f"\\u{code:04x}"
    return character
