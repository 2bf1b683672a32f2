"""How the process, its loops and its stores fare, for machines that watch over them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection

from tenure.server import holding, loops
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.server.intake import handing
from tenure.server.telemetry import Sample, counted, written
from tenure.server.work.models import InboxEvent, LoopRun


def telemetry(reader: Reader | None) -> str:
    """The figures as Prometheus reads them; nobody is named. A reader of None is this machine itself."""
    if reader is not None:
        require(reader, Right.FIGURES)
    return written((*counted(), *_waiting(), *_loops(), *_stores()))


def _waiting() -> Iterator[Sample]:
    yield "tenure_inbox_waiting", (("of", "clients"),), handing.waiting()
    yield "tenure_inbox_waiting", (("of", "application"),), InboxEvent.objects.count()


def _loops() -> Iterator[Sample]:
    stopped = set(loops.stopped())
    for one in LoopRun.objects.order_by("name"):
        labels = (("loop", one.name),)
        for name, moment in (("run", one.ran_at), ("success", one.succeeded_at), ("failure", one.failed_at)):
            if moment is not None:
                yield f"tenure_loop_{name}_timestamp_seconds", labels, _seconds(moment)
        yield "tenure_loop_seconds", labels, one.seconds
        yield "tenure_loop_waiting", labels, one.waiting
        yield "tenure_loop_stopped", labels, float(one.name in stopped)


def _stores() -> Iterator[Sample]:
    ws = holding.workspace()
    yield "tenure_store_bytes", (("store", "log"),), _size(ws._store.path)
    if connection.vendor == "sqlite":
        yield "tenure_store_bytes", (("store", "operations"),), _size(Path(str(connection.settings_dict["NAME"])))
    yield "tenure_store_events", (), ws._store.connection().execute("SELECT count(*) FROM events").fetchall()[0][0]
    yield "tenure_pending_units", (), ws.pending
    if (moment := ws.refreshed_as_of) is not None:
        yield "tenure_refreshed_timestamp_seconds", (), moment / 1_000_000


def _size(path: Path) -> int:
    """The size of a file and of the log beside it, in bytes."""
    found = (path, *(path.with_name(path.name + end) for end in (".wal", "-wal")))
    return sum(one.stat().st_size for one in found if one.exists())


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
