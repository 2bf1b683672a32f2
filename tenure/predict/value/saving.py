"""Who is worth saving: what each is expected to bring, times the chance to lose it.

found = saving(value, churn)
found.bands              # by the chance to be lost: people, what they are worth, what of it is at stake
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.predict.special import Floats

# the lower limits of the bands of chances, in percent
BANDS = (50, 25, 10, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnBand:
    """People whose chance to be lost is from `least` to `most` percent (the upper limit excluded; 100: included)."""

    least: int
    most: int
    people: int
    value: float
    at_stake: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What is at stake of the value of `people` whose chance to be lost is told; `half` of them hold half of it."""

    people: int
    value: float
    at_stake: float
    half: int
    bands: tuple[ChurnBand, ...]


def at_stake(value: Floats, churn: Floats) -> Floats:
    """What is expected to be lost with each; 0 with who brings nothing, NaN where no chance is told."""
    return np.maximum(value, 0.0) * churn


def band_of(churn: Floats, least: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whose chance lies in the band that begins at `least` percent."""
    most = _most(least)
    return (churn >= least / 100) & ((churn < most / 100) | (most == 100))


def saving(value: Floats, churn: Floats) -> Saving:
    """What of the value is at stake, in all and by the chance to be lost."""
    told = np.isfinite(churn)
    worth, chance = np.maximum(value[told], 0.0), churn[told]
    stakes = at_stake(worth, chance)
    running = np.cumsum(-np.sort(-stakes))
    total = float(stakes.sum())
    bands = []
    for least in BANDS:
        there = band_of(chance, least)
        bands.append(
            ChurnBand(
                least=least, most=_most(least), people=int(there.sum()), value=float(worth[there].sum()),
                at_stake=float(stakes[there].sum()),
            )
        )  # fmt: skip
    return Saving(
        people=int(told.sum()), value=float(worth.sum()), at_stake=total,
        half=int(np.searchsorted(running, total / 2 * (1 - 1e-12)) + 1) if total else 0, bands=tuple(bands),
    )  # fmt: skip


def _most(least: int) -> int:
    return ((100, *BANDS))[BANDS.index(least)]
