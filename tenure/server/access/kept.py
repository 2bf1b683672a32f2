"""Figures that are worked out once for everybody who asks, until the next import, refresh or definition changes them.

Only what is the same for every reader is kept: figures, and lists that a function hands on after it has asked who
wants them.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import ParamSpec, TypeVar

from tenure.server import holding

P = ParamSpec("P")
T = TypeVar("T")


def kept(most: int = 32) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """The decorator of a function of hashable arguments: its last `most` answers are kept.

    Whoever asks for what is just being worked out waits for that, and does not begin it again.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        # the definitions are kept beside, so that no other ones take their place in memory, and with it their id
        answers: OrderedDict[Hashable, tuple[T, object]] = OrderedDict()
        working: dict[Hashable, threading.Lock] = {}
        guard = threading.Lock()

        @functools.wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            ws = holding.workspace()
            key = (id(ws.definitions), ws.roster.version, args, tuple(sorted(kwargs.items())))
            with guard:
                if key in answers:
                    answers.move_to_end(key)
                    return answers[key][0]
                lock = working.setdefault(key, threading.Lock())
            with lock:
                with guard:
                    if key in answers:
                        return answers[key][0]
                try:
                    found = function(*args, **kwargs)
                    with guard:
                        answers[key] = (found, ws.definitions)
                        while len(answers) > most:
                            answers.popitem(last=False)
                finally:
                    with guard:
                        working.pop(key, None)
            return found

        def known(*args: P.args, **kwargs: P.kwargs) -> T | None:
            ws = holding.workspace()
            with guard:
                held = answers.get((id(ws.definitions), ws.roster.version, args, tuple(sorted(kwargs.items()))))
            return None if held is None else held[0]

        # what is there already, for whoever would not wait
        answer.known = known  # type: ignore[attr-defined]
        return answer

    return decorated
