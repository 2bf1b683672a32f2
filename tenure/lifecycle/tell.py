"""The stored history in the words of people: text ids, names of stages, timestamps."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY, due_moves
from tenure.lifecycle.population import Worth, excluded, money_at
from tenure.lifecycle.refresh import Applied
from tenure.warehouse.connection import Connection
from tenure.warehouse.identity.asking import unit_of
from tenure.warehouse.where import named, quote

__all__ = ["due_people", "history_rows", "named", "timestamp"]


def timestamp(column: str) -> str:
    """SQL of a moment as a timestamp in UTC."""
    return f"make_timestamptz({column})"


def history_rows(
    connection: Connection, chosen: Sequence[tuple[Lifecycle, Applied]], *, table: str = "stage_codes",
    customer: str | None = None, after: int | None = None,
) -> pa.Table:  # fmt: skip
    """The rows of the histories: lifecycle, customer_id, stage, previous, entered_at, left_at; sorted.

    `customer` keeps one unit's rows, `after` those entered later than that moment.
    """
    parts = []
    for lifecycle, held in chosen:
        limits = [f"lifecycle = {held.code}"]
        if customer is not None:
            unit = unit_of(connection, customer, lifecycle.unit)
            limits.append(f"unit = {unit.key}" if unit else "FALSE")
        if after is not None:
            limits.append(f"entered_at > {after}")
        parts.append(
            f"SELECT {quote(lifecycle.name)} AS lifecycle, unit, {named('stage', held.stages)} AS stage, "
            f"{named('previous', held.stages)} AS previous, entered_at, left_at "
            f"FROM {table} WHERE {' AND '.join(limits)}"
        )
    return connection.sql(
        f"SELECT lifecycle, units.id AS customer_id, stage, previous, {timestamp('entered_at')} AS entered_at, "
        f"{timestamp('left_at')} AS left_at FROM ({' UNION ALL '.join(parts)}) AS rows JOIN units ON units.key = unit "
        f"ORDER BY lifecycle, customer_id, rows.entered_at"
    ).to_arrow_table()


def due_people(
    connection: Connection, lifecycle: Lifecycle, held: Applied, *, money: Worth, as_of: int, days: int,
    exclusion: Applied | None = None,
) -> pa.Table:  # fmt: skip
    """Everybody who moves within days if silent: customer_id, stage, to, moves_at, money; the earliest first."""
    return connection.sql(
        f"SELECT units.id AS customer_id, {named('due.stage', held.stages)} AS stage, "
        f'{named("due.target", held.stages)} AS "to", {timestamp("moves_at")} AS moves_at, coalesce(money, 0) AS money '
        f"FROM ({due_moves(held, as_of=as_of, until=as_of + days * DAY)}) AS due JOIN units ON units.key = unit "
        f"LEFT JOIN ({money_at(connection, money, lifecycle, as_of)}) AS worth USING (unit) "
        f"WHERE unit NOT IN ({excluded(exclusion, as_of)}) ORDER BY due.moves_at, customer_id"
    ).to_arrow_table()
