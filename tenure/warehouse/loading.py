"""How arriving rows enter the event log: the steps of `Store.append`, chunk by chunk.

    staged      the rows of a chunk as they came, with the hash of their message id
    met         rows whose message id is known already, from the log or from the same chunk
    named       the customers and accounts of the rows, with their keys
    incoming    the new events as they stand in `events`

Everything runs inside the caller's transaction. `staged` and `incoming` are Arrow tables: a temporary table keeps its
place until the transaction ends, and a file would no longer fit. Lookups go from the small side: a batch of a thousand
rows reads one narrow column of the log and one of `units`, whatever their size.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa

from tenure.warehouse import measures
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.store import Appended, Arrival, Change

EXAMPLES = 3
# so many rows of the log are fetched by their places; more are found by scanning it
FEW = 2_000
CHANGED = "loaded already with other content"

_HASH = "CAST(md5_number(message_id) >> 64 AS UBIGINT)"
# columns of `staged` and of `events` that make up what an event says
_CONTENT = {
    "customer_id": "user_id", "anonymous_id": "anonymous_id", "account": "account", "type": "type", "name": "name",
    "time": "time", "properties": "properties", "context": "context",
}  # fmt: skip
# somebody who has not said who she is, is a customer under her visitor's id
_CUSTOMER = "coalesce(customer_id, anonymous_id)"


def append(
    connection: duckdb.DuckDBPyConnection, batches: Iterable[pa.RecordBatch], arrival: Arrival, *, chunk_bytes: int
) -> Appended:
    """What became of the rows; the tables hold them when the caller commits.

    Rows are taken in chunks of about `chunk_bytes`, so that a file need not fit into memory.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE refused (position BIGINT, reason VARCHAR, raw VARCHAR)")
    if arrival.by_content:
        connection.execute("CREATE OR REPLACE TEMP TABLE contents (message_hash UBIGINT)")
    total = Appended()
    try:
        for chunk in _chunks(batches, chunk_bytes):
            total = _sum(total, _take(connection, chunk, arrival))
    finally:
        connection.complete()
        for view in ("arriving", "staged", "incoming"):
            connection.unregister(view)
    rejected = _reject(connection, arrival)
    connection.execute(
        "INSERT INTO loads SELECT coalesce(max(load), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM loads",
        [arrival.source, arrival.file, arrival.fingerprint, arrival.received_at, total.read, total.loaded,
         total.duplicates, total.changed, sum(rejected.values())],
    )  # fmt: skip
    for table in ("refused", "contents", "named"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    rejected.pop(CHANGED, None)
    return replace(total, rejected=rejected)


def _chunks(batches: Iterable[pa.RecordBatch], chunk_bytes: int) -> Iterator[pa.Table]:
    chunk: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if batch.num_rows and chunk and batch.schema.names != chunk[0].schema.names:
            yield pa.Table.from_batches(chunk)
            chunk, size = [], 0
        if batch.num_rows:
            chunk.append(batch)
            size += batch.nbytes
        if size >= chunk_bytes:
            yield pa.Table.from_batches(chunk)
            chunk, size = [], 0
    if chunk:
        yield pa.Table.from_batches(chunk)


def _take(connection: duckdb.DuckDBPyConnection, chunk: pa.Table, arrival: Arrival) -> Appended:
    """What became of one chunk."""
    staged = _stage(connection, chunk, arrival)
    met = False
    if arrival.by_content:
        staged = _number(connection, staged)
    else:
        met = _repeats(connection, arrival)
    met = _meet(connection, create=not met) or met
    duplicates = changed = replaced = 0
    changes: tuple[Change, ...] = ()
    if met:
        duplicates, changed = _one(
            connection, "SELECT count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT same) FROM met"
        )
        changes = _examples(connection) if changed else ()
        staged, replaced = _settle(connection, staged, arrival)
    new_customers = _give_keys(connection)
    loaded, future, first_time, last_time = _one(
        connection, "SELECT count(*), count(*) FILTER (WHERE time > received_at), min(time), max(time) FROM staged"
    )
    if loaded:
        _insert(connection, staged, arrival)
    return Appended(
        read=chunk.num_rows, loaded=loaded, duplicates=duplicates, changed=changed, replaced=replaced, changes=changes,
        future=future, first_time=first_time, last_time=last_time, new_customers=new_customers,
    )  # fmt: skip


def _sum(left: Appended, right: Appended) -> Appended:
    first = [time for time in (left.first_time, right.first_time) if time is not None]
    last = [time for time in (left.last_time, right.last_time) if time is not None]
    return Appended(
        read=left.read + right.read, loaded=left.loaded + right.loaded, duplicates=left.duplicates + right.duplicates,
        changed=left.changed + right.changed, replaced=left.replaced + right.replaced,
        changes=(left.changes + right.changes)[:EXAMPLES], future=left.future + right.future,
        first_time=min(first, default=None), last_time=max(last, default=None),
        new_customers=left.new_customers + right.new_customers,
    )  # fmt: skip


def _stage(connection: duckdb.DuckDBPyConnection, chunk: pa.Table, arrival: Arrival) -> pa.Table:
    """The rows to load, as `staged`; those refused are put into `refused`."""
    if "reason" in chunk.column_names:
        reasons = chunk["reason"]
        if reasons.null_count < chunk.num_rows:
            connection.register("arriving", chunk)
            connection.execute("INSERT INTO refused SELECT position, reason, raw FROM arriving WHERE reason IS NOT NULL")
            chunk = chunk.filter(reasons.is_null())
        chunk = chunk.drop_columns(["reason", "raw"])
    names = set(chunk.column_names)
    if "type" not in names:
        chunk = chunk.append_column("type", pa.repeat(pa.scalar(arrival.type), chunk.num_rows))
    if "received_at" not in names:
        received = pa.repeat(pa.scalar(arrival.received_at, pa.int64()), chunk.num_rows)
        chunk = chunk.append_column("received_at", received)
    if "context" not in names:
        chunk = chunk.append_column("context", pa.nulls(chunk.num_rows, pa.string()))
    columns = {"message_hash": _HASH}
    if chunk["traits"].null_count < chunk.num_rows:
        # the traits stay with the event, for whoever looks at it
        traits = """'{"traits":' || traits || '}'"""
        columns["context"] = (
            f"CASE WHEN traits IS NULL THEN context WHEN context IS NULL THEN {traits} "
            f"ELSE CAST(json_merge_patch(context, {traits}) AS VARCHAR) END"
        )
    connection.register("arriving", chunk)
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    worked = _arrow(connection, f"SELECT {listed} FROM arriving")
    for name in columns:
        if name in chunk.column_names:
            chunk = chunk.drop_columns([name])
        chunk = chunk.append_column(name, worked[name])
    connection.register("staged", chunk)
    return chunk


def _number(connection: duckdb.DuckDBPyConnection, staged: pa.Table) -> pa.Table:
    """The rows with equal ones told apart: the second is -2, though the first may stand in another chunk."""
    numbered = _arrow(
        connection, f"""
        WITH before AS (
            SELECT message_hash, count(*) AS n FROM contents
            WHERE message_hash IN (SELECT message_hash FROM staged) GROUP BY message_hash
        ), shared AS (
            SELECT message_hash FROM staged GROUP BY message_hash HAVING count(*) > 1
            UNION SELECT message_hash FROM before
        )
        SELECT * REPLACE ({_HASH} AS message_hash) FROM (
            SELECT position, message_hash, message_id || '-' || place AS message_id
            FROM (
                SELECT position, message_id, message_hash, coalesce(before.n, 0)
                       + row_number() OVER (PARTITION BY message_id ORDER BY position) AS place
                FROM staged SEMI JOIN shared USING (message_hash) LEFT JOIN before USING (message_hash)
            )
            WHERE place > 1
        )
        """
    )
    connection.execute("INSERT INTO contents SELECT message_hash FROM staged")
    if not numbered.num_rows:
        return staged
    connection.register("arriving", numbered)
    staged = _arrow(
        connection, "SELECT s.* REPLACE (coalesce(n.message_id, s.message_id) AS message_id, "
        "coalesce(n.message_hash, s.message_hash) AS message_hash) FROM staged AS s LEFT JOIN arriving AS n USING (position)"
    )
    connection.register("staged", staged)
    return staged


def _repeats(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> bool:
    """Whether rows of the chunk share a message id; `met` then holds all but one of each id."""
    repeats = "SELECT message_hash FROM staged GROUP BY message_hash HAVING count(*) > 1"
    if not _any(connection, repeats):
        return False
    # the first of them stands, but the last where it replaces
    order = "DESC" if arrival.on_change == "replace" else ""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE met AS
        WITH shared AS MATERIALIZED (
            SELECT *, row_number() OVER (PARTITION BY message_id ORDER BY position {order}) AS place
            FROM staged WHERE message_hash IN ({repeats})
        )
        SELECT s.position, CAST(NULL AS BIGINT) AS place, kept.position AS twin,
               {_same("s", "kept", log=False)} AS same
        FROM shared AS s JOIN shared AS kept ON kept.message_id = s.message_id AND kept.place = 1
        WHERE s.place > 1
        """
    )
    return _any(connection, "SELECT 1 FROM met")


def _meet(connection: duckdb.DuckDBPyConnection, *, create: bool) -> bool:
    """Whether message ids of the rows are in the log; they are then added to `met`."""
    # hashes alone decide who is looked at: a column of eight bytes, never the texts
    places = _arrow(
        connection, "SELECT rowid AS place FROM events WHERE message_hash IN (SELECT message_hash FROM staged)"
    )
    if not places.num_rows:
        return False
    found = "true"
    if places.num_rows <= FEW:
        found = f"rowid IN ({', '.join(map(str, places['place'].to_pylist()))})"
    if create:
        connection.execute("CREATE OR REPLACE TEMP TABLE met (position BIGINT, place BIGINT, twin BIGINT, same BOOLEAN)")
    connection.execute(
        f"INSERT INTO met SELECT s.position, e.place, NULL, {_same('s', 'e', log=True)} FROM staged AS s "
        f"JOIN (SELECT rowid AS place, * FROM events WHERE {found}) AS e "
        "ON e.message_hash = s.message_hash AND e.message_id = s.message_id "
        f"{'' if create else 'WHERE s.position NOT IN (SELECT position FROM met)'}"
    )
    return _any(connection, "SELECT 1 FROM met")


def _same(left: str, right: str, *, log: bool) -> str:
    """SQL of whether a row of `staged` says the same as one of `events`, or as another."""
    pairs = _CONTENT.items() if log else zip(_CONTENT, _CONTENT, strict=True)
    return " AND ".join(f"{left}.{ours} IS NOT DISTINCT FROM {right}.{theirs}" for ours, theirs in pairs)


def _examples(connection: duckdb.DuckDBPyConnection) -> tuple[Change, ...]:
    """The first changed rows, with what differs."""
    picked = connection.execute(
        f"SELECT position, place, twin FROM met WHERE NOT same ORDER BY position LIMIT {EXAMPLES}"
    ).fetchall()
    changes = []
    for position, place, twin in picked:
        message_id, *now = _row(connection, ["message_id", *_CONTENT], f"staged WHERE position = {position}")
        if place is None:
            was = _row(connection, list(_CONTENT), f"staged WHERE position = {twin}")
        else:
            was = _row(connection, list(_CONTENT.values()), f"events WHERE rowid = {place}")
        names = ["customer" if name == "customer_id" else name for name in _CONTENT]
        differing = [(name, *pair) for name, *pair in zip(names, was, now, strict=True) if pair[0] != pair[1]]
        changes.append(
            Change(
                message_id=str(message_id),
                position=position,
                was=", ".join(f"{name} {_shown(before)}" for name, before, _ in differing),
                now=", ".join(f"{name} {_shown(after)}" for name, _, after in differing),
            )
        )
    return tuple(changes)


def _settle(connection: duckdb.DuckDBPyConnection, staged: pa.Table, arrival: Arrival) -> tuple[pa.Table, int]:
    """The rows that stay to be loaded, and how many events of the log gave way to them."""
    if arrival.on_change == "reject":
        columns = ", ".join(f'"{column}" := {column}' for column in ("message_id", *_CONTENT))
        connection.execute(
            f"INSERT INTO refused SELECT position, '{CHANGED}', CAST(to_json(struct_pack({columns})) AS VARCHAR) "
            "FROM staged WHERE position IN (SELECT position FROM met WHERE NOT same)"
        )
    gives_way = "place IS NOT NULL AND NOT same" if arrival.on_change == "replace" else "false"
    leaving = _arrow(connection, f"SELECT position FROM met WHERE NOT ({gives_way})")["position"]
    staged = staged.filter(pa.array(~np.isin(staged["position"].to_numpy(), leaving.to_numpy())))
    (replaced,) = _one(connection, f"SELECT count(*) FROM met WHERE {gives_way}")
    if replaced:
        places = f"SELECT place FROM met WHERE {gives_way}"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE replaced AS SELECT * FROM events WHERE rowid IN ({places})")
        connection.execute(f"DELETE FROM events WHERE rowid IN ({places})")
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
    connection.execute("DROP TABLE met")
    connection.register("staged", staged)
    return staged, replaced


def _give_keys(connection: duckdb.DuckDBPyConnection) -> int:
    """How many customers are new; `named` holds everybody whom the rows name, and `units` knows them."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE named AS
        WITH those AS MATERIALIZED (
            SELECT 'customer' AS kind, {_CUSTOMER} AS id, min(time) AS first_seen, min(position) AS position
            FROM staged WHERE {_CUSTOMER} IS NOT NULL GROUP BY 2
            UNION ALL
            SELECT 'account', account, min(time), min(position) FROM staged WHERE account IS NOT NULL GROUP BY 2
        ), known AS MATERIALIZED (
            SELECT units.key, units.kind, units.id, those.first_seen, those.first_seen < units.first_seen AS earlier
            FROM units JOIN those ON units.id = those.id AND units.kind = those.kind
        )
        SELECT key, kind, id, first_seen, earlier, false AS new FROM known
        UNION ALL
        SELECT (SELECT coalesce(max(key), 0) FROM units) + row_number() OVER (ORDER BY position, kind),
               kind, id, first_seen, false, true
        FROM those ANTI JOIN known USING (kind, id)
        """
    )
    new, new_customers, earlier = _one(
        connection,
        "SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE new AND kind = 'customer'), "
        "count(*) FILTER (WHERE earlier) FROM named",
    )
    if new:
        connection.execute("INSERT INTO units SELECT key, kind, id, first_seen FROM named WHERE new ORDER BY key")
    if earlier:
        connection.execute(
            "UPDATE units SET first_seen = n.first_seen FROM (SELECT key, first_seen FROM named WHERE earlier) AS n "
            "WHERE units.key = n.key"
        )
    return new_customers


def _insert(connection: duckdb.DuckDBPyConnection, staged: pa.Table, arrival: Arrival) -> None:
    """Writes `staged` into the log: events, traits, touched units and measures."""
    customers = "(SELECT key, id FROM named WHERE kind = 'customer')"
    if staged["traits"].null_count < staged.num_rows:
        connection.execute(
            f"""
            INSERT INTO trait_changes
            SELECT customer, CAST(customer % {BUCKETS} AS UTINYINT), trait.key, time, message_id, received_at,
                   coalesce(CAST(trait.value AS VARCHAR), 'null')
            FROM (
                SELECT n.key AS customer, s.time, s.message_id, s.received_at,
                       unnest(map_entries(from_json(s.traits, '"MAP(VARCHAR, JSON)"'))) AS trait
                FROM staged AS s JOIN {customers} AS n ON n.id = coalesce(s.customer_id, s.anonymous_id)
                WHERE s.traits IS NOT NULL
            )
            ORDER BY 2, 1, time
            """
        )
    incoming = _arrow(
        connection, f"""
        SELECT s.message_hash, s.message_id, n.key AS customer, CAST(n.key % {BUCKETS} AS UTINYINT) AS bucket,
               s.anonymous_id, s.customer_id AS user_id, s.account, s.type, s.name, s.time, s.received_at,
               CAST({_literal(arrival.source)} AS VARCHAR) AS source, s.properties, s.context
        FROM staged AS s LEFT JOIN {customers} AS n ON n.id = coalesce(s.customer_id, s.anonymous_id)
        ORDER BY bucket, n.key, s.time
        """
    )
    connection.register("incoming", incoming)
    connection.execute("INSERT INTO events SELECT * FROM incoming")
    connection.execute("INSERT INTO touched SELECT key FROM named WHERE key NOT IN (SELECT unit FROM touched)")
    measures.extend(connection, "incoming")


def _reject(connection: duckdb.DuckDBPyConnection, arrival: Arrival) -> dict[str, int]:
    """The reasons of the refused rows with their numbers; those of an earlier reading of the file give way."""
    if arrival.file:
        connection.execute("DELETE FROM rejected WHERE source = ? AND file = ?", [arrival.source, arrival.file])
    rows: list[tuple[str, int]] = connection.execute("SELECT reason, count(*) FROM refused GROUP BY reason ORDER BY 2 DESC, 1").fetchall()
    if rows:
        connection.execute(
            "INSERT INTO rejected SELECT (SELECT coalesce(max(load), 0) + 1 FROM loads), ?, ?, position, reason, raw "
            "FROM refused ORDER BY position",
            [arrival.source, arrival.file],
        )
    return dict(rows)


def _arrow(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    # whoever worked on this connection before may have left a result half read
    connection.complete()
    return connection.sql(query).to_arrow_table()


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] = connection.execute(query).fetchall()[0]
    return row


def _any(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    return bool(connection.execute(f"{query} LIMIT 1").fetchall())


def _row(connection: duckdb.DuckDBPyConnection, columns: list[str], rest: str) -> tuple[object, ...]:
    row: tuple[object, ...] = connection.execute(f"SELECT {', '.join(columns)} FROM {rest} LIMIT 1").fetchall()[0]
    return row


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _shown(value: object) -> str:
    text = "none" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 120 else text[:119] + "…"
