"""How arriving rows enter the event log: the steps of `Store.append`, each one statement over temporary tables.

    staged      the rows as they came, with the hash of their message id
    met         rows whose message id is known already, from the log or from the same file
    keyed       the customers and accounts of the rows, with their keys
    incoming    the new events as they stand in `events`

Everything runs inside the caller's transaction. Lookups go from the small side: a batch of a thousand rows reads one
narrow column of the log and one of `units`, whatever their size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from tenure.warehouse import measures
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.store import Appended, Arrival, Change

EXAMPLES = 3
# so many rows of the log are fetched by their places; more are found by scanning it
FEW = 2_000

_HASH = "CAST(md5_number(message_id) >> 64 AS UBIGINT)"
_STAGED = """
    message_hash UBIGINT, position BIGINT, message_id VARCHAR, customer_id VARCHAR, anonymous_id VARCHAR,
    account VARCHAR, type VARCHAR, name VARCHAR, time BIGINT, received_at BIGINT, properties VARCHAR, traits VARCHAR,
    context VARCHAR
"""
# columns of `staged` and of `events` that make up what an event says
_CONTENT = {
    "customer_id": "user_id", "anonymous_id": "anonymous_id", "account": "account", "type": "type", "name": "name",
    "time": "time", "properties": "properties", "context": "context",
}  # fmt: skip
_UNIT_ID = "coalesce(customer_id, anonymous_id)"
CHANGED = "loaded already with other content"


def append(connection: duckdb.DuckDBPyConnection, batches: Iterable[pa.RecordBatch], arrival: Arrival) -> Appended:
    """What became of the rows; the tables hold them when the caller commits."""
    read = _stage(connection, batches, arrival)
    repeated = _repeats(connection, arrival)
    known = _meet(connection, arrival)
    duplicates, changed = _count_met(connection) if repeated or known else (0, 0)
    changes = _examples(connection) if changed else ()
    replaced = 0
    if repeated or known:
        replaced = _settle(connection, arrival)
    new_customers = _give_keys(connection)
    loaded, future, first_time, last_time = _one(
        connection,
        "SELECT count(*), count(*) FILTER (WHERE time > received_at), min(time), max(time) FROM staged",
    )
    if loaded:
        _insert(connection, arrival)
    rejected = _reject(connection, arrival)
    connection.execute(
        "INSERT INTO loads SELECT coalesce(max(load), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM loads",
        [arrival.source, arrival.file, arrival.fingerprint, arrival.received_at, read, loaded, duplicates, changed,
         sum(rejected.values())],
    )  # fmt: skip
    for table in ("staged", "refused", "keyed", "incoming", "met"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    rejected.pop(CHANGED, None)
    return Appended(
        read=read, loaded=loaded, duplicates=duplicates, changed=changed, replaced=replaced, rejected=rejected,
        changes=changes, future=future, first_time=first_time, last_time=last_time, new_customers=new_customers,
    )  # fmt: skip


def _stage(connection: duckdb.DuckDBPyConnection, batches: Iterable[pa.RecordBatch], arrival: Arrival) -> int:
    """How many rows came; `staged` holds those to load, `refused` the others."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE staged ({_STAGED})")
    connection.execute("CREATE OR REPLACE TEMP TABLE refused (position BIGINT, reason VARCHAR, raw VARCHAR)")
    read = 0
    for batch in batches:
        read += batch.num_rows
        names = set(batch.schema.names)
        connection.register("arriving", pa.Table.from_batches([batch]))
        refusals = "reason" in names and batch.column("reason").null_count < batch.num_rows
        if refusals:
            connection.execute("INSERT INTO refused SELECT position, reason, raw FROM arriving WHERE reason IS NOT NULL")
        kind = "type" if "type" in names else "$type"
        received = "received_at" if "received_at" in names else "$received_at"
        context = "context" if "context" in names else "CAST(NULL AS VARCHAR)"
        parameters: dict[str, object] = {}
        if "type" not in names:
            parameters["type"] = arrival.type
        if "received_at" not in names:
            parameters["received_at"] = arrival.received_at
        if batch.column("traits").null_count < batch.num_rows:
            # the traits stay with the event, for whoever looks at it
            context = (
                f"CASE WHEN traits IS NULL THEN {context} "
                f"""WHEN {context} IS NULL THEN '{{"traits":' || traits || '}}' """
                f"""ELSE CAST(json_merge_patch({context}, '{{"traits":' || traits || '}}') AS VARCHAR) END"""
            )
        connection.execute(
            f"INSERT INTO staged SELECT {_HASH}, position, message_id, customer_id, anonymous_id, account, {kind}, name, "
            f"time, {received}, properties, traits, {context} FROM arriving"
            + (" WHERE reason IS NULL" if refusals else ""),
            parameters or None,
        )
        connection.unregister("arriving")
    return read


