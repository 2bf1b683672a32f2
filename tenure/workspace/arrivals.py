"""What came in: `ws.arrivals`, the files and events of every source, and the rows that were refused.

ws.arrivals.sources()                    # by name, also those of which only events are left
ws.arrivals.refused(source="orders")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.warehouse.connection import Connection
from tenure.warehouse.where import quote

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

_FILES, _REASONS = 500, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What is there of a source: its files, when the last one came, and its events; times in microseconds UTC."""

    files: int = 0
    received_at: int | None = None
    events: int = 0
    first_event: int | None = None
    last_event: int | None = None
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """A file of a source and what became of it, the last time that it was read."""

    file: str
    received_at: int
    read: int
    loaded: int
    duplicates: int
    changed: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row that did not load: where it stands, why, and what stood there."""

    source: str
    file: str
    position: int | None
    reason: str
    raw: str


class Arrivals:
    """What came into the log of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def sources(self) -> Mapping[str, Loaded]:
        """What is there of each source by its name; those of which nothing came are not in it."""
        return self._ws._store.remembered("arrivals", _loaded)

    def files(self, source: str) -> tuple[LoadedFile, ...]:
        """The files of a source, the last read first; at most 500."""
        rows = self._connection.execute(
            "SELECT file, max_by(received_at, load), max_by(read, load), sum(loaded), max_by(duplicates, load), "
            "max_by(changed, load), max_by(rejected, load) FROM loads WHERE source = ? GROUP BY file "
            f"ORDER BY 2 DESC, file LIMIT {_FILES}",
            [source],
        )  # fmt: skip
        fields = ("file", "received_at", "read", "loaded", "duplicates", "changed", "rejected")
        return tuple(LoadedFile(**dict(zip(fields, row, strict=True))) for row in rows.fetchall())

    def reasons(self, source: str | None = None) -> tuple[tuple[str, str, int], ...]:
        """Why rows were refused: source, reason, how many; the commonest first, at most 200."""
        rows = self._connection.execute(
            f"SELECT source, reason, count(*) FROM rejected {_where(source=source)}"
            f"GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT {_REASONS}"
        )
        return tuple((name, reason, count) for name, reason, count in rows.fetchall())

    def refused(
        self, *, source: str | None = None, reason: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[int, tuple[Refused, ...]]:
        """How many rows were refused, and a page of them, the latest first."""
        where = _where(source=source, reason=reason)
        ((count,),) = self._connection.execute(f"SELECT count(*) FROM rejected {where}").fetchall()
        rows = self._connection.execute(
            f"SELECT source, file, position, reason, coalesce(raw, '') FROM rejected {where}{_ORDER} LIMIT ? OFFSET ?",
            [limit, offset],
        ).fetchall()
        fields = ("source", "file", "position", "reason", "raw")
        return count, tuple(Refused(**dict(zip(fields, row, strict=True))) for row in rows)

    def refused_table(self, *, source: str | None = None, reason: str | None = None) -> pa.Table:
        """All refused rows as Arrow: source, file, position, reason, raw."""
        where = _where(source=source, reason=reason)
        query = f"SELECT source, file, position, reason, raw FROM rejected {where}{_ORDER}"
        return self._connection.sql(query).to_arrow_table()

    @property
    def _connection(self) -> Connection:
        return self._ws._store.connection()


_ORDER = "ORDER BY load DESC, source, file, position"


def _where(**told: str | None) -> str:
    given = [f"{column} = {quote(value)}" for column, value in told.items() if value is not None]
    return f"WHERE {' AND '.join(given)} " if given else ""


def _loaded(connection: Connection) -> dict[str, Loaded]:
    rows = connection.execute(
        """
        SELECT source, files, received_at, coalesce(events, 0), first, last, coalesce(refused, 0)
        FROM (SELECT source, count(DISTINCT file) AS files, max(received_at) AS received_at FROM loads GROUP BY source)
        LEFT JOIN (
            SELECT source, count(*) AS events, min(time) AS first, max(time) AS last FROM events GROUP BY source
        ) USING (source)
        LEFT JOIN (SELECT source, count(*) AS refused FROM rejected GROUP BY source) USING (source)
        """
    ).fetchall()
    fields = ("files", "received_at", "events", "first_event", "last_event", "rejected")
    return {name: Loaded(**dict(zip(fields, told, strict=True))) for name, *told in rows}
