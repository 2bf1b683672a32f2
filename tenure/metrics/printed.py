"""The query of one metric as people read it: one comment a step, the formula at the end."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.lifecycle.steps import Query
from tenure.metrics.compiler import Compiled, compile_metrics
from tenure.metrics.definition import Metric
from tenure.metrics.figures import feed_of
from tenure.metrics.formula import (
    Before,
    Calculation,
    DaysInPeriod,
    Figure,
    Formula,
    LevelFigure,
    Number,
    PeopleWhere,
    Ratio,
    StageFigure,
    leaves,
)
from tenure.metrics.question import DAY, Cell, Question
from tenure.warehouse.connection import Connection
from tenure.warehouse.dialects import one_line, translated
from tenure.warehouse.where import quote


def metric_sql(connection: Connection, metric: Metric, question: Question, *, engine: str = "duckdb") -> str:
    """The query that gives a metric's value for each period of the question, formatted and commented.

    Kinds of measures have the numbers that they have in the store, or would get there; they are listed at the top.
    """
    query, compiled = metric_query(connection, metric, question)
    kinds = sorted(compiled.kinds.items(), key=lambda item: item[1])
    head = [
        f"{metric.title}: {metric.means}",
        metric.text,
        *(f"{name}: {text}" for name, text in metric.parts.items()),
        *(["kinds of measures:"] if kinds else []),
        *(f"  {number}: {kind.told()}" for kind, number in kinds),
        "times are microseconds since 1970 UTC",
    ]
    comments = "".join(
        f"-- {one_line(' '.join(line.split()) if not line.startswith('  ') else line)}\n" for line in head
    )
    return comments + translated(query.sql, engine, comments={step.name: step.comment for step in query.steps})


def metric_query(connection: Connection, metric: Metric, question: Question) -> tuple[Query, Compiled]:
    """The query of one metric as engines run it, and what it was compiled to."""
    feed = feed_of(connection, [metric], question)
    compiled = compile_metrics([(leaf, metric.events) for leaf in leaves(metric.formula)], feed)
    return Query(steps=compiled.steps, last=_last(metric, compiled, question)), compiled


def _last(metric: Metric, compiled: Compiled, question: Question) -> str:
    rows = ", ".join(
        f"({place}, {quote(period.start.isoformat())})" for place, period in enumerate(question.periods) if place
    )
    value = _sql(metric.formula, compiled, question, 0)
    return (
        f"SELECT asked.start AS period, {value} AS value FROM (VALUES {rows}) AS asked (period, start) "
        "ORDER BY asked.period"
    )


def _sql(formula: Formula, compiled: Compiled, question: Question, back: int) -> str:
    """SQL of a formula for the period that is so many before the one of the row."""
    match formula:
        case Number():
            return f"{formula.value:f}"
        case DaysInPeriod():
            arms = " ".join(
                f"WHEN {place + back} THEN {question.days(place):f}" for place in range(len(question.periods))
            )
            return f"CASE asked.period {arms} END"
        case Before():
            return _sql(formula.formula, compiled, question, back + 1)
        case Ratio():
            top, bottom = _both(formula.numerator, formula.denominator, compiled, question, back)
            return f"({top} / nullif({bottom}, 0))"
        case Calculation(op="/"):
            top, bottom = _both(formula.left, formula.right, compiled, question, back)
            return f"({top} / nullif({bottom}, 0))"
        case Calculation():
            left, right = _both(formula.left, formula.right, compiled, question, back)
            return f"({left} {formula.op} {right})"
        case Figure() | PeopleWhere() | StageFigure() | LevelFigure():
            return _cell(compiled.cells[formula][0], back)
        case _:
            raise ValueError(f"{type(formula).__name__} is not resolved")


def _both(left: Formula, right: Formula, compiled: Compiled, question: Question, back: int) -> Sequence[str]:
    return [_sql(one, compiled, question, back) for one in (left, right)]


def _cell(cell: Cell, back: int) -> str:
    period = f"asked.period - {back}" if back else "asked.period"
    op = {"": "=", "through": "<=", "before": "<"}[cell.span]
    told = f"CAST(sum({cell.column}) AS DOUBLE)" + (f" / {DAY}" if cell.days else "")
    if cell.empty is not None:
        told = f"CASE WHEN count(*) = 0 THEN {cell.empty:f} ELSE {told} END"
    return f"(SELECT {told} FROM {cell.table} WHERE key = {cell.key} AND {cell.table}.period {op} {period})"
