"""Figures that are kept: worked out once a version of the data, and a little old rather than late."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest


@pytest.fixture
def version(site: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands for the version of the data; the test changes it."""
    from tenure.workspace.roster import RosterOf

    told = ["first"]
    monkeypatch.setattr(RosterOf, "version", property(lambda self: told[0]))
    return told


def test_an_answer_is_worked_out_once_a_version(version: list[str]) -> None:
    from tenure.server.access.kept import kept

    asked: list[str] = []

    @kept(2)
    def figure(name: str) -> str:
        asked.append(name)
        return f"{name} of {version[0]}"

    assert figure("a") == figure("a") == "a of first"
    version[0] = "second"
    assert figure("a") == "a of second"
    assert asked == ["a", "a"]
    figure("b")
    figure("c")
    figure("a")
    assert asked == ["a", "a", "b", "c", "a"], "two are kept"


def test_who_asks_at_once_waits_for_one_answer(version: list[str]) -> None:
    from tenure.server.access.kept import kept

    asked: list[int] = []

    @kept()
    def figure() -> int:
        asked.append(1)
        time.sleep(0.05)
        return len(asked)

    threads = [threading.Thread(target=figure) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert asked == [1]


def test_figures_are_worked_out_for_a_small_part_of_the_time(version: list[str]) -> None:
    from tenure.server import holding
    from tenure.server.access.kept import kept
    from tenure.server.access.later import later

    asked: list[str] = []

    @kept()
    def figure() -> str:
        asked.append(version[0])
        time.sleep(0.05)
        return version[0]

    assert later(figure) == "first"
    for number in range(10):
        version[0] = f"event {number}"
        assert later(figure) == "first"
    assert asked == ["first"]
    version[0] = "imported"
    holding.worked()
    for _ in range(200):
        if later(figure) == "imported":
            break
        time.sleep(0.01)
    assert asked == ["first", "imported"], "whoever has the data changed sees it"


def test_who_was_erased_is_on_no_list_of_before(version: list[str]) -> None:
    from tenure.server.access.kept import forget, kept

    @kept()
    def figure() -> str:
        return version[0]

    assert figure() == figure.latest() == "first"  # type: ignore[attr-defined]
    forget()
    assert figure.known() is figure.latest() is None  # type: ignore[attr-defined]
    assert figure() == "first"


def test_heavy_figures_are_of_some_minutes_ago_while_new_ones_are_made(version: list[str]) -> None:
    from tenure.server.access.kept import kept
    from tenure.server.access.later import later

    going = threading.Event()

    @kept()
    def figure() -> str:
        if version[0] != "first":
            assert going.wait(10)
        return version[0]

    assert later(figure) == "first"
    version[0] = "second"
    assert later(figure) == "first"
    going.set()
    for _ in range(200):
        if later(figure) == "second":
            break
        time.sleep(0.01)
    assert later(figure) == "second"


def test_an_answer_that_nobody_fetched_is_not_told_when_it_is_out_of_date(
    version: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server.access import later as rooms
    from tenure.server.access.kept import kept

    monkeypatch.setattr("tenure.server.access.kept.OLD", 0.0)
    monkeypatch.setattr(rooms, "PATIENCE", 0.0)
    going = threading.Event()

    @kept()
    def figure() -> str:
        assert going.wait(10)
        return version[0]

    assert rooms.later(figure) is None
    going.set()
    for _ in range(500):
        if not rooms._waiting:
            break
        time.sleep(0.01)
    assert not rooms._waiting, "what is kept is not held twice"
    version[0] = "second"
    monkeypatch.setattr(rooms, "PATIENCE", 5.0)
    assert rooms.later(figure) == "second"


def test_so_much_is_worked_out_and_no_more(version: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.errors import TookTooLong
    from tenure.server.access import later as rooms
    from tenure.server.access.kept import kept

    monkeypatch.setattr(rooms, "PATIENCE", 0.0)
    monkeypatch.setattr(rooms, "MOST", 2)
    going = threading.Event()

    @kept()
    def figure(name: str) -> str:
        going.wait(10)
        return name

    try:
        assert rooms.later(figure, "a") is None
        assert rooms.later(figure, "b") is None
        with pytest.raises(TookTooLong):
            rooms.later(figure, "c")
    finally:
        going.set()


def test_what_was_begun_before_a_change_is_not_of_after_it(version: list[str]) -> None:
    from tenure.server import holding
    from tenure.server.access.kept import kept

    @kept()
    def figure() -> str:
        told = version[0]
        if told == "first":
            time.sleep(0.05)
            # somebody's import ends while this is worked out
            version[0] = "imported"
            holding.worked()
        return told

    assert figure() == "first"
    assert figure.known() is None  # type: ignore[attr-defined]
    assert figure() == "imported"


def test_an_answer_holds_the_definitions_that_it_is_of(version: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import gc
    import weakref
    from types import SimpleNamespace

    from tenure.server import holding
    from tenure.server.access.kept import kept

    class Definitions:
        """What can be looked for in memory."""

    def workspace() -> SimpleNamespace:
        return SimpleNamespace(definitions=Definitions(), roster=SimpleNamespace(version="1"))

    now = [workspace()]
    monkeypatch.setattr(holding, "workspace", lambda: now[0])

    @kept()
    def figure() -> int:
        # a definition is changed while it is worked out
        now[0] = workspace()
        return 1

    before = weakref.ref(now[0].definitions)
    figure()
    gc.collect()
    assert before() is not None, "or its number in memory could be another's"
