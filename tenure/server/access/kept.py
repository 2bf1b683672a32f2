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
from typing import ParamSpec, TypeVar

from django.utils.translation import get_language

from tenure.server import holding

P = ParamSpec("P")
T = TypeVar("T")

# seconds that a figure may be old where a new one is on its way
OLD = 600.0


def kept(most: int = 32, *, spoken: bool = False) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """The decorator of a function of hashable arguments: its last `most` answers are kept.

    With `spoken` they hold words, and are kept for each language.

    Whoever asks for what is just being worked out waits for that, and does not begin it again.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        # the definitions are kept beside, so that no other ones take their place in memory, and with it their id
        answers: OrderedDict[Hashable, tuple[T, str, float, object]] = OrderedDict()
        working: dict[Hashable, threading.Lock] = {}
        guard = threading.Lock()

        def asked(args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[Hashable, str]:
            ws = holding.workspace()
            language = get_language() if spoken else None
            return (id(ws.definitions), language, args, tuple(sorted(kwargs.items()))), ws.roster.version

        def held(key: Hashable, version: str | None, oldest: float = 0) -> tuple[T] | None:
            with guard:
                found = answers.get(key)
                if found is None or (version is not None and found[1] != version) or found[2] < oldest:
                    return None
                answers.move_to_end(key)
                return (found[0],)

        @functools.wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            key, version = asked(args, kwargs)
            if (there := held(key, version)) is not None:
                return there[0]
            with guard:
                lock = working.setdefault(key, threading.Lock())
            with lock:
                if (there := held(key, version)) is not None:
                    return there[0]
                try:
                    found = function(*args, **kwargs)
                    with guard:
                        answers[key] = (found, version, time.monotonic(), holding.workspace().definitions)
                        while len(answers) > most:
                            answers.popitem(last=False)
                finally:
                    with guard:
                        working.pop(key, None)
            return found

        def known(*args: P.args, **kwargs: P.kwargs) -> T | None:
            there = held(*asked(args, kwargs))
            return None if there is None else there[0]

        def latest(*args: P.args, **kwargs: P.kwargs) -> T | None:
            there = held(asked(args, kwargs)[0], None, time.monotonic() - OLD)
            return None if there is None else there[0]

        # what is there already, for whoever would not wait; and what was true some minutes ago
        answer.known = known  # type: ignore[attr-defined]
        answer.latest = latest  # type: ignore[attr-defined]
        return answer

    return decorated
