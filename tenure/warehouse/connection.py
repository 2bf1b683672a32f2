"""What the rooms above ask of a connection to the event store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa


class Result(Protocol):
    """The rows of a query."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        ...


class Relation(Protocol):
    """A query that has not run yet."""

    def to_arrow_table(self) -> pa.Table:
        """Its rows, as Arrow."""
        ...


class Connection(Protocol):
    """A connection: it runs one query at a time, inside the transaction that it is in."""

    def execute(self, query: str, parameters: Sequence[object] | None = None, /) -> Result:
        """The result of a query in the dialect of the compilers."""
        ...

    def sql(self, query: str, /) -> Relation:
        """The relation of a query, for its rows as Arrow."""
        ...


def first_row(connection: Connection, query: str, parameters: Sequence[object] | None = None) -> tuple[Any, ...] | None:
    """The first row of a query, or None; the result is read to its end, so that the connection is free again."""
    rows = connection.execute(query, parameters).fetchall()
    return rows[0] if rows else None
