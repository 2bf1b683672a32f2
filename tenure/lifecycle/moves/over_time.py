"""Population over time: who was where at the end of each period, worth how much, and who came and went in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.moves.moved import moved
from tenure.lifecycle.moves.scope import NEW, NONE, Scope, edges_of, placed
from tenure.lifecycle.periods import Period
from tenure.warehouse.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePeriod:
    """A stage (None: in none) in a period. `people` = `before` + `entries` - `exits`, exactly.

    `new` are those among the entries who were not known before. `money` is that of `people`, as it was at the end of
    the period; a period that is not `complete` ends for now at the moment up to which events count.
    """

    period: Period
    stage: str | None
    before: int
    entries: int
    new: int
    exits: int
    people: int
    money: Decimal | None
    complete: bool


def over_time(
    connection: Connection, scope: Scope, periods: Sequence[Period], *, money: bool = True
) -> tuple[StagePeriod, ...]:
    """Every stage in each of the periods that have begun, periods in their order, stages in that of the list.

    The periods follow each other without a gap. One query finds the people; without `money` there is no other.
    """
    periods = [period for period in periods if period.begins <= scope.now]
    counted = flows(connection, scope, periods)
    present = Counter[int]()
    for (origin, target), count in counted[0].items():
        present[target] += count
        present[origin] -= count
    found: list[StagePeriod] = []
    for place, period in enumerate(periods, start=1):
        entries, exits, new = Counter[int](), Counter[int](), Counter[int]()
        for (origin, target), count in counted[place].items():
            entries[target] += count
            exits[origin] += count
            if origin == NEW:
                new[target] += count
        worth = money_by_stage(connection, scope, min(period.ends - 1, scope.now)) if money else None
        for state in scope.states:
            before = present[state]
            present[state] = before + entries[state] - exits[state]
            found.append(
                StagePeriod(
                    period=period, stage=scope.name(state), before=before, entries=entries[state], new=new[state],
                    exits=exits[state], people=present[state], complete=period.ends <= scope.now + 1,
                    money=None if worth is None else worth.get(state, Decimal(0)),
                )
            )  # fmt: skip
    return tuple(found)


def flows(connection: Connection, scope: Scope, periods: Sequence[Period]) -> list[Counter[tuple[int, int]]]:
    """How many moves there were from each state to each other: before the periods, and in each of them."""
    edges = edges_of(periods)
    rows = connection.execute(
        f"SELECT {placed('moment', edges)} AS place, origin, target, count(*) FROM ({moved(scope)}) GROUP BY 1, 2, 3"
    ).fetchall()
    counted: list[Counter[tuple[int, int]]] = [Counter() for _ in range(len(periods) + 2)]
    for place, origin, target, count in rows:
        counted[place][origin, target] += count
    return counted


def money_by_stage(connection: Connection, scope: Scope, moment: int) -> dict[int, Decimal]:
    """The money of everybody in each state, as both were at a moment."""
    rows = connection.execute(
        f"""
        SELECT coalesce(stay.stage, {NONE}), sum(money)
        FROM ({scope.worth(connection, moment)}) AS worth
        JOIN ({scope.born(by=moment)}) AS born USING (unit)
        LEFT JOIN ({scope.present(moment)}) AS stay USING (unit)
        GROUP BY 1
        """
    ).fetchall()
    return dict(rows)
