"""Words for messages: lists, what a value is, what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """`Did you mean 'x'?` for the option nearest to `word`; empty where none is near."""
    by_folded = {_folded(option): option for option in sorted(options, reverse=True)}
    near = get_close_matches(_folded(word), by_folded, n=1, cutoff=0.6)
    return f"Did you mean '{by_folded[near[0]]}'?" if near else ""


def listing(words: Iterable[str], joint: str = "or") -> str:
    """`a, b or c`."""
    *front, last = list(words) or [""]
    return f"{', '.join(front)} {joint} {last}" if front else last


def shown(text: str, limit: int = 60) -> str:
    """`text` in quotes, on one line and cut short."""
    flat = " ".join(text.split())
    return f"'{flat if len(flat) <= limit else flat[: limit - 1] + '…'}'"


def described(value: object) -> str:
    """What a value is, in plain words: `the number 5`, `a list`."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return f"the number {value}"
        case str():
            return f"the text {shown(value)}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")
