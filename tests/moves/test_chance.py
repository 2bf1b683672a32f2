"""Differences beyond chance: tests with published numbers, and quiet where nothing differs."""

from __future__ import annotations

import numpy as np
import pytest

from tenure.lifecycle.moves.chance import fisher, holm


def test_the_lady_tasting_tea() -> None:
    """Fisher (1935): 3 of 4 cups told right; the two-sided probability is 34 / 70."""
    assert fisher(3, 4, 1, 4) == pytest.approx(34 / 70)
    assert fisher(4, 4, 0, 4) == pytest.approx(2 / 70)


def test_fisher_and_the_twins() -> None:
    """Fisher (1935): of 13 monozygotic brothers of criminals 10 were convicted, of 17 dizygotic 2; p = 0.000537."""
    assert fisher(10, 13, 2, 17) == pytest.approx(0.000537, abs=5e-6)


def test_nothing_differs_where_nobody_or_everybody_came() -> None:
    assert fisher(0, 10, 0, 20) == pytest.approx(1)
    assert fisher(10, 10, 20, 20) == pytest.approx(1)


def test_holm_by_hand() -> None:
    assert holm((0.01, 0.04, 0.03, 0.005)) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm(()) == ()
    assert holm((0.9, 0.8)) == (1.0, 1.0)


def test_one_of_twenty_families_at_most_is_wrong() -> None:
    """A dozen cohorts of one share, each against the others: seldom does anything seem to differ."""
    rng = np.random.default_rng(11)
    wrong, families = 0, 400
    for _ in range(families):
        people = rng.integers(20, 400, 12)
        came = rng.binomial(people, 0.3)
        chances = [
            fisher(int(here), int(of), int(came.sum() - here), int(people.sum() - of))
            for here, of in zip(came, people, strict=True)
        ]
        wrong += min(holm(chances)) <= 0.05
    assert wrong / families <= 0.05
