"""Group commit: one thread writes what many requests bring, and each is answered when its own is on the disk."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple
from uuid import uuid4

from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction

from tenure.server import loops
from tenure.server.holding import now
from tenure.server.intake.keys import Sender
from tenure.server.intake.models import Delivery
from tenure.server.telemetry import add

PATIENCE = 30.0  # seconds that a request waits for its commit
_MOST = 500
_LARGEST = 16 * 2**20
# the log takes few large batches faster than many small ones
_REST = 0.25
_LOG = logging.getLogger("tenure.intake")


class Row(NamedTuple):
    """A delivery as it is written, in the order of the columns."""

    mark: str
    source: str
    dialect: str
    call: str
    body: str
    events: int
    received_at: int


# the same as bulk_create would send, in a third of the time, of rows that never were a model's
_PLACES = ", ".join(["%s"] * len(Row._fields))
_INSERT = f"INSERT INTO {Delivery._meta.db_table} ({', '.join(Row._fields)}) VALUES ({_PLACES})"
Waiting = tuple[Row, Future[None]]


class Keeper:
    """The thread that commits. It begins with the first delivery."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        # when those were received whose commit is on its way
        self.being_kept: dict[int, int] = {}
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None

    def keep(self, delivery: Row) -> Future[None]:
        """What is done once the delivery is committed, and fails where it cannot be."""
        kept: Future[None] = Future()
        self.being_kept[id(kept)] = delivery.received_at
        self._waiting.put((delivery, kept))
        if self._thread is None or not self._thread.is_alive():
            self._started()
        return kept

    def _started(self) -> None:
        with self._begin:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tenure-intake", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        told_at, untold = 0.0, False
        while True:
            try:
                first = self._waiting.get(timeout=max(0.0, told_at + _REST - time.monotonic()) if untold else None)
            except queue.Empty:
                loops.hurry("inbox")
                told_at, untold = time.monotonic(), False
                continue
            self._commit(self._together(first))
            untold = True
            if time.monotonic() - told_at >= _REST:
                loops.hurry("inbox")
                told_at, untold = time.monotonic(), False

    def _together(self, first: Waiting) -> list[Waiting]:
        """The first, and whatever else waits by now."""
        batch, size = [first], len(first[0].body)
        while len(batch) < _MOST and size < _LARGEST:
            try:
                batch.append(self._waiting.get_nowait())
            except queue.Empty:
                break
            size += len(batch[-1][0].body)
        return batch

    def _commit(self, batch: Sequence[Waiting]) -> None:
        try:
            _written([delivery for delivery, _ in batch])
        except Exception as error:
            if len(batch) > 1:
                # the database may have been away, or one of them is what it cannot hold; what was committed all the
                # same is recognised by its ids
                for one in batch:
                    self._commit([one])
                return
            _LOG.exception("a delivery could not be kept")
            self._told(batch, error)
            return
        self._told(batch, None)
        counted: Counter[str] = Counter()
        for delivery, _ in batch:
            counted[delivery.dialect] += delivery.events
        for dialect, events in counted.items():
            add("tenure_intake_events_total", events, dialect=dialect)

    def _told(self, batch: Sequence[Waiting], error: Exception | None) -> None:
        for _, kept in batch:
            del self.being_kept[id(kept)]
            # whoever has gone is told nothing
            if kept.set_running_or_notify_cancel():
                kept.set_exception(error) if error else kept.set_result(None)


def _written(rows: list[Row]) -> None:
    try:
        close_old_connections()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
    except (OperationalError, InterfaceError):
        close_old_connections()
        raise


_keeper = Keeper()


def being_kept_since() -> int:
    """When the oldest delivery was received whose commit is on its way; the end of time where there is none."""
    return min([*_keeper.being_kept.values()], default=2**63 - 1)


def keep(
    sender: Sender, dialect: str, call: str, body: str, *, key: str, events: int, received_at: int | None = None,
    mark: str | None = None,
) -> Future[None]:  # fmt: skip
    """What is done once the body is committed, without the key in it, and fails where it cannot be."""
    if key and key in body:
        body = body.replace(key, "")
    return _keeper.keep(
        Row(mark or uuid4().hex, sender.source, dialect, call, body, events, received_at or now())
    )  # fmt: skip
