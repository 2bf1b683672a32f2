"""Conversion between stages: of those who entered one in a period, how many came to another, within how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from tenure.errors import UsageError
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.scope import Scope, edges_of, placed
from tenure.lifecycle.periods import Period
from tenure.lifecycle.tell import timestamp
from tenure.warehouse.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Those who first entered the stage in a period: `reached` of `people` came to the other in time.

    It is not `complete` while somebody still has time, or while its period goes on: its share can only grow. `median`
    is how long half of those who came took, in microseconds, None where nobody came.
    """

    period: Period
    people: int
    reached: int
    median: int | None
    complete: bool

    @property
    def share(self) -> Decimal | None:
        """The part that came, to six decimals; None where nobody entered."""
        return (Decimal(self.reached) / self.people).quantize(Decimal("0.000001")) if self.people else None


def targets(scope: Scope, stage: int, to: int | None) -> tuple[int, ...]:
    """The stages that count as reached: `to`, or where it is None every later stage of the journey.

    Raises UsageError where there is no later one.
    """
    if to is not None:
        return (to,)
    if later := tuple(place for place in scope.main if place > stage):
        return later
    name, other = scope.held.stages[stage], scope.held.stages[_back(scope, stage)]
    raise UsageError(
        f"No stage of the journey of {scope.lifecycle.name!r} comes after {name!r}.",
        hint=f"Name the stage to reach, too, as in `tenure conversion {name} {other}`.",
    )


def _back(scope: Scope, stage: int) -> int:
    """A stage that somebody there may come to: the last of the journey, or the first of the others."""
    return next((place for place in (*reversed(scope.main), *range(len(scope.held.stages))) if place != stage), stage)


def conversion(
    connection: Connection, scope: Scope, periods: Sequence[Period], *, stage: int, to: int | None = None,
    days: int | None = None,
) -> tuple[Cohort, ...]:  # fmt: skip
    """The cohorts by the period of the first entry into `stage`; reached is `to`, or any later stage of the journey.

    With `days` (of 86,400 s) only who came within so long counts, and a cohort is complete once everybody had so long;
    without, whoever came so far counts, and no cohort is complete.
    """
    edges = edges_of(periods)
    rows = connection.execute(
        f"""
        SELECT {placed("entered", edges)} AS place, count(*), count(took), quantile_disc(took, 0.5)
        FROM ({journeys(scope, stage, to, days)}) GROUP BY 1
        """
    ).fetchall()
    counted = {place: told for place, *told in rows}
    nothing = (0, 0, None)
    return tuple(
        Cohort(
            period=period, people=people, reached=reached, median=median,
            complete=days is not None and period.ends - 1 + days * DAY <= scope.now,
        )
        for place, period in enumerate(periods, start=1)
        for people, reached, median in [counted.get(place, nothing)]
        if period.begins <= scope.now
    )  # fmt: skip


def journeys(scope: Scope, stage: int, to: int | None, days: int | None) -> str:
    """SQL of everybody's first entry into a stage, and how long it took from there: unit, entered, took (or null)."""
    chosen = ", ".join(map(str, targets(scope, stage, to)))
    in_time = f"AND later.entered_at - begun.entered <= {days * DAY}" if days is not None else ""
    return f"""
        SELECT begun.unit, entered, min(later.entered_at) - entered AS took
        FROM (
            SELECT unit, min(entered_at) AS entered FROM ({scope.stays()}) WHERE stage = {stage} GROUP BY unit
        ) AS begun
        LEFT JOIN (SELECT unit, entered_at FROM ({scope.stays()}) WHERE stage IN ({chosen})) AS later
        ON later.unit = begun.unit AND later.entered_at > begun.entered {in_time}
        GROUP BY begun.unit, entered
    """


def cohort_people(
    connection: Connection, scope: Scope, *, stage: int, to: int | None = None, days: int | None = None,
    since: int | None = None, until: int | None = None,
) -> pa.Table:  # fmt: skip
    """Who first entered a stage from `since` to `until`: customer_id, entered_at, reached_at, money.

    `reached_at` is null where they did not come in time; those stand last.
    """
    limits = [f"entered >= {since}"] if since is not None else []
    limits += [f"entered <= {until}"] if until is not None else []
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, {timestamp("entered")} AS entered_at,
            {timestamp("entered + took")} AS reached_at, coalesce(money, 0) AS money
        FROM ({journeys(scope, stage, to, days)}) AS journey JOIN units ON units.key = journey.unit
        LEFT JOIN ({scope.worth(connection)}) AS worth ON worth.unit = journey.unit
        WHERE {" AND ".join(limits) or "TRUE"} ORDER BY took IS NULL, money DESC, customer_id
        """
    ).to_arrow_table()
