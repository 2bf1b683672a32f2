"""Next orders and next offers on data in which the answer was planted."""

from __future__ import annotations

import numpy as np
import pytest

from tenure import predict
from tenure.errors import FitError
from tenure.predict.next_order import Waits, band, judge, silence_of_everybody, silence_of_model, silence_of_rhythm
from tenure.predict.offers import Baskets, offers

RANDOM = np.random.default_rng(2)


def test_the_limits_are_those_of_the_chance_to_stay_silent():
    fitted = predict.given("pareto_nbd", {"r": 0.55, "alpha": 10.6, "s": 0.6, "beta": 11.7})
    x, t_x, long = np.array([5.0, 0.0, 26.0]), np.array([30.0, 0.0, 30.9]), np.array([39.0, 39.0, 31.0])
    silence = silence_of_model(fitted, x, t_x, long)
    low, median, high = band(silence)
    for row in range(3):
        for level, day in zip((0.9, 0.5, 0.1), (low[row], median[row], high[row]), strict=True):
            if np.isfinite(day):
                assert float(silence(np.array([day]))[row, 0]) == pytest.approx(level, abs=0.01)
            else:
                # they may never come again
                assert float(silence(np.array([720.0]))[row, 0]) > level
    assert median[2] < median[0]


def test_whoever_keeps_a_rhythm_is_foretold_by_it():
    people = 400
    own = RANDOM.choice([7.0, 28.0, 91.0], people)
    gap = own * np.exp(RANDOM.normal(0, 0.14, people))
    since = RANDOM.random(people) * gap
    known = Waits(silent=since, gaps=np.full(people, 10.0), mean=np.log(own), variance=np.full(people, 0.02))
    came = np.where(gap - since > 90, np.inf, gap - since)
    rules = [("rhythm", silence_of_rhythm(known)), ("everybody", silence_of_everybody(came, 90.0, people))]
    trials = judge(rules, came, 90.0)
    assert [one.name for one in trials] == ["rhythm", "everybody"]
    assert 0.7 <= trials[0].within <= 0.95
    assert trials[0].off < 5


def baskets(*, linked: bool) -> Baskets:
    """400 people who buy three products at first and one later: of the same three as a taste, or any."""
    units, products, times = [], [], []
    for unit in range(400):
        taste = unit % 4
        for time in (1, 2, 3, 20):
            if linked:
                units.append(unit)
                products.append(6 * taste + RANDOM.integers(6))
            else:
                units.append(unit)
                products.append(int(24 * RANDOM.random() ** 2))
            times.append(time)
    return Baskets(
        units=np.array(units), product=np.array(products), time=np.array(times),
        products=tuple(f"p{number:02}" for number in range(24)), margin=np.linspace(0, 1, 24),
    )  # fmt: skip


def test_what_goes_together_is_found_and_popularity_wins_where_nothing_does():
    found = offers(baskets(linked=True), split=10, k=3)
    assert not found.used.naive
    assert found.used.recall > 2 * next(one for one in found.trials if one.naive).recall
    taste = np.array([row[0] // 6 for row in found.offered[:40]])
    assert (taste == np.arange(40) % 4).mean() > 0.9
    assert np.all(found.because[:40] // 6 == taste)
    assert np.all((found.low <= found.chance) & (found.chance <= found.high))
    assert offers(baskets(linked=False), split=10, k=3).trials[0].recall < 0.6


def test_nobody_is_offered_what_they_have_what_is_gone_or_what_brings_too_little():
    told = baskets(linked=True)
    owned = set(zip(told.units.tolist(), told.product.tolist(), strict=True))
    found = offers(told, split=10, k=4, available=frozenset({"p20", "p21", "p05"}), lowest_margin=0.5)
    named = {(unit, at) for unit, row in enumerate(found.offered.tolist()) for at in row if at >= 0}
    assert named
    assert {at for _, at in named} == {20, 21}
    assert not named & owned
    again = offers(told, split=10, k=4, again=frozenset({"p20"}))
    assert {(unit, 20) for unit, row in enumerate(again.offered.tolist()) if 20 in row} & owned
    with pytest.raises(FitError, match="it takes 50"):
        offers(told, split=20)