def _repeats(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> bool:
    """Whether rows of the file share a message id; `met` then holds all but one of each id."""
    (repeated,) = _one(
        connection, "SELECT count(*) FROM (SELECT message_hash FROM staged GROUP BY message_hash HAVING count(*) > 1)"
    )
    if not repeated:
        return False
    shared = (
        "SELECT *, row_number() OVER (PARTITION BY message_id ORDER BY position {order}) AS place FROM staged WHERE "
        "message_hash IN (SELECT message_hash FROM staged GROUP BY message_hash HAVING count(*) > 1)"
    )
    if arrival.by_content:
        # equal rows are as many events: the second of them is -2
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE numbered AS SELECT position, message_id || '-' || place AS message_id "
            f"FROM ({shared.format(order='')}) WHERE place > 1"
        )
        connection.execute(
            f"UPDATE staged SET message_id = n.message_id, message_hash = {_HASH.replace('message_id', 'n.message_id')} "
            "FROM numbered AS n WHERE staged.position = n.position"
        )
        connection.execute("DROP TABLE numbered")
        return False
    order = "DESC" if arrival.on_change == "replace" else ""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE met AS WITH shared AS MATERIALIZED ({shared.format(order=order)}) "
        f"SELECT s.position, CAST(NULL AS BIGINT) AS place, kept.position AS twin, {_same('s', 'kept', staged=True)} AS same "
        "FROM shared AS s JOIN shared AS kept ON kept.message_id = s.message_id AND kept.place = 1 WHERE s.place > 1"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE spare AS SELECT * FROM staged WHERE position IN (SELECT position FROM met)")
    connection.execute("DELETE FROM staged WHERE position IN (SELECT position FROM met)")
    return _any(connection, "met")


def _meet(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> bool:
    """Whether message ids of the rows are in the log; they are then added to `met`."""
    if not _any(connection, "events"):
        return False
    # hashes alone decide who is looked at: a column of eight bytes, never the texts
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE candidates AS SELECT rowid AS place, message_hash FROM events "
        "WHERE message_hash IN (SELECT message_hash FROM staged)"
    )
    places = connection.execute(f"SELECT place FROM candidates LIMIT {FEW + 1}").fetchall()
    if not places:
        return False
    found = f"rowid IN ({', '.join(str(place) for (place,) in places)})" if len(places) <= FEW else "true"
    if not _exists(connection, "met"):
        connection.execute("CREATE OR REPLACE TEMP TABLE met (position BIGINT, place BIGINT, twin BIGINT, same BOOLEAN)")
    connection.execute(
        f"INSERT INTO met SELECT s.position, e.place, NULL, {_same('s', 'e')} FROM staged AS s "
        f"JOIN (SELECT rowid AS place, * FROM events WHERE {found}) AS e "
        "ON e.message_hash = s.message_hash AND e.message_id = s.message_id"
    )
    connection.execute("DROP TABLE candidates")
    return True


def _same(left: str, right: str, *, staged: bool = False) -> str:
    """SQL of whether a row of `staged` says the same as another, or as one of `events`."""
    return " AND ".join(
        f"{left}.{column} IS NOT DISTINCT FROM {right}.{column if staged else event}" for column, event in _CONTENT.items()
    )


