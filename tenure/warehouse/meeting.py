"""Rows whose message id is known already: duplicates, and changes that follow the source's `on_change`.

Within a chunk the first row of an id stands, the last where rows replace; the others, and all whose id is in the log,
are met. A duplicate says the same as what it meets; a change does not.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from tenure.warehouse import measures, membership
from tenure.warehouse.identity.withdrawing import withdraw
from tenure.warehouse.store import Arrival, Change
from tenure.warehouse.windows import Windows, arrow

EXAMPLES = 3
# so many rows of the log are fetched by their places; more are found by scanning it
FEW = 2_000
CHANGED = "loaded already with other content"

# columns of `staged` and of `events` that make up what an event says
_CONTENT = {
    "customer_id": "user_id", "anonymous_id": "anonymous_id", "account": "account", "type": "type", "name": "name",
    "time": "time", "properties": "properties", "context": "context",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """The rows that were met: `table` has their position, the place in the log or the twin's position, and `same`."""

    table: pa.Table
    duplicates: int
    changed: int
    changes: tuple[Change, ...]


def meet(
    connection: duckdb.DuckDBPyConnection, windows: Windows, staged: pa.Table, candidates: pa.Table, arrival: Arrival
) -> Met | None:
    """The rows of `staged` whose ids are known; None where there are none.

    `candidates` are the places in the log of messages with the same hashes.
    """
    found: list[pa.Table] = []
    hashes = np.sort(staged["message_hash"].to_numpy())
    if (hashes[1:] == hashes[:-1]).any():
        windows.show("meeting", staged)
        found.append(arrow(connection, _twins(arrival)))
    if candidates.num_rows:
        windows.show("meeting", staged)
        where = "true"
        if candidates.num_rows <= FEW:
            where = f"rowid IN ({', '.join(map(str, candidates['place'].to_pylist()))})"
        met = arrow(
            connection,
            "SELECT s.position, e.place, CAST(NULL AS BIGINT) AS twin, "
            f"{_same('s', 'e', _CONTENT)} AS same FROM meeting AS s "
            f"JOIN (SELECT rowid AS place, * FROM events WHERE {where}) AS e "
            "ON e.message_hash = s.message_hash AND e.message_id = s.message_id",
        )
        if found:
            others = ~np.isin(met["position"].to_numpy(), found[0]["position"].to_numpy())
            met = met.filter(pa.array(others))
        found.append(met)
    table = pa.concat_tables(found) if found else None
    if table is None or not table.num_rows:
        return None
    same = np.asarray(table["same"].combine_chunks())
    changed = table.filter(pa.array(~same)).sort_by("position")
    return Met(
        table=table, duplicates=int(same.sum()), changed=changed.num_rows,
        changes=tuple(_change(connection, staged, row) for row in changed.slice(0, EXAMPLES).to_pylist()),
    )  # fmt: skip


def settle(
    connection: duckdb.DuckDBPyConnection, windows: Windows, staged: pa.Table, met: Met, arrival: Arrival
) -> tuple[pa.Table, pa.Table, int]:
    """The rows that stay to be loaded, those that are refused, and how many events of the log gave way."""
    windows.show("met", met.table)
    windows.show("meeting", staged)
    columns = ", ".join(f'"{column}" := {column}' for column in ("message_id", *_CONTENT))
    refused = arrow(
        connection,
        f"SELECT position, '{CHANGED}' AS reason, CAST(to_json(struct_pack({columns})) AS VARCHAR) AS raw FROM meeting "
        f"WHERE position IN (SELECT position FROM met WHERE NOT same) AND {arrival.on_change == 'reject'}",
    )
    gives_way = "place IS NOT NULL AND NOT same" if arrival.on_change == "replace" else "false"
    leaving = arrow(connection, f"SELECT position FROM met WHERE NOT ({gives_way})")["position"]
    staying = ~np.isin(staged["position"].to_numpy(), leaving.to_numpy())
    places = arrow(connection, f"SELECT DISTINCT place FROM met WHERE {gives_way}")
    if places.num_rows:
        windows.show("places", places)
        _take_out(connection, arrival.cause)
    return staged.filter(pa.array(staying)), refused, places.num_rows


