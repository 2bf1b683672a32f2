"""The statistics of lift: published examples, by hand, and against simulation."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from statistics import variance

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.engage.lift import Outcome, detectable, lift, newcombe, people_needed, verdict, wilson

# Newcombe (1998), table II, method 10
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0)),
    ((10, 10, 0, 10), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("counts", "limits"), PUBLISHED)
def test_published_intervals(counts: tuple[int, int, int, int], limits: tuple[float, float]) -> None:
    assert newcombe(*counts) == pytest.approx(limits, abs=5e-5)


def test_wilson_by_hand() -> None:
    # (0.5 + 3.8415 / 20) / (1 + 3.8415 / 10) ± 1.96 × sqrt(0.025 + 3.8415 / 400) / 1.38415
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=5e-5)
    assert wilson(0, 10)[0] == 0 and wilson(10, 10)[1] == 1


@st.composite
def counted(draw: st.DrawFn) -> tuple[int, int]:
    people = draw(st.integers(1, 2000))
    return draw(st.integers(0, people)), people


@given(counted(), counted())
def test_an_interval_holds_the_difference_and_turns_with_the_sides(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    low, high = newcombe(*one, *other)
    assert -1 - 1e-9 <= low <= one[0] / one[1] - other[0] / other[1] <= high <= 1 + 1e-9
    assert newcombe(*other, *one) == pytest.approx((-high, -low))


def test_an_action_by_hand() -> None:
    treated = Outcome(people=900, converted=180, value=Decimal(9000), variance=400.0)
    held_out = Outcome(people=100, converted=10, value=Decimal(500), variance=225.0)
    found = lift(treated, held_out)
    assert found.difference == pytest.approx(0.1)
    assert found.relative == pytest.approx(1.0)
    assert found.extra == pytest.approx(90)
    assert (found.extra_low, found.extra_high) == pytest.approx((900 * found.low, 900 * found.high))
    assert found.value == Decimal(5) and found.extra_value == Decimal(4500)
    # half a width: t(0.975; df) × sqrt(400/900 + 225/100), df = 2.69444² / (0.44444²/899 + 2.25²/99) = 141.4
    assert float(found.value - found.value_low) == pytest.approx(1.9769 * 2.69444**0.5, abs=1e-3)
    assert found.value_high - found.value == found.value - found.value_low
    assert verdict(found, finished=True) == "more" and found.needed is None
    assert verdict(found, finished=False) == "too_early"


def test_harm_and_too_few() -> None:
    harm = lift(Outcome(people=900, converted=45), Outcome(people=300, converted=45))
    assert verdict(harm, finished=True) == "fewer"
    few = lift(Outcome(people=360, converted=72), Outcome(people=40, converted=4))
    assert verdict(few, finished=True) == "too_few"
    assert few.needed == people_needed(0.2, 0.1, 0.1)
    # the interval is right, and five people are five
    five = lift(Outcome(people=34, converted=6), Outcome(people=5, converted=3))
    assert five.high is not None and five.high < 0 and verdict(five, finished=True) == "too_few"
    same = lift(Outcome(people=90, converted=18), Outcome(people=10, converted=2))
    assert same.needed is None and same.difference == 0


def test_a_side_with_nobody() -> None:
    some, nobody = Outcome(people=9, converted=3, value=Decimal(9), variance=1.0), Outcome(people=0, converted=0)
    assert verdict(lift(some, nobody), finished=True) == "nobody_held_out"
    assert verdict(lift(nobody, some), finished=True) == "nobody_treated"
    assert lift(some, nobody).difference is None and nobody.rate is None and nobody.mean is None


def test_without_anybody_who_came_by_himself_there_is_no_relative_lift() -> None:
    assert lift(Outcome(people=50, converted=5), Outcome(people=50, converted=0)).relative is None


def test_money_of_few_has_no_limits() -> None:
    treated = Outcome(people=900, converted=180, value=Decimal(9000), variance=400.0)
    held_out = Outcome(people=100, converted=9, value=Decimal(500), variance=225.0)
    found = lift(treated, held_out)
    assert found.value == Decimal(5) and found.value_low is None and found.extra_value_high is None
    flat = replace(held_out, converted=10, variance=0.0)
    assert lift(replace(treated, variance=0.0), flat).value_low is None
    assert lift(replace(treated, value=None), flat).value is None


def test_welch_against_scipy() -> None:
    one, other = ([float(n * 37 % 101) for n in range(400)], [float(n * 53 % 89) for n in range(60)])
    sides = [
        Outcome(people=len(values), converted=len(values), value=Decimal(repr(sum(values))), variance=variance(values))
        for values in (one, other)
    ]
    found = lift(*sides)
    # scipy.stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95), scipy 1.17
    assert (float(found.value_low or 0), float(found.value_high or 0)) == pytest.approx(
        (-1.9979189, 12.6845855), abs=1e-5
    )


def test_how_many_are_needed() -> None:
    # 388 a side for 0.6 beside 0.5, as tables of sample sizes have it
    assert people_needed(0.6, 0.5, 0.5) == 775
    assert people_needed(0.5, 0.5, 0.5) is None and people_needed(0.6, 0.5, 0.0) is None
    gain = detectable(775, 0.5, 0.5)
    assert gain == pytest.approx(0.1, abs=1e-3)
    assert detectable(5, 0.5, 0.5) is None


def coverage(rates: tuple[float, float], people: tuple[int, int], times: int = 4000) -> float:
    random = np.random.default_rng(17)
    true = rates[0] - rates[1]
    draws = [random.binomial(n, rate, times) for rate, n in zip(rates, people, strict=True)]
    within = 0
    for one, other in zip(*draws, strict=True):
        low, high = newcombe(int(one), people[0], int(other), people[1])
        within += low <= true <= high
    return within / times


@pytest.mark.slow
def test_the_interval_holds_as_often_as_it_says() -> None:
    cases = [
        coverage((rate + effect, rate), people)
        for rate in (0.02, 0.1, 0.3, 0.5)
        for effect in (0.0, 0.05, 0.15)
        for people in ((90, 10), (450, 50), (1800, 200), (200, 200))
    ]
    assert min(cases) > 0.93
    assert 0.945 < np.mean(cases) < 0.98


@pytest.mark.slow
def test_the_interval_of_money_holds_nearly_as_often() -> None:
    random = np.random.default_rng(5)
    times, people, rates, spread = 2000, (900, 150), (0.20, 0.15), 0.8
    mean = float(np.exp(3 + spread**2 / 2))
    true, within, told = (rates[0] - rates[1]) * mean, 0, 0
    for _ in range(times):
        sides = []
        for n, rate in zip(people, rates, strict=True):
            came = random.random(n) < rate
            values = np.where(came, random.lognormal(3, spread, n), 0.0)
            sides.append(
                Outcome(people=n, converted=int(came.sum()), value=Decimal(repr(float(values.sum()))),
                        variance=float(values.var(ddof=1)))
            )  # fmt: skip
        found = lift(*sides)
        if found.value_low is not None and found.value_high is not None:
            told += 1
            within += float(found.value_low) <= true <= float(found.value_high)
    assert told > 0.95 * times
    assert within / told > 0.925


@pytest.mark.slow
def test_so_many_people_show_it_in_four_of_five_cases() -> None:
    random = np.random.default_rng(9)
    for rate, other, share in ((0.25, 0.2, 0.5), (0.14, 0.1, 0.1), (0.05, 0.02, 0.3)):
        needed = people_needed(rate, other, share)
        held_out = round(needed * share)
        treated = needed - held_out
        found = [
            newcombe(int(one), treated, int(two), held_out)[0] > 0
            for one, two in zip(
                random.binomial(treated, rate, 2000), random.binomial(held_out, other, 2000), strict=True
            )
        ]
        assert np.mean(found) == pytest.approx(0.8, abs=0.06), (rate, other, share)
