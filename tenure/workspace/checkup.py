"""What a workspace's store holds, how far it is, and what a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.refresh import applied
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import registered

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

_LONELY = 30 * DAY


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


def checkup(ws: Workspace) -> Checkup:
    """What the store of a workspace holds, how far it is, and what a person should look at; nothing is computed."""
    connection, as_of = ws._store.connection(), ws.as_of
    events, future, first = counts(connection, as_of)
    held = applied(connection)
    defined = {one.name: one.id for one in ws.definitions.all}
    stale = [name for name, identity in defined.items() if name not in held or held[name].id != identity]
    return Checkup(
        events=events, future=future, units=units(connection), excluded=ws.excluded,
        history_rows=number(connection, "SELECT count(*) FROM stage_codes"), first_event=first,
        last_event=ws.last_event, as_of=as_of, refreshed_as_of=ws.refreshed_as_of, pending=ws.pending,
        sources=loaded_sources(connection), unread=unread(connection),
        stale=(*stale, *sorted(held.keys() - defined.keys())),
        lonely=silence(ws),
        warnings=tuple(map(str, ws.definitions.warnings)),
    )  # fmt: skip


def silence(ws: Workspace) -> timedelta | None:
    """How long the log was silent before its last event, where `as_of` stands on it and that is over 30 days."""
    by_last = ws.definitions.config.as_of == "last_event"
    return lonely(ws._store.connection(), ws.last_event) if by_last else None


def lonely(connection: Connection, last: int | None) -> timedelta | None:
    """How long the log was silent before its last event, at `last`, where that is over 30 days."""
    if last is None:
        return None
    query = "SELECT max(time) FILTER (WHERE time <= $1), count(*) FILTER (WHERE time > $1) FROM events WHERE time < $2"
    ((before, between),) = connection.execute(query, [last - _LONELY, last]).fetchall()
    return timedelta(microseconds=last - before) if before is not None and not between else None


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