def _take_out(connection: duckdb.DuckDBPyConnection, cause: str) -> None:
    """Takes the events at `places` out of the log, with all that was made of them."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE replaced AS SELECT * FROM events WHERE rowid IN (SELECT place FROM places)"
    )
    connection.execute("DELETE FROM events WHERE rowid IN (SELECT place FROM places)")
    connection.execute(
        "DELETE FROM trait_changes WHERE customer IN (SELECT customer FROM replaced) "
        "AND message_id IN (SELECT message_id FROM replaced)"
    )
    connection.execute(
        "INSERT INTO touched SELECT customer, ? FROM replaced WHERE customer IS NOT NULL "
        "UNION SELECT key, ? FROM units WHERE kind = 'account' AND id IN (SELECT account FROM replaced)",
        [cause, cause],
    )
    withdraw(connection, "replaced")
    left = membership.leave(connection, "replaced")
    measures.forget(connection, "replaced", cause=cause)
    if left:
        membership.settle(connection, cause)
    connection.execute("DROP TABLE replaced")


def _twins(arrival: Arrival) -> str:
    order = "DESC" if arrival.on_change == "replace" else ""
    return f"""
        WITH shared AS MATERIALIZED (
            SELECT *, row_number() OVER (PARTITION BY message_id ORDER BY position {order}) AS rank
            FROM meeting
            WHERE message_hash IN (SELECT message_hash FROM meeting GROUP BY message_hash HAVING count(*) > 1)
        )
        SELECT s.position, CAST(NULL AS BIGINT) AS place, kept.position AS twin,
               {_same("s", "kept", dict.fromkeys(_CONTENT))} AS same
        FROM shared AS s JOIN shared AS kept ON kept.message_id = s.message_id AND kept.rank = 1
        WHERE s.rank > 1
    """


def _same(left: str, right: str, columns: dict[str, str] | dict[str, None]) -> str:
    """SQL of whether two rows say the same; `columns` maps those of the left to those of the right (None: the same)."""
    return " AND ".join(
        f"{left}.{ours} IS NOT DISTINCT FROM {right}.{theirs or ours}" for ours, theirs in columns.items()
    )


def _change(connection: duckdb.DuckDBPyConnection, staged: pa.Table, met: dict[str, int | None]) -> Change:
    """What a changed row was and is, as far as it differs."""
    row = _staged_row(staged, met["position"])
    if met["place"] is None:
        was = _staged_row(staged, met["twin"])
    else:
        columns = ", ".join(f"{theirs} AS {ours}" for ours, theirs in _CONTENT.items())
        was = arrow(connection, f"SELECT {columns} FROM events WHERE rowid = {met['place']}").to_pylist()[0]
    differing = [column for column in _CONTENT if row[column] != was[column]]
    names = {column: "customer" if column == "customer_id" else column for column in differing}
    return Change(
        message_id=str(row["message_id"]),
        position=int(met["position"] or 0),
        was=", ".join(f"{names[column]} {_shown(column, was[column])}" for column in differing),
        now=", ".join(f"{names[column]} {_shown(column, row[column])}" for column in differing),
    )


def _staged_row(staged: pa.Table, position: int | None) -> dict[str, object]:
    at = int(np.flatnonzero(staged["position"].to_numpy() == position)[0])
    row: dict[str, object] = staged.slice(at, 1).to_pylist()[0]
    return row


def _shown(column: str, value: object) -> str:
    if column == "time" and isinstance(value, int):
        with suppress(OverflowError):
            return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value):%Y-%m-%dT%H:%M:%S.%fZ}"
    text = "none" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 120 else text[:119] + "…"
