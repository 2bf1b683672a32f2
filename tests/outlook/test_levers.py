"""Leverage and targets: what is said to be needed, put in, gives what is wanted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tenure.lifecycle.definition import Lifecycle
from tenure.metrics.outlook.levers import better, conversion, leverage, needed, raised
from tenure.metrics.outlook.outlook import Ready, ready

from ..lifecycle.harness import defined
from .process import DAY, START, months, world

DAYS = 500
NOW = START + DAYS * DAY - 1


@pytest.fixture(scope="module")
def lifecycle() -> Lifecycle:
    """Three stages; whoever leaves the second comes into the third, a side stage, and back."""
    stages = [
        {"a": {"when": "count(visit) >= 1", "kind": "prospect"}},
        {"b": {"when": "count(order) >= 1", "kind": "customer"}},
        {"c": {"when": "since(order) >= days(90)", "side": True, "kind": "former", "phase": "gone"}},
    ]
    return defined([{"lifecycle": "three", "stages": stages}])[0]


@pytest.fixture(scope="module")
def told() -> Ready:
    return ready(world(DAYS, a_day=10, seed=4), months(DAYS), now=NOW, unit="month")


def test_what_counts_as_better(lifecycle: Lifecycle) -> None:
    assert [better(lifecycle, place) for place in range(3)] == [(1,), (), (1,)]


def test_conversion_is_that_of_the_process(told: Ready) -> None:
    # 30 % go to b in the end, nearly all of them within a year
    assert conversion(told, 0, (1,)) == pytest.approx(0.3, abs=0.03)
    # of those in c 0.5 % a day
    assert conversion(told, 2, (1,)) == pytest.approx(1 - np.exp(-0.005 * 365), abs=0.04)
    assert conversion(told, 0, ()) == 0


def test_a_point_more_is_a_point_more(told: Ready, lifecycle: Lifecycle) -> None:
    found = {one.stage: one for one in leverage(told, lifecycle, [0.0, 100.0, 10.0])}
    assert found.keys() == {"a", "c"}
    before = told.course()[0][-1]
    for stage, place in (("a", 0), ("c", 2)):
        lever = found[stage]
        factor = _factor(told, place, lever.conversion + 0.01)
        after = told.course(hazards=raised(told.hazards, place, (1,), factor))[0][-1]
        assert lever.people == pytest.approx((after - before)[1], rel=1e-3)
        assert lever.money == pytest.approx((after - before) @ [0, 100, 10], rel=1e-3)
        assert lever.people > 0
    ranked = leverage(told, lifecycle, [0.0, 100.0, 10.0])
    assert all(one.money >= other.money for one, other in pairwise(ranked))


def _factor(told: Ready, place: int, wanted: float) -> float:
    low, high = 1.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        if conversion(told, place, (1,), raised(told.hazards, place, (1,), middle)) < wanted:
            low = middle
        else:
            high = middle
    return high


@pytest.mark.parametrize("share", [0.9, 1.05, 1.2])
def test_what_is_needed_gives_what_is_wanted(told: Ready, lifecycle: Lifecycle, share: float) -> None:
    expected = float(told.course()[0][-1, 1])
    found = needed(told, lifecycle, 1, expected * share)
    assert found.expected == pytest.approx(expected)
    ways = {one.stage: one for one in found.ways}
    new = ways[None]
    assert new.needed is not None
    path = told.inflow.expected(told.weights.shape[1]) * new.needed / new.now
    assert told.course(path=path)[0][-1, 1] == pytest.approx(expected * share)
    for stage, place in (("a", 0), ("c", 2)):
        way = ways[stage]
        assert way.needed is not None
        assert (way.needed > way.now) == (share > 1)
        low, high = 0.0, 200.0
        for _ in range(80):
            middle = (low + high) / 2
            if conversion(told, place, (1,), raised(told.hazards, place, (1,), middle)) < way.needed:
                low = middle
            else:
                high = middle
        reached = told.course(hazards=raised(told.hazards, place, (1,), high))[0][-1, 1]
        assert reached == pytest.approx(expected * share, rel=1e-3)


def test_what_cannot_be_reached_is_said(told: Ready, lifecycle: Lifecycle) -> None:
    ways = {one.stage: one for one in needed(told, lifecycle, 1, 1e6).ways}
    assert ways["a"].needed is None
    assert ways["c"].needed is None
    assert ways[None].needed is not None
    nobody = {one.stage: one for one in needed(told, lifecycle, 1, 0).ways}
    assert nobody[None].needed is None
