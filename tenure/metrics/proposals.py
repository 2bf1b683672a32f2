"""Targets proposed from what was reached: the median, and the best quarter, of the last twelve periods.

The best quarter begins where a quarter of the periods were as good or better: the upper quartile where more is better,
the lower where less is (R. J. Hyndman and Y. Fan, Sample quantiles in statistical packages, 1996, definition 7). Where
neither is better the two quartiles are proposed as a range. Where 24 months show a season (an F test at 1 %), each
month has its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.definition import Direction, Unit
from tenure.metrics.expected import has_season

LAST = 12
# of fewer periods nothing is proposed
LEAST = 4
YEAR = 12
SEASONS = 24
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What may be a target: `best` where more or less is better, from `low` to `high` where neither is.

    `seasonal` holds (median, best) of each month where the months differ. `periods` is on how many it rests, the
    `first` and `last` of which begin on those days; the last ends with `day`.
    """

    metric: str
    period: PeriodUnit
    direction: Direction
    median: Decimal
    best: Decimal | None
    low: Decimal
    high: Decimal
    periods: int
    first: date
    last: date
    day: date
    seasonal: Mapping[int, tuple[Decimal, Decimal]] = field(default_factory=dict, hash=False)


def propose(
    metric: str, period: PeriodUnit, figures: Sequence[tuple[date, Decimal | None]], *, direction: Direction,
    unit: Unit, ends: date,
) -> Proposal | None:  # fmt: skip
    """The proposal from the figures of complete periods, the oldest first, of which the last ends with the day `ends`.

    None where fewer than LEAST are known.
    """
    known = [(start, value) for start, value in figures[-LAST:] if value is not None]
    if len(known) < LEAST:
        return None
    values = [value for _, value in known]
    low, median, high = (quantile(values, Decimal(part) / 4) for part in (1, 2, 3))
    best = {"up": high, "down": low, "context": None}[direction]
    seasonal: dict[int, tuple[Decimal, Decimal]] = {}
    factors = _factors(period, figures)
    if factors and direction != "context":
        level = [value / factors[start.month] for start, value in known]
        even, good = quantile(level, Decimal("0.5")), quantile(level, Decimal("0.75" if direction == "up" else "0.25"))
        seasonal = {
            month: (rounded(even * factor, unit), rounded(good * factor, unit))
            for month, factor in sorted(factors.items())
        }
    return Proposal(
        metric=metric, period=period, direction=direction, median=rounded(median, unit),
        best=None if best is None else rounded(best, unit), low=rounded(low, unit), high=rounded(high, unit),
        periods=len(known), first=known[0][0], last=known[-1][0], day=ends, seasonal=seasonal,
    )  # fmt: skip


def quantile(values: Sequence[Decimal], part: Decimal) -> Decimal:
    """The value that `part` of them lie below, between two neighbours in proportion."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def rounded(value: Decimal, unit: Unit) -> Decimal:
    """The value to three digits, as people set targets; counts are whole."""
    if not value:
        return Decimal(0)
    step = Decimal(1).scaleb(value.adjusted() - _DIGITS + 1)
    if unit == "count":
        step = max(step, Decimal(1))
    found = (value / step).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) * step
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found.normalize()


def _factors(period: PeriodUnit, figures: Sequence[tuple[date, Decimal | None]]) -> dict[int, Decimal]:
    """How each month compares with the middle of its year; empty where months do not differ."""
    if period != "month" or len(figures) < SEASONS:
        return {}
    recent = figures[-(len(figures) // YEAR * YEAR) :]
    values = [value for _, value in recent if value is not None]
    if len(values) < len(recent) or min(values) <= 0 or not has_season([float(value) for value in values], YEAR):
        return {}
    shares: dict[int, list[Decimal]] = {}
    for year in range(0, len(recent), YEAR):
        level = quantile(values[year : year + YEAR], Decimal("0.5"))
        for start, value in recent[year : year + YEAR]:
            shares.setdefault(start.month, []).append((value or Decimal(0)) / level)
    return {month: quantile(told, Decimal("0.5")) for month, told in shares.items()}
