"""SQLite: a file, opened to be read. Its columns have no types of their own; the rows tell them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from tenure.errors import SourceError
from tenure.warehouse.databases import SQLITE, said
from tenure.warehouse.databases.columns import batches, unique
from tenure.warehouse.databases.since import Since


@contextmanager
def opened(url: str) -> Iterator[SQLite]:
    """The file at `url`. Raises SourceError where it cannot be read."""
    path = Path(url.removeprefix(SQLITE))
    if not path.is_file():
        raise SourceError(f"There is no SQLite file {path}.", hint="Check `database:`.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA query_only = true")
            yield SQLite(connection)
    except sqlite3.Error as error:
        raise SourceError(f"The database {path} says: {said(error, url)}.", hint="Check the query.") from None


class SQLite:
    """An SQLite file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def read(self, query: str, since: Since | None) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT; SQLite runs no second statement."""
        told: tuple[object, ...] = ()
        whole = f"SELECT * FROM ({query}\n) AS source_rows"
        if since is not None:
            column = since.column.replace('"', '""')
            whole, told = f'{whole} WHERE "{column}" >= ?', (_plain(since.value),)
        cursor = self._connection.execute(whole, told)
        if cursor.description is None:
            raise SourceError("The query gives no rows.", hint="Write a SELECT.")
        yield from batches(unique([column[0] for column in cursor.description]), None, cursor.fetchmany)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value
