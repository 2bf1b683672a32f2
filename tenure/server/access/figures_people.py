"""The people behind figures: of a cohort's cell, an RFM cell, a persona, a step from touch to touch, a path, a part.

    found = behind(reader, Behind(what="rfm", lifecycle="classic", cell="champion"))
    found.count, found.rows

A figure has exactly as many as the list that it opens. None while the list is being made: ask again in a moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from tenure.engage.handed import harmless
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.rfm import RFM_CELLS
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import later, soon
from tenure.server.access.people import PAGE, Person, goes_on, looked_through, people_of, stranger
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.value import DAYS

What = Literal["rfm", "persona", "follow", "path", "cohort", "part", "value"]
# of a path, where none are named
PATH_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Which figure: `cell` of rfm is a name, three digits, or `5-4` for recency and how much; else the persona's name,
    the cohort's period, the part of a dimension, or the list's name of value, of which `first` is the part. Otherwise
    `first` and `then` are touchpoints (`begin`, `end`), or periods. A path is of `steps`, leads `to` something or away
    from `start`, and its people are those who went exactly that way, or all who `walked` it.
    """

    what: What
    lifecycle: str
    cell: str = ""
    days: int | None = None
    k: int | None = None
    first: str = ""
    then: str = ""
    stage: str | None = None
    segment: str | None = None
    counted: str = ""
    by: str = ""
    unit: PeriodUnit = "month"
    age: int | None = None
    metric: str = ""
    steps: tuple[str, ...] = ()
    to: str = ""
    start: str = ""
    walked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody, and what the figure says of them, by the names of the list's columns."""

    person: Person
    told: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of a list: how many rows it has in all, these of them, its own columns, and whether more follow."""

    count: int
    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    lifecycle: Lifecycle
    more: bool


def behind(reader: Reader, asked: Behind, *, offset: int = 0, limit: int = PAGE) -> Listed | None:
    """The rows from `offset` on. Raises UsageError for what does not exist, Denied as `people` does."""
    require(reader, Right.PEOPLE)
    table = later(_table, asked)
    if table is None:
        return None
    limit = looked_through(reader, offset, limit)
    shown = table.slice(offset, limit)
    people = people_of(shown["customer_id"].to_pylist(), lifecycle=asked.lifecycle)
    columns = tuple(name for name in table.column_names if name != "customer_id")
    rows = tuple(
        Row(
            person=people.get(row["customer_id"]) or stranger(row["customer_id"]),
            told={name: row[name] for name in columns},
        )
        for row in _plain(shown).to_pylist()
    )
    return Listed(
        count=table.num_rows, rows=rows, columns=columns, lifecycle=holding.workspace().lifecycle(asked.lifecycle),
        more=table.num_rows > offset + limit and goes_on(reader, offset, limit),
    )  # fmt: skip


def behind_table(reader: Reader, asked: Behind) -> pa.Table | None:
    """All rows as Arrow, harmless in spreadsheets: to be taken out of the house."""
    require(reader, Right.PEOPLE)
    require(reader, Right.EXPORT)
    table = later(_table, asked)
    return None if table is None else harmless(table)


def ids_behind(reader: Reader, asked: Behind) -> tuple[str, ...]:
    """The ids of everybody in the list, each once. Raises NotYet while it is being made."""
    require(reader, Right.PEOPLE)
    return tuple(dict.fromkeys(soon(_table, asked)["customer_id"].to_pylist()))


@kept(16)
def _table(asked: Behind) -> pa.Table:
    ws = holding.workspace()
    match asked.what:
        case "rfm":
            return _of_rfm(asked)
        case "persona":
            found = ws.journeys.persona_people(asked.cell, asked.lifecycle, k=asked.k)
            return found.drop_columns(["persona"])
        case "follow":
            return ws.journeys.people_follow(
                asked.first, asked.then, asked.lifecycle, stage=asked.stage, segment=asked.segment
            )
        case "path":
            return ws.journeys.people_on_path(
                asked.steps, asked.lifecycle, to=asked.to or None, start=asked.start or None,
                days=asked.days or PATH_DAYS, segment=asked.segment, walked=asked.walked,
            )  # fmt: skip
        case "cohort":
            return ws.cohorts.people(
                asked.cell, asked.counted or "retention", age=asked.age, by=asked.by, unit=asked.unit,
                name=asked.lifecycle,
            )  # fmt: skip
        case "part":
            return ws.why.people(
                asked.metric, asked.by, asked.cell, since=asked.first or None, until=asked.then or None,
                period=asked.unit, lifecycle=asked.lifecycle,
            )  # fmt: skip
        case "value":
            return ws.value.people(
                asked.cell, asked.first, asked.lifecycle, unit=asked.unit, by=asked.by or "channel",
                days=asked.days or DAYS,
            )  # fmt: skip


def _of_rfm(asked: Behind) -> pa.Table:
    """The people of a name or of three digits, or those of a field of the map, which has one name."""
    recency, _, much = asked.cell.partition("-")
    if much and recency in "12345" and much in "12345":
        at = int(recency), int(much)
        found = holding.workspace().journeys.rfm_people(
            RFM_CELLS[at[0], at[1], at[1]], asked.lifecycle, days=asked.days
        )
        half = pc.divide(pc.add(pc.add(found["frequency"], found["monetary"]), 1), 2)
        found = found.filter(pc.and_(pc.equal(found["recency"], at[0]), pc.equal(half, at[1])))
    else:
        found = holding.workspace().journeys.rfm_people(asked.cell, asked.lifecycle, days=asked.days)
    return found.drop_columns(["cell"])


def _plain(table: pa.Table) -> pa.Table:
    """The rows with times as microseconds, as pages tell them."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            times = table.column(place).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
            table = table.set_column(place, field.name, times)
    return table
