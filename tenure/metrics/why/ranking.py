"""Which part of a change is its own doing: what it did beyond what everybody else did, and whether that is chance.

Had a part changed as all the others together did, the figure would have come out so and so; the *excess* of the part is
the difference. A change that everybody shares gives no part an excess, however large the part is.

The standard error is that of the delete-a-group jackknife over people (K. M. Wolter, Introduction to Variance
Estimation, 1985, chapter 4): people fall into groups by chance, and the excess is worked out anew without each group.
So what one person does often, and in both periods, counts once. To it comes how much the part drifts anyway, by its
excesses in earlier pairs of periods. Probabilities are corrected for how many parts are looked at (Holm).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure.lifecycle.moves.chance import holm
from tenure.metrics.formula import Formula
from tenure.metrics.why.decompose import Atom, value

GROUPS = 40
SURE = 0.05
# with fewer earlier pairs nothing is said about how a part drifts
_FEW = 3
# a part so many errors away is taken out before the others are measured
_STANDS_OUT = 3.0
_CANDIDATES = 4
# the median of the squares of standard normal numbers
_MEDIAN_OF_SQUARES = 0.4549
_Z95 = 1.959963984540054

Floats = npt.NDArray[np.float64]
# part, group of people; the last column holds what belongs to nobody
Cells = Mapping[Atom, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """By how much a part changed the figure beyond what the others did, its standard error, and how sure that is.

    `probability` is that of an excess at least as large by chance, `strength` the excess in standard errors.
    """

    excess: float
    error: float
    strength: float
    probability: float


def total_error(formula: Formula, before: Cells, after: Cells, days: tuple[float, float]) -> float | None:
    """The standard error of the change; None where it cannot be told (nobody's figures, a zero that divides)."""
    sums = [{atom: _without(cells).sum(axis=0) for atom, cells in side.items()} for side in (before, after)]
    told = [value(formula, side, length) for side, length in zip(sums, days, strict=True)]
    if any(one is None for one in told):
        return None
    return _error(np.broadcast_to(np.asarray(told[1] - told[0], dtype=float), (GROUPS + 1,)))


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The cells of two periods, and how many people each part had in them (None: parts are as large as they are).

    `aside` is the row of what is counted in several parts: it is nobody's growth.
    """

    before: Cells
    after: Cells
    heads: tuple[Floats, Floats] | None = None
    aside: int | None = None


def excesses(formula: Formula, pair: Pair, days: tuple[float, float], earlier: Sequence[Pair]) -> list[Excess | None]:
    """The excess of every part; None where nothing can be said. `earlier` are pairs of periods before.

    Where one part stands out, the others are measured without it: they did not improve because it grew worse. With
    `heads` a part is expected to do what the others did for each of its people, so that a stage that fills is no cause;
    how much it drifts must then be known.
    """
    own = _excess(formula, pair, days)
    if own is None:
        return [None] * len(next(iter(pair.before.values())))
    told = _told_all(formula, pair, days, earlier, own, left_out=None)
    known = sorted(((one.strength, place) for place, one in enumerate(told) if one is not None), reverse=True)
    if not known or known[0][0] < _STANDS_OUT or len(told) < _FEW:
        return told
    # the one without which the others are most alike
    best: tuple[float, int, list[Excess | None]] | None = None
    for _, place in known[:_CANDIDATES]:
        again = _excess(formula, pair, days, left_out=place)
        if again is None:
            continue
        others = _told_all(formula, pair, days, earlier, again, left_out=place)
        unlike = sum(one.strength**2 for other, one in enumerate(others) if one is not None and other != place)
        if best is None or unlike < best[0]:
            best = (unlike, place, others)
    if best is None:
        return told
    _, first, others = best
    return [one if place == first else others[place] for place, one in enumerate(told)]


def _told_all(
    formula: Formula, pair: Pair, days: tuple[float, float], earlier: Sequence[Pair], own: Floats, *,
    left_out: int | None,
) -> list[Excess | None]:  # fmt: skip
    level = abs(_level(formula, pair, days))
    drifts = []
    for one in earlier:
        found, size = _excess(formula, one, days, left_out=left_out), abs(_level(formula, one, days))
        if found is not None and size > 0:
            drifts.append(found * (level / size))
    told: list[Excess | None] = []
    for part in range(own.shape[0]):
        drift = _drift([(one[part, -1], _error(one[part])) for one in drifts])
        unknown = pair.heads is not None and drift is None
        error = _error(own[part])
        if drift is not None and error is not None and pair.heads is None:
            # a few earlier pairs tell little: what people are by themselves may drift as much as chance, no more
            drift = (drift[0], min(drift[1], error))
        told.append(None if unknown else _told(float(own[part, -1]), error, drift))
    return told


def corrected(found: Sequence[Excess | None]) -> list[float | None]:
    """The probabilities corrected for how many there are."""
    places = [place for place, one in enumerate(found) if one is not None]
    probabilities = holm([one.probability for one in found if one is not None])
    told: list[float | None] = [None] * len(found)
    for place, probability in zip(places, probabilities, strict=True):
        told[place] = probability
    return told


def interval(center: float, error: float) -> tuple[float, float]:
    """The 95 % interval around a figure with a standard error."""
    return center - _Z95 * error, center + _Z95 * error


def _told(excess: float, error: float | None, drift: tuple[float, float] | None) -> Excess | None:
    """An excess in standard errors, from where the part drifts to anyway."""
    if not math.isfinite(excess) or (error is None and drift is None):
        return None
    center, scatter = drift or (0.0, 0.0)
    whole = math.hypot(error or 0.0, scatter)
    if whole <= 0:
        return None
    strength = abs(excess - center) / whole
    return Excess(excess=excess, error=whole, strength=strength, probability=two_sided(strength, GROUPS - 1))


def _drift(history: Sequence[tuple[float, float | None]]) -> tuple[float, float] | None:
    """The middle of earlier excesses, and how they scatter beyond their own errors; None with too few of them.

    A part that shrinks a little all the time, as a young company grows, is expected to go on doing so.
    """
    known = [(one, error or 0.0) for one, error in history if math.isfinite(one)]
    if len(known) < _FEW:
        return None
    center = float(np.median([one for one, _ in known]))
    squares = [(one - center) ** 2 * len(known) / (len(known) - 1) for one, _ in known]
    scatter = float(np.median(squares)) / _MEDIAN_OF_SQUARES
    return center, math.sqrt(max(0.0, scatter - float(np.median([error * error for _, error in known]))))


def _without(cells: Floats) -> Floats:
    """Cells (part, group) as sums (part, replicate): without each group, and last with all."""
    whole = cells.sum(axis=1, keepdims=True)
    # the groups that are left stand for everybody
    return np.concatenate([(whole - cells[:, :GROUPS]) * (GROUPS / (GROUPS - 1)), whole], axis=1)


def _excess(formula: Formula, pair: Pair, days: tuple[float, float], *, left_out: int | None = None) -> Floats | None:
    """The excess of each part (row) in each replicate (column; the last has everybody)."""
    counterfactual: dict[Atom, Floats] = {}
    sums: dict[Atom, Floats] = {}
    heads = _fuller(pair.heads)
    for atom, cells in pair.before.items():
        was, now = _without(cells), _without(pair.after[atom])
        others = was.sum(axis=0) - was, now.sum(axis=0) - now
        rest = others
        for row in {left_out, pair.aside} - {None}:
            rest = (rest[0] - was[row], rest[1] - now[row])
        growth = np.divide(rest[1], rest[0], out=np.ones_like(rest[0]), where=rest[0] != 0)
        counterfactual[atom] = others[1] + was * growth * heads
        sums[atom] = now.sum(axis=0)
    came, would = value(formula, sums, days[1]), value(formula, counterfactual, days[1])
    if came is None or would is None:
        return None
    shape = next(iter(counterfactual.values())).shape
    return np.broadcast_to(np.asarray(came - would, dtype=float), shape)


def _fuller(heads: tuple[Floats, Floats] | None) -> Floats:
    """How many times more people each part has, beside all others (a column)."""
    if heads is None:
        return np.ones((1, 1))
    was, now = heads
    grown = _times(now, was)
    others = _times(now.sum() - now, was.sum() - was)
    return _times(grown, others)[:, np.newaxis]


def _times(now: Floats, was: Floats) -> Floats:
    """How many times more; 1 where there was nothing."""
    return np.asarray(np.divide(now, was, out=np.ones_like(was), where=was > 0))


def _level(formula: Formula, pair: Pair, days: tuple[float, float]) -> float:
    told = [
        value(formula, {atom: np.array([cells.sum()]) for atom, cells in side.items()}, length)
        for side, length in ((pair.before, days[0]), (pair.after, days[1]))
    ]
    known = [float(np.ravel(one)[0]) for one in told if one is not None]
    return float(np.nanmean(known)) if known else math.nan


def _error(replicates: Floats) -> float | None:
    """The jackknife's standard error; the last replicate has everybody. None where no group makes a difference."""
    of_groups = replicates[:GROUPS][np.isfinite(replicates[:GROUPS])]
    if len(of_groups) < GROUPS / 2 or np.ptp(of_groups) == 0:
        return None
    count = len(of_groups)
    return math.sqrt((count - 1) / count * float(((of_groups - of_groups.mean()) ** 2).sum()))


def two_sided(strength: float, freedom: int) -> float:
    """The two-sided probability of Student's t, by Hill's normal approximation.

    Source: G. W. Hill, Algorithm 395: Student's t-distribution, Communications of the ACM 13 (1970), 617-619.
    """
    a = freedom - 0.5
    b = 48 * a * a
    z = math.sqrt(a * math.log1p(strength * strength / freedom))
    z += (z**3 + 3 * z) / b - (4 * z**7 + 33 * z**5 + 240 * z**3 + 855 * z) / (10 * b * (b + 0.8 * z**4 + 100))
    return math.erfc(z / math.sqrt(2))
