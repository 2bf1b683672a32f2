"""What the columns of a foreign file hold: how full they are, how many values differ, and whether these are numbers.

A file is looked at in two tables of the sandbox: `looked`, its first rows, and `thin`, up to 20,000 of them spread
evenly, for what is dear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tenure.errors import SourceError
from tenure.ingest.columns import NUMBER, SCIENTIFIC, Column
from tenure.ingest.dialect import Dialect
from tenure.ingest.relation import Relation, open_file, open_query
from tenure.ingest.source import Source
from tenure.ingest.values import is_nested, is_number
from tenure.warehouse.sandbox import Sandbox
from tenure.warehouse.source_sql import parse_expression, quote_text
from tenure.warehouse.sql_tree import ExpressionSyntaxError

LOOKED_ROWS, LOOKED_CELLS = 1_000_000, 20_000_000
THIN_ROWS = 20_000
MOST_COLUMNS = 200

Kind = Literal["empty", "whole", "decimal", "moment", "clock", "email", "truth", "text", "nested"]

# £1,234.50, 12,50 EUR, -3.00: a number with a currency or with its thousands marked
_CURRENCY = r"(?:[£$€¥₹]|[A-Z]{3}|kr\.?|zł)?"
DECORATED = rf"[+-]?\s*{_CURRENCY}\s*[+-]?(?:[0-9]{{1,3}}(?:[,.'’ ][0-9]{{3}})+|[0-9]+)(?:[.,][0-9]+)?\s*{_CURRENCY}"
_CLOCK = r"[0-2]?[0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?( ?[AaPp][Mm])?"
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_DECIMAL = "DECIMAL(18,4)"
_MOSTLY = 0.95
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One column: its name, its SQL in `looked`, and what it holds.

    `filled` is the share of rows with a value, `distinct` about how many values differ, `number` the SQL of the value
    as a number (null where it is none), and `written` the expression that an author would write for that.
    """

    name: str
    sql: str
    type: str
    kind: Kind
    filled: float
    distinct: int
    examples: tuple[str, ...] = ()
    number: str = ""
    written: str = ""
    pointed: bool = False
    """Whole numbers that all end in `.0`, as ids do that passed through a spreadsheet or pandas."""

    @property
    def numeric(self) -> bool:
        """Whether it can be counted with."""
        return self.kind in ("whole", "decimal")

    @property
    def shown(self) -> str:
        """The column with some of its values, for messages."""
        values = ", ".join(self.examples[:2]) or "empty"
        return printable(f"{self.name} ({values if len(values) <= _SHOWN else values[: _SHOWN - 1] + '…'})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A file that has been looked at: its rows (the first million at most), and the facts of its columns."""

    sandbox: Sandbox
    rows: int
    whole: bool
    columns: tuple[Facts, ...]

    def numbers(self, *aggregates: str, rows: str = "looked") -> list[int]:
        """The whole numbers that SQL aggregates over the rows give, null as 0."""
        listed = ", ".join(f"CAST(coalesce({sql}, 0) AS BIGINT) AS n{i}" for i, sql in enumerate(aggregates))
        row: dict[str, int] = self.sandbox.table(f"SELECT {listed} FROM {rows}").to_pylist()[0]
        return list(row.values())


def look(source: Source, folder: Path, dialect: Dialect, sandbox: Sandbox, progressed: Callable[[int], None]) -> Looked:
    """The file that `source` names (or queries), looked at."""
    if source.query is not None:
        relation = open_query(source, folder, sandbox)
    else:
        relation = open_file(folder / source.files[0], source, sandbox, progressed=progressed)
    columns = list(relation.columns)
    if not columns:
        raise SourceError(f"{relation.name} has no columns.", hint="Export it again, with a header line.")
    if len(columns) > MOST_COLUMNS:
        raise SourceError(
            f"{relation.name} has {len(columns):,} columns; a table of purchases has a few.",
            hint="Is every day or product a column of its own? Export one row a purchase.",
        )
    listed = ", ".join(["position", *(column.sql for column in columns)])
    most = min(LOOKED_ROWS, LOOKED_CELLS // len(columns))
    sandbox.create("looked", f"SELECT {listed} FROM ({relation.rows}) LIMIT {most}")
    (rows,) = sandbox.table("SELECT count(*) AS n FROM looked")["n"].to_pylist()
    if not rows:
        raise SourceError(f"{relation.name} has a header, but no rows.", hint="Export it again.")
    step = -(-rows // THIN_ROWS)
    sandbox.create(
        "thin", f"SELECT * FROM (SELECT *, row_number() OVER () AS place FROM looked) WHERE place % {step} = 0"
    )
    types = sandbox.types("SELECT * FROM looked")
    return Looked(
        sandbox=sandbox, rows=rows, whole=rows < most,
        columns=tuple(_facts(column, types[column.sql], relation, dialect, sandbox, rows) for column in columns),
    )  # fmt: skip


def printable(text: str) -> str:
    """The text without signs that would change how a terminal behaves."""
    return "".join(sign if sign.isprintable() else "·" for sign in text)


def quoted(name: str) -> str:
    """The column's name as an expression writes it: in double quotes where it is no plain word."""
    try:
        plain = name.isascii() and parse_expression(name, aggregates=False).bare == name
    except (ExpressionSyntaxError, SourceError):
        plain = False
    return name if plain else '"' + name.replace('"', '""') + '"'


def _facts(column: Column, type_: str, relation: Relation, dialect: Dialect, sandbox: Sandbox, rows: int) -> Facts:
    text = f"trim(CAST({column.sql} AS VARCHAR))"
    (filled, distinct) = sandbox.table(
        f"SELECT count(nullif({text}, '')) AS filled, approx_count_distinct({column.sql}) AS n FROM looked"
    ).to_pylist()[0].values()  # fmt: skip
    share = filled / rows
    if not filled:
        return Facts(name=column.name, sql=column.sql, type=type_, kind="empty", filled=0.0, distinct=0)
    values = sandbox.table(
        f"SELECT {text} AS v, min(place) AS p FROM thin WHERE nullif({text}, '') IS NOT NULL "
        "GROUP BY 1 ORDER BY p LIMIT 5"
    )["v"].to_pylist()  # fmt: skip
    kind, number, written, pointed = _numbers(column, type_, text, relation, dialect, sandbox)
    return Facts(
        name=column.name, sql=column.sql, type=type_, kind=kind, filled=share, distinct=distinct,
        examples=tuple(values), number=number, written=written, pointed=pointed,
    )  # fmt: skip


def _numbers(
    column: Column, type_: str, text: str, relation: Relation, dialect: Dialect, sandbox: Sandbox
) -> tuple[Kind, str, str, bool]:
    """What the column holds, the SQL of it as a number, how an author writes that, and whether ids end in `.0`."""
    name = quoted(column.name)
    if is_number(type_):
        exact = column.sql if type_ not in ("DOUBLE", "FLOAT") else f"CAST({column.sql} AS DECIMAL(28,8))"
        whole = _share(sandbox, f"{column.sql} <> trunc({column.sql})", column.sql) == 0
        return ("whole" if whole else "decimal"), exact, name, False
    if type_.startswith("TIMESTAMP") or type_ == "DATE":
        return "moment", "", "", False
    if type_ == "BOOLEAN":
        return "truth", "", "", False
    if is_nested(type_) or column.kind == "json":
        return "nested", "", "", False
    comma = dialect.decimal == ","
    plain = column.number if not column.native else f"replace({text}, ',', '.')" if comma else text
    pattern = quote_text(f"{NUMBER}|{SCIENTIFIC}")
    if _share(sandbox, f"regexp_full_match({plain}, {pattern})", text) >= _MOSTLY:
        number = f"TRY_CAST({plain} AS {_DECIMAL})"
        # in a query's result every cell is text, and the author has to say that it counts
        cast = f"replace({name}, ',', '.')" if comma else name
        written = name if not relation.native else f"CAST({cast} AS {_DECIMAL})"
        whole = _share(sandbox, f"{number} <> trunc({number})", text) == 0
        pointed = whole and _share(sandbox, f"regexp_full_match({plain}, '[0-9]+[.]0')", text) == 1
        return ("whole" if whole else "decimal"), number, written, pointed
    for kind, sign in (("clock", _CLOCK), ("email", _EMAIL)):
        if _share(sandbox, f"regexp_full_match({text}, {quote_text(sign)})", text) >= _MOSTLY:
            return kind, "", "", False  # type: ignore[return-value]
    if (
        _share(
            sandbox, f"regexp_full_match({text}, {quote_text(DECORATED)}) AND regexp_matches({text}, '[.,£$€¥]')", text
        )
        >= _MOSTLY
    ):
        return "decimal", _undecorated(text, comma), _undecorated(name, comma, strict=True), False
    return "text", "", "", False


def _undecorated(value: str, comma: bool, *, strict: bool = False) -> str:
    """SQL of the number in a text with currency and thousands marked."""
    kept = "[^0-9,-]" if comma else "[^0-9.-]"
    digits = f"regexp_replace({value}, {quote_text(kept)}, '', 'g')"
    if comma:
        digits = f"replace({digits}, ',', '.')"
    return f"{'CAST' if strict else 'TRY_CAST'}({digits} AS {_DECIMAL})"


def _share(sandbox: Sandbox, condition: str, text: str) -> float:
    """The share of the values, blanks aside, for which the condition holds."""
    table = sandbox.table(
        f"SELECT count(*) AS n, count(*) FILTER (WHERE {condition}) AS holds FROM thin "
        f"WHERE nullif(trim(CAST({text} AS VARCHAR)), '') IS NOT NULL"
    )
    return float(table["holds"][0].as_py() / max(table["n"][0].as_py(), 1))
