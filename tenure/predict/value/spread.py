"""How value is spread over people: a histogram, quantiles, tenths, and how much of it the best tenth holds.

found = spread(np.array([5.0, 1.0, 0.0, 94.0]))
found.top            # 0.94: the share of the first tenth (of so few, the one who is worth most)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.predict.features import Units
from tenure.predict.special import Floats

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
TENTHS = 10
_BARS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """People with a value from `least` to `most` (None: without such a limit), the lower limit included."""

    least: float | None
    most: float | None
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenth:
    """A tenth of the people, 1 those who are worth most: from `least` to `most`, `total` together."""

    number: int
    people: int
    least: float
    most: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The value of `people`: `total`, `mean`, `quantiles` (share of people below, value), bars and tenths.

    `top` is the part of all value that the first tenth holds; None where all together are worth nothing.
    """

    people: int
    total: float
    mean: float
    quantiles: tuple[tuple[float, float], ...]
    bars: tuple[Bar, ...]
    tenths: tuple[Tenth, ...]
    top: float | None


def spread(value: Floats) -> Spread:
    """How the values, one of each person, are spread."""
    if not len(value):
        return Spread(people=0, total=0.0, mean=0.0, quantiles=(), bars=(), tenths=(), top=None)
    total, of = float(value.sum()), tenths_of(value)
    tenths = tuple(
        Tenth(number=number, people=len(some), least=float(some.min()), most=float(some.max()), total=float(some.sum()))
        for number in range(1, TENTHS + 1)
        if len(some := value[of == number])
    )
    return Spread(
        people=len(value), total=total, mean=total / len(value),
        quantiles=tuple((share, float(np.quantile(value, share))) for share in QUANTILES), bars=_bars(value),
        tenths=tenths, top=tenths[0].total / total if total > 0 else None,
    )  # fmt: skip


def tenths_of(value: Floats) -> Units:
    """The tenth of each, 1 for those who are worth most; of equal ones the first come first."""
    count = len(value)
    found = np.empty(count, dtype=np.int64)
    found[np.argsort(-value, kind="stable")] = 1 + np.arange(count, dtype=np.int64) * TENTHS // max(count, 1)
    return found


def _bars(value: Floats) -> tuple[Bar, ...]:
    """Bars of one width up to where all but one in a hundred are; the others, and those below 0, have one each."""
    step = _step(float(np.quantile(value, 0.99)) / _BARS)
    count = max(1, int(np.ceil(float(np.quantile(value, 0.99)) / step)))
    edges = step * np.arange(count + 1)
    counted, _ = np.histogram(value[(value >= 0) & (value < edges[-1])], edges)
    bars = [Bar(least=float(edges[at]), most=float(edges[at + 1]), people=int(counted[at])) for at in range(count)]
    below, above = int((value < 0).sum()), int((value >= edges[-1]).sum())
    first = [Bar(least=None, most=0.0, people=below)] if below else []
    last = [Bar(least=float(edges[-1]), most=None, people=above)] if above else []
    return (*first, *bars, *last)


def _step(least: float) -> float:
    """The next round number: 1, 2, 2.5 or 5 times a power of ten."""
    if not least > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(times * power for times in (1, 2, 2.5, 5, 10) if times * power >= least * (1 - 1e-9)))
