"""Who is held out: by lot, the same lot whoever asks."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.engage.action import Goal, defined, identity, lot, split
from tenure.errors import UsageError

GOAL = Goal(text="order", events=("Order Completed",))
IDS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=40)


@settings(max_examples=40)
@given(IDS, st.randoms(use_true_random=False), st.decimals(0, Decimal("0.5"), places=3))
def test_neither_order_nor_company_changes_a_lot(people: list[str], random, share: Decimal) -> None:
    first = split("june", people, share)
    shuffled = people + people[:1]
    random.shuffle(shuffled)
    again = split("june", shuffled, share)
    assert set(first.treated) == set(again.treated) and set(first.held_out) == set(again.held_out)
    assert not set(first.treated) & set(first.held_out)
    assert sorted([*first.treated, *first.held_out]) == sorted(set(people))
    for who in first.held_out:
        assert split("june", [who], share).held_out == (who,)


@settings(max_examples=40)
@given(IDS, st.decimals(0, Decimal("0.5"), places=3), st.decimals(0, Decimal("0.5"), places=3))
def test_a_larger_share_holds_out_the_same_and_more(people: list[str], one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert set(split("june", people, low).held_out) <= set(split("june", people, high).held_out)


@pytest.mark.parametrize("share", ["0.05", "0.1", "0.25", "0.5"])
@pytest.mark.parametrize("action", ["june", "july", "win-back"])
def test_as_many_are_held_out_as_asked(action: str, share: str) -> None:
    people = [f"c{n}" for n in range(20_000)]
    held_out = len(split(action, people, Decimal(share)).held_out)
    expected = len(people) * float(share)
    assert abs(held_out - expected) < 4 * sqrt(expected * (1 - float(share)))


def test_lots_of_two_actions_have_nothing_to_do_with_each_other() -> None:
    people = [f"c{n}" for n in range(20_000)]
    june, july = (set(split(name, people, Decimal("0.3")).held_out) for name in ("june", "july"))
    assert abs(len(june & july) - 1800) < 4 * sqrt(1800)


def test_lots_are_uniform() -> None:
    counts = [0] * 16
    for n in range(16_000):
        counts[lot("june", f"c{n}") >> 60] += 1
    assert sum((count - 1000) ** 2 / 1000 for count in counts) < 37.7  # chi-square, 15 degrees of freedom, 0.1 %


def test_the_lot_is_what_the_documentation_says() -> None:
    assert lot("june", "ann") == int(hashlib.sha256(b"june\0ann").hexdigest()[:16], 16)


def test_nobody_is_held_out_of_nothing() -> None:
    assert split("june", ["ann", "bob"], Decimal(0)).held_out == ()
    with pytest.raises(UsageError, match="nobody on the list"):
        split("june", [], Decimal("0.1"))


@pytest.mark.parametrize(
    ("name", "word"),
    [("Win back, June", "win-back-june"), ("  Été  2024 ", "été-2024"), ("a_b--c", "a-b-c"), ("ＡＢＣ", "abc")],
)
def test_names_as_words(name: str, word: str) -> None:
    assert identity(name) == word == identity(word)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "  !?"}, "is no name"),
        ({"name": "a" * 101}, "too long"),
        ({"days": 0}, "0 days cannot be waited for"),
        ({"days": 1096}, "cannot be waited for"),
        ({"share": "0.6"}, "cannot be held out"),
        ({"share": -0.1}, "cannot be held out"),
        ({"share": "nan"}, "cannot be held out"),
        ({"share": "a few"}, "cannot be held out"),
        ({"kind": "task"}, "Did you mean 'tasks'"),
        ({"consent": "yes"}, "no consent 'yes'"),
    ],
)
def test_what_cannot_be(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        defined(**{"name": "June", "goal": GOAL, "started_at": 0, **settings})  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_what_is_written_is_put_in_order() -> None:
    action = defined("June", goal=GOAL, started_at=0, channel=" E-Mail ", owner=" ann ", share=0.1)
    assert (action.channel, action.owner, action.share) == ("email", "ann", Decimal("0.1"))
    assert defined("June", goal=GOAL, started_at=0, channel="").channel is None
