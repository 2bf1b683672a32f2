"""Cohorts: who came in one period, followed through the periods after it.

    cohorts(connection, scope, periods, begin=Begin(event=purchase), counted=Counted(what="retention", event=purchase))

A cohort is everybody whose beginning lies in a period; its age 0 is that period, age 1 the one after. The first event
known counts as the first there was: who came before the log begins stands in the cohort of their first event in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pyarrow as pa

from tenure.events import EventBinding
from tenure.lifecycle.moves.scope import Scope, edges_of, placed
from tenure.lifecycle.periods import Period
from tenure.lifecycle.tell import timestamp
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure

What = Literal["retention", "orders", "revenue", "kept", "reached"]
# these count people, each once
OF_PEOPLE: tuple[What, ...] = ("retention", "kept", "reached")

_STEP = Decimal("0.000001")
# so many periods have a bit each in a whole number of the store
_BITS = 62
_Values = Counter[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """What makes somebody a member: the first of an event, or the first entry into a stage (its position).

    With neither, the first event of any name.
    """

    event: EventBinding | None = None
    stage: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is counted of a cohort in each period.

    `retention`: people with at least one of the event; `orders`: such events; `revenue`: their values; `kept`: people
    in a stage of kind customer when the period ends; `reached`: people who had been in one of `stages` by then.
    """

    what: What
    event: EventBinding | None = None
    stages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortCell:
    """A cohort (None: all of them) at an age in periods: `value` of `people`.

    `base` is what the percentage is of: the people or, for orders and revenue, the value at age 0. A cell is not
    `complete` while its period goes on. Those of None add up the complete cells of that age, so that shares are
    weighted by size.
    """

    cohort: Period | None
    age: int
    people: int
    value: Decimal
    base: Decimal
    complete: bool

    @property
    def share(self) -> Decimal | None:
        """The value as part of `base`, to six decimals; None where that is 0."""
        return (self.value / self.base).quantize(_STEP) if self.base else None

    @property
    def each(self) -> Decimal | None:
        """The value for each of the people, to six decimals; None where there are none."""
        return (self.value / self.people).quantize(_STEP) if self.people else None


def cohorts(
    connection: Connection, scope: Scope, periods: Sequence[Period], *, begin: Begin, counted: Counted,
    since: int | None = None, until: int | None = None,
) -> tuple[CohortCell, ...]:  # fmt: skip
    """The cells of every cohort, the earliest first, ages ascending; last those of all cohorts together.

    The periods follow each other without a gap up to the one with `scope.now`. Only cohorts whose period ends after
    `since` and begins by `until` are told.
    """
    periods = [period for period in periods if period.begins <= scope.now]
    sizes, values = _found(connection, scope, periods, begin, counted)
    cells: list[CohortCell] = []
    for place, cohort in enumerate(periods, start=1):
        if (since is not None and cohort.ends <= since) or (until is not None and cohort.begins > until):
            continue
        people = sizes[place]
        base = Decimal(people if counted.what in OF_PEOPLE else values[place, 0])
        cells += [
            CohortCell(
                cohort=cohort, age=age, people=people, value=Decimal(values[place, age]), base=base,
                complete=periods[place - 1 + age].ends <= scope.now + 1,
            )
            for age in range(len(periods) - place + 1)
        ]  # fmt: skip
    return (*cells, *_together(cells))


def cohort_people(
    connection: Connection, scope: Scope, periods: Sequence[Period], *, begin: Begin, counted: Counted, cohort: Period,
    age: int | None = None,
) -> pa.Table:  # fmt: skip
    """Who began in the period `cohort`, or (with an age) who of them is counted at that age, the first ones first.

    Columns: customer_id, began. Of orders and revenue it is whoever had a part in them.
    """
    begun = (
        f"SELECT unit, first FROM ({member_sql(connection, scope, begin)}) "
        f"WHERE first >= {cohort.begins} AND first < {cohort.ends}"
    )
    among = "TRUE"
    if age is not None:
        later = [period for period in periods if cohort.begins <= period.begins <= scope.now]
        among = (
            f"unit IN ({_counted_at(connection, scope, later[age], begun, counted)})" if age < len(later) else "FALSE"
        )
    return connection.sql(
        f"SELECT units.id AS customer_id, {timestamp('first')} AS began FROM ({begun}) AS begun "
        f"JOIN units ON units.key = begun.unit WHERE {among} ORDER BY first, customer_id"
    ).to_arrow_table()


