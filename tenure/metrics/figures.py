"""The figures of metrics: for every metric and period a value, what it was divided from, and what it rests on.

    points(connection, metrics, question)

All metrics asked for are worked out together, by one query a shape of question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext
from typing import Any

from tenure.metrics.compiler import Compiled, compile_metrics
from tenure.metrics.definition import Metric
from tenure.metrics.feed import Feed
from tenure.metrics.formula import (
    Before,
    Calculation,
    DaysInPeriod,
    Figure,
    Formula,
    Leaf,
    LevelFigure,
    Number,
    PeopleWhere,
    Ratio,
    StageFigure,
    leaves,
)
from tenure.metrics.lacking import event_names, missing
from tenure.metrics.question import DAY, Cell, Question
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import ensure, registered

_EXACT = Context(prec=38)
RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """What a metric was in one period.

    `start` is the period's first day, `part` what it was broken down to. `numerator` and `denominator` are kept of a
    ratio; `value` is None where nothing can be said. `n` counts the events or people that the value, or its
    denominator, rests on. `status` is `running` where the period, or a time that people still have, is not over, and
    begins with `no data` where events are missing that the metric needs.
    """

    metric: str
    period: str
    start: date
    part: str | None = None
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    n: int | None = None
    status: str | None = None

    def stands(self, against: str | None) -> str | None:
        """The one status to tell: that against a target (None: there is none), unless the metric lacks its events."""
        return self.status if (self.status or "").startswith("no data") else against or self.status


Row = Mapping[str, Any]
Table = dict[tuple[int, int, str | None], Row]


def points(connection: Connection, metrics: Sequence[Metric], question: Question) -> tuple[MetricPoint, ...]:
    """The figures of the metrics for every period of the question but its first, in the order of both.

    Measures that are missing are extracted, so the connection is inside a transaction that may write.
    """
    lacking = missing(connection, metrics, question)
    asked = [metric for metric in metrics if metric.name not in lacking]
    compiled, found = answers(connection, asked, question)
    made: list[MetricPoint] = []
    for metric in metrics:
        if metric.name in lacking:
            made += [
                MetricPoint(metric=metric.name, period=one.name, start=one.start, status=lacking[metric.name])
                for one in question.periods[1:]
            ]
        else:
            made += _points(metric, compiled, found, question)
    return tuple(made)


def answers(connection: Connection, metrics: Sequence[Metric], question: Question) -> tuple[Compiled, dict[str, Table]]:
    """The metrics compiled, and the rows that their queries gave."""
    wanted = [(leaf, metric.events) for metric in metrics for leaf in leaves(metric.formula)]
    compiled = compile_metrics(wanted, feed_of(connection, metrics, question))
    ensure_all(connection, compiled)
    found: dict[str, Table] = {}
    held: frozenset[str] = frozenset()
    for shared in compiled.shared:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {shared} AS {compiled.query(shared, held=held).sql}")
        held |= {shared}
    for table in compiled.tables:
        columns, sql = compiled.rows(table, held=held)
        found[table] = {
            (key, period, part): dict(zip(columns, told, strict=True))
            for key, period, part, *told in connection.execute(sql).fetchall()
        }
    for name in compiled.shared:
        connection.execute(f"DROP TABLE {name}")
    return compiled, found


def feed_of(connection: Connection, metrics: Sequence[Metric], question: Question) -> Feed:
    """Where the figures of the metrics are read."""
    names = {event for metric in metrics for binding in metric.events.values() for event in binding.events}
    return Feed(question, dict(registered(connection)), frozenset(names & event_names(connection, "customer IS NULL")))


def ensure_all(connection: Connection, compiled: Compiled) -> None:
    """Nothing; extracts what is missing, under the numbers that the compiled queries have."""
    numbers = ensure(connection, [kind for kind, _ in sorted(compiled.kinds.items(), key=lambda item: item[1])])
    assert all(numbers[kind] == number for kind, number in compiled.kinds.items())


# --- from cells to values


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads cells for one period and part."""

    compiled: Compiled
    found: Mapping[str, Table]
    question: Question
    place: int
    part: str | None

    def value(self, formula: Formula) -> Decimal | None:
        match formula:
            case Number():
                return formula.value
            case DaysInPeriod():
                return self.question.days(self.place)
            case Before():
                earlier = _Reader(self.compiled, self.found, self.question, self.place - 1, self.part)
                return earlier.value(formula.formula) if self.place > 0 else None
            case Ratio():
                return _divided(self.value(formula.numerator), self.value(formula.denominator))
            case Calculation():
                return self._calculated(formula)
            case Figure() | PeopleWhere() | StageFigure() | LevelFigure():
                return self.cell(self.compiled.cells[formula][0])
            case _:
                raise ValueError(f"{type(formula).__name__} is not resolved")

    def _calculated(self, formula: Calculation) -> Decimal | None:
        left, right = self.value(formula.left), self.value(formula.right)
        if left is None or right is None:
            return None
        match formula.op:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return _divided(left, right)

    def cell(self, cell: Cell) -> Decimal | None:
        table = self.found[cell.table]
        if cell.span:
            last = self.place + (cell.span == "through")
            rows = [table.get((cell.key, place, self.part)) for place in range(-1, last)]
            return sum((_decimal(row[cell.column]) for row in rows if row is not None), Decimal(0))
        row = table.get((cell.key, self.place, self.part))
        if row is None:
            return cell.empty
        told = row[cell.column]
        if told is None:
            return None
        return _decimal(told) / DAY if cell.days else _decimal(told)

    def n(self, formula: Formula) -> int | None:
        """How many events or people the formula rests on: those of its first figure, of a ratio's denominator."""
        if isinstance(formula, Ratio):
            return self.n(formula.denominator)
        if isinstance(formula, Calculation):
            left = self.n(formula.left)
            return left if left is not None else self.n(formula.right)
        if isinstance(formula, Figure | PeopleWhere | StageFigure | LevelFigure):
            told = self.cell(self.compiled.cells[formula][1])
            return int(told) if told is not None else None
        return None


