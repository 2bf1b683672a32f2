"""How good chances were, once it is known what came: scores, reliability, deciles, and how much people have changed.

A chance is judged by the mean logarithm of what it gave to what came (log score, the greater the better), by the mean
squared error (G. W. Brier, Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78,
1950, 1-3), and by how often one of those it came for had the greater chance than one of the others (AUC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import betaincinv

from tenure.predict.special import Floats

Bools: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.bool_]]"

_LEAST = 1e-4
BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """People who were given about the same chance: how many, the chance on average, the share for whom it came, and
    the limits of four cases in five of what that share may be (Jeffreys' interval).
    """

    least: float
    most: float
    people: int
    expected: float
    came: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decile:
    """A tenth of people by chance, 1 with the greatest: for how many it came, and how much more often than overall.

    `lift` is None where it came for nobody.
    """

    number: int
    people: int
    expected: float
    came: int
    lift: float | None


def log_score(chance: Floats, came: Bools) -> float:
    """The mean logarithm of the chance of what came; chances are held within a ten-thousandth of 0 and 1."""
    held = np.clip(chance, _LEAST, 1 - _LEAST)
    return float(np.where(came, np.log(held), np.log1p(-held)).mean())


def brier(chance: Floats, came: Bools) -> float:
    """The mean squared error."""
    return float(((chance - came) ** 2).mean())


def auc(chance: Floats, came: Bools) -> float:
    """How often somebody for whom it came had the greater chance than somebody else; ties count half; NaN of one kind.

    H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947), 50-60.
    """
    for_these = int(came.sum())
    others = len(came) - for_these
    if not for_these or not others:
        return float("nan")
    _, own, counts = np.unique(np.nan_to_num(chance, nan=-np.inf), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[own]
    return float((ranks[came].sum() - for_these * (for_these + 1) / 2) / (for_these * others))


def reliability(chance: Floats, came: Bools, bins: int = BINS) -> tuple[Bin, ...]:
    """What came of people by the chance they were given, in groups of about the same size; equal chances stay one."""
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, bins + 1)))
    places = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, max(len(edges) - 2, 0))
    found = []
    for place in np.unique(places):
        here = places == place
        people, hits = int(here.sum()), int(came[here].sum())
        found.append(
            Bin(
                least=float(chance[here].min()), most=float(chance[here].max()), people=people,
                expected=float(chance[here].mean()), came=hits / people,
                low=float(betaincinv(hits + 0.5, people - hits + 0.5, 0.1)),
                high=float(betaincinv(hits + 0.5, people - hits + 0.5, 0.9)),
            )
        )  # fmt: skip
    return tuple(found)


def limits(chance: Floats, bins: tuple[Bin, ...]) -> tuple[Floats, Floats]:
    """The low and high limit of each chance: what came of people with about that chance, as far as that was uncertain.

    The limits of a group are taken as factors of the odds, so that the chance itself stays between them.
    """
    if not bins:
        return np.full(len(chance), np.nan), np.full(len(chance), np.nan)
    tops = np.array([one.most for one in bins])[:-1]
    places = np.searchsorted(tops, chance, side="left")
    expected = np.clip([one.expected for one in bins], _LEAST, 1 - _LEAST)
    ends = []
    for edge, inward in ((np.array([one.low for one in bins]), np.minimum), (
        np.array([one.high for one in bins]), np.maximum)):  # fmt: skip
        edge = np.clip(edge, _LEAST, 1 - _LEAST)
        shift = inward(np.log(edge / (1 - edge)) - np.log(expected / (1 - expected)), 0.0)
        held = np.clip(chance, _LEAST, 1 - _LEAST)
        ends.append(1 / (1 + (1 - held) / held * np.exp(-shift[places])))
    return np.minimum(ends[0], chance), np.maximum(ends[1], chance)


def deciles_of_counts(expected: Floats, came: Floats) -> tuple[Decile, ...]:
    """Tenths of people by what was expected of them, the most first, and what came of each in all."""
    overall = float(came.mean()) if len(came) else 0.0
    order = np.argsort(-expected, kind="stable")
    parts = [one for one in np.array_split(order, min(10, max(len(order), 1))) if len(one)]
    return tuple(
        Decile(
            number=number, people=len(part), expected=float(expected[part].mean()), came=int(came[part].sum()),
            lift=float(came[part].mean()) / overall if overall else None,
        )
        for number, part in enumerate(parts, start=1)
    )  # fmt: skip


CHANCE_EDGES = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95])


def stability(before: Floats, now: Floats, *, edges: Floats | None = None, bins: int = BINS) -> float:
    """The population stability index: how far a distribution has moved; 0 not at all, above 0.25 far.

    Sum over groups of (now - before) · ln(now / before), of shares; unknown values are a group of their own. Groups are
    parted by `edges`, by default by the quantiles of before.
    """
    known = before[np.isfinite(before)]
    if edges is None:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if len(known) else np.empty(0)

    def shares(values: Floats) -> Floats:
        places = np.where(np.isfinite(values), np.searchsorted(edges, values, side="right"), len(edges) + 1)
        counts = np.bincount(places.astype(np.int64), minlength=len(edges) + 2)
        # half a person is everywhere, or a group that one of them lacks would be infinite
        return np.asarray((counts + 0.5) / (len(values) + 0.5 * len(counts)), dtype=np.float64)

    if not len(before) or not len(now):
        return float("nan")
    old, new = shares(before), shares(now)
    return float(((new - old) * np.log(new / old)).sum())
