"""How arriving rows enter the event log: the steps of `Store.append`, chunk by chunk.

    staged      the rows of a chunk as they came, with the hash of their message id and the key of their customer
    met         rows whose message id is known already, from the log or from the same chunk (see meeting.py)
    incoming    the new events as they stand in `events`

Everything runs inside the caller's transaction. `staged` and `incoming` are Arrow tables seen through windows: what a
transaction creates or registers keeps its place until it ends, and a file would no longer fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.warehouse import measures, membership
from tenure.warehouse.identity.finding import LINKS, TELLING, links_in, own_ids, tells
from tenure.warehouse.identity.following import follow
from tenure.warehouse.identity.rules import DEFAULT, Rules
from tenure.warehouse.identity.withdrawing import LOST, said_again
from tenure.warehouse.identity.withdrawing import settle as settle_identities
from tenure.warehouse.keys import Keys
from tenure.warehouse.known import Known, Numbers
from tenure.warehouse.meeting import CHANGED, EXAMPLES, meet, settle
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.source_sql import quote_text
from tenure.warehouse.store import Appended, Arrival
from tenure.warehouse.windows import Windows, arrow

# a batch of so many rows or fewer is small: what it asks after is looked up in memory
SMALL = 50_000

_LEAVING = pa.array(membership.LEAVING)
_HASH = "CAST(md5_number(message_id) >> 64 AS UBIGINT)"


def append(
    connection: duckdb.DuckDBPyConnection,
    batches: Iterable[pa.RecordBatch],
    arrival: Arrival,
    *,
    windows: Windows,
    known: Known,
    chunk_bytes: int,
    rules: Rules = DEFAULT,
) -> Appended:
    """What became of the rows; the tables hold them when the caller commits.

    Rows are taken in chunks of about `chunk_bytes`, so that a file need not fit into memory.
    """
    loading = _Loading(connection, windows, arrival, known, rules)
    total = Appended()
    try:
        for chunk in _chunks(batches, chunk_bytes):
            total = _sum(total, loading.take(chunk))
    finally:
        windows.shut()
    return loading.close(total)


def _chunks(batches: Iterable[pa.RecordBatch], chunk_bytes: int) -> Iterator[pa.Table]:
    chunk: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if batch.num_rows:
            chunk.append(batch)
            size += batch.nbytes
        if size >= chunk_bytes:
            yield pa.Table.from_batches(chunk)
            chunk, size = [], 0
    if chunk:
        yield pa.Table.from_batches(chunk)


class _Loading:
    """One append: its place in the list of loads, and what its chunks have to know of each other."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, windows: Windows, arrival: Arrival, known: Known, rules: Rules
    ) -> None:
        self.connection = connection
        self.windows = windows
        self.arrival = arrival
        self.known = known
        self.rules = rules
        self.rejected: dict[str, int] = {}
        known.opened(connection)
        if known.rules != rules.key:
            settle_identities(connection, windows, known, rules)
            known.rules = rules.key
        rows = connection.execute("SELECT coalesce(max(load), 0) + 1 FROM loads").fetchall()
        self.load = int(rows[0][0])
        if arrival.file and arrival.whole:
            # what an earlier reading of the file refused gives way
            connection.execute("DELETE FROM rejected WHERE source = ? AND file = ?", [arrival.source, arrival.file])
        if arrival.by_content:
            connection.execute("CREATE OR REPLACE TEMP TABLE contents (message_hash UBIGINT)")

    def take(self, chunk: pa.Table) -> Appended:
        """What became of one chunk."""
        staged = self._stage(chunk)
        if self.arrival.by_content:
            staged = self._number(staged)
        candidates = self._candidates(staged)
        met = meet(self.connection, self.windows, staged, candidates, self.arrival)
        replaced = 0
        if met is not None:
            staged, refused, replaced = settle(self.connection, self.windows, staged, met, self.arrival)
            if replaced:
                # whoever was first seen in a replaced event is first seen later now, or gone
                self.known.units = None
            self._refuse(refused)
        future = first_time = last_time = None
        new_customers = 0
        if staged.num_rows:
            self._follow(staged, replaced=bool(replaced))
            staged, keys, new_customers = self._give_keys(staged)
            self._insert(staged, keys)
            future = pc.sum(pc.greater(staged["time"], staged["received_at"])).as_py()
            times = pc.min_max(staged["time"])
            first_time, last_time = times["min"].as_py(), times["max"].as_py()
        return Appended(
            read=chunk.num_rows, loaded=staged.num_rows, duplicates=met.duplicates if met else 0,
            changed=met.changed if met else 0, replaced=replaced, changes=met.changes if met else (),
            future=future or 0, first_time=first_time, last_time=last_time, new_customers=new_customers,
        )  # fmt: skip

    def close(self, total: Appended) -> Appended:
        """The whole, written into the list of loads."""
        arrival = self.arrival
        self.connection.execute(
            "INSERT INTO loads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [self.load, arrival.source, arrival.file, arrival.fingerprint, arrival.received_at, total.read,
             total.loaded, total.duplicates, total.changed, sum(self.rejected.values())],
        )  # fmt: skip
        if arrival.by_content:
            self.connection.execute("DROP TABLE temp.contents")
        reasons = sorted(self.rejected.items(), key=lambda item: (-item[1], item[0]))
        return replace(total, rejected={reason: count for reason, count in reasons if reason != CHANGED})

    def _stage(self, chunk: pa.Table) -> pa.Table:
        """The rows to load, with all columns; those refused are written down."""
        arrival = self.arrival
        if "reason" in chunk.column_names:
            reasons = chunk["reason"]
            if reasons.null_count < chunk.num_rows:
                self._refuse(chunk.filter(reasons.is_valid()).select(["position", "reason", "raw"]))
                chunk = chunk.filter(reasons.is_null())
            chunk = chunk.drop_columns(["reason", "raw"])
        defaults: Mapping[str, pa.Scalar] = {
            "type": pa.scalar(arrival.type),
            "received_at": pa.scalar(arrival.received_at, pa.int64()),
            "context": pa.scalar(None, pa.string()),
        }
        for name, value in defaults.items():
            if name not in chunk.column_names:
                chunk = chunk.append_column(name, pa.repeat(value, chunk.num_rows))
        columns = {"message_hash": _HASH}
        if chunk["traits"].null_count < chunk.num_rows:
            # the traits stay with the event, for whoever looks at it
            columns["context"] = """
                CASE WHEN traits IS NULL OR json_exists(context, '$.traits') THEN context
                     WHEN context IS NULL OR trim(context) = '{}' THEN '{"traits":' || traits || '}'
                     ELSE '{"traits":' || traits || ',' || substr(ltrim(context), 2) END
            """
        self.windows.show("arriving", chunk)
        listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        worked = arrow(self.connection, f"SELECT {listed} FROM arriving")
        for name in columns:
            if name in chunk.column_names:
                chunk = chunk.drop_columns([name])
            chunk = chunk.append_column(name, worked[name])
        return chunk

    def _number(self, staged: pa.Table) -> pa.Table:
        """The rows with equal ones told apart: the second is -2, though the first may stand in another chunk."""
        self.windows.show("numbering", staged)
        numbered = arrow(
            self.connection,
            f"""
            WITH before AS (
                SELECT message_hash, count(*) AS n FROM contents
                WHERE message_hash IN (SELECT message_hash FROM numbering) GROUP BY message_hash
            ), shared AS (
                SELECT message_hash FROM numbering GROUP BY message_hash HAVING count(*) > 1
                UNION SELECT message_hash FROM before
            )
            SELECT * REPLACE ({_HASH} AS message_hash) FROM (
                SELECT position, message_hash, message_id || '-' || place AS message_id
                FROM (
                    SELECT position, message_id, message_hash, coalesce(before.n, 0)
                           + row_number() OVER (PARTITION BY message_id ORDER BY position) AS place
                    FROM numbering SEMI JOIN shared USING (message_hash) LEFT JOIN before USING (message_hash)
                )
                WHERE place > 1
            )
            """,
        )
        self.connection.execute("INSERT INTO contents SELECT message_hash FROM numbering")
        if not numbered.num_rows:
            return staged
        self.windows.show("numbered", numbered)
        return arrow(
            self.connection,
            "SELECT s.* REPLACE (coalesce(n.message_id, s.message_id) AS message_id, "
            "coalesce(n.message_hash, s.message_hash) AS message_hash) "
            "FROM numbering AS s LEFT JOIN numbered AS n USING (position)",
        )

    def _candidates(self, staged: pa.Table) -> pa.Table:
        """The places (`place`, the rowid) in the log of messages whose hashes the rows have."""
        if staged.num_rows <= SMALL:
            table = self.known.message_table(self.connection)
            if table is not None:
                hashes = staged["message_hash"].to_numpy()
                here = hashes[table.has(hashes)]
                if not len(here):
                    return pa.table({"place": pa.array([], pa.int64())})
        self.windows.show("hashes", staged.select(["message_hash"]))
        # hashes alone decide who is looked at: a column of eight bytes, never the texts
        query = "SELECT rowid AS place FROM events WHERE message_hash IN (SELECT message_hash FROM hashes)"
        return arrow(self.connection, query)

    def _follow(self, staged: pa.Table, *, replaced: bool) -> None:
        """Takes in what the rows say of ids, and goes without what rows that gave way had said."""
        fresh = LINKS.empty_table()
        if tells(staged):
            self.windows.show("telling", staged.select(TELLING))
            fresh = links_in(self.connection, "telling")
        if replaced:
            fresh = pa.concat_tables([fresh, said_again(self.connection)])
        follow(self.connection, self.windows, fresh, self.known, self.rules, anew=LOST if replaced else None)
        if replaced:
            self.connection.execute("DROP TABLE temp.lost")

    def _give_keys(self, staged: pa.Table) -> tuple[pa.Table, Numbers, int]:
        """The rows with their customers' keys, the keys of all they name, and how many customers are new.

        Somebody who has not said who she is, is a customer under her visitor's id.
        """
        keys = Keys(self.connection, self.windows, self.known)
        customers, of_row, new_customers = keys.give("customer", own_ids(staged, self.rules), staged["time"])
        accounts, _, _ = keys.give("account", staged["account"], staged["time"])
        return staged.append_column("customer", of_row), np.concatenate([customers, accounts]), new_customers

    def _insert(self, staged: pa.Table, keys: Numbers) -> None:
        """Writes the rows into the log: events, traits, touched units and measures."""
        connection = self.connection
        self.windows.show("staged", staged)
        if staged["traits"].null_count < staged.num_rows:
            connection.execute(
                f"""
                INSERT INTO trait_changes
                SELECT customer, CAST(customer % {BUCKETS} AS UTINYINT), trait.key, time, message_id, received_at,
                       coalesce(CAST(trait.value AS VARCHAR), 'null')
                FROM (
                    SELECT customer, time, message_id, received_at,
                           unnest(map_entries(from_json(traits, '"MAP(VARCHAR, JSON)"'))) AS trait
                    FROM staged WHERE traits IS NOT NULL AND customer IS NOT NULL
                )
                ORDER BY 2, 1, time
                """
            )
        incoming = arrow(
            connection,
            f"""
            SELECT message_hash, message_id, customer, CAST(customer % {BUCKETS} AS UTINYINT) AS bucket, anonymous_id,
                   customer_id AS user_id, account, type, name, time, received_at,
                   CAST({quote_text(self.arrival.source)} AS VARCHAR) AS source, properties, context
            FROM staged
            ORDER BY bucket, customer, time
            """,
        )
        self.windows.show("incoming", incoming)
        connection.execute("INSERT INTO events SELECT * FROM incoming")
        self.windows.show("keys", pa.table({"key": keys}))
        cause = quote_text(self.arrival.cause)
        connection.execute(
            f"INSERT INTO touched SELECT key, {cause} FROM keys WHERE key NOT IN "
            f"(SELECT unit FROM touched WHERE unit IN (SELECT key FROM keys) AND cause = {cause})"
        )
        grouped = pc.any(pc.or_(pc.equal(staged["type"], "group"), pc.is_in(staged["name"], _LEAVING))).as_py()
        joined = grouped and membership.join(connection, "incoming")
        names = pc.unique(staged["name"]).to_pylist()
        measures.extend(connection, "incoming", names=names, cause=self.arrival.cause)
        if joined:
            membership.settle(connection, self.arrival.cause)
        if self.known.messages is not None:
            self.known.messages.add(incoming["message_hash"].to_numpy())

    def _refuse(self, rows: pa.Table) -> None:
        """Writes refused rows (position, reason, raw) down, and counts their reasons."""
        if not rows.num_rows:
            return
        for count in pc.value_counts(rows["reason"]).to_pylist():
            self.rejected[count["values"]] = self.rejected.get(count["values"], 0) + count["counts"]
        self.windows.show("refused", rows)
        self.connection.execute(
            "INSERT INTO rejected SELECT ?, ?, ?, position, reason, raw FROM refused ORDER BY position",
            [self.load, self.arrival.source, self.arrival.file],
        )


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
