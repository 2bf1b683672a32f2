"""Turns: pages are made a few at a time, so that each is soon ready and none waits for the halves of all others.

Threads of one process take turns in Python however many there are; eight pages that are begun at once are all ready
only when the last one is. Nobody waits long for a turn: what takes seconds keeps others from being quick, not from
being answered.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# one that computes in Python, and one whose questions the store answers beside it
AT_ONCE = 2
PATIENCE = 1.0  # seconds

_turns = threading.BoundedSemaphore(AT_ONCE)
_mine = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Nothing, once it is this thread's turn, or it has waited long enough."""
    if getattr(_mine, "inside", False):
        yield
        return
    _mine.inside, _mine.held = True, _turns.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if _mine.held:
            _turns.release()
        _mine.inside = _mine.held = False


@contextmanager
def away() -> Iterator[None]:
    """Nothing; others have this thread's turn while it waits inside for what is made elsewhere."""
    if not getattr(_mine, "held", False):
        yield
        return
    _turns.release()
    _mine.held = False
    try:
        yield
    finally:
        _mine.held = _turns.acquire(timeout=PATIENCE)
