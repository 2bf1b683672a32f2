"""What a workspace's store holds, how far it is, and what a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import registered


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSource:
    """A source that was read: its files, when last (microseconds UTC), its events in the log, its rejected rows."""

    source: str
    files: int
    received_at: int
    events: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Events that a definition asks for a number and that have none, or none that can be counted with."""

    asked: str
    events: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """The state of a workspace; times in microseconds UTC, None where there is none.

    `units` counts people and whoever else has a history, by kind; `pending` those whose events arrived since the last
    run; `future` the events after `as_of`; `stale` the definitions that are not the ones applied.
    """

    events: int
    future: int
    units: Mapping[str, int]
    excluded: int
    history_rows: int
    first_event: int | None
    last_event: int | None
    as_of: int
    refreshed_as_of: int | None
    pending: int
    sources: tuple[LoadedSource, ...]
    unread: tuple[Unread, ...]
    stale: tuple[str, ...]
    lonely: timedelta | None
    warnings: tuple[str, ...]


def counts(connection: Connection, as_of: int) -> tuple[int, int, int | None]:
    """The events of the log, those after `as_of`, and the time of the first."""
    rows = connection.execute("SELECT count(*), count(*) FILTER (WHERE time > ?), min(time) FROM events", [as_of])
    ((events, future, first),) = rows.fetchall()
    return events, future, first


def units(connection: Connection) -> dict[str, int]:
    """Whoever has a history, by kind."""
    return dict(connection.execute("SELECT kind, count(*) FROM units GROUP BY kind ORDER BY kind").fetchall())


def number(connection: Connection, query: str) -> int:
    """The one number that a query gives."""
    ((found,),) = connection.execute(query).fetchall()
    return int(found or 0)


def loaded_sources(connection: Connection) -> tuple[LoadedSource, ...]:
    """The sources that were read, by name."""
    rows = connection.execute(
        """
        SELECT source, files, received_at, coalesce(events, 0), coalesce(refused, 0)
        FROM (SELECT source, count(DISTINCT file) AS files, max(received_at) AS received_at FROM loads GROUP BY source)
        LEFT JOIN (SELECT source, count(*) AS events FROM events GROUP BY source) USING (source)
        LEFT JOIN (SELECT source, count(*) AS refused FROM rejected GROUP BY source) USING (source)
        ORDER BY source
        """
    ).fetchall()
    return tuple(
        LoadedSource(source=source, files=files, received_at=received_at, events=events, rejected=rejected)
        for source, files, received_at, events, rejected in rows
    )


def unread(connection: Connection) -> tuple[Unread, ...]:
    """Where a definition asks events for a number, and some have none."""
    known = registered(connection)
    told = {place: kind for kind, place in known.items() if kind.reads == "event" and kind.properties}
    rows = connection.execute(
        "SELECT kind, count(*) FILTER (WHERE value IS NULL AND text IS NULL), count(*) FROM measures GROUP BY kind"
    ).fetchall()
    return tuple(
        Unread(asked=told[kind].told(), events=missing, of=every)
        for kind, missing, every in sorted(rows)
        if kind in told and missing
    )
