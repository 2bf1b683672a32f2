"""Who is stuck: in a stage for longer than three quarters of all visits to it last."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.moves.times import curves
from tenure.warehouse.connection import Connection

SHARE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckStage:
    """A stage: `people` of the `inside` have been there longer than `limit` (microseconds), worth `money`.

    The limit is when three quarters of the visits have ended, by Kaplan-Meier; it is None, and nobody is stuck, where
    so many never have.
    """

    stage: str
    limit: int | None
    inside: int
    people: int
    money: Decimal


def limits(connection: Connection, scope: Scope) -> dict[int, int]:
    """After how many microseconds three quarters have left each stage, by its position, where they ever have."""
    found = {place: curve.gone(SHARE) for place, curve in curves(connection, scope).items()}
    return {place: limit for place, limit in found.items() if limit is not None}


def stuck_units(scope: Scope, found: dict[int, int]) -> str:
    """SQL of who is stuck now: unit."""
    arms = " OR ".join(f"(stage = {place} AND {scope.now} - entered_at > {limit})" for place, limit in found.items())
    return f"SELECT unit FROM ({scope.present()}) WHERE {arms or 'FALSE'}"


def stuck(connection: Connection, scope: Scope) -> tuple[StuckStage, ...]:
    """Who is stuck in every stage, in the order of the list."""
    found = limits(connection, scope)
    rows = connection.execute(
        f"""
        SELECT stage, count(*), count(stuck.unit), coalesce(sum(money) FILTER (WHERE stuck.unit IS NOT NULL), 0)
        FROM ({scope.present()}) AS stay LEFT JOIN ({stuck_units(scope, found)}) AS stuck ON stuck.unit = stay.unit
        LEFT JOIN ({scope.worth(connection)}) AS worth ON worth.unit = stay.unit
        GROUP BY stage
        """
    ).fetchall()
    counted = {stage: told for stage, *told in rows}
    nothing = (0, 0, Decimal(0))
    return tuple(
        StuckStage(stage=name, limit=found.get(place), inside=inside, people=people, money=money)
        for place, name in enumerate(scope.held.stages)
        for inside, people, money in [counted.get(place, nothing)]
    )