def _counted_at(connection: Connection, scope: Scope, period: Period, begun: str, counted: Counted) -> str:
    """SQL of who is counted in a period: unit."""
    match counted.what:
        case "kept":
            end = min(period.ends, scope.now + 1)
            chosen = ", ".join(map(str, customer_stages(scope))) or "NULL"
            return (
                f"SELECT unit FROM ({scope.stays()}) WHERE stage IN ({chosen}) AND entered_at < {end} "
                f"AND (left_at IS NULL OR left_at >= {end})"
            )
        case "reached":
            chosen = ", ".join(map(str, counted.stages)) or "NULL"
            return f"SELECT unit FROM ({scope.stays()}) WHERE stage IN ({chosen}) AND entered_at < {period.ends}"
        case _:
            return (
                f"SELECT unit FROM measures JOIN ({begun}) USING (unit) WHERE {_events(connection, scope, counted)} "
                f"AND time >= first AND time >= {period.begins} AND time < {period.ends}"
            )


def member_sql(connection: Connection, scope: Scope, begin: Begin) -> str:
    """SQL of everybody's beginning: unit, first (microseconds since 1970)."""
    if begin.stage is not None:
        return f"SELECT unit, min(entered_at) AS first FROM ({scope.stays()}) WHERE stage = {begin.stage} GROUP BY unit"
    if begin.event is None:
        return f"SELECT unit, time AS first FROM ({scope.born()})"
    number = event_number(connection, scope, begin.event)
    return (
        f"SELECT unit, min(time) AS first FROM measures "
        f"WHERE kind = {number} AND time <= {scope.now} AND {scope.kept()} GROUP BY unit"
    )


def event_number(connection: Connection, scope: Scope, event: EventBinding) -> int:
    """The number under which the store has the measures of an event, with its value."""
    kind = MeasureKind(unit=scope.lifecycle.unit, events=event.events, where=event.where, properties=event.values)
    return ensure(connection, [kind])[kind]


def customer_stages(scope: Scope) -> tuple[int, ...]:
    """The positions of the stages of kind customer."""
    return tuple(place for place, stage in enumerate(scope.lifecycle.stages) if stage.kind == "customer")


def _found(
    connection: Connection, scope: Scope, periods: Sequence[Period], begin: Begin, counted: Counted
) -> tuple[Counter[int], _Values]:
    """The people of each cohort, and what is counted by cohort and age; both by the place of the period, from 1."""
    edges = edges_of(periods)
    begun = f"SELECT unit, first, {placed('first', edges)} AS cohort FROM ({member_sql(connection, scope, begin)})"
    rows = connection.execute(f"SELECT cohort, count(*) FROM ({begun}) GROUP BY 1").fetchall()
    sizes = Counter[int](dict(rows))
    match counted.what:
        case "kept":
            return sizes, _kept(connection, scope, periods, begun)
        case "reached":
            return sizes, _reached(connection, scope, edges, begun, counted.stages)
        case "retention":
            return sizes, _active(connection, scope, edges, begun, begin, counted)
        case _:
            return sizes, _summed(connection, scope, edges, begun, counted)


def _events(connection: Connection, scope: Scope, counted: Counted) -> str:
    """SQL of the condition on measures: the event counted, up to now."""
    assert counted.event is not None
    return f"kind = {event_number(connection, scope, counted.event)} AND time <= {scope.now}"


def _summed(connection: Connection, scope: Scope, edges: Sequence[int], begun: str, counted: Counted) -> _Values:
    """How many events, of what value; what people did before they began is in no cell."""
    chosen = "count(*)" if counted.what == "orders" else "sum(value)"
    rows = connection.execute(
        f"""
        SELECT cohort, {placed("time", edges)} - cohort, {chosen} FROM measures JOIN ({begun}) USING (unit)
        WHERE {_events(connection, scope, counted)} AND time >= first GROUP BY 1, 2
        """
    ).fetchall()
    return _Values({(cohort, age): value or 0 for cohort, age, value in rows})


