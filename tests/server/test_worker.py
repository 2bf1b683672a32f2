"""The thread of the loops: how it ends."""

from __future__ import annotations

import threading
from typing import Any

import pytest


def test_what_is_under_way_is_waited_for_and_then_given_up(site: Any) -> None:
    from tenure.server.loops import Worker

    began, given_up, done = threading.Event(), threading.Event(), []

    def work() -> None:
        began.set()
        assert given_up.wait(10)
        done.append("ended")

    worker = Worker(())
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

    worker = Worker(())
    worker.start()
    assert isinstance(worker.ask("fails", fails).exception(10), SystemExit)
    assert worker.ask("goes on", lambda: 7).result(10) == 7
    worker.end(lambda: None)
    assert not worker.running


def test_steps_that_belong_to_one_round(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.loops import worker as module
    from tenure.server.loops.worker import Loop, Worker

    noted: list[str] = []
    monkeypatch.setattr(module, "note", lambda name, told: noted.append(name))
    done: list[str] = []
    broken = True

    def first() -> int:
        if broken:
            raise OSError("no")
        done.append("first")
        return 0

    def second() -> int:
        done.append("second")
        return 0

    loop = Loop(name="first", every=60, work=first, then=(("second", second),), wakes=lambda: 0.01)
    worker = Worker((loop,))
    for _ in range(3):
        worker._round(loop)
    assert done == []
    assert worker.failing == []
    # in every round, and for long
    worker._states["first"].failing_since = 0.0
    assert worker.failing == ["first"]
    broken = False
    worker._round(loop)
    assert (done, worker.failing) == (["first", "second"], [])
    # nothing is written down again as long as nothing changes
    before = len(noted)
    worker._round(loop)
    assert len(noted) == before
    worker._due["first"] = 1e9
    worker._round(loop)
    assert worker._due["first"] < 1e9
    worker._due["first"] = 1e9
    worker.hurry("second")
    assert worker._due["first"] == 0
