"""What comes in: sources with what was loaded of them, rows that were refused, and how the loops fare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tenure.engage.handed import harmless
from tenure.errors import UsageError
from tenure.ingest.fetching import read_until
from tenure.ingest.report import LoadReport, Progress
from tenure.ingest.source import Source
from tenure.ingest.tables import DATABASE
from tenure.server import holding, loops
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.intake.handing import waiting as still_waiting
from tenure.server.loops.transfers import EXPORT, TRANSFERS, Transfer, export_of, import_of, transfers
from tenure.server.work.models import InboxEvent, LoopRun
from tenure.workspace.arrivals import Loaded, LoadedFile, Refused

PAGE = 50
# a loop that has not run for that long is late
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferState:
    """How an import or export fares: when it runs, ran, and succeeded last, and what went wrong the last time.

    `until` is the last value of an import's cursor, where it has one.
    """

    name: str
    schedule: str
    to: str = ""
    ran_at: datetime | None = None
    succeeded_at: datetime | None = None
    seconds: float = 0.0
    rows: int = 0
    error: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source: its definition (None: events of it are there, and no source any more), and what was loaded of it."""

    name: str
    source: Source | None
    loaded: Loaded
    run: TransferState | None = None


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
    loaded = ws.arrivals.sources()
    defined = {one.name: one for one in ws.definitions.config.sources}
    names = [*defined, *(name for name in sorted(loaded) if name not in defined)]
    runs = _runs()
    return tuple(
        SourceState(
            name=name, source=defined.get(name), loaded=loaded.get(name, Loaded()),
            run=_transfer(reader, import_of(defined[name]), runs) if name in defined else None,
        )
        for name in names
    )  # fmt: skip


def exports(reader: Reader) -> tuple[TransferState, ...]:
    """The exports in the order of tenure.yaml."""
    require(reader, Right.FIGURES)
    runs = _runs()
    return tuple(
        _transfer(reader, export_of(one), runs, to=one.to) for one in holding.workspace().definitions.config.exports
    )


def export_now(user: User, name: str, *, address: str | None = None) -> None:
    """Nothing; the export runs next. Raises UsageError where there is none of that name."""
    require(user, Right.SOURCES)
    if name not in holding.workspace().exports.names():
        raise UsageError(f"There is no export {name!r}.")
    record(user, "exported", name, address=address)
    transfers.ask(f"{EXPORT}{name}")
    loops.hurry("transfers")


def source(reader: Reader, name: str) -> tuple[SourceState, tuple[LoadedFile, ...]]:
    """A source with its files, the last read first. Raises UsageError where there is none of that name."""
    state = next((one for one in sources(reader) if one.name == name), None)
    if state is None:
        raise UsageError(f"There is no source {name!r}.")
    ws = holding.workspace()
    if state.run is not None and (known := ws._store.fingerprints(name).get(DATABASE)):
        seen = read_until(known)
        state = replace(state, run=replace(state.run, until="" if seen is None else str(seen)))
    return state, ws.arrivals.files(name)


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
        for one in LoopRun.objects.exclude(name__regex=TRANSFERS).order_by("name")
    )  # fmt: skip


def reasons(reader: Reader, *, source: str | None = None) -> tuple[tuple[str, str, int], ...]:
    """Why rows were refused: source, reason, how many; the commonest first."""
    require(reader, Right.PEOPLE)
    return holding.workspace().arrivals.reasons(source)


def rejected(
    reader: Reader, *, source: str | None = None, reason: str | None = None, offset: int = 0
) -> tuple[int, tuple[Refused, ...]]:
    """How many rows were refused, and a page of them."""
    require(reader, Right.PEOPLE)
    return holding.workspace().arrivals.refused(source=source, reason=reason, limit=PAGE, offset=offset)


def rejected_table(reader: Reader, *, source: str | None = None, reason: str | None = None) -> pa.Table:
    """All refused rows as Arrow, harmless in spreadsheets: to be taken out of the house."""
    require(reader, Right.PEOPLE)
    require(reader, Right.EXPORT)
    return harmless(holding.workspace().arrivals.refused_table(source=source, reason=reason))


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


def _runs() -> dict[str, LoopRun]:
    return {run.name: run for run in LoopRun.objects.filter(name__regex=TRANSFERS)}


def _transfer(reader: Reader, transfer: Transfer, runs: Mapping[str, LoopRun], *, to: str = "") -> TransferState:
    name, run = transfer.name.partition(":")[2], runs.get(transfer.name)
    if run is None:
        return TransferState(name=name, schedule=transfer.schedule.told, to=to)
    error = run.error if reader.may(Right.DEFINE) else "It failed."
    return TransferState(
        name=name, schedule=transfer.schedule.told, to=to, ran_at=run.ran_at, succeeded_at=run.succeeded_at,
        seconds=run.seconds, rows=run.waiting, error=error if _failed(run) else "",
    )  # fmt: skip


def _failed(run: LoopRun) -> bool:
    return run.failed_at is not None and (run.succeeded_at is None or run.failed_at > run.succeeded_at)
