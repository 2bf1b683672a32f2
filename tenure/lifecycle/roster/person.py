"""What the log holds of one person, a bounded question at a time: identity, traits, stays, scores.

Events lie by bucket and key, so that each question reads the few places where one person's rows are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter

from tenure.expressions import parse_where
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.roster.kept import TABLE, Roster
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.erasing import pseudonym
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.where import condition_sql, property_number, quote

# the rows of one person: asked with parameters, a question keeps its text, and is taken apart once
_OF = "bucket = ? AND customer = ?"
# what the events say already, counted; and what other functions here tell
_TOLD = ("events", "trait_changes", "scores", "stage_codes", "measures", "first_measures", "touched")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What lists show of a person: money, when they were last seen (microseconds UTC), and the stage in each lifecycle.

    A stage is None where they are in none.
    """

    money: Decimal
    last_seen: int | None
    stages: Mapping[str, str | None]


def listed(connection: Connection, roster: Roster, held: Mapping[str, Applied], key: int) -> Listed | None:
    """What lists show of somebody; None where they are kept out of every list."""
    names = tuple(roster.lifecycles)
    columns = "".join(f", stage_{roster.lifecycles[name]}" for name in names)
    row = first_row(connection, f"SELECT money, last_seen{columns} FROM {TABLE} WHERE unit = ? AND NOT excluded", [key])
    if row is None:
        return None
    places = dict(zip(names, row[2:], strict=True))
    stages = {name: None if place is None else held[name].stages[place] for name, place in places.items()}
    return Listed(money=row[0], last_seen=row[1], stages=stages)


def traits(connection: Connection, key: int) -> Mapping[str, str]:
    """The traits as they were told last, by name; those that were made unknown are not there."""
    told = {name: value for _, name, value in trait_changes(connection, key)}
    texts = {name: json.loads(value) if value.startswith('"') else value for name, value in sorted(told.items())}
    return {name: text for name, text in texts.items() if text != "null"}


def trait_changes(connection: Connection, key: int) -> list[tuple[int, str, str]]:
    """Every trait that was ever told: time, name, value as JSON; the oldest first."""
    rows = connection.execute(f"SELECT time, message_id, name, value FROM trait_changes WHERE {_OF}", _of(key))
    return [(time, name, value) for time, _, name, value in sorted(rows.fetchall())]


def counts(connection: Connection, key: int, *, until: int | None = None) -> Mapping[str, int]:
    """How many events of each name there are, up to a moment (microseconds UTC)."""
    query = f"SELECT name, count(*) FROM events WHERE {_OF} AND (time <= ? OR ? IS NULL) GROUP BY name"
    return dict(connection.execute(query, [*_of(key), until, until]).fetchall())


def stays(connection: Connection, key: int, held: Applied) -> tuple[Stay, ...]:
    """The stays in a lifecycle, past, present and scheduled, the first one first."""
    rows = connection.execute(
        "SELECT entered_at, left_at, stage FROM stage_codes WHERE lifecycle = ? AND unit = ? AND stage IS NOT NULL",
        [held.code, key],
    ).fetchall()
    rows.sort(key=itemgetter(0))
    return tuple(Stay(stage=held.stages[stage], entered_at=entered, left_at=left) for entered, left, stage in rows)


def scores(connection: Connection, key: int) -> tuple[Score, ...]:
    """The latest score of every name, whichever model it came from."""
    latest = {one.name: one for one in all_scores(connection, key)}
    return tuple(latest[name] for name in sorted(latest))


def all_scores(connection: Connection, key: int) -> tuple[Score, ...]:
    """Every score that was ever worked out, the oldest first."""
    rows = connection.execute(
        "SELECT model, name, value, low, high, as_of FROM scores WHERE customer = ?", [key]
    ).fetchall()
    rows.sort(key=itemgetter(5, 1, 0))
    return tuple(
        Score(model=model, name=name, value=value, low=low, high=high, as_of=as_of)
        for model, name, value, low, high, as_of in rows
    )


def identity(connection: Connection, key: int) -> Mapping[str, list[str]]:
    """The ids that the events came with, by what they are: user_id, anonymous_id, account."""
    return {
        column: [
            one
            for (one,) in connection.execute(
                f"SELECT DISTINCT {column} FROM events WHERE {_OF} AND {column} IS NOT NULL ORDER BY 1", _of(key)
            ).fetchall()
        ]
        for column in ("user_id", "anonymous_id", "account")
    }


def event_rows(
    connection: Connection, key: int, written: Callable[[int | None], str | None]
) -> list[dict[str, object]]:
    """All that the log has of every event, the newest first; times as `written` has them."""
    rows = connection.sql(
        "SELECT time, name, message_id, type, source, received_at, user_id, anonymous_id, account, properties, context "
        f"FROM events WHERE bucket = {key % BUCKETS} AND customer = {key} ORDER BY time DESC, message_id DESC"
    ).to_arrow_table()
    return [
        {
            **row, "time": written(row["time"]), "received_at": written(row["received_at"]),
            "properties": json.loads(row["properties"]),
            "context": json.loads(row["context"]) if row["context"] else None,
        }
        for row in rows.to_pylist()
    ]  # fmt: skip


def derived(connection: Connection, key: int) -> Mapping[str, list[dict[str, object]]]:
    """The rows about one person in tables that no other function here tells, whichever they are, by table."""
    columns = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND schema_name = 'main' "
        "AND database_name = current_database() AND column_name IN ('unit', 'customer') ORDER BY ALL"
    ).fetchall()
    found: dict[str, list[dict[str, object]]] = {}
    for table, column in columns:
        if table not in _TOLD:
            rows = connection.sql(f'SELECT * FROM "{table}" WHERE "{column}" = {int(key)}').to_arrow_table().to_pylist()
            if rows:
                found[table] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return found


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def bought(connection: Connection, key: int, lifecycle: Lifecycle) -> Bought:
    """The purchases, as the lifecycle understands the word."""
    meant = meaning("purchase", lifecycle.events)
    named = ", ".join(quote(name) for name in meant.events)
    where = f" AND {condition_sql(parse_where(meant.where))}" if meant.where else ""
    value = f"coalesce({', '.join(property_number(name) for name in meant.values)})" if meant.values else "NULL"
    row = first_row(
        connection,
        f"SELECT count(*), coalesce(sum(CAST({value} AS DECIMAL(38,6))), 0), min(time), max(time) FROM events "
        f"WHERE {_OF} AND name IN ({named}){where}",
        _of(key),
    )
    return Bought(count=row[0], total=row[1], first=row[2], last=row[3]) if row else Bought()


def mentions(connection: Connection, person: str) -> list[tuple[str, str, str]]:
    """The rejected rows that show the id, not those with a longer word that holds it: source, reason, raw."""
    rows = connection.execute(
        f"SELECT source, reason, raw FROM rejected WHERE contains(raw, {quote(person)})"
    ).fetchall()
    return [row for row in rows if pseudonym(row[2], (person,)) != row[2]]


def _of(key: int) -> list[int]:
    """The parameters of `_OF`."""
    return [key % BUCKETS, key]
