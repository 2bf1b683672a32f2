"""The usual slips in conditions: what is written, what is wrong with it, and what to write instead.

Each record carries an example; tests and the reference page go through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One slip: the characters or word as `written`, a sentence, what to do, and a condition that has it."""

    written: str
    message: str
    hint: str
    example: str


def _by_written(*slips: Slip) -> Mapping[str, Slip]:
    return MappingProxyType({slip.written: slip for slip in slips})


def _compared(written: str, right: str) -> Slip:
    return Slip(
        written=written,
        message=f"'{written}' is not a comparison.",
        hint=f"Write {right} instead.",
        example=f"count(order) {written} 5",
    )


def _joined(written: str, right: str) -> Slip:
    return Slip(
        written=written,
        message=f"Conditions are joined by words, not by '{written}'.",
        hint=f"Write {right} instead.",
        example=f"count(order) >= 5 {written} last(nps) >= 9",
    )


def _calculated(written: str, right: str) -> Slip:
    return Slip(
        written=written,
        message=f"'{written}' is not a sign of the language.",
        hint=f"Write {right} instead.",
        example=f"count(order) {written} 2 >= 5",
    )


def _quoting(written: str, example: str) -> Slip:
    return Slip(
        written=written,
        message=f"Texts stand in straight quotes, not in {written}.",
        hint="Write it so: 'pro'",
        example=example,
    )


EQUALS = Slip(
    written="=",
    message="One '=' does not compare.",
    hint="Write == instead.",
    example="trait.plan = 'pro'",
)

SYMBOLS: Mapping[str, Slip] = _by_written(
    _compared("===", "=="),
    _compared("<>", "!="),
    _compared("!==", "!="),
    _compared("=>", ">="),
    _compared("=<", "<="),
    _compared(">>", ">"),
    _compared("<<", "<"),
    _compared("≥", ">="),
    _compared("≤", "<="),
    _compared("≠", "!="),
    _compared(":=", "=="),
    _compared("=~", "=="),
    _joined("&&", "'and'"),
    _joined("||", "'or'"),
    _joined("&", "'and'"),
    _joined("|", "'or'"),
    _joined(";", "'and' or 'or'"),
    Slip(
        written="!",
        message="'!' does not negate.",
        hint="Write it so: not was(loyalty)",
        example="!was(loyalty)",
    ),
    Slip(
        written="¬",
        message="'¬' does not negate.",
        hint="Write it so: not was(loyalty)",
        example="¬was(loyalty)",
    ),
    _calculated("**", "a product with *"),
    _calculated("^", "a product with *"),
    _calculated("//", "/ (which divides exactly)"),
    _calculated("%", "a share as a number (0.05 for 5 %)"),
    _calculated("×", "*"),
    _calculated("÷", "/"),
    _calculated("−", "a plain hyphen (-)"),
    _calculated("–", "a plain hyphen (-)"),
    _calculated("—", "a plain hyphen (-)"),
    _quoting("‘", "trait.plan == ‘pro’"),
    _quoting("’", "trait.plan == ’pro’"),
    _quoting("‚", "trait.plan == ‚pro‘"),
    _quoting("“", "trait.plan == “pro”"),
    _quoting("”", "trait.plan == ”pro”"),
    _quoting("„", "trait.plan == „pro“"),
    _quoting("«", "trait.plan == «pro»"),
    _quoting("»", "trait.plan == »pro«"),
    _quoting("`", "trait.plan == `pro`"),
    _quoting("´", "trait.plan == ´pro´"),
    Slip(
        written="{",
        message="Braces have no meaning in a condition.",
        hint="Write a list in round brackets: trait.plan in ('pro', 'team')",
        example="trait.plan in {'pro', 'team'}",
    ),
    Slip(
        written="}",
        message="Braces have no meaning in a condition.",
        hint="Write a list in round brackets: trait.plan in ('pro', 'team')",
        example="count(order) >= 5}",
    ),
    Slip(
        written=":",
        message="A colon has no meaning in a condition.",
        hint="In a file, put the whole condition in quotes; the key before it is no part of it.",
        example="when: count(order) >= 5",
    ),
    Slip(
        written="€",
        message="Amounts are plain numbers, in the currency of the workspace.",
        hint="Write the number alone.",
        example="sum(order) >= €1000",
    ),
    Slip(
        written="£",
        message="Amounts are plain numbers, in the currency of the workspace.",
        hint="Write the number alone.",
        example="sum(order) >= £1000",
    ),
    Slip(
        written="$",
        message="Amounts are plain numbers, in the currency of the workspace.",
        hint="Write the number alone.",
        example="sum(order) >= $1000",
    ),
)
"""Slips of single characters and signs, found wherever they stand outside quotes."""


