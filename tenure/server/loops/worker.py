"""The thread of the loops: each has its turn when it is due; an error of one is noted and stops no other.

Whatever changes the store on somebody's behalf (an upload, a changed definition) is handed over with `ask` and runs
here, between two rounds, so that no two of them ever meet.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db import close_old_connections

from tenure.server.work.models import LoopRun

T = TypeVar("T")
_LOG = logging.getLogger("tenure.loops")
# seconds for which the end waits for what is under way: less than what most take until they end a process by force
PATIENCE = 8.0
_LATE = 120  # seconds without a sign of life after which the thread counts as stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Something done again and again: its name, the seconds between two rounds, and what it does.

    `work` gives how much still waits.
    """

    name: str
    every: float
    work: Callable[[], int]


class Worker:
    """A thread with loops. `asked` holds what pages want done."""

    def __init__(self, loops: Sequence[Loop], *, tick: float) -> None:
        self.loops = tuple(loops)
        self.busy_with = ""
        self._tick = tick
        self._due = {loop.name: 0.0 for loop in loops}
        self._asked: queue.Queue[tuple[str, Callable[[], Any], Future[Any]]] = queue.Queue()
        self._ending = threading.Event()
        self._alive_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="tenure-loops", daemon=True)

    def start(self) -> None:
        """Nothing; the rounds begin."""
        self._thread.start()

    def end(self, give_up: Callable[[], None], *, seconds: float = PATIENCE) -> None:
        """Nothing; the rounds are over once what is under way is done. After so long, `give_up` has to end it."""
        self._ending.set()
        self._asked.put(("", lambda: None, Future()))
        self._thread.join(seconds)
        give_up()
        self._thread.join(seconds)

    def ask(self, what: str, work: Callable[[], T]) -> Future[T]:
        """The outcome, to come, of work that runs between two rounds; `what` says it to people."""
        outcome: Future[T] = Future()
        self._asked.put((what, work, outcome))
        return outcome

    def hurry(self, name: str) -> None:
        """Nothing; that loop has its turn next."""
        self._due[name] = 0.0
        self._asked.put(("", lambda: None, Future()))

    @property
    def running(self) -> bool:
        """Whether the thread is there and showed signs of life, or is busy with something that it was asked."""
        return self._thread.is_alive() and (bool(self.busy_with) or time.monotonic() - self._alive_at < _LATE)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._alive_at = time.monotonic()
            for loop in self.loops:
                if self._due[loop.name] <= time.monotonic() and not self._ending.is_set():
                    # before the round: whoever asks for another one meanwhile gets it
                    self._due[loop.name] = time.monotonic() + loop.every
                    self._round(loop)
            self._do_what_is_asked()

    def _do_what_is_asked(self) -> None:
        try:
            what, work, outcome = self._asked.get(timeout=self._tick)
        except queue.Empty:
            return
        if not outcome.set_running_or_notify_cancel():
            return
        self.busy_with = what
        try:
            close_old_connections()
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)
        finally:
            self.busy_with = ""

    def _round(self, loop: Loop) -> None:
        began, ran_at = time.perf_counter(), datetime.now(UTC)
        try:
            close_old_connections()
            self.busy_with = loop.name
            told: dict[str, Any] = {"waiting": loop.work(), "succeeded_at": ran_at}
        except Exception as error:
            _LOG.exception("loop failed", extra={"loop": loop.name})
            told = {"failed_at": ran_at, "error": str(error) or type(error).__name__}
        finally:
            self.busy_with = ""
        told |= {"ran_at": ran_at, "seconds": time.perf_counter() - began}
        try:
            LoopRun.objects.update_or_create(name=loop.name, defaults=told)
        except Exception:
            _LOG.exception("a loop could not be noted", extra={"loop": loop.name})


_worker: Worker | None = None


def begin(worker: Worker) -> None:
    """Nothing; this process's worker starts."""
    global _worker  # noqa: PLW0603 one process has one worker
    _worker = worker
    worker.start()


def end(give_up: Callable[[], None]) -> None:
    """Nothing; this process's worker ends, or is made to by `give_up`, which is called in any case."""
    global _worker  # noqa: PLW0603
    if _worker is None:
        give_up()
        return
    _worker.end(give_up)
    _worker = None


def ask(what: str, work: Callable[[], T]) -> Future[T]:
    """The outcome of work that runs in the worker's thread, or here and now where there is none."""
    if _worker is not None:
        return _worker.ask(what, work)
    outcome: Future[T] = Future()
    try:
        outcome.set_result(work())
    except Exception as error:
        outcome.set_exception(error)
    return outcome


def hurry(name: str) -> None:
    """Nothing; a loop has its turn next, where there is a worker."""
    if _worker is not None:
        _worker.hurry(name)


def busy_with() -> str:
    """What the worker is doing, in words; empty while it rests."""
    return _worker.busy_with if _worker else ""


def stopped() -> list[str]:
    """The loops that ought to run and do not."""
    if _worker is None or _worker.running:
        return []
    return [loop.name for loop in _worker.loops]
