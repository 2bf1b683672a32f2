"""MySQL and MariaDB, through PyMySQL: rows are streamed inside a transaction that can only read."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa

from tenure.errors import SourceError
from tenure.warehouse.databases import LONGEST, said
from tenure.warehouse.databases.columns import DAY, FLOAT, LOCAL, MOMENT, TEXT, WHOLE, batches, decimal, unique
from tenure.warehouse.databases.since import Since

_WAIT = 15
# what MySQL's own clients call encrypted without asking who answers
_UNASKED = ("preferred", "required")
_VERIFIED = ("1", "true", "require", "verify_ca", "verify_identity")


@contextmanager
def opened(url: str) -> Iterator[MySQL]:
    """The database at `url`: mysql://user:password@host:3306/name?ssl=true. Raises SourceError."""
    try:
        import pymysql  # type: ignore[import-untyped]  # without types
    except ImportError:
        raise SourceError(
            "Reading MySQL and MariaDB needs PyMySQL, which is not installed.", hint="pip install 'tenure[mysql]'"
        ) from None
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    where: dict[str, Any] = {"host": parts.hostname or "localhost", "port": parts.port or 3306}
    if socket := asked.get("unix_socket"):
        where = {"unix_socket": socket}
    mode = asked.get("ssl", asked.get("ssl_mode", "")).lower()
    if mode in _VERIFIED or (mode in _UNASKED and "ssl_ca" in asked):
        where["ssl"] = _verifying(asked.get("ssl_ca"), hostname=mode != "verify_ca")
    elif mode in _UNASKED:
        where["ssl"] = {"check_hostname": False}
    try:
        with closing(
            pymysql.connect(
                user=unquote(parts.username or ""), password=unquote(parts.password or ""),
                database=unquote(parts.path.lstrip("/")) or None, charset="utf8mb4", connect_timeout=_WAIT,
                read_timeout=LONGEST, write_timeout=LONGEST, cursorclass=pymysql.cursors.SSCursor, local_infile=False,
                **where,
            )
        ) as connection:  # fmt: skip
            with connection.cursor() as cursor:
                # times of the type TIMESTAMP are told in the session's zone
                cursor.execute("SET time_zone = '+00:00'")
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            yield MySQL(connection)
    except pymysql.Error as error:
        text = str(error.args[1]) if len(error.args) > 1 else str(error)
        raise SourceError(
            f"The database says: {said(RuntimeError(text), url)}.", hint="Check the query, and the URL."
        ) from None


def _verifying(authorities: str | None, *, hostname: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise SourceError(
            f"The certificates {authorities} cannot be read: {error.strerror or error}.",
            hint="Check `ssl_ca` of the URL.",
        ) from None
    context.check_hostname = hostname
    return context


class MySQL:
    """A connection to MySQL or MariaDB."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def read(self, query: str, since: Since | None) -> Iterator[pa.RecordBatch]:
        """The rows of a SELECT; the driver lets no second statement through."""
        # as a part of another, the SELECT cannot write into a file
        whole = f"SELECT * FROM ({query.replace('%', '%%')}\n) AS source_rows WHERE %s"
        told: tuple[object, ...] = (True,)
        if since is not None:
            column = since.column.replace("`", "``").replace("%", "%%")
            whole += f" AND `{column}` >= %s"
            # a time with an offset is one of the type TIMESTAMP, which is told in UTC here
            told = (True, since.value.replace(tzinfo=None) if isinstance(since.value, datetime) else since.value)
        with self._connection.cursor() as cursor:
            cursor.execute(whole, told)
            if cursor.description is None:
                raise SourceError("The query gives no rows.", hint="Write a SELECT.")
            names = unique([column[0] for column in cursor.description])
            types = [_type(field) for field in cursor._result.fields]
            yield from batches(names, types, cursor.fetchmany)


def _type(field: Any) -> pa.DataType:
    from pymysql.constants import FIELD_TYPE, FLAG  # type: ignore[import-untyped]  # without types

    kinds = {
        **dict.fromkeys((FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.LONG, FIELD_TYPE.INT24, FIELD_TYPE.YEAR), WHOLE),
        FIELD_TYPE.FLOAT: FLOAT, FIELD_TYPE.DOUBLE: FLOAT, FIELD_TYPE.DATE: DAY, FIELD_TYPE.NEWDATE: DAY,
        FIELD_TYPE.DATETIME: LOCAL, FIELD_TYPE.TIMESTAMP: MOMENT,
    }  # fmt: skip
    if field.type_code == FIELD_TYPE.LONGLONG:
        return decimal(20, 0) if field.flags & FLAG.UNSIGNED else WHOLE
    if field.type_code in (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL):
        # the length counts sign and point
        room = 2 if field.scale else 1
        return decimal(max(field.length - room + (1 if field.flags & FLAG.UNSIGNED else 0), field.scale), field.scale)
    return kinds.get(field.type_code, TEXT)
