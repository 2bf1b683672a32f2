"""Arrow tables that the engine reads under a name, exchanged without a trace.

What is registered on a connection inside a transaction is kept until the transaction ends, table after table. A window
is registered once, and shows whatever table of its schema is put into it.
"""

from __future__ import annotations

from contextlib import suppress
from weakref import WeakKeyDictionary

import duckdb
import pyarrow as pa


class _Window:
    def __init__(self, table: pa.Table) -> None:
        self.table: pa.Table | None = table
        self.schema = table.schema

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        if self.table is None:
            raise ValueError("the window is closed")
        return self.table.__arrow_c_stream__(requested_schema)


# what each connection sees under a name: of two pieces of work that call something the same, it is the later one's
_seen: WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[str, _Window]] = WeakKeyDictionary()


class Windows:
    """The windows of one piece of work, to be closed at its end; or shut, and used for the next."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._open: dict[str, _Window] = {}

    def show(self, name: str, table: pa.Table) -> None:
        """Lets SQL read `table` under `name`, in place of what it read there before."""
        window, seen = self._open.get(name), _seen.setdefault(self._connection, {})
        if window is None or window.schema != table.schema or seen.get(name) is not window:
            self._connection.complete()
            window = self._open[name] = seen[name] = _Window(table)
            self._connection.register(name, window)
        window.table = table

    def shut(self) -> None:
        """Nothing is seen through them any more; they stay, once the transaction is committed."""
        for window in self._open.values():
            window.table = None

    def close(self) -> None:
        """Takes all of them away."""
        self.shut()
        for name in self._open:
            _seen.get(self._connection, {}).pop(name, None)
        # in a transaction that has failed nothing can be taken away, and the rollback does it
        with suppress(duckdb.Error):
            self._connection.complete()
            for name in self._open:
                self._connection.unregister(name)
        self._open.clear()


def arrow(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """The result of a SELECT."""
    # whoever worked on this connection before may have left a result half read
    connection.complete()
    return connection.sql(query).to_arrow_table()
