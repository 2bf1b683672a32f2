"""When everybody buys next: a distribution over days, by the rule that foretold the end of the log best.

Three rules give each customer the chance that the next purchase comes within t days, and that it never comes:

- the model of purchases: the chance that there is none in t days;
- the customer's own rhythm: waiting times are lognormal around the customer's own mean, which is drawn towards
  everybody's where there are few of them; and after each purchase a share of customers never comes again. Given is that
  nothing came since the last purchase;
- the naive one: what everybody did in as long a time before, whoever they are.

They are judged by the logarithm of the chance that each gave to the week in which the first purchase of the hold-out
came, or to none at all.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr

from tenure.predict.features import Units
from tenure.predict.fitted import Fitted
from tenure.predict.judged import log_score
from tenure.predict.special import Floats

# the chance to be silent for so many days more, one row a customer
Silence: TypeAlias = Callable[[Floats], "np.ndarray[tuple[int, int], np.dtype[np.float64]]"]

TITLES = {"model": "model of purchases", "rhythm": "own rhythm", "everybody": "what everybody did"}
WEEK = 7.0
_BAND = (0.1, 0.5, 0.9)
_SHORTEST, _LONGEST = 0.25, 730
_PRIOR = 3.0
_FLOOR = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waits:
    """What is known of the waiting times of customers: the days since the last purchase, how many gaps there were
    between purchases, and the mean and the variance of their logarithms (0 where there is none).
    """

    silent: Floats
    gaps: Floats
    mean: Floats
    variance: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedOrder:
    """How a rule did: the mean log-likelihood of the week of the first purchase, and how often it came within the band
    of four cases in five, of those for whom it gave one.
    """

    name: str
    title: str
    naive: bool
    score: float
    within: float
    off: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NextOrder:
    """When everybody buys next, in days from now: median and the limits of four cases in five, infinite for never.

    The rules were judged by `customers` in the last `days` days, in which `came` of them bought.
    """

    trials: tuple[TriedOrder, ...]
    used: TriedOrder
    days: int
    customers: int
    came: int
    units: Units
    median: Floats
    low: Floats
    high: Floats


def silence_of_model(fitted: Fitted, x: Floats, t_x: Floats, T: Floats) -> Silence:
    """The chance of silence by a fitted model of purchases: that there is none in the days."""

    def silent(days: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return np.clip(np.column_stack([fitted.p_purchases(0, float(one), x, t_x, T) for one in days]), 0.0, 1.0)

    return silent


def silence_of_rhythm(waits: Waits) -> Silence:
    """The chance of silence by everybody's own rhythm; somebody must have bought twice."""
    own = waits.gaps > 0
    weight = waits.gaps[own]
    everybody = float((weight * waits.mean[own]).sum() / weight.sum())
    within = waits.gaps > 1
    pooled = waits.variance[within] * waits.gaps[within]
    spread = float(pooled.sum() / max((waits.gaps[within] - 1).sum(), 1.0)) if within.any() else 1.0
    centre = (waits.gaps * waits.mean + _PRIOR * everybody) / (waits.gaps + _PRIOR)
    sigma = np.sqrt(max(spread, 0.05) * (1 + 1 / (waits.gaps + _PRIOR)))

    def longer(days: Floats) -> Floats:
        return np.asarray(ndtr(-(np.log(np.maximum(days, 0.5)) - centre) / sigma))

    begin = longer(waits.silent)
    again = _coming_again(float(waits.gaps.sum()), begin)
    there = again * begin / np.maximum(again * begin + 1 - again, 1e-300)

    def silent(days: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        still = [np.minimum(longer(waits.silent + one) / np.maximum(begin, 1e-300), 1.0) for one in days]
        return np.column_stack([1 - there + there * one for one in still])

    return silent


def _coming_again(gaps: float, silent: Floats) -> float:
    """The share of purchases that is followed by another, by maximum likelihood (EM): those that were, and the last one
    of each customer, which may be yet; `silent` is the chance to be silent for so long all the same.
    """
    share = 0.5
    for _ in range(50):
        yet = share * silent / np.maximum(share * silent + 1 - share, 1e-300)
        share = float((gaps + yet.sum()) / (gaps + len(silent)))
    return min(share, 1 - 1e-6)


def silence_of_everybody(first_after: Floats, horizon: float, customers: int) -> Silence:
    """The chance of silence of anybody, from the days after which everybody bought in an earlier time (inf: never)."""
    came = np.sort(first_after[np.isfinite(first_after)])
    count = max(len(first_after), 1)

    def silent(days: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        # after the time that was looked at, as quickly as in it
        gone = np.searchsorted(came, np.minimum(days, horizon), side="right") / count
        left = np.maximum(1 - gone, _FLOOR) ** np.maximum(days / horizon, 1.0)
        return np.repeat(left[None, :], customers, axis=0)

    return silent


def judge(rules: Sequence[tuple[str, Silence]], first_after: Floats, horizon: float) -> tuple[TriedOrder, ...]:
    """How the rules did, the best first; `first_after` are the days after which everybody bought (inf: not in it)."""
    weeks = np.arange(1.0, np.ceil(horizon / WEEK) + 1) * WEEK
    weeks[-1] = horizon
    place = np.searchsorted(weeks, first_after)
    found = []
    for name, silence in rules:
        silent = silence(weeks)
        chances = -np.diff(np.column_stack([np.ones(len(silent)), silent, np.zeros(len(silent))]), axis=1)
        given = chances[np.arange(len(place)), np.minimum(place, len(weeks))]
        low, middle, high = band(silence)
        came = np.isfinite(first_after)
        told = came & np.isfinite(middle)
        # who came too late for the hold-out is within the band if that ends later
        inside = np.where(came, (first_after >= low) & (first_after <= high), high > horizon)
        found.append(
            TriedOrder(
                name=name, title=TITLES[name], naive=name == "everybody", within=float(inside.mean()),
                score=log_score(np.maximum(given, _FLOOR), np.ones(len(given), dtype=np.bool_)),
                off=float(np.median(np.abs(middle[told] - first_after[told]))) if told.any() else float("nan"),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: -one.score))


def band(silence: Silence) -> tuple[Floats, Floats, Floats]:
    """After how many days a tenth, half and nine tenths of the chance have come, one number a customer."""
    days = np.geomspace(_SHORTEST, _LONGEST, 100)
    silent = np.column_stack([silence(np.zeros(1)), silence(days)])
    grid = np.concatenate([[0.0], days])
    return tuple(_first(silent, grid, 1 - part) for part in _BAND)  # type: ignore[return-value]


def _first(silent: np.ndarray[tuple[int, int], np.dtype[np.float64]], grid: Floats, level: float) -> Floats:
    """The day on which the chance of silence falls to a level, between two days of the grid by a straight line."""
    below = silent <= level
    place = np.where(below.any(axis=1), below.argmax(axis=1), len(grid) - 1)
    rows = np.arange(len(silent))
    before = np.maximum(place - 1, 0)
    high, low = silent[rows, before], silent[rows, place]
    share = np.where(high > low, (high - level) / np.maximum(high - low, 1e-12), 1.0)
    found = grid[before] + np.clip(share, 0.0, 1.0) * (grid[place] - grid[before])
    return np.where(below.any(axis=1), found, np.inf)
