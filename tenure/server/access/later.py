"""Figures that take longer than a page may: worked out beside the pages, one after the other, and asked for again.

found = later(outlook_of, "classic", "month")     # None: not yet; ask again in a moment

Where events come in all the time, a figure of some minutes ago is shown while the new one is worked out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWorking
from typing import Any, ParamSpec, TypeVar

from tenure.server import holding

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 0.8  # seconds that a page waits for what is nearly there
LONGEST = 300.0
_waiting: dict[Hashable, Future[Any]] = {}
_guard = threading.Lock()
# one at a time: pages and the worker want the machine, too
_hands = ThreadPoolExecutor(1, thread_name_prefix="tenure-later")


def later(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What a function that keeps its answers (`kept`) says, or None while it is being worked out.

    Raises what the function raised.
    """
    known = getattr(function, "known", None)
    if known is not None and (held := known(*args, **kwargs)) is not None:
        answer: T = held
        return answer
    key = (function.__module__, function.__qualname__, id(holding.workspace().definitions), args, *kwargs.items())
    with _guard:
        outcome = _waiting.get(key)
        if outcome is None:
            outcome = _waiting[key] = _hands.submit(_bounded, lambda: function(*args, **kwargs))
    latest = getattr(function, "latest", None)
    before = None if latest is None else latest(*args, **kwargs)
    try:
        found: T = outcome.result(PATIENCE if before is None else 0.05)
    except StillWorking:
        if not outcome.done():
            return before
        raise
    finally:
        if outcome.done():
            with _guard:
                if _waiting.get(key) is outcome:
                    del _waiting[key]
    return found


def _bounded(work: Callable[[], T]) -> T:
    with holding.workspace().bounded(LONGEST):
        return work()
