"""PostgreSQL, through psycopg: rows are streamed by a cursor of the server, in a transaction that can only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tenure.errors import SourceError
from tenure.warehouse.databases import LONGEST, said
from tenure.warehouse.databases.columns import (
    BATCH_ROWS,
    DAY,
    FLOAT,
    LOCAL,
    MOMENT,
    TEXT,
    TRUTH,
    WHOLE,
    batches,
    decimal,
    unique,
)
from tenure.warehouse.databases.since import Since

if TYPE_CHECKING:
    import psycopg

_WAIT = 15
# by the numbers that types have in every PostgreSQL
_TYPES = {16: TRUTH, 20: WHOLE, 21: WHOLE, 23: WHOLE, 26: WHOLE, 700: FLOAT, 701: FLOAT, 1082: DAY, 1114: LOCAL,
          1184: MOMENT}  # fmt: skip
_NUMERIC = 1700


@contextmanager
def connection(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose clock is UTC; what psycopg raises inside comes out as SourceError."""
    try:
        import psycopg
    except ImportError:
        raise SourceError(
            "PostgreSQL needs psycopg, which is not installed.", hint="pip install 'tenure[postgresql]'"
        ) from None
    try:
        with psycopg.connect(
            url, connect_timeout=_WAIT, options=f"-c timezone=UTC -c datestyle=ISO -c statement_timeout={LONGEST}s",
            application_name="tenure", keepalives_idle=_WAIT, keepalives_interval=_WAIT, keepalives_count=3,
            tcp_user_timeout=6 * _WAIT * 1000,
        ) as opened:  # fmt: skip
            yield opened
    except psycopg.ProgrammingError as error:
        # what cannot be read of a URL is quoted by the driver, and may be the password
        text = said(error, url) if error.sqlstate else "its URL cannot be read"
        raise SourceError(f"The database says: {text}.", hint="Check the query, and the URL.") from None
    except psycopg.Error as error:
        raise SourceError(f"The database says: {said(error, url)}.", hint="Check the query, and the URL.") from None


@contextmanager
def reading(url: str) -> Iterator[PostgreSQL]:
    """The database at `url`: postgresql://user:password@host/name. Raises SourceError."""
    with connection(url) as opened:
        opened.read_only = True
        yield PostgreSQL(opened)


class PostgreSQL:
    """A connection to PostgreSQL."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def read(self, query: str, since: Since | None) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT; with parameters, however few, the server takes one statement alone."""
        from psycopg import sql
        from psycopg.types.string import TextLoader

        for name in ("json", "jsonb", "uuid", "interval", "time", "timetz"):
            self._connection.adapters.register_loader(name, TextLoader)
        inner = query.replace("%", "%%")
        told: dict[str, object] = {"everything": True}
        where: sql.Composable = sql.SQL("%(everything)s")
        if since is not None:
            told = {"since": since.value}
            where = sql.Identifier(since.column) + sql.SQL(" >= %(since)s")
        whole = sql.SQL(f"SELECT * FROM ({inner}\n) AS source_rows WHERE ") + where
        with self._connection.cursor(name="tenure") as cursor:
            cursor.itersize = BATCH_ROWS
            cursor.execute(whole, told)
            described = cursor.description or []
            names = unique([column.name for column in described])
            yield from batches(names, [_type(column) for column in described], cursor.fetchmany)


def _type(column: psycopg.Column) -> pa.DataType:
    if column.type_code == _NUMERIC:
        return decimal(column.precision, column.scale)
    return _TYPES.get(column.type_code, TEXT)
