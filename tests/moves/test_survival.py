"""The Kaplan-Meier curve: the example of its inventors, by hand, and lifelines."""

from __future__ import annotations

import numpy as np
import pytest

from tenure.lifecycle.moves.survival import Curve, kaplan_meier


def curve(*lasted: tuple[int, bool]) -> Curve:
    durations, ended = zip(*lasted, strict=True) if lasted else ((), ())
    return kaplan_meier(np.array(durations, dtype=np.int64), np.array(ended, dtype=np.bool_))


def test_the_example_of_kaplan_and_meier() -> None:
    """Deaths at 0.8, 3.1, 5.4 and 9.2 months, losses at 1.0, 2.7, 7.0 and 12.1 (1958, table 2)."""
    found = curve(
        (8, True), (10, False), (27, False), (31, True), (54, True), (70, False), (92, True), (121, False)
    )  # fmt: skip
    assert found.at_risk.tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    steps = dict(zip(found.times.tolist(), found.staying.tolist(), strict=True))
    wanted = {8: 7 / 8, 31: 7 / 10, 54: 21 / 40, 92: 21 / 80, 121: 21 / 80}
    assert {time: steps[time] for time in wanted} == pytest.approx(wanted, abs=1e-12)
    assert (found.gone(0.25), found.gone(0.5), found.gone(0.75)) == (31, 92, None)


def test_nobody_and_nobody_gone() -> None:
    assert curve().gone(0.5) is None
    assert curve().summary() == ()
    inside = curve((5, False), (9, False))
    assert inside.gone(0.25) is None
    assert inside.summary() == ((0, 1.0), (9, 1.0))


def test_one_who_is_last_seen_when_another_leaves_was_there() -> None:
    assert curve((3, True), (3, False)).staying.tolist() == [0.5]


def test_quarters_are_exact() -> None:
    assert curve(*((day, True) for day in range(1, 101))).gone(0.75) == 75


def test_a_summary_is_never_off_by_more_than_a_step() -> None:
    rng = np.random.default_rng(3)
    found = kaplan_meier(rng.integers(0, 10**6, 20_000), rng.random(20_000) < 0.7)
    points = found.summary(50)
    assert len(points) <= 52
    times, shares = (np.array(column) for column in zip(*points, strict=True))
    told = shares[np.searchsorted(times, found.times, side="right") - 1]
    assert np.abs(told - found.staying).max() <= 1 / 50 + 1e-9


@pytest.mark.parametrize("number", range(20))
def test_it_equals_lifelines(number: int) -> None:
    lifelines = pytest.importorskip("lifelines", reason="lifelines is not installed: it needs an older pandas")
    rng = np.random.default_rng(number)
    size = int(rng.integers(1, 3000))
    lasted = rng.integers(0, int(rng.integers(2, 500)), size)
    ended = rng.random(size) < rng.random()
    found = kaplan_meier(lasted, ended)
    theirs = lifelines.KaplanMeierFitter().fit(lasted, ended)
    told = theirs.survival_function_["KM_estimate"].loc[found.times.astype(float)].to_numpy()
    assert np.abs(told - found.staying).max() <= 1e-9
