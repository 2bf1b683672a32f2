"""Pages are made a few at a time, and nobody waits long for the turn of others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tenure.server import turns


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
