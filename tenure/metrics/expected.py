"""The band in which a figure was to be expected, from the figures of the periods before it.

    band = expected(earlier, season=12)         # of 24 months or more: with the season
    band.low <= value <= band.high              # an alarm where not; in a quiet series in RATE of the cases

The series is taken apart into trend, season and rest by medians, which single odd periods do not move: the trend is
the median of the slopes between all pairs of periods (H. Theil, A rank-invariant method of linear and polynomial
regression analysis, 1950; P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, 1968), between
periods of the same season where there is one (R. M. Hirsch, J. R. Slack and R. A. Smith, Techniques of trend analysis
for monthly water quality data, 1982); the season the median of what is left. Periods that lie further off than
CUT times the spread by the median absolute deviation are left out, and trend and season fitted to the rest by least
squares, with its prediction interval (P. J. Rousseeuw and A. M. Leroy, Robust Regression and Outlier Detection, 1987,
reweighted least squares). It is done on the values, their roots or their logarithms, on which of them the rest is
nearest to normal (G. E. P. Box and D. R. Cox, An analysis of transformations, 1964).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

RATE = 0.02
# fewer periods tell nothing
LEAST = 8
LEAST_FREE = 3
CUT = 4.5
SEASONAL = 0.01

# the median absolute deviation of a normal distribution is so much smaller than its standard deviation
_MAD = 1.4826
# the root of a Poisson count varies by a half (M. S. Bartlett, The square root transformation in analysis of
# variance, 1936), and most evenly with so much added (F. J. Anscombe, 1948)
_ADDED = 3 / 8
_POISSON = 0.5
_NOTHING = 1e-12

Series: TypeAlias = npt.NDArray[np.float64]
Phases: TypeAlias = npt.NDArray[np.int64]
Kept: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What was to be expected: `middle`, and the limits that RATE of the quiet periods lie beyond.

    `seasonal` tells whether the season is in it, `periods` on how many earlier ones it rests.
    """

    low: float
    middle: float
    high: float
    seasonal: bool
    periods: int


def expected(
    earlier: Sequence[float | None], *, season: int = 1, rate: float = RATE, counts: bool = False,
    spread: float = 0.0,
) -> Band | None:  # fmt: skip
    """The band for the period after the `earlier` ones (the oldest first, None where there is no figure).

    None where fewer than LEAST are known. `season` is after how many periods it repeats; it counts from two whole
    rounds on. `counts` says that they are numbers of events, which vary by chance alone as Poisson's do; `spread` is
    the standard deviation that chance alone gives the new value.
    """
    from scipy.special import stdtrit

    known = np.array([place for place, value in enumerate(earlier) if value is not None], dtype=np.float64)
    values = np.array([value for value in earlier if value is not None], dtype=np.float64)
    if len(values) < LEAST:
        return None
    times = known - len(earlier)
    phases = times.astype(np.int64) % season
    seasonal = season > 1 and len(values) - season > LEAST_FREE and min(np.bincount(phases, minlength=season)) >= 2
    if not seasonal:
        phases = np.zeros(len(values), dtype=np.int64)
    power = _power(values, times, phases, counts=counts)
    fit = _fitted(_transformed(values, power, counts=counts), times, phases)
    deviation = max(fit.deviation, _POISSON if counts and power == 1 / 2 else 0.0)
    error = deviation * np.sqrt(1 + fit.leverage)
    reach = stdtrit(fit.freedom, 1 - rate / 2) * error
    low, middle, high = (
        _back(fit.ahead + side * reach, power, counts=counts) for side in (-1.0, 0.0, 1.0)
    )  # fmt: skip
    least = stdtrit(1e6, 1 - rate / 2) * spread
    if counts and power != 1 / 2:
        least = max(least, stdtrit(1e6, 1 - rate / 2) * float(np.sqrt(max(middle, 0))))
    low, high = min(low, middle - least), max(high, middle + least)
    if values.min() >= 0:
        low, middle, high = max(low, 0.0), max(middle, 0.0), max(high, 0.0)
    return Band(low=float(low), middle=float(middle), high=float(high), seasonal=bool(seasonal), periods=len(values))


