"""Transitions: how often people moved from each stage to each other, and how long they had been there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from tenure.lifecycle.moves.moved import moved
from tenure.lifecycle.moves.scope import NEW, Scope
from tenure.lifecycle.tell import named, timestamp
from tenure.warehouse.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The moves from a stage to another within a time; None stands for no stage.

    `new`: not from no stage, but not known before. `moves` of `people` (who may move more than once), out of `of` moves
    that left the stage; `median` is how long half of them had been there, in microseconds, None for the new.
    """

    stage: str | None
    new: bool
    to: str | None
    moves: int
    people: int
    of: int
    median: int | None

    @property
    def share(self) -> Decimal:
        """The part of the moves out of the stage, to six decimals."""
        return (Decimal(self.moves) / self.of).quantize(Decimal("0.000001"))


def transitions(
    connection: Connection, scope: Scope, *, since: int | None = None, until: int | None = None
) -> tuple[Transition, ...]:
    """The transitions from `since` to `until` (microseconds UTC, both included), in the order of the stages."""
    rows = connection.execute(
        f"SELECT origin, target, count(*), count(DISTINCT unit), quantile_disc(stayed, 0.5) FROM ({moved(scope)}) "
        f"WHERE {_within(since, until)} GROUP BY 1, 2"
    ).fetchall()
    out: dict[int, int] = {}
    for origin, _, count, *_ in rows:
        out[origin] = out.get(origin, 0) + count
    order = {state: place for place, state in enumerate((NEW, *scope.states))}
    return tuple(
        Transition(
            stage=scope.name(origin), new=origin == NEW, to=scope.name(target), moves=count, people=people,
            of=out[origin], median=median,
        )
        for origin, target, count, people, median in sorted(rows, key=lambda row: (order[row[0]], order[row[1]]))
    )  # fmt: skip


def moves_of_people(
    connection: Connection, scope: Scope, *, since: int | None = None, until: int | None = None,
    origins: Sequence[int] | None = None, targets: Sequence[int] | None = None,
) -> pa.Table:  # fmt: skip
    """Every move, the latest first: customer_id, from, new, to, moved_at, days_before, money (of now)."""
    limits = [_within(since, until)]
    limits += [
        f"{column} IN ({', '.join(map(str, chosen)) or 'NULL'})"
        for column, chosen in (("origin", origins), ("target", targets))
        if chosen is not None
    ]
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, {named("origin", scope.held.stages)} AS "from", origin = {NEW} AS new,
            {named("target", scope.held.stages)} AS "to", {timestamp("moment")} AS moved_at,
            CAST(stayed / 86400000000 AS DECIMAL(18, 6)) AS days_before, coalesce(money, 0) AS money
        FROM ({moved(scope)}) AS moves JOIN units ON units.key = moves.unit
        LEFT JOIN ({scope.worth(connection)}) AS worth ON worth.unit = moves.unit
        WHERE {" AND ".join(limits)} ORDER BY moment DESC, customer_id
        """
    ).to_arrow_table()


def _within(since: int | None, until: int | None) -> str:
    limits = [f"moment >= {since}"] if since is not None else []
    limits += [f"moment <= {until}"] if until is not None else []
    return " AND ".join(limits) or "TRUE"
