"""What the columns of a text file hold, and how expressions see them.

Every cell is text, so that ids keep their leading zeros. A column whose first 20,000 values are all numbers is a number
where an expression counts on that (`quantity * price`), and the text of the file everywhere else: as an id, joined by
`||`, compared with a text. The same holds for true and false and for ISO dates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from tenure.warehouse.sql_tree import Usage

Kind = Literal["number", "mixed", "truth", "moment", "json", "text"]

# how an expression may read the columns, tried in this order until it can be worked out
Reading = Literal["exact", "whole", "double", "text"]
READINGS: tuple[Reading, ...] = ("exact", "whole", "double", "text")

NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
SCIENTIFIC = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+"
_PADDED = r"[+-]?0[0-9]+(\.[0-9]*)?"
_GROUPED_COMMA = r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?"
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"
_TRUTH = r"(?i:true|false)"
_SCALE = 6
_MAX_SCALE = 12
# a column that is mostly numbers is one where arithmetic is done with it
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name in the file, the SQL of its text, what it holds, and the type of its numbers.

    `native` columns come with a `type` of their own and are read as they are; `json` is the SQL of the cell as JSON,
    `example` a value that is no number, `padded` tells that some numbers have leading zeros, as codes do.
    """

    name: str
    sql: str
    kind: Kind = "text"
    decimal: str = "DECIMAL(18,6)"
    comma: bool = False
    native: bool = False
    type: str = "VARCHAR"
    padded: bool = False
    json: str | None = None
    example: str | None = None

    def read(self, reading: Reading, usage: Usage) -> tuple[str, str | None]:
        """The SQL of the column as an expression reads it, and of whether its text is not what it should be."""
        if self.native:
            return self.sql, None
        kind = self.kind
        if kind == "json" and reading != "text":
            return self.json or self.sql, None
        if kind == "mixed":
            kind = "number" if usage == "number" else "text"
        if reading == "text" or kind == "text" or usage == "text":
            return self.sql, None
        if kind == "number":
            type_ = {"exact": self.decimal, "whole": "BIGINT", "double": "DOUBLE"}[reading]
            number = f"TRY_CAST({self.number} AS {type_})"
            if reading == "whole":
                # a cast to a whole number would round
                number = f"CASE WHEN NOT contains({self.number}, '.') THEN {number} END"
        else:
            number = f"TRY_CAST({self.sql} AS {'BOOLEAN' if kind == 'truth' else 'TIMESTAMP'})"
        return number, f"({self.sql} IS NOT NULL AND ({number}) IS NULL)"

    @property
    def holds_numbers(self) -> bool:
        """Whether a cell that reads as a number is one, wherever nothing says otherwise."""
        return self.kind == "number" or (self.kind == "mixed" and not self.padded)

    @property
    def number(self) -> str:
        """SQL of the column's text as a number is written in SQL."""
        return number_text(self.sql, comma=self.comma)


def number_text(sql: str, *, comma: bool) -> str:
    """SQL of a text as a number is written in SQL; null where a decimal comma is expected and a point stands."""
    text = f"trim({sql})"
    if not comma:
        return text
    grouped = f"regexp_full_match({text}, '{_GROUPED_COMMA}')"
    return (
        f"CASE WHEN {grouped} THEN replace(replace({text}, '.', ''), ',', '.') "
        f"WHEN NOT contains({text}, '.') THEN replace({text}, ',', '.') END"
    )


def sniff(values: pa.ChunkedArray, *, comma: bool) -> Mapping[str, object]:
    """What a column of texts holds: the fields `kind`, `decimal`, `comma` and `example` of its Column."""
    texts = pc.utf8_trim_whitespace(pc.drop_null(values))
    texts = texts.filter(pc.not_equal(texts, ""))
    total = len(texts)
    if not total:
        return {"kind": "text", "comma": comma}
    plain = texts
    if comma:
        grouped = pc.match_substring_regex(texts, f"^(?:{_GROUPED_COMMA})$")
        plain = pc.if_else(grouped, pc.replace_substring(texts, ".", ""), texts)
        plain = pc.if_else(pc.match_substring(plain, "."), "", pc.replace_substring(plain, ",", "."))
    numeric = pc.match_substring_regex(plain, f"^(?:{NUMBER}|{SCIENTIFIC})$")
    padded = pc.match_substring_regex(plain, f"^(?:{_PADDED})$")
    codes = bool(pc.any(padded).as_py())
    count = pc.sum(numeric).as_py() or 0
    if codes and count == total and pc.all(padded).as_py():
        return {"kind": "text", "comma": comma, "padded": True}
    if count >= _MOSTLY * total:
        numbers = plain.filter(numeric)
        strange = texts.filter(pc.invert(numeric))
        return {
            "kind": "number" if count == total and not codes else "mixed",
            "padded": codes,
            "decimal": _decimal_type(numbers),
            "comma": comma,
            "example": strange[0].as_py() if len(strange) else None,
        }
    kind: Kind = "text"
    if pc.all(pc.match_substring_regex(texts, f"^(?:{_TRUTH})$")).as_py():
        kind = "truth"
    elif pc.all(pc.match_substring_regex(texts, f"^(?:{_MOMENT})$")).as_py():
        kind = "moment"
    strange = texts.filter(pc.invert(numeric))
    return {"kind": kind, "comma": comma, "example": strange[0].as_py() if len(strange) else None}


def _decimal_type(numbers: pa.ChunkedArray) -> str:
    """A type that holds the numbers exactly, with room for three more digits; DOUBLE where they have exponents."""
    if pc.any(pc.match_substring_regex(numbers, "[eE]")).as_py():
        return "DOUBLE"
    lengths = pc.utf8_length(numbers)
    points = pc.find_substring(numbers, ".")
    whole = pc.max(pc.if_else(pc.less(points, 0), lengths, points)).as_py() or 1
    fraction = pc.max(pc.if_else(pc.less(points, 0), 0, pc.subtract(pc.subtract(lengths, points), 1))).as_py() or 0
    scale = min(max(_SCALE, fraction), _MAX_SCALE)
    width = 18 if whole + 3 + scale <= 18 else 38
    return f"DECIMAL({width},{scale})"


class Columns:
    """The columns of a table by name, whatever its case."""

    def __init__(self, columns: list[Column]) -> None:
        self._columns = {column.name.casefold(): column for column in columns}

    def __getitem__(self, name: str) -> Column:
        return self._columns[name.casefold()]

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._columns

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns.values())

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def names(self) -> list[str]:
        """The names as the file writes them."""
        return [column.name for column in self]
