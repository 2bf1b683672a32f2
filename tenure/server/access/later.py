"""Figures that take longer than a page may: worked out beside the pages, one after the other, and asked for again.

found = later(outlook_of, "classic", "month")     # None: not yet; ask again in a moment

Where events come in all the time, a figure of some minutes ago is shown while the new one is worked out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWorking
from dataclasses import dataclass
from math import inf
from typing import Any, ParamSpec, TypeVar

from django.conf import settings

from tenure.errors import TookTooLong
from tenure.server import holding
from tenure.server.turns import away

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 0.8  # seconds that a page waits for what is nearly there
LONGEST = 300.0
MOST = 200  # pieces of work that wait at once
_TOLD = 60.0  # seconds in which whoever asks again is told how it ended


@dataclass(slots=True)
class _Work:
    """Something that is worked out, and when it ended without an answer that is kept."""

    outcome: Future[Any]
    ended: float = inf


_waiting: dict[Hashable, _Work] = {}
_guard = threading.RLock()
# one at a time: pages and the worker want the machine, too
_hands = ThreadPoolExecutor(1, thread_name_prefix="tenure-later")
# whole pages wait for these, and not behind what takes minutes
_quick = ThreadPoolExecutor(2, thread_name_prefix="tenure-soon")


class NotYet(Exception):
    """What a whole page shows is being worked out: ask again in a moment."""


def later(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What a function that keeps its answers (`kept`) says, or None while it is being worked out.

    Raises what the function raised.
    """
    return _asked(_hands, PATIENCE, function, args, kwargs)


def soon(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same of what a page cannot do without, and what takes seconds at most. Raises NotYet while it is worked out.

    It is asked for in the time that a page has, and goes on where that is not enough.
    """
    found = _asked(_quick, max(PATIENCE, settings.ENVIRONMENT.page_seconds), function, args, kwargs)
    if found is None:
        raise NotYet
    return found


def _asked(
    hands: ThreadPoolExecutor, patience: float, function: Callable[..., T], args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> T | None:  # fmt: skip
    known = getattr(function, "known", None)
    if known is not None and (held := known(*args, **kwargs)) is not None:
        answer: T = held
        return answer
    key = (function.__module__, function.__qualname__, id(holding.workspace().definitions), args, *kwargs.items())
    with _guard:
        for old in [one for one, work in _waiting.items() if work.ended < time.monotonic() - _TOLD]:
            del _waiting[old]
        work = _waiting.get(key)
        if work is None:
            if len(_waiting) >= MOST:
                raise TookTooLong("Too much is being worked out just now.", hint="Try again in some minutes.")
            work = _waiting[key] = _Work(hands.submit(_bounded, lambda: function(*args, **kwargs)))
            work.outcome.add_done_callback(lambda outcome: _ended(key, outcome, kept=known is not None))
        outcome = work.outcome
    latest = getattr(function, "latest", None)
    before = None if latest is None else latest(*args, **kwargs)
    try:
        with away():
            found: T = outcome.result(patience if before is None else 0.05)
    except StillWorking:
        if not outcome.done():
            return before
        raise
    finally:
        if outcome.done():
            with _guard:
                if _waiting.get(key) is work:
                    del _waiting[key]
    return found


def _ended(key: Hashable, outcome: Future[Any], *, kept: bool) -> None:
    """Nothing; an answer that the function keeps is not held here too: it would be told when it is out of date."""
    with _guard:
        work = _waiting.get(key)
        if work is None or work.outcome is not outcome:
            return
        if kept and not outcome.cancelled() and outcome.exception() is None:
            del _waiting[key]
        else:
            work.ended = time.monotonic()


def end() -> None:
    """Nothing; nothing more is begun. What is being worked out ends with the store that it asks."""
    for hands in (_hands, _quick):
        hands.shutdown(wait=False, cancel_futures=True)


def _bounded(work: Callable[[], T]) -> T:
    with holding.workspace().bounded(LONGEST):
        return work()
