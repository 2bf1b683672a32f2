"""The thread of the loops: how it ends."""

from __future__ import annotations

import threading
from typing import Any


def test_what_is_under_way_is_waited_for_and_then_given_up(site: Any) -> None:
    from tenure.server.loops import Worker

    began, given_up, done = threading.Event(), threading.Event(), []

    def work() -> None:
        began.set()
        assert given_up.wait(10)
        done.append("ended")

    worker = Worker((), tick=0.01)
    worker.start()
    outcome = worker.ask("imports", work)
    assert began.wait(10)
    worker.end(given_up.set, seconds=0.1)
    outcome.result(10)
    assert done == ["ended"]
    assert not worker.running


def test_an_error_of_what_is_asked_ends_nothing(site: Any) -> None:
    from tenure.server.loops import Worker

    def fails() -> None:
        raise SystemExit("no")

    worker = Worker((), tick=0.01)
    worker.start()
    assert isinstance(worker.ask("fails", fails).exception(10), SystemExit)
    assert worker.ask("goes on", lambda: 7).result(10) == 7
    worker.end(lambda: None)
    assert not worker.running
