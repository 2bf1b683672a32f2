"""Lists of people behind the figures: who is in a stage, from where, how far they ever came, and who is stuck."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from tenure.lifecycle.moves.risk import highest
from tenure.lifecycle.moves.scope import NONE, Scope
from tenure.lifecycle.moves.stuck import limits, stuck_units
from tenure.lifecycle.tell import named, timestamp
from tenure.warehouse.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Which people a list is of; None asks nothing.

    `stage` and `previous` are where they are and came from, `highest` the highest stage of the journey that they ever
    reached; `none` stands for no stage, unless a stage is called that. `stuck`: longer there than three quarters stay.
    """

    stage: str | None = None
    previous: str | None = None
    highest: str | None = None
    stuck: bool = False


def people_who(connection: Connection, scope: Scope, who: Who, *, moment: int | None = None) -> pa.Table:
    """The people at a moment (default: now), most money first.

    Columns: customer_id, stage, previous, entered_at, left_at, money. Those in no stage are listed where `stage` asks
    for them. Raises UsageError where there is no such stage.
    """
    at = scope.now if moment is None else moment
    chosen = {"stay.stage": who.stage, "stay.previous": who.previous, "levels.highest": who.highest}
    asked = [f"{column} {_is(scope, stage)}" for column, stage in chosen.items() if stage is not None]
    if who.stage is None:
        asked.append("stay.stage IS NOT NULL")
    if who.stuck:
        asked.append(f"born.unit IN ({stuck_units(scope, limits(connection, scope))})")
    levels = f"LEFT JOIN ({highest(scope, at)}) AS levels ON levels.unit = born.unit" if who.highest is not None else ""
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, {named("stay.stage", scope.held.stages)} AS stage,
            {named("stay.previous", scope.held.stages)} AS previous, {timestamp("stay.entered_at")} AS entered_at,
            {timestamp("stay.left_at")} AS left_at, coalesce(money, 0) AS money
        FROM ({scope.born(by=at)}) AS born JOIN units ON units.key = born.unit
        LEFT JOIN ({scope.present(at)}) AS stay ON stay.unit = born.unit {levels}
        LEFT JOIN ({scope.worth(connection, at)}) AS worth ON worth.unit = born.unit
        WHERE {" AND ".join(asked)} ORDER BY money DESC, customer_id
        """
    ).to_arrow_table()


def _is(scope: Scope, stage: str) -> str:
    state = scope.state(stage)
    return "IS NULL" if state == NONE else f"= {state}"
