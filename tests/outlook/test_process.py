"""A process with known chances: the outlook finds its expectation, and its limits hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from tenure.metrics.outlook.backtest import backtest, observed
from tenure.metrics.outlook.inflow import inflow
from tenure.metrics.outlook.outlook import outlook, ready, widened
from tenure.metrics.outlook.visits import OPEN, Visits

from .process import DAY, RATES, START, expected, months, world

DAYS = 900
A_DAY = 10
NAMES = ("a", "b", "c")
NOW = START + DAYS * DAY - 1
PERIODS = months(DAYS)


@pytest.fixture(scope="module")
def worlds() -> list[Visits]:
    """Eight histories, with what came after them."""
    return [world(DAYS + 420, a_day=A_DAY, seed=seed) for seed in range(8)]


def test_expectation_and_limits(worlds: list[Visits]) -> None:
    off, people_in, entries_in = [], [], []
    for whole in worlds:
        known = whole.until(NOW)
        found, new = outlook(ready(known, PERIODS, now=NOW, unit="month"), NAMES, seed=1, draws=80)
        shape = (12, 3)
        people, entries = (table[-12:] for table in observed(whole, PERIODS))
        for told, actual, hits in (("people", people, people_in), ("entries", entries, entries_in)):
            low, high = (
                np.array([getattr(one, f"{told}_{end}") for one in found]).reshape(shape) for end in ("low", "high")
            )
            hits.append((low <= actual) & (actual <= high))
        here = np.array([((known.left == OPEN) & (known.state == state)).sum() for state in range(3)])
        ends = np.array([(one.ends - NOW) / DAY for one in PERIODS if one.begins > NOW])
        middle = np.array([one.people for one in found]).reshape(shape)
        off.append(middle / expected(here, A_DAY, ends) - 1)
        assert all(one.people_low <= one.people <= one.people_high for one in found)
        assert sum(one.people for one in new) == pytest.approx(A_DAY * 365, rel=0.06)
    # unbiased, and near
    assert np.abs(np.mean(off, axis=0)).max() < 0.02
    assert np.std(off, axis=0).max() < 0.06
    # meant for 80 %; figures of one world hang together, so that this is no exact test
    assert 0.65 <= np.mean(people_in) <= 0.95
    assert 0.65 <= np.mean(entries_in) <= 0.95


def test_chances_are_those_of_the_process(worlds: list[Visits]) -> None:
    told = ready(worlds[0].until(NOW), PERIODS, now=NOW, unit="month")
    for state, rate in enumerate(RATES):
        # whoever has been there for a step leaves in the next with the same chance, however long it is
        leaving = told.hazards[state, 1:20].sum(axis=1)
        assert leaving.mean() == pytest.approx(1 - np.exp(-5 * rate), rel=0.05)
    assert told.shocks.max() < 0.01


def test_the_same_seed_gives_the_same_and_another_not(worlds: list[Visits]) -> None:
    told = ready(worlds[1].until(NOW), PERIODS, now=NOW, unit="month")
    first, again, other = (outlook(told, NAMES, seed=seed, draws=10) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert [one.people for one in first[0]] == [one.people for one in other[0]]


def test_backtest_beats_simple_rules_where_things_grow(worlds: list[Visits]) -> None:
    found = backtest(worlds[2].until(NOW), PERIODS, NAMES, now=NOW, unit="month", ahead=12, seed=1)
    assert found is not None
    assert found.people.best == "outlook"
    assert found.people.season is not None and found.people.outlook < found.people.last < found.people.season
    assert 0.6 <= found.within <= 1.0


def test_backtest_says_where_the_last_value_is_better() -> None:
    """Nothing changes for years, then nobody comes any more: what was learnt is wrong, and the last value right."""
    random = np.random.default_rng(0)
    born = START + np.sort(random.integers(0, 500 * DAY, 3_000))
    frozen = Visits(
        states=2, state=np.zeros(3_000, dtype=np.int64), entered=born, left=np.full(3_000, OPEN),
        after=np.full(3_000, -1), born=born, part=np.arange(3_000) % 64,
    )  # fmt: skip
    found = backtest(frozen, PERIODS, ("a", None), now=NOW, unit="month", ahead=12, seed=1)
    assert found is not None
    assert found.people.best == "last value"
    assert found.people.last == 0
    assert found.people.outlook > 0


def test_backtest_needs_seven_periods() -> None:
    short = world(180, a_day=5, seed=1)
    assert backtest(short, months(180), NAMES, now=START + 180 * DAY - 1, unit="month", ahead=12, seed=1) is None


def test_observed_is_what_was() -> None:
    """Counted visit by visit."""
    told = world(200, a_day=2, seed=3)
    past = [one for one in months(200) if one.ends <= START + 200 * DAY]
    people, entries = observed(told, past)
    for place, period in enumerate(past):
        for state in range(3):
            mine = told.state == state
            there = mine & (told.entered < period.ends) & (told.left >= period.ends)
            came = mine & (told.entered >= period.begins) & (told.entered < period.ends)
            assert people[place, state] == there.sum()
            assert entries[place, state] == came.sum()


def test_inflow_with_seasons() -> None:
    """Three years of a known season: each month of the next is met within a tenth."""
    random = np.random.default_rng(5)
    season = 1 + 0.5 * np.sin(np.arange(12) / 12 * 2 * np.pi)
    found = inflow(random.poisson(np.tile(400 * season, 3)).astype(float), cycle=12)
    assert found.expected(12) == pytest.approx(400 * season, rel=0.1)
    assert found.expected(24)[12:] == pytest.approx(found.expected(12))


def test_inflow_follows_a_level_that_moves_and_not_one_that_stands() -> None:
    random = np.random.default_rng(6)
    still = inflow(random.poisson(100, 40).astype(float), cycle=None)
    assert still.level == pytest.approx(100, abs=5)
    assert still.step_variance < 5
    wandering = np.maximum(100 + np.cumsum(random.normal(0, 40, 40)), 1)
    moving = inflow(wandering, cycle=None)
    assert abs(moving.level - wandering[-1]) < abs(wandering.mean() - wandering[-1])
    drawn = np.array([still.drawn(6, np.random.default_rng(seed)) for seed in range(500)])
    assert drawn.mean() == pytest.approx(still.level, rel=0.05)
    assert drawn.min() >= 0


def test_inflow_of_nothing_and_of_little() -> None:
    assert inflow(np.zeros(0), cycle=12).expected(3).tolist() == [0, 0, 0]
    assert inflow(np.zeros(30), cycle=12).expected(2).tolist() == [0, 0]
    assert inflow(np.array([4.0, 6.0]), cycle=12).expected(2).tolist() == [5, 5]


def test_limits_are_wider_by_as_much_as_the_past_says(worlds: list[Visits]) -> None:
    """Both limits of people and entries, none below 0; where the chances are right there is little to widen."""
    told = ready(worlds[3].until(NOW), PERIODS, now=NOW, unit="month")
    found, _ = outlook(told, NAMES, seed=1, draws=40)
    for one, wide in zip(found, widened(found, 2), strict=True):
        assert wide.people == one.people
        assert wide.people_high - wide.people == pytest.approx(2 * (one.people_high - one.people))
        assert wide.people_low == pytest.approx(max(one.people - 2 * (one.people - one.people_low), 0))
        assert wide.entries_low >= 0
    quiet = backtest(worlds[3].until(NOW), PERIODS, NAMES, now=NOW, unit="month", ahead=12, seed=1)
    assert quiet is not None and quiet.stretch < 1.6
