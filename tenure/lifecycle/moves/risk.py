"""People at risk by the level they left: the stage before, and the highest stage of the journey they ever reached."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.moves.scope import Scope
from tenure.warehouse.connection import Connection

PHASES = ("risk", "gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """People in a stage of phase risk or gone who came from `previous` and had come as far as `highest`.

    None as `previous` means from no stage, as `highest` that they were in no stage of the journey.
    """

    stage: str
    previous: str | None
    highest: str | None
    people: int
    money: Decimal


def highest(scope: Scope, moment: int) -> str:
    """SQL of the highest stage of the journey that each had been in by a moment: unit, highest (a position)."""
    main = ", ".join(map(str, scope.main)) or "NULL"
    return f"SELECT unit, max(stage) AS highest FROM ({scope.stays(by=moment)}) WHERE stage IN ({main}) GROUP BY unit"


def risk_stages(scope: Scope) -> tuple[int, ...]:
    """The positions of the side stages that mean risk or loss."""
    return tuple(place for place, stage in enumerate(scope.lifecycle.stages) if stage.side and stage.phase in PHASES)


def at_risk(connection: Connection, scope: Scope, *, moment: int | None = None) -> tuple[AtRisk, ...]:
    """Everybody in a stage of risk at a moment (default: now) by the level left: the highest levels first."""
    at = scope.now if moment is None else moment
    places = ", ".join(map(str, risk_stages(scope))) or "NULL"
    rows = connection.execute(
        f"""
        SELECT stage, previous, highest, count(*), coalesce(sum(money), 0)
        FROM ({scope.present(at)}) AS stay LEFT JOIN ({highest(scope, at)}) AS levels USING (unit)
        LEFT JOIN ({scope.worth(connection, at)}) AS worth USING (unit)
        WHERE stage IN ({places}) GROUP BY 1, 2, 3 ORDER BY stage, highest DESC NULLS LAST, previous DESC NULLS LAST
        """
    ).fetchall()
    return tuple(
        AtRisk(stage=scope.held.stages[stage], previous=scope.name(before), highest=scope.name(level), people=people,
               money=money)
        for stage, before, level, people, money in rows
    )  # fmt: skip
