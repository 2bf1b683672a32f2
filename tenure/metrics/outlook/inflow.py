"""How many new people come in each period: a level that may wander, and the seasons where two years show them.

The level is that of the local level model, in which each period's figure is a level plus noise, and the level takes a
random step from one period to the next; how large the steps are is what makes the figures most likely (J. F. Muth,
Optimal Properties of Exponentially Weighted Forecasts, Journal of the American Statistical Association 55 (1960),
299-306; A. C. Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, 1989). Where nothing wanders
the level is the mean; the more it wanders, the more the last periods count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.outlook.hazards import Floats

# after how many periods the seasons come again
CYCLES: Mapping[PeriodUnit, int] = {"day": 7, "week": 52, "month": 12, "quarter": 4}
# fewer periods say nothing of noise and steps
_LEAST = 6
# how the variance of a step of the level may compare with that of the noise
_WANDERS = (0.0, *(float(one) for one in np.geomspace(0.001, 10, 25)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inflow:
    """The level of new people a period after the last one, and its uncertainty (variances): of the level as estimated,
    of a step of it from one period to the next, of the noise of a period. `seasons` multiply it, from the next period
    on: one entry a period of the cycle, or a single 1.
    """

    level: float
    level_variance: float
    step_variance: float
    noise_variance: float
    seasons: Floats

    def expected(self, periods: int) -> Floats:
        """The new people to be expected in each of the next periods."""
        found: Floats = self.level * self.seasons[np.arange(periods) % len(self.seasons)]
        return found

    def drawn(self, periods: int, random: np.random.Generator) -> Floats:
        """A course that the next periods could take, none below 0."""
        level = self.level + np.sqrt(self.level_variance) * random.standard_normal()
        steps = np.sqrt(self.step_variance) * random.standard_normal(periods)
        noise = np.sqrt(self.noise_variance) * random.standard_normal(periods)
        season = self.seasons[np.arange(periods) % len(self.seasons)]
        found: Floats = np.maximum(level + np.cumsum(steps) + noise, 0) * season
        return found


def inflow(counted: Floats, *, cycle: int | None) -> Inflow:
    """The inflow after these periods, which are complete and in their order; seasonal from two whole cycles on."""
    if not len(counted):
        return Inflow(level=0, level_variance=0, step_variance=0, noise_variance=0, seasons=np.ones(1))
    seasons = seasonal(counted, cycle) if cycle is not None and len(counted) >= 2 * cycle else np.ones(1)
    # seasons[0] is that of the period after the last
    season = seasons[np.arange(-len(counted), 0) % len(seasons)]
    level, uncertainty, step, noise = _level(counted / season)
    return Inflow(level=level, level_variance=uncertainty, step_variance=step, noise_variance=noise, seasons=seasons)


def seasonal(counted: Floats, cycle: int) -> Floats:
    """How the periods of a cycle differ from its mean, from the one after the last on.

    Ratios to the centred moving average over one cycle, averaged, and drawn towards 1 as far as their differences may
    be chance (W. M. Persons, Indices of Business Conditions, 1919; the shrinkage is that of W. James and C. Stein,
    Estimation with Quadratic Loss, 1961).
    """
    weights = np.ones(cycle) / cycle
    if cycle % 2 == 0:
        weights = np.convolve(weights, [0.5, 0.5])
    half = len(weights) // 2
    trend = np.convolve(counted, weights, mode="valid")
    middle = counted[half : len(counted) - half]
    ratios = np.divide(middle, trend, out=np.ones_like(trend), where=trend > 0)
    place = np.arange(half - len(counted), -half) % cycle
    times = np.bincount(place, minlength=cycle)
    mean = np.bincount(place, weights=ratios, minlength=cycle) / np.maximum(times, 1)
    mean[times == 0] = 1.0
    rest = ratios - mean[place]
    spare = len(ratios) - np.count_nonzero(times)
    noise = max(float(rest @ rest) / spare if spare > 0 else 0.0, 1 / max(float(counted.mean()), 1.0))
    differences = float(np.var(mean)) or 1.0
    kept = max(0.0, 1 - noise / (float(times.mean()) or 1.0) / differences)
    found: Floats = 1 + kept * (mean / (float(mean.mean()) or 1.0) - 1)
    return np.maximum(found, 0.01)


def _level(counted: Floats) -> tuple[float, float, float, float]:
    """The level after the last figure, its variance, that of its steps and that of the noise."""
    mean = float(counted.mean())
    if len(counted) < _LEAST:
        # as if people came independently of each other
        noise = max(float(counted.var(ddof=1)) if len(counted) > 1 else 0.0, mean)
        return mean, noise / len(counted), 0.0, noise
    found = max((_filtered(counted, wander) for wander in _WANDERS), key=lambda one: one[0])
    _, level, variance, scale, wander = found
    # people who come independently make at least so much noise
    noise = max(scale, mean)
    return level, variance * noise, wander * scale, noise


def _filtered(counted: Floats, wander: float) -> tuple[float, float, float, float, float]:
    """How likely the figures are where steps have `wander` times the variance of the noise (Kalman filter), with the
    last level, its variance in units of that of the noise, the latter, and `wander`.
    """
    level, variance = float(counted[0]), 1.0
    squares = logs = 0.0
    for figure in counted[1:]:
        before = variance + wander
        missed, width = float(figure) - level, before + 1
        squares += missed**2 / width
        logs += np.log(width)
        level += before / width * missed
        variance = before / width
    scale = squares / (len(counted) - 1)
    likely = -0.5 * ((len(counted) - 1) * np.log(max(scale, 1e-12)) + logs)
    return likely, level, variance, scale, wander