def _lower(written: str, example: str) -> Slip:
    right = written.lower()
    return Slip(
        written=written,
        message=f"'{written}' has to be in small letters.",
        hint=f"Write '{right}', or put it in quotes where it is a name.",
        example=example,
    )


def _literal(written: str, right: str, example: str) -> Slip:
    return Slip(
        written=written,
        message=f"'{written}' is not a word of the language.",
        hint=f"Write '{right}', or put it in quotes where it is a name.",
        example=example,
    )


RESERVED_WORDS: Mapping[str, Slip] = _by_written(
    _lower("AND", "count(order) >= 5 AND last(nps) >= 9"),
    _lower("OR", "count(order) >= 5 OR last(nps) >= 9"),
    _lower("NOT", "NOT was(loyalty)"),
    _lower("IN", "trait.plan IN ('pro', 'team')"),
    _lower("IS", "trait.plan IS None"),
    _literal("true", "True", "trait.vip == true"),
    _literal("false", "False", "trait.vip == false"),
    _literal("none", "None", "trait.plan is none"),
    _literal("null", "None", "trait.plan is null"),
)
"""Words that are written otherwise; looked up in capitals for the first five, in small letters for the others."""

MISSING_WORDS: Mapping[str, Slip] = _by_written(
    Slip(
        written="between",
        message="There is no 'between'.",
        hint="Chain two comparisons: 7 <= last(nps) <= 8",
        example="last(nps) between 7 and 8",
    ),
    Slip(
        written="like",
        message="There is no 'like': texts are compared as a whole.",
        hint="List what it may be: trait.plan in ('pro', 'pro-yearly')",
        example="trait.plan like 'pro%'",
    ),
    Slip(
        written="contains",
        message="There is no 'contains': texts are compared as a whole.",
        hint="List what it may be: trait.plan in ('pro', 'pro-yearly')",
        example="trait.plan contains 'pro'",
    ),
    Slip(
        written="equals",
        message="There is no 'equals'.",
        hint="Write == instead.",
        example="trait.plan equals 'pro'",
    ),
    Slip(
        written="exists",
        message="There is no 'exists'.",
        hint="Ask whether it is known: trait.plan is not None",
        example="trait.plan exists",
    ),
    Slip(
        written="then",
        message="There is no 'if … then'.",
        hint="Join conditions by 'and', 'or', 'not'.",
        example="count(order) >= 5 then was(loyalty)",
    ),
    Slip(
        written="xor",
        message="There is no 'xor'.",
        hint="Join conditions by 'and', 'or', 'not'.",
        example="was(loyalty) xor was(retention)",
    ),
)
"""Words that people expect between two values, and that the language does not have."""

UNITS: Mapping[str, tuple[str, Decimal]] = MappingProxyType(
    {
        "d": ("days", Decimal(1)),
        "day": ("days", Decimal(1)),
        "days": ("days", Decimal(1)),
        "w": ("days", Decimal(7)),
        "wk": ("days", Decimal(7)),
        "week": ("days", Decimal(7)),
        "weeks": ("days", Decimal(7)),
        "h": ("hours", Decimal(1)),
        "hr": ("hours", Decimal(1)),
        "hrs": ("hours", Decimal(1)),
        "hour": ("hours", Decimal(1)),
        "hours": ("hours", Decimal(1)),
        "min": ("minutes", Decimal(1)),
        "mins": ("minutes", Decimal(1)),
        "minute": ("minutes", Decimal(1)),
        "minutes": ("minutes", Decimal(1)),
        "s": ("seconds", Decimal(1)),
        "sec": ("seconds", Decimal(1)),
        "secs": ("seconds", Decimal(1)),
        "second": ("seconds", Decimal(1)),
        "seconds": ("seconds", Decimal(1)),
    }
)
"""Units of time written behind a number, and the function they stand for."""

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "age": "since_first",
        "average": "avg",
        "count_distinct": "distinct",
        "date": "days",
        "duration": "days",
        "earliest": "first",
        "entered": "since_entered",
        "frequency": "count",
        "has": "count",
        "has_been": "was",
        "interval": "gap",
        "latest": "last",
        "maximum": "max",
        "mean": "avg",
        "median": "avg",
        "minimum": "min",
        "number": "count",
        "recency": "since",
        "total": "sum",
        "unique": "distinct",
    }
)
"""Names that functions have elsewhere, and the nearest function here."""

CALENDAR = frozenset({"m", "mo", "month", "months", "q", "quarter", "quarters", "y", "yr", "yrs", "year", "years"})
"""Units of time that have no exact length."""
