"""A thread's connection to the store: it remembers statements that come again, and lets others go on while it waits.

A small question spends a good part of its time on being taken apart, and a server asks the same ones all day: what was
asked before is taken apart once. Plans are made anew each time, so that a text means what it would mean as text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import duckdb

# what a question is asked inside of: whoever asks gives up its turn until the answer is there
Waits = Callable[[], AbstractContextManager[None]]

# statements that are held, texts that are known to have been asked, and how long one may be (characters)
_HELD, _ASKED, _LONGEST = 128, 1_024, 50_000


class Cursor:
    """A connection that executes as DuckDB's does, inside `waits`; everything else is the connection's own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, waits: Waits | None = None) -> None:
        self._connection = connection
        self._waits: Waits = nullcontext if waits is None else waits
        self._held: dict[str, duckdb.Statement] = {}
        self._asked: dict[int, None] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(
        self, query: str | duckdb.Statement, parameters: Sequence[object] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """The connection, with the result of the query."""
        if isinstance(query, str):
            query = self._known(query)
        with self._waits():
            return self._connection.execute(query, parameters)

    def sql(self, query: str) -> Any:
        """The relation of a query, which is asked when its rows are."""
        return _Asked(self._connection.sql(query), self._waits)

    def _known(self, query: str) -> str | duckdb.Statement:
        """The query as it was taken apart, from the second time on."""
        statement = self._held.pop(query, None)
        if statement is None:
            mark = hash(query)
            if len(query) > _LONGEST or mark not in self._asked:
                self._asked[mark] = None
                _forget(self._asked, _ASKED)
                return query
            parts = self._connection.extract_statements(query)
            if len(parts) != 1:
                return query
            statement = parts[0]
        # the last ones stand at the end
        self._held[query] = statement
        _forget(self._held, _HELD)
        return statement


class _Asked:
    """A relation, whose rows are asked for inside `waits`."""

    __slots__ = ("_relation", "_waits")

    def __init__(self, relation: Any, waits: Waits) -> None:
        self._relation = relation
        self._waits = waits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._relation, name)

    def to_arrow_table(self) -> Any:
        """Its rows, as Arrow."""
        with self._waits():
            return self._relation.to_arrow_table()


def _forget(held: dict[Any, Any], most: int) -> None:
    if len(held) > most:
        del held[next(iter(held))]
