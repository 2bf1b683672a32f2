"""What the log holds in all, by the name of the event."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tenure.warehouse.connection import Connection
from tenure.warehouse.where import property_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All events of one name: how many, of how many people, with what revenue, from when to when (microseconds UTC)."""

    events: int
    people: int
    revenue: Decimal
    first: int
    last: int


def totals(connection: Connection, *, as_of: int | None = None) -> dict[str, Total]:
    """What the log holds up to `as_of` (microseconds UTC), by the name of the event."""
    limit = f"WHERE time <= {as_of}" if as_of is not None else ""
    rows = connection.execute(
        f"SELECT name, count(*), count(DISTINCT customer), coalesce(sum({property_number('revenue')}), 0), min(time), "
        f"max(time) FROM events {limit} GROUP BY name"
    ).fetchall()
    return {
        name: Total(events=events, people=people, revenue=revenue, first=first, last=last)
        for name, events, people, revenue, first, last in rows
    }