def _count_met(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The duplicates and the changed among the rows that were met before."""
    same, changed = _one(connection, "SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same) FROM met")
    return same, changed


def _examples(connection: duckdb.DuckDBPyConnection) -> tuple[Change, ...]:
    """The first changed rows, with what differs."""
    spare = " UNION ALL SELECT * FROM spare" if _exists(connection, "spare") else ""
    picked = connection.execute(
        f"SELECT position, place, twin FROM met WHERE NOT same ORDER BY position LIMIT {EXAMPLES}"
    ).fetchall()
    changes = []
    for position, place, twin in picked:
        now = _row(connection, list(_CONTENT), f"(SELECT * FROM staged{spare}) WHERE position = {position}")
        if place is None:
            was = _row(connection, list(_CONTENT), f"(SELECT * FROM staged{spare}) WHERE position = {twin}")
        else:
            was = _row(connection, list(_CONTENT.values()), f"events WHERE rowid = {place}")
        (message_id,) = _one(connection, f"SELECT message_id FROM (SELECT * FROM staged{spare}) WHERE position = {position}")
        differing = [number for number, pair in enumerate(zip(was, now, strict=True)) if pair[0] != pair[1]]
        names = ["customer" if name == "customer_id" else name for name in _CONTENT]
        changes.append(
            Change(
                message_id=message_id, position=position,
                was=", ".join(f"{names[number]} {_shown(was[number])}" for number in differing),
                now=", ".join(f"{names[number]} {_shown(now[number])}" for number in differing),
            )
        )  # fmt: skip
    return tuple(changes)


def _settle(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> int:
    """How many events of the log give way; duplicates and refused changes leave `staged`."""
    if arrival.on_change == "reject":
        spare = " UNION ALL SELECT * FROM spare" if _exists(connection, "spare") else ""
        columns = ", ".join(f'"{column}" := {column}' for column in ("message_id", *_CONTENT))
        connection.execute(
            f"INSERT INTO refused SELECT position, '{CHANGED}', CAST(to_json(struct_pack({columns})) AS VARCHAR) "
            f"FROM (SELECT * FROM staged{spare}) WHERE position IN (SELECT position FROM met WHERE NOT same)"
        )
    connection.execute("DROP TABLE IF EXISTS temp.spare")
    going = "place IS NOT NULL AND NOT same"
    staying = "" if arrival.on_change != "replace" else f" WHERE NOT ({going})"
    connection.execute(f"DELETE FROM staged WHERE position IN (SELECT position FROM met{staying})")
    if arrival.on_change != "replace":
        return 0
    (count,) = _one(connection, f"SELECT count(*) FROM met WHERE {going}")
    if count:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE replaced AS SELECT * FROM events WHERE rowid IN (SELECT place FROM met WHERE {going})"
        )
        connection.execute(f"DELETE FROM events WHERE rowid IN (SELECT place FROM met WHERE {going})")
        connection.execute(
            "DELETE FROM trait_changes WHERE customer IN (SELECT customer FROM replaced) "
            "AND message_id IN (SELECT message_id FROM replaced)"
        )
        connection.execute(
            "INSERT INTO touched SELECT DISTINCT customer FROM replaced WHERE customer IS NOT NULL "
            "UNION SELECT key FROM units WHERE kind = 'account' AND id IN (SELECT account FROM replaced)"
        )
        measures.forget(connection, "replaced")
        connection.execute("DROP TABLE replaced")
    return int(count)


def _give_keys(connection: duckdb.DuckDBPyConnection) -> int:
    """How many customers are new; `keyed` holds everybody named by the rows, `units` knows them."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE keyed AS
        WITH named AS MATERIALIZED (
            SELECT 'customer' AS kind, {_UNIT_ID} AS id, min(time) AS first_seen, min(position) AS position
            FROM staged WHERE {_UNIT_ID} IS NOT NULL GROUP BY 2
            UNION ALL
            SELECT 'account', account, min(time), min(position) FROM staged WHERE account IS NOT NULL GROUP BY 2
        ), known AS MATERIALIZED (
            SELECT units.key, units.kind, units.id, named.first_seen, named.first_seen < units.first_seen AS earlier
            FROM units JOIN named ON units.id = named.id AND units.kind = named.kind
        )
        SELECT key, kind, id, first_seen, earlier, false AS new FROM known
        UNION ALL
        SELECT (SELECT coalesce(max(key), 0) FROM units) + row_number() OVER (ORDER BY position, kind),
               kind, id, first_seen, false, true
        FROM named ANTI JOIN known USING (kind, id)
        """
    )
    new, new_customers, earlier = _one(
        connection,
        "SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE new AND kind = 'customer'), "
        "count(*) FILTER (WHERE earlier) FROM keyed",
    )
    if new:
        connection.execute("INSERT INTO units SELECT key, kind, id, first_seen FROM keyed WHERE new ORDER BY key")
    if earlier:
        connection.execute(
            "UPDATE units SET first_seen = k.first_seen FROM (SELECT key, first_seen FROM keyed WHERE earlier) AS k "
            "WHERE units.key = k.key"
        )
    return int(new_customers)


def _insert(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    """Writes `staged` into the log: events, traits, touched units and measures."""
    parameters = [arrival.source]
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT s.message_hash, s.message_id, k.key AS customer, CAST(k.key % {BUCKETS} AS UTINYINT) AS bucket,
               s.anonymous_id, s.customer_id AS user_id, s.account, s.type, s.name, s.time, s.received_at,
               CAST(? AS VARCHAR) AS source, s.properties, s.context
        FROM staged AS s
        LEFT JOIN (SELECT key, id FROM keyed WHERE kind = 'customer') AS k
               ON k.id = coalesce(s.customer_id, s.anonymous_id)
        ORDER BY bucket, customer, s.time
        """,
        parameters,
    )
    connection.execute(
        f"""
        INSERT INTO trait_changes
        SELECT customer, CAST(customer % {BUCKETS} AS UTINYINT), trait.key, time, message_id, received_at,
               coalesce(CAST(trait.value AS VARCHAR), 'null')
        FROM (
            SELECT k.key AS customer, s.time, s.message_id, s.received_at,
                   unnest(map_entries(from_json(s.traits, '"MAP(VARCHAR, JSON)"'))) AS trait
            FROM staged AS s
            JOIN (SELECT key, id FROM keyed WHERE kind = 'customer') AS k
              ON k.id = coalesce(s.customer_id, s.anonymous_id)
            WHERE s.traits IS NOT NULL
        )
        ORDER BY 2, 1, time
        """
    )
    connection.execute("DROP TABLE staged")
    connection.execute("INSERT INTO events SELECT * FROM incoming")
    connection.execute("INSERT INTO touched SELECT key FROM keyed WHERE key NOT IN (SELECT unit FROM touched)")
    measures.extend(connection, "incoming")


