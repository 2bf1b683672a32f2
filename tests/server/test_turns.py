"""Pages are made a few at a time, and nobody waits long for the turn of others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tenure.server import turns
from tenure.warehouse.cursor import Cursor


@pytest.fixture
def hands() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2 * turns.AT_ONCE) as found:
        yield found


def _full(hands: ThreadPoolExecutor, end: threading.Event) -> None:
    """Nothing, once all turns are taken, until the end."""
    there = threading.Barrier(turns.AT_ONCE + 1)

    def stay() -> None:
        with turns.turn():
            there.wait(10)
            end.wait(10)

    for _ in range(turns.AT_ONCE):
        hands.submit(stay)
    there.wait(10)


def test_a_few_have_a_turn_and_the_next_comes_when_one_ends(
    hands: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    end, had = threading.Event(), threading.Event()

    def wait() -> None:
        with turns.turn():
            had.set()

    _full(hands, end)
    waiting = hands.submit(wait)
    assert not had.wait(0.05)
    end.set()
    waiting.result(10)
    assert had.is_set()


def test_nobody_waits_for_long_and_none_gives_back_what_was_not_taken(
    hands: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    end = threading.Event()
    _full(hands, end)
    with turns.turn(), turns.away():
        pass
    end.set()


def test_whoever_waits_for_what_is_made_elsewhere_lets_others_go_on(
    hands: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 10)
    with turns.turn():
        end = threading.Event()
        with turns.away():
            _full(hands, end)
            end.set()
        # a turn within a turn is the same one
        with turns.turn():
            pass
    _full(hands, end)


def test_turns_come_in_the_order_in_which_they_were_asked_for_but_first_to_what_has_begun() -> None:
    given, queue = [], turns.Turns(1)
    assert queue.take()

    def wait(name: str, *, first: bool) -> None:
        assert queue.take(first=first)
        given.append(name)
        queue.give()

    with ThreadPoolExecutor(3) as hands:
        for place, (name, first) in enumerate((("a", False), ("b", False), ("begun", True))):
            hands.submit(wait, name, first=first)
            while len(queue._waiting) <= place:
                pass
        queue.give()
    assert given == ["begun", "a", "b"]


def test_others_go_on_while_the_store_answers() -> None:
    asked = []

    class Connection:
        def execute(self, query: str, parameters: object) -> str:
            # whoever comes meanwhile has the turn
            assert turns._turns.take()
            turns._turns.give()
            asked.append(query)
            return query

    with turns.turn():
        assert not turns._turns._free
        assert Cursor(Connection(), turns.away).execute("SELECT 1") == "SELECT 1"
        assert not turns._turns._free
    assert turns._turns._free == turns.AT_ONCE and asked == ["SELECT 1"]
