"""What changed in a table since it was copied, told by two hashes a row: of what the row is about, and of all it says.

    rows = Copied(connection, "history", "SELECT …", key=("lifecycle", "customer_id", "entered_at"))
    rows.new(before)               # rows that are new, or say something else
    rows.gone(before)              # ids of rows that are not there any more
    rows.state()                   # what to compare with next time

The hashes name nobody, and those of who was erased go with the next copy; until then, whoever knows an id can ask
whether it was there. Call it in a transaction that leaves nothing: the rows are held in a temporary table until it
ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tenure.warehouse.source_sql import quote_text

# a connection as `Store.aside` gives it
Log: TypeAlias = duckdb.DuckDBPyConnection

ROW_ID = "row_id"
BATCH_ROWS = 50_000
_STATE = pa.schema([pa.field("id", pa.binary()), pa.field("digest", pa.binary())])


class Copied:
    """The rows of a SELECT, held still. `columns` are its columns by name with the engine's types."""

    def __init__(self, connection: Log, name: str, query: str, *, key: Sequence[str], part: str = "''") -> None:
        self._connection = connection
        self._table = f"copied_{name}"
        self.columns = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
        listed = ", ".join(self.columns)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self._table} AS SELECT {_hash(key)} AS id, {_hash(tuple(self.columns))} "
            f"AS digest, {part} AS part, {listed} FROM ({query}) QUALIFY row_number() OVER (PARTITION BY id) = 1"
        )
        self._order = ", ".join(key)

    @property
    def count(self) -> int:
        """How many rows there are."""
        ((rows,),) = self._connection.execute(f"SELECT count(*) FROM {self._table}").fetchall()
        return int(rows)

    def parts(self) -> dict[str, tuple[int, str]]:
        """The parts with their number of rows, and a digest of all they say, whatever their order."""
        rows = self._connection.execute(
            f"SELECT part, count(*), CAST(sum(CAST(md5_number_lower(hex(digest)) AS HUGEINT)) AS VARCHAR) || '-' || "
            f"CAST(bit_xor(md5_number_upper(hex(digest))) AS VARCHAR) FROM {self._table} GROUP BY part ORDER BY part"
        ).fetchall()
        return {part: (int(count), digest) for part, count, digest in rows}

    def part(self, name: str) -> Iterator[pa.RecordBatch]:
        """The rows of a part in the order of the key."""
        return self._rows(f"FROM {self._table} WHERE part = {quote_text(name)} ORDER BY {self._order}")

    def all(self) -> Iterator[pa.RecordBatch]:
        """All rows, each with the id of what it is about."""
        return self._rows(f"FROM {self._table}", ids=True)

    def new(self, before: pa.Table) -> Iterator[pa.RecordBatch]:
        """The rows that `before` lacks or has with other content, each with its id."""
        with_state = f"FROM {self._table} AS now LEFT JOIN copied_before AS before USING (id)"
        return self._rows(f"{with_state} WHERE before.digest IS DISTINCT FROM now.digest", ids=True, before=before)

    def gone(self, before: pa.Table) -> pa.Table:
        """The ids in `before` of rows that are not there any more."""
        self._connection.register("copied_before", before)
        try:
            return self._connection.sql(
                f"SELECT lower(hex(id)) AS {ROW_ID} FROM copied_before WHERE id NOT IN (SELECT id FROM {self._table})"
            ).to_arrow_table()
        finally:
            self._connection.unregister("copied_before")

    def keep(self, path: Path) -> None:
        """Nothing; writes the state, to be compared with later."""
        reader = self._connection.sql(f"SELECT id, digest FROM {self._table}").to_arrow_reader(BATCH_ROWS)
        with pq.ParquetWriter(path, _STATE, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch.cast(_STATE))

    def _rows(self, rest: str, *, ids: bool = False, before: pa.Table | None = None) -> Iterator[pa.RecordBatch]:
        listed = ", ".join([*([f"lower(hex(id)) AS {ROW_ID}"] if ids else []), *self.columns])
        if before is not None:
            self._connection.register("copied_before", before)
        try:
            reader = self._connection.sql(f"SELECT {listed} {rest}").to_arrow_reader(BATCH_ROWS)
            # the first one tells the columns, be there rows or not
            yield pa.RecordBatch.from_arrays([pa.array([], one.type) for one in reader.schema], schema=reader.schema)
            yield from reader
        finally:
            if before is not None:
                self._connection.unregister("copied_before")


def kept(path: Path) -> pa.Table:
    """The state that was written."""
    return pq.read_table(path, schema=_STATE)


def _hash(columns: Sequence[str]) -> str:
    cells = ", ".join(f"coalesce(CAST({column} AS VARCHAR), chr(30))" for column in columns)
    return f"unhex(md5(concat_ws(chr(31), {cells})))"
