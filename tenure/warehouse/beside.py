"""A connection beside whose questions others go on: whoever asks gives up its turn until the answer is there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

Waits = Callable[[], AbstractContextManager[None]]


class Beside:
    """The connection, each of whose questions is asked inside `waits`."""

    __slots__ = ("_connection", "_waits")

    def __init__(self, connection: Any, waits: Waits) -> None:
        self._connection = connection
        self._waits = waits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, query: Any, *parameters: Any) -> Any:
        """The result of a query."""
        with self._waits():
            return self._connection.execute(query, *parameters)

    def sql(self, query: str) -> Any:
        """The relation of a query, which is asked when its rows are."""
        return Asked(self._connection.sql(query), self._waits)


class Asked:
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
