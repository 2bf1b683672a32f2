"""Chance blames nobody, a part that did something of its own is found, and size alone is no guilt."""

from __future__ import annotations

import numpy as np
import pytest

from tenure.metrics.formula import Figure, Part, Ratio, Rows
from tenure.metrics.why.ranking import GROUPS, Floats, Pair, corrected, excesses, two_sided

A, B = (Figure(function="count", rows=Rows(part=Part(event=name))) for name in "ab")
RATE = Ratio(numerator=A, denominator=B)
DAYS = (30.0, 30.0)


def cells(rng: np.random.Generator, means: list[float]) -> Floats:
    return np.array([[*rng.poisson(mean / GROUPS, GROUPS), 0] for mean in means], dtype=float)


def pair(rng: np.random.Generator, before: list[float], after: list[float]) -> Pair:
    return Pair({(A, False): cells(rng, before)}, {(A, False): cells(rng, after)})


def test_a_change_that_all_share_blames_no_part() -> None:
    """Everybody halves; the largest part is 80 % of it. Over 200 companies 5 % of them may be blamed for something."""
    blamed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found = excesses(A, pair(rng, [800, 120, 80], [400, 60, 40]), DAYS, [])
        blamed += any(one is not None and one < 0.05 for one in corrected(found))
    assert blamed <= 20


def test_a_part_of_its_own_is_found() -> None:
    rng = np.random.default_rng(1)
    found = excesses(A, pair(rng, [800, 200, 150], [820, 90, 160]), DAYS, [])
    probabilities = corrected(found)
    assert probabilities[1] is not None and probabilities[1] < 0.001
    assert probabilities[0] is not None and probabilities[0] > 0.05
    assert found[1] is not None and found[1].excess == pytest.approx(-115, abs=45)


def test_a_part_that_always_drifts_is_less_sure() -> None:
    rng = np.random.default_rng(3)
    steady, falling = [800, 200, 150], [820, 100, 160]
    known = [pair(rng, steady, [810, shaky, 155]) for shaky in (100, 310, 95, 300)]
    alone = excesses(A, pair(rng, steady, falling), DAYS, [])[1]
    beside = excesses(A, pair(rng, steady, falling), DAYS, known)[1]
    assert alone is not None and beside is not None and beside.strength < 0.8 * alone.strength


def test_a_stage_that_fills_is_no_cause() -> None:
    """Twice as many people in it, twice as many orders: for each of them nothing changed."""
    rng = np.random.default_rng(4)
    before, after = cells(rng, [800, 200]), cells(rng, [800, 400])
    heads = (np.array([1000.0, 100.0]), np.array([1000.0, 200.0]))
    steady = [Pair({(A, False): before}, {(A, False): before}, (heads[0], heads[0]))] * 3
    found = excesses(A, Pair({(A, False): before}, {(A, False): after}, heads), DAYS, steady)[1]
    assert found is not None and found.strength < 2


def test_a_rate_is_measured_by_its_own_and_its_weight() -> None:
    rng = np.random.default_rng(5)
    whole = [1000.0, 500.0]
    before = {(A, False): cells(rng, [500, 250]), (B, False): cells(rng, whole)}
    after = {(A, False): cells(rng, [500, 100]), (B, False): cells(rng, whole)}
    found = excesses(RATE, Pair(before, after), DAYS, [])
    assert found[1] is not None and found[1].excess == pytest.approx(-0.1, abs=0.04) and found[1].probability < 0.001


@pytest.mark.parametrize(("t", "probability"), [(1, 0.3234749), (2, 0.0524990), (3, 0.0046866), (5, 1.25242e-5)])
def test_students_t(t: float, probability: float) -> None:
    """Against tables, 39 degrees of freedom."""
    assert two_sided(t, 39) == pytest.approx(probability, rel=1e-4)