def _reject(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> dict[str, int]:
    """The reasons of the refused rows with their numbers; those of an earlier reading of the file give way."""
    if arrival.file:
        connection.execute("DELETE FROM rejected WHERE source = ? AND file = ?", [arrival.source, arrival.file])
    if not _any(connection, "refused"):
        return {}
    connection.execute(
        "INSERT INTO rejected SELECT (SELECT coalesce(max(load), 0) + 1 FROM loads), ?, ?, position, reason, raw "
        "FROM refused ORDER BY position",
        [arrival.source, arrival.file],
    )
    rows = connection.execute("SELECT reason, count(*) FROM refused GROUP BY reason ORDER BY 2 DESC, 1").fetchall()
    return dict(rows)


def _any(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    query = "SELECT 1 FROM duckdb_tables() WHERE temporary AND table_name = ?"
    return connection.execute(query, [table]).fetchone() is not None


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] | None = connection.execute(query).fetchone()
    if row is None:
        raise AssertionError(query)
    return row


def _row(connection: duckdb.DuckDBPyConnection, columns: list[str], rest: str) -> tuple[object, ...]:
    row: tuple[object, ...] | None = connection.execute(f"SELECT {', '.join(columns)} FROM {rest}").fetchone()
    return row or tuple(None for _ in columns)


def _shown(value: object) -> str:
    text = "none" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 120 else text[:119] + "…"

