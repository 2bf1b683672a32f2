"""Measures of how good chances were, and the guard against leaks, against counting by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import beta

from tenure.predict.classify import Labelled
from tenure.predict.features import Column, Panel
from tenure.predict.judged import auc, brier, deciles_of_counts, limits, log_score, reliability, stability
from tenure.predict.leaks import leaks

RANDOM = np.random.default_rng(5)
CHANCE = np.round(RANDOM.random(400), 2)
CAME = RANDOM.random(400) < CHANCE


def test_scores_are_what_counting_gives():
    hits, others = CHANCE[CAME], CHANCE[~CAME]
    wins = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in product(hits, others)]
    assert auc(CHANCE, CAME) == pytest.approx(np.mean(wins))
    assert brier(CHANCE, CAME) == pytest.approx(np.mean([(c - h) ** 2 for c, h in zip(CHANCE, CAME, strict=True)]))
    assert log_score(np.array([0.25, 0.5]), np.array([True, False])) == pytest.approx(np.log([0.25, 0.5]).mean())
    assert log_score(np.array([0.0]), np.array([True])) == pytest.approx(np.log(1e-4))
    assert np.isnan(auc(CHANCE, np.zeros(400, dtype=bool)))


def test_groups_of_a_reliability_curve_hold_everybody_once_and_the_limits_hold_the_chance():
    bins = reliability(CHANCE, CAME)
    assert sum(one.people for one in bins) == 400
    assert sum(round(one.came * one.people) for one in bins) == CAME.sum()
    here = (bins[3].least <= CHANCE) & (bins[3].most >= CHANCE)
    hits, people = CAME[here].sum(), here.sum()
    expected = beta.ppf([0.1, 0.9], hits + 0.5, people - hits + 0.5)
    assert [bins[3].low, bins[3].high] == pytest.approx(list(expected))
    low, high = limits(CHANCE, bins)
    assert np.all((low <= CHANCE) & (high >= CHANCE) & (low >= 0) & (high <= 1))
    assert len(reliability(np.full(50, 0.2), np.arange(50) < 9)) == 1
    tenths = deciles_of_counts(CHANCE, CAME.astype(float))
    assert sum(one.came for one in tenths) == CAME.sum()
    assert tenths[0].expected > tenths[-1].expected
    assert tenths[0].lift > 1


def test_what_has_not_moved_is_stable():
    before, other = RANDOM.normal(size=3000), RANDOM.normal(size=3000)
    assert stability(before, before) == 0
    assert stability(before, other) < 0.02
    assert stability(before, other + 1) > 0.5
    assert stability(before, np.where(RANDOM.random(3000) < 0.5, np.nan, other)) > 0.5


def panel(values: np.ndarray, *, now: bool = False) -> Panel:
    columns = tuple(
        Column(name=name, group=group, values=named)
        for name, group, named in (
            ("days since Exit Interview", "event:Exit Interview", ()),
            ("days since Notice Given", "event:Notice Given", ()),
            ("reason", "trait:reason", ("price", "none")),
            ("days since purchase", "recency", ()),
        )
    )
    return Panel(as_of=int(now), units=np.arange(len(values)), columns=columns, values=values)


def people(count: int, came: np.ndarray, *, interviewed: bool) -> np.ndarray:
    notice = np.where(came & (np.arange(count) % 4 == 0), 5.0, np.nan)
    interview = np.where(came & (np.arange(count) % 4 > 0) & interviewed, 3.0, np.nan)
    reason = np.where(came & interviewed, 0.0, np.where(np.arange(count) % 4 == 0, 1.0, np.nan))
    return np.column_stack([interview, notice, reason, np.where(came, 90.0, 10.0)])


def test_a_fact_that_only_the_outcome_brings_is_left_out_and_one_that_is_known_beforehand_stays():
    came = np.arange(300) % 6 == 0
    past = [Labelled(panel=panel(people(300, came, interviewed=True)), came=came)]
    # today nobody's outcome is known: nobody was interviewed, no reason is filed; notices are given as ever
    present = panel(people(300, came, interviewed=False), now=True)
    found = {one.group: one for one in leaks(past, present)}
    assert {group for group, one in found.items() if one.left_out} == {"event:Exit Interview", "trait:reason"}
    assert found["event:Exit Interview"].hit == 1
    assert found["event:Exit Interview"].now == 0
    # by itself it tells as much, but people of today have it too: it is named, and used
    assert not found["event:Notice Given"].left_out
    # what the stages are made of may tell much
    assert "recency" not in found
    assert leaks([Labelled(panel=past[0].panel, came=np.zeros(300, dtype=bool))], present) == ()
