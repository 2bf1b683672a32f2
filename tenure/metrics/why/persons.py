"""A metric's figures person by person: one table that every breakdown by what people are is a sum over.

    table = by_person(connection, metric, question)                 # atom, period, unit, own, value
    table = by_person(connection, metric, question, own="channel")  # `own`: what the events themselves say

The compiler of metrics breaks a figure down by the person's part; here everybody is a part of their own. Then parts add
up to the whole exactly, standard errors know that the events of one person hang together, and the people behind a
change are at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tenure.lifecycle.steps import Step
from tenure.metrics.compiler import Compiled, compile_metrics
from tenure.metrics.definition import Metric
from tenure.metrics.feed import Feed, kind_of
from tenure.metrics.figures import ensure_all, feed_of
from tenure.metrics.formula import Figure, Leaf, leaves
from tenure.metrics.question import Cell, Question
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind
from tenure.warehouse.where import property_text

TABLE = "figures_by_person"
# what adds up over people; middle values and different values do not
_ADDS = ("count", "customers", "known", "sum", "sum_then", "returning", "active_days")
_MARK = "chr(31)"
# no event has a property of this name
_NOTHING = "\x1f"
_NO_KIND = -1
_DAY = "86400000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The figures that are in the table, by their number in it, and whether any event itself said its part."""

    leaves: dict[Leaf, int]


def adds_up(metric: Metric) -> bool:
    """Whether the metric's figures are sums over people."""
    return all(not isinstance(leaf, Figure) or leaf.function in _ADDS for leaf in leaves(metric.formula))


class PersonFeed(Feed):
    """A feed in which the part of every row is its person, and what the event itself says of `question.by`."""

    def number(self, kind: MeasureKind) -> int:
        """The number of a kind; none where nothing is to be extracted."""
        if kind.properties == (_NOTHING,) or kind.reads == "trait":
            return _NO_KIND
        return super().number(kind)

    def facts(self, kinds: Iterable[MeasureKind]) -> str:
        """SQL of the measures within the periods: kind, unit, time, value, text, n, part."""
        chosen = sorted({kind: self.number(kind) for kind in kinds}.items(), key=lambda item: item[1])
        question = self.question
        first, last = question.periods[0].begins, question.limit
        within = f"r.time >= {first} AND r.time < {last} AND {self.limits()}"
        found = [
            self._nobodys(kind, number).replace(f"{property_text(question.by or '')} AS part", self._nobodys_part())
            for kind, number in chosen
            if self.nobodys.intersection(kind.events)
        ]
        for kind, number in chosen:
            join, own = "", "''"
            if question.by != _NOTHING:
                carries = self.number(replace(kind, properties=(question.by or "",), text=True))
                join = (
                    f" LEFT JOIN measures AS o ON o.kind = {carries} AND o.unit = r.unit AND o.time = r.time "
                    "AND o.tie = r.tie"
                )
                own = f"coalesce({_MARK} || o.text, '')"
            found.append(
                f"SELECT r.kind, r.unit, r.time, r.value, r.text, 1 AS n, CAST(r.unit AS VARCHAR) || {own} AS part "
                f"FROM measures AS r{join} WHERE r.kind = {number} AND {within}"
            )
        return " UNION ALL ".join(found)

    def _nobodys_part(self) -> str:
        if self.question.by == _NOTHING:
            return "'' AS part"
        return f"{_MARK} || coalesce({property_text(self.question.by or '')}, '') AS part"


def carried(metric: Metric, own: str) -> tuple[str, ...]:
    """The names of the events of a metric's figures that may themselves say `own`."""
    names: dict[str, None] = {}
    for leaf in leaves(metric.formula):
        if isinstance(leaf, Figure) and leaf.rows.plain:
            names.update(dict.fromkeys(kind_of(leaf.rows.part, metric.events, text=own).events))
    return tuple(names)


def by_person(
    connection: Connection, metric: Metric, question: Question, *, own: str | None = None, table: str = TABLE
) -> dict[Leaf, int]:
    """The numbers of the metric's figures in the temporary table that now holds them.

    Its columns: atom, period (the place in the question's), unit (null: nobody's), own (null: the event says nothing),
    value (exact). What stands at a moment is summed up to it. Measures that are missing are extracted.
    """
    asked = replace(question, by=_NOTHING if own is None else own)
    usual = feed_of(connection, [metric], asked)
    feed = PersonFeed(asked, usual.numbers, usual.nobodys)
    wanted = tuple(dict.fromkeys(leaves(metric.formula)))
    compiled = compile_metrics([(leaf, metric.events) for leaf in wanted], feed)
    compiled = replace_split(compiled)
    ensure_all(connection, compiled)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} (atom SMALLINT, period SMALLINT, unit BIGINT, own VARCHAR, "
        "value DECIMAL(38,6))"
    )
    numbers = {leaf: place for place, leaf in enumerate(wanted)}
    for name in compiled.tables:
        cells = {leaf: compiled.cells[leaf][0] for leaf in wanted if compiled.cells[leaf][0].table == name}
        connection.execute(f"CREATE OR REPLACE TEMP TABLE of_persons AS {compiled.query(name).sql}")
        for leaf, cell in cells.items():
            connection.execute(f"INSERT INTO {table} {_rows(numbers[leaf], cell, len(question.periods))}")
        connection.execute("DROP TABLE of_persons")
    return numbers


def replace_split(compiled: Compiled) -> Compiled:
    """The compiled metrics with everybody as a part of their own."""
    everybody = "SELECT key AS unit, CAST(key AS VARCHAR) AS part FROM units"
    steps = tuple(
        Step("split", "Everybody is a part of their own", everybody) if step.name == "split" else step
        for step in compiled.steps
    )
    return Compiled(steps=steps, tables=compiled.tables, cells=compiled.cells, kinds=compiled.kinds)


def _rows(number: int, cell: Cell, periods: int) -> str:
    """SQL of the rows of one figure."""
    value = f"CAST({cell.column} AS DECIMAL(38,6))" + (f" / {_DAY}" if cell.days else "")
    unit = f"TRY_CAST(split_part(part, {_MARK}, 1) AS BIGINT)"
    own = f"nullif(split_part(part, {_MARK}, 2), '')"
    if not cell.span:
        return (
            f"SELECT {number}, period, {unit}, {own}, {value} FROM of_persons WHERE key = {cell.key} "
            f"AND {cell.column} IS NOT NULL AND {cell.column} <> 0"
        )
    # what stands: all changes up to the end of a period, or before it
    last = "<=" if cell.span == "through" else "<"
    places = ", ".join(f"({place})" for place in range(periods))
    return (
        f"SELECT {number}, place, {unit}, {own}, sum({value}) FROM of_persons "
        f"JOIN (VALUES {places}) AS places (place) ON period {last} place WHERE key = {cell.key} "
        f"GROUP BY place, part HAVING sum({value}) <> 0"
    )
