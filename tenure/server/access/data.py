"""What comes in: sources with what was loaded of them, rows that were refused, and how the loops fare."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tenure.errors import UsageError
from tenure.ingest.report import LoadReport, Progress
from tenure.ingest.source import Source
from tenure.server import holding, loops
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.intake.handing import waiting as still_waiting
from tenure.server.work.models import InboxEvent, LoopRun
from tenure.warehouse.connection import Connection
from tenure.warehouse.where import quote

PAGE = 50
# a loop that has not run for that long is late
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source: its definition (None: events of it are there, and no source any more), and what was loaded of it.

    Times are in microseconds UTC.
    """

    name: str
    source: Source | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopState:
    """How a loop fares: when it ran and succeeded last, how much waits; `error` is that of the last round, or empty."""

    name: str
    ran_at: datetime | None
    succeeded_at: datetime | None
    seconds: float
    waiting: int
    error: str
    late: bool


def sources(reader: Reader) -> tuple[SourceState, ...]:
    """The sources in the order of tenure.yaml, then those of which only events are left."""
    require(reader, Right.FIGURES)
    ws = holding.workspace()
    loaded = _loaded(ws._store.connection())
    defined = {one.name: one for one in ws.definitions.config.sources}
    names = [*defined, *(name for name in sorted(loaded) if name not in defined)]
    return tuple(SourceState(name=name, source=defined.get(name), **loaded.get(name, {})) for name in names)


def source(reader: Reader, name: str) -> tuple[SourceState, tuple[LoadedFile, ...]]:
    """A source with its files, the last read first. Raises UsageError where there is none of that name."""
    require(reader, Right.FIGURES)
    state = next((one for one in sources(reader) if one.name == name), None)
    if state is None:
        raise UsageError(f"There is no source {name!r}.")
    rows = holding.workspace()._store.connection().execute(
        "SELECT file, max_by(received_at, load), max_by(read, load), sum(loaded), max_by(duplicates, load), "
        "max_by(changed, load), max_by(rejected, load) FROM loads WHERE source = ? GROUP BY file "
        "ORDER BY 2 DESC, file LIMIT 500",
        [name],
    )  # fmt: skip
    fields = ("file", "received_at", "read", "loaded", "duplicates", "changed", "rejected")
    return state, tuple(LoadedFile(**dict(zip(fields, row, strict=True))) for row in rows.fetchall())


def waiting(reader: Reader) -> int:
    """How many events wait in the inbox."""
    require(reader, Right.FIGURES)
    return InboxEvent.objects.count() + still_waiting()


def loop_states(reader: Reader) -> tuple[LoopState, ...]:
    """The background jobs; errors, which may tell paths, are for those who define."""
    require(reader, Right.FIGURES)
    shown, now = reader.may(Right.DEFINE), datetime.now(UTC)
    return tuple(
        LoopState(
            name=one.name, ran_at=one.ran_at, succeeded_at=one.succeeded_at, seconds=one.seconds, waiting=one.waiting,
            error=(one.error if shown else "It failed.") if _failed(one) else "",
            late=one.ran_at is not None and now - one.ran_at > LATE,
        )
        for one in LoopRun.objects.order_by("name")
    )  # fmt: skip


def reasons(reader: Reader, *, source: str | None = None) -> tuple[tuple[str, str, int], ...]:
    """Why rows were refused: source, reason, how many; the commonest first."""
    require(reader, Right.PEOPLE)
    where, told = ("WHERE source = ?", [source]) if source else ("", [])
    return tuple(
        holding.workspace()
        ._store.connection()
        .execute(
            f"SELECT source, reason, count(*) FROM rejected {where} GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 200", told
        )
        .fetchall()
    )


def rejected(
    reader: Reader, *, source: str | None = None, reason: str | None = None, offset: int = 0
) -> tuple[int, tuple[Refused, ...]]:
    """How many rows were refused, and a page of them."""
    require(reader, Right.PEOPLE)
    connection = holding.workspace()._store.connection()
    where, told = _where(source, reason)
    ((count,),) = connection.execute(f"SELECT count(*) FROM rejected {where}", told).fetchall()
    rows = connection.execute(
        f"SELECT source, file, position, reason, coalesce(raw, '') FROM rejected {where} "
        "ORDER BY load DESC, source, file, position LIMIT ? OFFSET ?",
        [*told, PAGE, offset],
    ).fetchall()
    return count, tuple(
        Refused(source=source, file=file, position=position, reason=reason, raw=raw)
        for source, file, position, reason, raw in rows
    )


def rejected_table(reader: Reader, *, source: str | None = None, reason: str | None = None) -> pa.Table:
    """All refused rows as Arrow, to be taken out of the house."""
    require(reader, Right.PEOPLE)
    require(reader, Right.EXPORT)
    given = [f"{column} = {quote(value)}" for column, value in (("source", source), ("reason", reason)) if value]
    where = f"WHERE {' AND '.join(given)} " if given else ""
    query = f"SELECT source, file, position, reason, raw FROM rejected {where}ORDER BY load DESC, file, position"
    return holding.workspace()._store.connection().sql(query).to_arrow_table()


def import_now(
    user: User, *, only: tuple[str, ...] = (), progressed: Callable[[Progress], None] = lambda _: None,
    address: str | None = None,
) -> Future[tuple[LoadReport, ...]]:  # fmt: skip
    """What becomes of the sources' files, to come; histories and lists know of it then."""
    require(user, Right.SOURCES)

    def work() -> tuple[LoadReport, ...]:
        return imported(only, progressed)

    record(user, "imported", ", ".join(only) or "all sources", address=address)
    return loops.ask("importing", work)


def imported(only: tuple[str, ...], progressed: Callable[[Progress], None]) -> tuple[LoadReport, ...]:
    """What became of the sources' files; called by the worker."""
    with holding.writing:
        ws = holding.workspace()
        reports = ws.load(progressed, only=only)
        ws.roster.refresh()
    return reports


def _failed(run: LoopRun) -> bool:
    return run.failed_at is not None and (run.succeeded_at is None or run.failed_at > run.succeeded_at)


def _where(source: str | None, reason: str | None) -> tuple[str, list[str]]:
    given = [(column, value) for column, value in (("source", source), ("reason", reason)) if value]
    if not given:
        return "", []
    return "WHERE " + " AND ".join(f"{column} = ?" for column, _ in given), [value for _, value in given]


def _loaded(connection: Connection) -> dict[str, dict[str, int]]:
    """What is there of each source."""
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
    return {name: dict(zip(fields, told, strict=True)) for name, *told in rows}
