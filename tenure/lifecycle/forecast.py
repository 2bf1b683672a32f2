"""Who moves where, and when, if nothing happens: the rows of the history that are still to come."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.population import Worth, excluded, money_at
from tenure.lifecycle.refresh import Applied
from tenure.warehouse.connection import Connection

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMove:
    """A move that silence brings: how many, with what money now, and between which moments (microseconds UTC)."""

    stage: str
    to: str | None
    people: int
    money: Decimal
    earliest: int
    latest: int


def due_moves(held: Applied, *, as_of: int, until: int) -> str:
    """SQL of every scheduled move after `as_of` and up to `until`: unit, stage, target (null: none), moves_at."""
    return (
        f"SELECT a.unit, a.stage, b.stage AS target, a.left_at AS moves_at FROM "
        f"(SELECT * FROM stage_codes WHERE lifecycle = {held.code} AND left_at > {as_of} AND left_at <= {until}) AS a "
        f"LEFT JOIN (SELECT * FROM stage_codes WHERE lifecycle = {held.code}) AS b "
        f"ON b.unit = a.unit AND b.entered_at = a.left_at"
    )


def forecast(
    connection: Connection, lifecycle: Lifecycle, held: Applied, *, money: Worth, as_of: int, days: int,
    exclusion: Applied | None = None,
) -> tuple[DueMove, ...]:  # fmt: skip
    """The moves of the next `days` days (of 86,400 s) if nobody does anything, the earliest first.

    Somebody who moves twice is counted in both moves; money is what the people are worth at `as_of`.
    """
    rows = connection.execute(
        f"""
        SELECT due.stage, due.target, count(*), coalesce(sum(money), 0), min(moves_at), max(moves_at)
        FROM ({due_moves(held, as_of=as_of, until=as_of + days * DAY)}) AS due
        LEFT JOIN ({money_at(connection, money, lifecycle, as_of)}) AS worth USING (unit)
        WHERE unit NOT IN ({excluded(exclusion, as_of)})
        GROUP BY due.stage, due.target ORDER BY min(moves_at), due.stage, due.target
        """
    ).fetchall()
    return tuple(
        DueMove(
            stage=held.stages[stage], to=None if target is None else held.stages[target], people=people, money=worth,
            earliest=earliest, latest=latest,
        )
        for stage, target, people, worth, earliest, latest in rows
    )  # fmt: skip