def _points(
    metric: Metric, compiled: Compiled, found: Mapping[str, Table], question: Question
) -> Iterable[MetricPoint]:
    mine = list(leaves(metric.formula))
    parts = _parts(mine, compiled, found) if question.by is not None else [None]
    with localcontext(_EXACT):
        for place, period in enumerate(question.periods):
            if not place:
                continue
            for part in parts:
                reader = _Reader(compiled, found, question, place, part)
                numerator = denominator = None
                if isinstance(metric.formula, Ratio):
                    numerator = reader.value(metric.formula.numerator)
                    denominator = reader.value(metric.formula.denominator)
                yield MetricPoint(
                    metric=metric.name, period=period.name, start=period.start, part=part,
                    value=reader.value(metric.formula), numerator=numerator, denominator=denominator,
                    n=reader.n(metric.formula), status=_status(mine, question, place),
                )  # fmt: skip


def _parts(mine: Sequence[Leaf], compiled: Compiled, found: Mapping[str, Table]) -> list[str | None]:
    """What a metric is broken down to: the named parts in order, then what belongs to none."""
    seen: set[str | None] = set()
    for leaf in mine:
        cell = compiled.cells[leaf][0]
        seen |= {part for key, _, part in found[cell.table] if key == cell.key}
    return [*sorted(part for part in seen if part is not None), *([None] if None in seen else [])]


def _status(mine: Sequence[Leaf], question: Question, place: int) -> str | None:
    if question.running(place):
        return RUNNING
    ages = [leaf.rows.aged for leaf in mine if isinstance(leaf, Figure) and leaf.rows.aged is not None]
    young = any(question.periods[place].ends - 1 > question.as_of - age for age in ages)
    return RUNNING if young else None


def _divided(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    if left is None or right is None or not right:
        return None
    return left / right


def _decimal(told: Any) -> Decimal:
    return Decimal(repr(told)) if isinstance(told, float) else Decimal(told)