def _active(
    connection: Connection, scope: Scope, edges: Sequence[int], begun: str, begin: Begin, counted: Counted
) -> _Values:
    """How many people had at least one event; what they did before they began is in no cell."""
    condition = _events(connection, scope, counted)
    place = placed("time", edges)
    if len(edges) > _BITS:
        rows = connection.execute(
            f"""
            SELECT cohort, place - cohort, count(*) FROM (
                SELECT DISTINCT unit, cohort, {place} AS place FROM measures JOIN ({begun}) USING (unit)
                WHERE {condition} AND time >= first
            ) GROUP BY 1, 2
            """
        ).fetchall()
        return _Values({(cohort, age): people for cohort, age, people in rows})
    # a bit for each period makes one row of each person, where one for each of their periods takes five times as long
    mask = f"bit_or(CAST(1 AS BIGINT) << ({place})) AS mask"
    if begin.event == counted.event:
        masks = (
            f"SELECT {placed('min(time)', edges)} AS cohort, {mask} FROM measures "
            f"WHERE {condition} AND {scope.kept()} GROUP BY unit"
        )
    else:
        masks = (
            f"SELECT cohort, {mask} FROM measures JOIN ({begun}) USING (unit) "
            f"WHERE {condition} AND time >= first GROUP BY unit, cohort"
        )
    bits = ", ".join(f"sum((mask >> {bit}) & 1)" for bit in range(1, len(edges)))
    rows = connection.execute(f"SELECT cohort, {bits} FROM ({masks}) GROUP BY 1").fetchall()
    return _Values(
        {(cohort, bit - cohort): people for cohort, *told in rows for bit, people in enumerate(told, start=1)}
    )


def _kept(connection: Connection, scope: Scope, periods: Sequence[Period], begun: str) -> _Values:
    """Whoever is in a stage of kind customer at the ends of the periods; now, where the last one goes on."""
    ends = [min(period.ends, scope.now + 1) for period in periods]
    chosen = ", ".join(map(str, customer_stages(scope))) or "NULL"
    rows = connection.execute(
        f"""
        WITH begun AS ({begun}),
        held AS (
            SELECT unit, {placed("entered_at", ends)} AS since, CASE WHEN left_at IS NULL THEN {len(ends)}
                ELSE {placed("left_at", ends)} END AS until
            FROM ({scope.stays()}) WHERE stage IN ({chosen})
        )
        SELECT cohort, since, until, count(*) FROM begun JOIN held USING (unit) WHERE since < until GROUP BY 1, 2, 3
        """
    ).fetchall()
    values = _Values()
    for cohort, since, until, people in rows:
        for place in range(max(since + 1, cohort), until + 1):
            values[cohort, place - cohort] += people
    return values


def _reached(connection: Connection, scope: Scope, edges: Sequence[int], begun: str, stages: Sequence[int]) -> _Values:
    """Whoever had been in one of the stages, also before they began, by the end of each period."""
    chosen = ", ".join(map(str, stages)) or "NULL"
    rows = connection.execute(
        f"""
        WITH begun AS ({begun}),
        came AS (
            SELECT unit, min(entered_at) AS reached FROM ({scope.stays()}) WHERE stage IN ({chosen}) GROUP BY unit
        )
        SELECT cohort, greatest({placed("reached", edges)} - cohort, 0), count(*) FROM begun JOIN came USING (unit)
        GROUP BY 1, 2
        """
    ).fetchall()
    came = defaultdict[int, _Values](_Values)
    for cohort, age, people in rows:
        came[cohort][cohort, age] = people
    values = _Values()
    for cohort, found in came.items():
        so_far = 0
        for age in range(len(edges) - cohort):
            so_far += found[cohort, age]
            values[cohort, age] = so_far
    return values


def _together(cells: Sequence[CohortCell]) -> list[CohortCell]:
    """The complete cells of each age added up."""
    by_age = defaultdict[int, list[CohortCell]](list)
    for cell in cells:
        if cell.complete:
            by_age[cell.age].append(cell)
    return [
        CohortCell(
            cohort=None, age=age, people=sum(one.people for one in same),
            value=sum((one.value for one in same), Decimal(0)), base=sum((one.base for one in same), Decimal(0)),
            complete=True,
        )
        for age, same in sorted(by_age.items())
    ]  # fmt: skip
