"""Occasions: the moments that a journey leads to or starts from, a stage that is entered or an event that happens."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.events import EventBinding
from tenure.lifecycle.moves.scope import Scope
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Moments of people: `moments` is SQL of unit, time, times (how often at that moment), none later than now.

    `stage` is the stage entered; None for an event, which `name` then is.
    """

    name: str
    moments: str
    stage: str | None = None
    events: tuple[str, ...] = ()

    def first(self) -> str:
        """SQL of everybody's first: unit, time, times (1)."""
        return f"SELECT unit, min(time) AS time, CAST(1 AS BIGINT) AS times FROM ({self.moments}) GROUP BY unit"


def stage_entered(scope: Scope, stage: str) -> Occasion:
    """The entries of a stage. Raises UsageError where there is no such stage."""
    entries = f"SELECT unit, entered_at AS time, CAST(1 AS BIGINT) AS times FROM ({scope.stays()})"
    return Occasion(name=stage, stage=stage, moments=f"{entries} WHERE stage = {scope.code(stage)}")


def event_happened(connection: Connection, scope: Scope, binding: EventBinding) -> Occasion:
    """The events that a short name stands for; their measures are extracted where missing."""
    kind = MeasureKind(unit=scope.lifecycle.unit, events=binding.events, where=binding.where)
    number = ensure(connection, [kind])[kind]
    return Occasion(
        name=binding.name, events=binding.events,
        moments=f"SELECT unit, time, count(*) AS times FROM measures WHERE kind = {number} AND time <= {scope.now} "
        f"AND {scope.kept()} GROUP BY unit, time",
    )  # fmt: skip
