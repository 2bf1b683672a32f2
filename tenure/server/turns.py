"""Turns: one page is made at a time, while the store answers others; so each is soon ready, and the first first.

Threads of one process take turns in Python however many there are; eight pages that are begun at once are all ready
only when the last one is, and threads that fight for the interpreter cost more than they do. Nobody waits long for a
turn: what takes seconds keeps others from being quick, not from being answered.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 1
PATIENCE = 1.0  # seconds


class Turns:
    """So many turns, given in the order in which they are asked for."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    def take(self, *, first: bool = False) -> bool:
        """Whether there was a turn in time; `first` goes before all who wait."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Lock()
            mine.acquire()
            (self._waiting.appendleft if first else self._waiting.append)(mine)
        if mine.acquire(timeout=PATIENCE):
            return True
        with self._guard:
            # it may have come at the last moment
            if mine not in self._waiting:
                return True
            self._waiting.remove(mine)
            return False

    def give(self) -> None:
        """Nothing; the turn is the next one's."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


_turns = Turns(AT_ONCE)
_mine = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Nothing, once it is this thread's turn, or it has waited long enough."""
    if getattr(_mine, "inside", False):
        yield
        return
    _mine.inside, _mine.held = True, _turns.take()
    try:
        yield
    finally:
        if _mine.held:
            _turns.give()
        _mine.inside = _mine.held = False


@contextmanager
def away() -> Iterator[None]:
    """Nothing; others have this thread's turn while it waits inside for what is made elsewhere."""
    if not getattr(_mine, "held", False):
        yield
        return
    _turns.give()
    _mine.held = False
    try:
        yield
    finally:
        # what is begun is ended before something else begins
        _mine.held = _turns.take(first=True)
