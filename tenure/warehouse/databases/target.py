"""A PostgreSQL schema into which tables are copied and kept equal: rows in by their id, rows out by their id.

    with writing(url, schema="tenure") as target:
        if target.run("lake", "history") != known: ...
        target.replace("history", columns, batches)
        target.committed("lake", run, shapes, as_of=moment)

Everything of one copy is one transaction: readers see the one before until it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pacsv

from tenure.errors import SourceError
from tenure.warehouse.comparing import ROW_ID
from tenure.warehouse.databases.postgresql import connection

if TYPE_CHECKING:
    import psycopg

RUNS = "tenure_exports"
_TYPES: Mapping[str, str] = {
    "VARCHAR": "text", "TIMESTAMP WITH TIME ZONE": "timestamptz", "DOUBLE": "double precision", "BOOLEAN": "boolean",
    "BIGINT": "bigint",
}  # fmt: skip
_ROWS = pacsv.WriteOptions(include_header=False)


@contextmanager
def writing(url: str, *, schema: str) -> Iterator[Target]:
    """The schema, made where there is none, in a transaction that ends with the block. Raises SourceError."""
    if url.partition(":")[0].lower() not in ("postgresql", "postgres"):
        raise SourceError(
            "The URL of the database does not begin with postgresql://.", hint="Other databases are not written into."
        )
    with connection(url) as opened:
        yield Target(opened, schema)


class Target:
    """An open schema."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str) -> None:
        from psycopg import sql

        self._sql = sql
        self._connection = connection
        self._schema = schema
        if not self._found("SELECT 1 FROM pg_namespace WHERE nspname = %s", schema):
            self._do("CREATE SCHEMA {}", schema)
        self._do(
            "CREATE TABLE IF NOT EXISTS {} (export text, run text NOT NULL, shapes text NOT NULL, "
            "as_of timestamptz NOT NULL, PRIMARY KEY (export))",
            (schema, RUNS),
        )
        # one copy at a time: two would each believe to know what is there
        self._do("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", (schema, RUNS))

    def run(self, export: str) -> tuple[str, dict[str, str]]:
        """The copy that is there, and the shapes of its tables; empty where there is none."""
        table = self._sql.Identifier(self._schema, RUNS)
        query = self._sql.SQL("SELECT run, shapes FROM {} WHERE export = %s").format(table)
        row = self._connection.execute(query, [export]).fetchone()
        return (row[0], json.loads(row[1])) if row else ("", {})

    @property
    def ours(self) -> frozenset[str]:
        """The tables that were made by copies, be it under another name."""
        query = self._sql.SQL("SELECT shapes FROM {}").format(self._sql.Identifier(self._schema, RUNS))
        return frozenset(name for (shapes,) in self._connection.execute(query) for name in json.loads(shapes))

    def there(self, table: str) -> bool:
        """Whether the table exists."""
        return self._found(
            "SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p')", self._schema, table
        )  # fmt: skip

    def drop(self, table: str) -> None:
        """Nothing; the table is gone. A view over it stops that."""
        self._do("DROP TABLE IF EXISTS {}", (self._schema, table))

    def make(self, table: str, columns: Mapping[str, str], *, key: Sequence[str], texts: Sequence[str]) -> None:
        """Nothing; the table is there, empty, with an index over its key; `texts` are its columns of JSON."""
        listed = self._sql.SQL(", ").join(
            self._sql.SQL("{} {}").format(
                self._sql.Identifier(name), self._sql.SQL("json" if name in texts else _TYPES[kind])
            )
            for name, kind in columns.items()
        )
        self.drop(table)
        place = self._sql.Identifier(self._schema, table)
        self._connection.execute(
            self._sql.SQL("CREATE TABLE {} ({} uuid PRIMARY KEY, {})").format(
                place, self._sql.Identifier(ROW_ID), listed
            )
        )
        # people are looked for first
        ordered = sorted(key, key=lambda name: name != "customer_id")
        self._connection.execute(
            self._sql.SQL("CREATE INDEX ON {} ({})").format(
                place, self._sql.SQL(", ").join(map(self._sql.Identifier, ordered))
            )
        )

    def replace(self, table: str, batches: Iterable[pa.RecordBatch]) -> int:
        """How many rows the table holds, which are these alone."""
        place = self._sql.Identifier(self._schema, table)
        self._connection.execute(self._sql.SQL("DELETE FROM {}").format(place))
        return self._copy(place, batches)

    def change(self, table: str, batches: Iterable[pa.RecordBatch], gone: pa.Table) -> tuple[int, int]:
        """How many rows were put in or changed, and how many were taken out."""
        sql, place = self._sql, self._sql.Identifier(self._schema, table)
        deleted = 0
        if gone.num_rows:
            self._connection.execute("CREATE TEMP TABLE gone (row_id uuid) ON COMMIT DROP")
            self._copy(sql.Identifier("gone"), gone.to_batches())
            query = sql.SQL("DELETE FROM {} AS t USING gone WHERE t.{id} = gone.row_id")
            deleted = self._connection.execute(query.format(place, id=sql.Identifier(ROW_ID))).rowcount
            self._connection.execute("DROP TABLE gone")
        self._connection.execute(sql.SQL("CREATE TEMP TABLE changed (LIKE {}) ON COMMIT DROP").format(place))
        written = self._copy(sql.Identifier("changed"), batches)
        if written:
            names = [row[0] for row in self._connection.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'changed'::regclass AND attnum > 0 ORDER BY attnum"
            ).fetchall()]  # fmt: skip
            sets = sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names if name != ROW_ID
            )
            self._connection.execute(
                sql.SQL("INSERT INTO {} SELECT * FROM changed ON CONFLICT ({}) DO UPDATE SET {}").format(
                    place, sql.Identifier(ROW_ID), sets
                )
            )
        self._connection.execute("DROP TABLE changed")
        return written, deleted

    def committed(self, export: str, run: str, shapes: Mapping[str, str], *, as_of: str) -> None:
        """Nothing; the transaction's last word: which copy this is."""
        self._connection.execute(
            self._sql.SQL(
                "INSERT INTO {} VALUES (%s, %s, %s, %s) ON CONFLICT (export) DO UPDATE SET run = excluded.run, "
                "shapes = excluded.shapes, as_of = excluded.as_of"
            ).format(self._sql.Identifier(self._schema, RUNS)),
            [export, run, json.dumps(dict(shapes)), as_of],
        )

    def _copy(self, place: Any, batches: Iterable[pa.RecordBatch]) -> int:
        count = 0
        with (
            self._connection.cursor() as cursor,
            cursor.copy(self._sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(place)) as copy,
        ):
            for batch in batches:
                if batch.num_rows:
                    # nothing is nothing, and an empty text stands in quotes
                    sink = pa.BufferOutputStream()
                    pacsv.write_csv(batch, sink, write_options=_ROWS)
                    copy.write(sink.getvalue().to_pybytes())
                    count += batch.num_rows
        return count

    def _found(self, query: str, *told: str) -> bool:
        return self._connection.execute(query, told).fetchone() is not None

    def _do(self, query: str, place: str | tuple[str, str]) -> None:
        names = (place,) if isinstance(place, str) else place
        self._connection.execute(self._sql.SQL(query).format(self._sql.Identifier(*names)))
