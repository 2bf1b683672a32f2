"""Figures that are worked out once for everybody who asks, until the next import, refresh or definition changes them.

Only what is the same for every reader is kept: figures, and lists that a function hands on after it has asked who
wants them.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from django.utils.translation import get_language

from tenure.server import holding
from tenure.server.turns import away

P = ParamSpec("P")
T = TypeVar("T")

# seconds that a figure may be old where a new one is on its way
OLD = 600.0
# of its time nobody spends more than one part of so many on a figure, however often the data changes
PAUSE = 40.0


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    """What a function said, of which version of the data, when it ended, and how many seconds it took.

    The definitions are kept beside, so that no other ones take their place in memory, and with it their id.
    """

    said: T
    version: str
    at: float
    seconds: float
    definitions: object


_forgot_at = 0.0


def forget() -> None:
    """Nothing; of what was worked out so far nothing is shown any more: somebody was erased."""
    global _forgot_at  # noqa: PLW0603 there is one memory of figures
    _forgot_at = time.monotonic()


def kept(most: int = 32, *, spoken: bool = False) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """The decorator of a function of hashable arguments: its last `most` answers are kept.

    With `spoken` they hold words, and are kept for each language.

    Whoever asks for what is just being worked out waits for that, and does not begin it again.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        answers: OrderedDict[Hashable, _Answer[T]] = OrderedDict()
        working: dict[Hashable, threading.Lock] = {}
        guard = threading.Lock()

        def asked(args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[Hashable, str, object]:
            ws = holding.workspace()
            language = get_language() if spoken else None
            key = (id(ws.definitions), language, args, tuple(sorted(kwargs.items())))
            return key, ws.roster.version, ws.definitions

        def held(key: Hashable, good: Callable[[_Answer[T]], bool]) -> _Answer[T] | None:
            with guard:
                found = answers.get(key)
                if found is None or found.at - found.seconds <= _forgot_at or not good(found):
                    return None
                answers.move_to_end(key)
                return found

        @functools.wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            key, version, definitions = asked(args, kwargs)

            def current(one: _Answer[T]) -> bool:
                return one.version == version

            if (there := held(key, current)) is not None:
                return there.said
            with guard:
                lock = working.setdefault(key, threading.Lock())
            with away():
                # whoever works it out may need this thread's turn
                lock.acquire()
            try:
                if (there := held(key, current)) is not None:
                    return there.said
                began = time.monotonic()
                try:
                    found = function(*args, **kwargs)
                    ended = time.monotonic()
                    with guard:
                        answers[key] = _Answer(found, version, ended, ended - began, definitions)
                        while len(answers) > most:
                            answers.popitem(last=False)
                finally:
                    with guard:
                        working.pop(key, None)
            finally:
                lock.release()
            return found

        def known(*args: P.args, **kwargs: P.kwargs) -> T | None:
            key, version, _ = asked(args, kwargs)
            now = time.monotonic()

            def good(one: _Answer[T]) -> bool:
                # what somebody changed while it was worked out may not be in it
                began = one.at - one.seconds
                recent = now - one.at < PAUSE * one.seconds and began > holding.worked_at
                return one.version == version or recent

            there = held(key, good)
            return None if there is None else there.said

        def latest(*args: P.args, **kwargs: P.kwargs) -> T | None:
            oldest = time.monotonic() - OLD
            there = held(asked(args, kwargs)[0], lambda one: one.at >= oldest)
            return None if there is None else there.said

        # what is there already, or was a moment ago; and what was true some minutes ago
        answer.known = known  # type: ignore[attr-defined]
        answer.latest = latest  # type: ignore[attr-defined]
        return answer

    return decorated
