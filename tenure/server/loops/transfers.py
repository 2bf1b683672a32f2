"""Imports and exports as they come due: each in a thread of its own, so that a slow database stops nothing else.

How each fares stands in `LoopRun`, as "import:orders" or "export:lake"; a schedule goes on from there after a restart.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import BoundedSemaphore, Thread
from typing import Any

from django.db import close_old_connections, connection

from tenure.errors import TenureError
from tenure.ingest.schedule import Schedule
from tenure.ingest.source import Source
from tenure.server import holding
from tenure.server.loops.worker import hurry
from tenure.server.work.models import LoopRun
from tenure.workspace.export_spec import ExportSpec

_LOG = logging.getLogger("tenure.loops")
IMPORT, EXPORT = "import:", "export:"
TRANSFERS = "^(import|export):"
# files that did not change are told from their size and time, which costs nothing
FILES, HOURLY = 60.0, 3600.0
_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An import or export: its name in `LoopRun`, when it runs, and what does it and tells how many rows moved."""

    name: str
    schedule: Schedule
    work: Callable[[], int]


def import_of(source: Source) -> Transfer:
    """The import of a source."""
    default = HOURLY if source.database else FILES

    def work() -> int:
        # not as one who writes: rows are fetched first, and appended in one go that other writers wait for
        reports = holding.workspace().load(only=[source.name])
        loaded = sum(file.loaded for report in reports for file in report.files)
        if loaded:
            hurry("histories")
        return loaded

    return Transfer(name=f"{IMPORT}{source.name}", schedule=source.schedule(default), work=work)


def export_of(export: ExportSpec) -> Transfer:
    """The run of an export."""
    return Transfer(
        name=f"{EXPORT}{export.name}", schedule=export.schedule(HOURLY),
        work=lambda: holding.workspace().exports.run(export.name).written,
    )  # fmt: skip


class Transfers:
    """Starts what is due, and notes how it ended."""

    def __init__(self) -> None:
        self._running: dict[str, Thread] = {}
        self._asked: set[str] = set()
        self._hands = BoundedSemaphore(_AT_ONCE)

    def __call__(self) -> int:
        """How many run or wait for others to end."""
        now = datetime.now(UTC)
        ws = holding.workspace()
        config = ws.definitions.config
        transfers = [*map(import_of, config.sources), *map(export_of, config.exports)]
        names = {one.name for one in transfers}
        runs = {run.name: run.ran_at for run in LoopRun.objects.filter(name__regex=TRANSFERS)}
        if gone := runs.keys() - names:
            LoopRun.objects.filter(name__in=gone).delete()
        self._running = {name: thread for name, thread in self._running.items() if thread.is_alive()}
        for one in transfers:
            due = one.name in self._asked or one.schedule.due(last=runs.get(one.name), now=now, zone=ws.zone)
            if due and one.name not in self._running:
                self._asked.discard(one.name)
                thread = Thread(target=self._run, args=(one,), name=f"tenure-{one.name}", daemon=True)
                self._running[one.name] = thread
                thread.start()
        return len(self._running)

    def ask(self, name: str) -> None:
        """Nothing; that transfer runs next, whatever its schedule says."""
        self._asked.add(name)

    def wait(self, seconds: float) -> bool:
        """Whether what runs has ended within so long."""
        until = time.monotonic() + seconds
        for thread in self._running.values():
            thread.join(max(until - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._running.values())

    def _run(self, transfer: Transfer) -> None:
        try:
            with self._hands:
                noted(transfer)
        finally:
            connection.close()


def noted(transfer: Transfer) -> None:
    """Nothing; the transfer has run, and how it ended is noted."""
    began, ran_at = time.perf_counter(), datetime.now(UTC)
    close_old_connections()
    # a run that never ends, or ends with the process, counts as one: it is not begun again and again
    LoopRun.objects.update_or_create(name=transfer.name, defaults={"ran_at": ran_at})
    try:
        told: dict[str, Any] = {"waiting": transfer.work(), "succeeded_at": ran_at}
    except TenureError as error:
        _LOG.warning("transfer failed: %s", error, extra={"loop": transfer.name})
        told = {"failed_at": ran_at, "error": str(error)}
    except Exception as error:
        _LOG.exception("transfer failed", extra={"loop": transfer.name})
        told = {"failed_at": ran_at, "error": str(error) or type(error).__name__}
    try:
        LoopRun.objects.filter(name=transfer.name).update(**told, seconds=time.perf_counter() - began)
    except Exception:
        _LOG.exception("a transfer could not be noted", extra={"loop": transfer.name})


def files_at_start(said: Callable[[str], None]) -> None:
    """Nothing; what is new in files is loaded, and `said` is told of each source of which that failed."""
    ws = holding.workspace()
    for source in ws.definitions.config.sources:
        if source.database is None:
            try:
                ws.load(only=[source.name])
            except TenureError as error:
                said(f"The source {source.name} was not read: {error}")


transfers = Transfers()
"""Those of this process."""
