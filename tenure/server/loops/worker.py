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

from tenure.server import holding
from tenure.server.work.models import LoopRun

T = TypeVar("T")
_LOG = logging.getLogger("tenure.loops")
# seconds for which the end waits for what is under way: less than what most take until they end a process by force
PATIENCE = 8.0
_LATE = 120  # seconds without a sign of life after which the thread counts as stopped
_LONGEST = 30.0  # that it sleeps
_REST = 0.25  # between two rounds of a loop that wants the next one at once
_NOTED = 30.0  # after which it is written down again that nothing has changed
# a loop whose rounds have failed for so long, and so often, has stopped
_FAILING, _TIMES = 300.0, 3
Work = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Something done again and again: its name, the most seconds between two rounds, and what it does.

    `work` gives how much still waits. `then` are steps that belong to the same round, each after the one before it has
    succeeded. `breath` is the least seconds between two rounds; `wakes` says in how many seconds the next round is
    wanted, where that is sooner than `every`.
    """

    name: str
    every: float
    work: Work
    then: tuple[tuple[str, Work], ...] = ()
    breath: float = 0.0
    wakes: Callable[[], float | None] | None = None

    @property
    def steps(self) -> tuple[tuple[str, Work], ...]:
        """All that a round does, in order."""
        return ((self.name, self.work), *self.then)


@dataclass(slots=True)
class _State:
    """How a step fares, as far as it was written down."""

    waiting: int = -1
    failing_since: float | None = None
    failures: int = 0
    noted_at: float = 0.0


class Worker:
    """A thread with loops. `asked` holds what pages want done."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self.loops = tuple(loops)
        self.busy_with = ""
        self._due = {loop.name: 0.0 for loop in loops}
        self._loop_of = {name: loop for loop in loops for name, _ in loop.steps}
        self._states = {name: _State() for name in self._loop_of}
        self._asked: queue.Queue[tuple[str, Callable[[], Any], Future[Any]]] = queue.Queue()
        self._ending = threading.Event()
        self._alive_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="tenure-loops", daemon=True)

    def start(self) -> None:
        """Nothing; the rounds begin."""
        self._thread.start()

    def end(self, give_up: Callable[[], None], *, seconds: float = PATIENCE) -> None:
        """Nothing; the rounds are over once what is under way is done. After so long, `give_up` has to end it."""
        self.stop()
        self._thread.join(seconds)
        give_up()
        self._thread.join(seconds)

    def stop(self) -> None:
        """Nothing; no other round begins."""
        self._ending.set()
        self._asked.put(("", lambda: None, Future()))

    @property
    def names(self) -> frozenset[str]:
        """The names of the loops, and of what they do after."""
        return frozenset(self._loop_of)

    def ask(self, what: str, work: Callable[[], T]) -> Future[T]:
        """The outcome, to come, of work that runs between two rounds; `what` says it to people."""
        outcome: Future[T] = Future()
        self._asked.put((what, work, outcome))
        return outcome

    def hurry(self, name: str) -> None:
        """Nothing; the loop with a step of that name has its turn next."""
        self._due[self._loop_of[name].name] = 0.0
        self._asked.put(("", lambda: None, Future()))

    @property
    def running(self) -> bool:
        """Whether the thread is there and showed signs of life, or is busy with something that it was asked."""
        return self._thread.is_alive() and (bool(self.busy_with) or time.monotonic() - self._alive_at < _LATE)

    @property
    def failing(self) -> list[str]:
        """The steps that have failed in every round for long."""
        now = time.monotonic()
        return [
            name
            for name, state in self._states.items()
            if state.failing_since is not None and state.failures >= _TIMES
            and now - state.failing_since > max(_FAILING, _TIMES * self._loop_of[name].every)
        ]  # fmt: skip

    def _run(self) -> None:
        while not self._ending.is_set():
            self._alive_at = time.monotonic()
            for loop in self.loops:
                if self._due[loop.name] <= time.monotonic() and not self._ending.is_set():
                    # before the round: whoever asks for another one meanwhile gets it
                    self._due[loop.name] = time.monotonic() + loop.every
                    self._round(loop)
                    self._due[loop.name] = max(self._due[loop.name], time.monotonic() + loop.breath)
            soonest = min(self._due.values(), default=time.monotonic() + _LONGEST)
            self._do_what_is_asked(min(max(soonest - time.monotonic(), 0.0), _LONGEST))

    def _do_what_is_asked(self, patience: float) -> None:
        try:
            what, work, outcome = self._asked.get(timeout=patience)
        except queue.Empty:
            return
        if not outcome.set_running_or_notify_cancel():
            return
        self.busy_with = what
        try:
            close_old_connections()
            done = work()
            if what:
                holding.worked()
            outcome.set_result(done)
        except BaseException as error:
            outcome.set_exception(error)
        finally:
            self.busy_with = ""

    def _round(self, loop: Loop) -> None:
        for name, work in loop.steps:
            # what comes after a step counts on what it has done
            if not self._step(name, work):
                return
        if loop.wakes is not None and (seconds := loop.wakes()) is not None:
            self._due[loop.name] = min(self._due[loop.name], time.monotonic() + max(seconds, _REST))

    def _step(self, name: str, work: Work) -> bool:
        """Whether it succeeded."""
        began, ran_at, state = time.perf_counter(), datetime.now(UTC), self._states[name]
        told: dict[str, Any]
        self.busy_with = name
        try:
            close_old_connections()
            waiting = work()
        except Exception as error:
            if self._ending.is_set():
                _LOG.info("loop given up", extra={"loop": name})
                return False
            _LOG.exception("loop failed", extra={"loop": name})
            told = {"failed_at": ran_at, "error": str(error) or type(error).__name__}
            changed = True
            state.failures += 1
            state.failing_since = state.failing_since or time.monotonic()
        else:
            told = {"waiting": waiting, "succeeded_at": ran_at}
            changed = state.failures > 0 or (waiting == 0) != (state.waiting == 0)
            state.waiting, state.failures, state.failing_since = waiting, 0, None
        finally:
            self.busy_with = ""
        if changed or time.monotonic() - state.noted_at > _NOTED:
            # each note is a commit: a server that has nothing to do makes few
            state.noted_at = time.monotonic()
            note(name, told | {"ran_at": ran_at, "seconds": time.perf_counter() - began})
        return state.failures == 0


