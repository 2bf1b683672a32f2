"""What the log holds of one person, a bounded question at a time: identity, traits, stays, scores.

Events lie by bucket and key, so that each question reads the few places where one person's rows are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tenure.expressions import parse_where
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.refresh import Applied
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.where import condition_sql, property_number, quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody whom the log knows: `key` inside the store, and when they were first seen (microseconds UTC)."""

    key: int
    id: str
    first_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A stay in a stage: since when, and until when (None: no end is known); times in microseconds UTC."""

    stage: str
    entered_at: int
    left_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score of a model, with its limits and the moment it was worked out for (microseconds UTC)."""

    model: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    as_of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """The purchases of a person: how many, what they sum to, the first and the last (microseconds UTC)."""

    count: int = 0
    total: Decimal = Decimal(0)
    first: int | None = None
    last: int | None = None

    @property
    def average(self) -> Decimal | None:
        """The mean of one; None of none."""
        return self.total / self.count if self.count else None


def find(connection: Connection, person: str) -> Known | None:
    """The person of that id; None where nothing is known of one."""
    row = first_row(connection, "SELECT key, id, first_seen FROM units WHERE kind = ? AND id = ?", [CUSTOMER, person])
    return Known(key=row[0], id=row[1], first_seen=row[2]) if row else None


def traits(connection: Connection, key: int) -> Mapping[str, str]:
    """The traits as they were told last, by name; those that were made unknown are not there."""
    rows = connection.execute(
        "SELECT name, json_extract_string(arg_max(value, (time, message_id)), '$') AS told FROM trait_changes "
        f"WHERE {_of(key)} GROUP BY name ORDER BY name"
    ).fetchall()
    return {name: told for name, told in rows if told is not None}


def trait_changes(connection: Connection, key: int) -> list[tuple[int, str, str]]:
    """Every trait that was ever told: time, name, value as JSON; the oldest first."""
    return connection.execute(
        f"SELECT time, name, value FROM trait_changes WHERE {_of(key)} ORDER BY time, message_id, name"
    ).fetchall()


def counts(connection: Connection, key: int, *, until: int | None = None) -> Mapping[str, int]:
    """How many events of each name there are, up to a moment (microseconds UTC)."""
    limit = "" if until is None else f" AND time <= {int(until)}"
    query = f"SELECT name, count(*) FROM events WHERE {_of(key)}{limit} GROUP BY name"
    return dict(connection.execute(query).fetchall())


def stays(connection: Connection, key: int, held: Applied) -> tuple[Stay, ...]:
    """The stays in a lifecycle, past, present and scheduled, the first one first."""
    rows = connection.execute(
        f"SELECT stage, entered_at, left_at FROM stage_codes WHERE lifecycle = {held.code} AND unit = {int(key)} "
        "AND stage IS NOT NULL ORDER BY entered_at"
    ).fetchall()
    return tuple(Stay(stage=held.stages[stage], entered_at=entered, left_at=left) for stage, entered, left in rows)


def scores(connection: Connection, key: int) -> tuple[Score, ...]:
    """The latest score of every model."""
    rows = connection.execute(
        "SELECT model, name, arg_max(value, as_of), arg_max(low, as_of), arg_max(high, as_of), max(as_of) FROM scores "
        f"WHERE customer = {int(key)} GROUP BY model, name ORDER BY name, model"
    ).fetchall()
    return tuple(
        Score(model=model, name=name, value=value, low=low, high=high, as_of=as_of)
        for model, name, value, low, high, as_of in rows
    )


def bought(connection: Connection, key: int, lifecycle: Lifecycle) -> Bought:
    """The purchases, as the lifecycle understands the word."""
    meant = meaning("purchase", lifecycle.events)
    named = ", ".join(quote(name) for name in meant.events)
    where = f" AND {condition_sql(parse_where(meant.where))}" if meant.where else ""
    value = f"coalesce({', '.join(property_number(name) for name in meant.values)})" if meant.values else "NULL"
    row = first_row(
        connection,
        f"SELECT count(*), coalesce(sum(CAST({value} AS DECIMAL(38,6))), 0), min(time), max(time) FROM events "
        f"WHERE {_of(key)} AND name IN ({named}){where}",
    )
    return Bought(count=row[0], total=row[1], first=row[2], last=row[3]) if row else Bought()


def mentions(connection: Connection, person: str) -> list[tuple[str, str, str]]:
    """The rejected rows that show the id: source, reason, raw; at most a thousand."""
    return connection.execute(
        f"SELECT source, reason, raw FROM rejected WHERE contains(raw, {quote(person)}) LIMIT 1000"
    ).fetchall()


def _of(key: int) -> str:
    return f"bucket = {int(key) % BUCKETS} AND customer = {int(key)}"