def has_season(values: Sequence[float], season: int) -> bool:
    """Whether a season shows in at least two rounds of it: by the F test of the seasonal means against the trend alone,
    at SEASONAL.
    """
    from scipy.special import fdtrc

    series = np.array(values, dtype=np.float64)
    times = np.arange(len(series), dtype=np.float64)
    if season < 2 or len(series) < 2 * season or len(series) <= season + 1:
        return False
    phases = np.arange(len(series)) % season
    one = np.zeros(len(series), dtype=np.int64)
    with_season, alone = (_rest(series, _design(times, among)) for among in (phases, one))
    freedom = len(series) - season - 1
    if with_season <= 1e-12 * max(alone, 1e-300):
        return alone > 0
    f = (alone - with_season) / (season - 1) / (with_season / freedom)
    return bool(fdtrc(season - 1, freedom, f) < SEASONAL)


@dataclass(frozen=True, slots=True)
class _Fit:
    """What the fit tells of the period ahead, and how sure: its standard deviation, leverage, degrees of freedom."""

    ahead: float
    deviation: float
    leverage: float
    freedom: int
    kept: Kept


def _fitted(values: Series, times: Series, phases: Phases) -> _Fit:
    kept = _quiet(values, times, phases)
    for phase in np.unique(phases):
        # a season is known from what there is of it
        if not kept[phases == phase].any():
            kept[phases == phase] = True
    design = _design(times[kept], phases[kept])
    solved = np.linalg.pinv(design)
    coefficients = solved @ values[kept]
    rest = values[kept] - design @ coefficients
    # that the power is chosen and odd periods are left out makes the rest look smaller: as one more coefficient would
    freedom = max(int(kept.sum()) - design.shape[1] - 1, 1)
    # the period ahead is at time 0, in phase 0
    ahead = np.zeros(design.shape[1])
    ahead[1 + int(np.searchsorted(np.unique(phases[kept]), 0))] = 1
    return _Fit(
        ahead=float(ahead @ coefficients), deviation=float(np.sqrt(rest @ rest / freedom)),
        leverage=float(ahead @ (solved @ solved.T) @ ahead), freedom=freedom, kept=kept,
    )  # fmt: skip


def _quiet(values: Series, times: Series, phases: Phases) -> Kept:
    """Which periods are not odd, by medians alone."""
    first, second = np.triu_indices(len(values), 1)
    alike = phases[first] == phases[second]
    first, second = first[alike], second[alike]
    slope = float(np.median((values[second] - values[first]) / (times[second] - times[first]))) if len(first) else 0.0
    rest = values - slope * times
    for phase in np.unique(phases):
        rest[phases == phase] -= np.median(rest[phases == phase])
    # the median of an odd number lies on one of them, whose 0 says nothing of the spread (R. A. Maronna, R. D. Martin
    # and V. J. Yohai, Robust Statistics, 2006, 4.4)
    away = np.abs(rest[np.abs(rest) > _NOTHING * np.abs(values).max(initial=0.0)])
    if len(away) <= len(values) / 3:
        return np.ones(len(values), dtype=bool)
    used = len(np.unique(phases)) + 1
    spread = _MAD * float(np.median(away)) * np.sqrt(len(values) / max(len(values) - used, 1))
    kept: Kept = np.abs(rest) <= CUT * spread
    return kept


def _design(times: Series, phases: Phases) -> Series:
    """The columns of the fit: time, and one for each phase of the season."""
    return np.column_stack([times, *((phases == phase).astype(np.float64) for phase in np.unique(phases))])


def _rest(values: Series, design: Series) -> float:
    """What the fit leaves, squared and added up."""
    rest = values - design @ (np.linalg.pinv(design) @ values)
    return float(rest @ rest)


def _power(values: Series, times: Series, phases: Phases, *, counts: bool) -> float:
    """The power, 1, ½ or 0 (the logarithm), by which the rest is nearest to normal."""
    shifted = values + (_ADDED if counts else 0.0)
    if values.min() < 0 or shifted.min() <= 0:
        return 1.0
    kept = _quiet(values, times, phases)
    logs = float(np.log(shifted[kept]).mean())
    found: dict[float, float] = {}
    for power in (1 / 2, 1.0, 0.0):
        written = _transformed(values, power, counts=counts)[kept]
        rest = _rest(written, _design(times[kept], phases[kept])) / (power * power if power else 1.0)
        found[power] = np.log(max(rest, 1e-300) / kept.sum()) / 2 - (power - 1) * logs
    return min(found, key=lambda power: found[power])


def _transformed(values: Series, power: float, *, counts: bool) -> Series:
    if power == 1:
        return values
    shifted = values + (_ADDED if counts else 0.0)
    return np.sqrt(shifted) if power else np.log(shifted)


def _back(value: float, power: float, *, counts: bool) -> float:
    if power == 1:
        return value
    return (max(value, 0.0) ** 2 if power else float(np.exp(min(value, 700.0)))) - (_ADDED if counts else 0.0)