def note(name: str, told: dict[str, Any]) -> None:
    """Nothing; how a loop fares is written down."""
    try:
        LoopRun.objects.update_or_create(name=name, defaults=told)
    except Exception:
        _LOG.exception("a loop could not be noted", extra={"loop": name})


_workers: tuple[Worker, ...] = ()


def begin(worker: Worker, *others: Worker) -> None:
    """Nothing; this process's workers start. The first does what pages ask; the others keep it waiting for nothing."""
    global _workers  # noqa: PLW0603 one process has its workers
    _workers = (worker, *others)
    for one in _workers:
        one.start()


def end(give_up: Callable[[], None]) -> None:
    """Nothing; this process's workers end, or are made to by `give_up`, which is called in any case."""
    global _workers
    ending, _workers = _workers, ()
    if not ending:
        give_up()
        return
    for one in ending[1:]:
        one.stop()
    ending[0].end(give_up)
    for one in ending[1:]:
        one.end(lambda: None)


def ask(what: str, work: Callable[[], T]) -> Future[T]:
    """The outcome of work that runs in the first worker's thread, or here and now where there is none."""
    if _workers:
        return _workers[0].ask(what, work)
    outcome: Future[T] = Future()
    try:
        done = work()
        holding.worked()
        outcome.set_result(done)
    except Exception as error:
        outcome.set_exception(error)
    return outcome


def hurry(name: str) -> None:
    """Nothing; a loop has its turn next, where there is a worker that has it."""
    for one in _workers:
        if name in one.names:
            one.hurry(name)


def busy_with() -> str:
    """What the workers are doing, in words; empty while they rest."""
    return ", ".join(one.busy_with for one in _workers if one.busy_with)


def stopped() -> list[str]:
    """The loops that ought to run and do not, or that have failed in every round for long."""
    return [
        name
        for one in _workers
        for name in (one.failing if one.running else [loop.name for loop in one.loops])
    ]  # fmt: skip
