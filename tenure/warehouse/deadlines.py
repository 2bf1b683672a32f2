"""Blocks of questions that are given up after a time. One thread watches them all: a timer for each would cost a page
more than many of its questions do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import duckdb

_STEP = 0.1  # seconds between two looks
_IDLE = 300  # looks without anything to watch, after which the thread ends


class Deadlines:
    """The blocks that are open, each with the moment at which it is given up."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: dict[object, tuple[float, Callable[[], None]]] = {}
        self._watched = False

    @contextmanager
    def within(self, seconds: float, give_up: Callable[[], None]) -> Iterator[None]:
        """Nothing; once the time is over `give_up` is called, again and again until the block ends."""
        block = object()
        with self._guard:
            self._open[block] = (time.monotonic() + seconds, give_up)
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, name="tenure-deadlines", daemon=True).start()
        try:
            yield
        finally:
            # nobody is interrupted who has ended
            with self._guard:
                del self._open[block]

    def _watch(self) -> None:
        idle = 0
        while True:
            time.sleep(_STEP)
            with self._guard:
                idle = 0 if self._open else idle + 1
                if idle > _IDLE:
                    self._watched = False
                    return
                for ends, give_up in self._open.values():
                    if ends <= time.monotonic():
                        with suppress(duckdb.Error):
                            give_up()
