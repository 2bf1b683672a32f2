"""Clusters of points, how well they come back in other draws, and whether one cloud would do as well.

    found = kmeans(points, 3, np.random.default_rng(1))
    stability(points, found, np.random.default_rng(1))       # one number a cluster, from 0 to 1

Only numbers in, numbers out: nothing here knows what the points are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

# from here on a cluster is "stable", in the words of the source of `stability`
STABLE = 0.75
MOST = 6
# a cluster has so many points, and so large a part of all, at least
FEWEST, LEAST_SHARE = 5, 0.02
# with fewer people behaviour tells nothing
LEAST = 20

_STARTS, _SEEDS = 6, 2
_ROUNDS = 60
# a round that brings the scatter down by a smaller part is the last
_SETTLED = 3e-4
_DRAWS = 20
_CLOUDS = 5
# the clusters' scatter is smaller than that of one cloud by so much (a logarithm) at least
_GAP = 0.03
# about as stable as the most stable
_ALMOST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clusters:
    """The cluster of each point, the centres of the clusters, and the sum of squared distances to them."""

    labels: Ints
    centres: Floats
    scatter: float

    @property
    def sizes(self) -> Ints:
        """How many points each cluster has."""
        counted: Ints = np.bincount(self.labels, minlength=len(self.centres)).astype(np.int64)
        return counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A number of clusters that was tried: the stability of each, the part of the smallest, the gap.

    `gap` is by how much (a difference of logarithms) the clusters hold the points together better than they hold those
    of one cloud of the same spread; `error` its standard error.
    """

    k: int
    each: tuple[float, ...]
    smallest: float
    gap: float
    error: float

    @property
    def stability(self) -> float:
        """That of the least stable cluster."""
        return min(self.each)

    @property
    def holds(self) -> bool:
        """Whether every cluster comes back, none is tiny, and one cloud would not do as well."""
        return self.stability >= STABLE and self.smallest >= LEAST_SHARE and self.apart

    @property
    def apart(self) -> bool:
        """Whether these points hang together in clusters better than those of one cloud."""
        return self.gap > max(_GAP, 2 * self.error)


def kmeans(points: Floats, k: int, random: np.random.Generator, *, starts: int = _STARTS) -> Clusters:
    """The clusters with the smallest scatter of several starts.

    Sources: S. P. Lloyd, IEEE Transactions on Information Theory 28 (1982), 129-137, for the rounds; D. Arthur and
    S. Vassilvitskii, SODA (2007), 1027-1035, for where they start.
    """
    return min((settle(points, _starting(points, k, random)) for _ in range(starts)), key=lambda one: one.scatter)


def nearest(points: Floats, centres: Floats) -> tuple[Ints, Floats]:
    """The nearest centre of each point, and the squared distance to it."""
    # products this small are faster without the threads of a matrix product
    squares = (points**2).sum(axis=1)[:, None] - 2 * np.einsum("nd,kd->nk", points, centres) + (centres**2).sum(axis=1)
    labels: Ints = squares.argmin(axis=1).astype(np.int64)
    return labels, np.maximum(squares[np.arange(len(points)), labels], 0)


def stability(points: Floats, found: Clusters, random: np.random.Generator, *, draws: int = _DRAWS) -> Floats:
    """How well each cluster comes back: 1 always and wholly, 0.5 and less is what dissolves.

    The points are drawn anew with replacement and clustered as before; each cluster is held against the most similar of
    the new ones by the part that both share of what either has (Jaccard), over the points drawn; the mean is told.

    Source: C. Hennig, Cluster-wise assessment of cluster stability, Computational Statistics and Data Analysis 52
    (2007), 258-271, who calls clusters from 0.75 on stable.
    """
    k = len(found.centres)
    told = np.zeros(k)
    seen = np.zeros(k)
    for _ in range(draws):
        drawn = random.integers(len(points), size=len(points))
        again = kmeans(points[drawn], k, random, starts=3)
        kept, place = np.unique(drawn, return_index=True)
        both = np.bincount(found.labels[kept] * k + again.labels[place], minlength=k * k).reshape(k, k)
        mine, theirs = both.sum(axis=1), both.sum(axis=0)
        either = mine[:, None] + theirs - both
        similar = np.divide(both, either, out=np.zeros((k, k)), where=either > 0).max(axis=1)
        told += np.where(mine > 0, similar, 0)
        seen += mine > 0
    return told / np.maximum(seen, 1)


def tried(points: Floats, found: Clusters, random: np.random.Generator, *, draws: int = _DRAWS) -> Tried:
    """What speaks for this number of clusters, and what against it."""
    k = len(found.centres)
    logs = np.array([np.log(max(_cloud(points, k, random), 1e-12)) for _ in range(_CLOUDS)])
    return Tried(
        k=k, each=tuple(float(one) for one in stability(points, found, random, draws=draws)),
        smallest=0.0 if found.sizes.min() < FEWEST else float(found.sizes.min() / len(points)),
        gap=float(logs.mean() - np.log(max(found.scatter, 1e-12))),
        error=float(logs.std(ddof=1) * np.sqrt(1 + 1 / _CLOUDS)),
    )  # fmt: skip


def choose(
    points: Floats, seed: int, *, most: int = MOST, draws: int = _DRAWS
) -> tuple[Clusters | None, tuple[Tried, ...]]:
    """The clusters that there are (None: none that hold), and all numbers of them that were tried.

    Of the numbers whose clusters hold, and are about as stable as the most stable, that with the largest gap.

    Source: R. Tibshirani, G. Walther and T. Hastie, Journal of the Royal Statistical Society B 63 (2001), 411-423, for
    the gap; the points compared with are of one normal cloud with the covariance of these, not of a box.
    """
    different = len(np.unique(points, axis=0))
    told = []
    made: dict[int, Clusters] = {}
    for k in range(2, min(most, different, len(points) // FEWEST) + 1):
        random = np.random.default_rng([seed, k])
        made[k] = kmeans(points, k, random)
        told.append(tried(points, made[k], random, draws=draws))
    holding = [one for one in told if one.holds]
    if not holding:
        return None, tuple(told)
    most_stable = max(one.stability for one in holding)
    firm = [one for one in holding if one.stability >= most_stable - _ALMOST]
    return made[max(firm, key=lambda one: one.gap).k], tuple(told)


def settle(points: Floats, centres: Floats) -> Clusters:
    """The clusters that the centres come to rest in: each round moves them to the middle of what is nearest to them."""
    labels, squares = nearest(points, centres)
    for _ in range(_ROUNDS):
        belongs = labels[:, None] == np.arange(len(centres))
        sums, sizes = np.einsum("nk,nd->kd", belongs.astype(np.float64), points), belongs.sum(axis=0)
        centres = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres)
        if (empty := np.flatnonzero(sizes == 0)).size:
            # a cluster without points begins again at those that are worst off
            centres[empty] = points[np.argsort(-squares, kind="stable")[: empty.size]]
        before = float(squares.sum())
        labels, squares = nearest(points, centres)
        if not empty.size and squares.sum() >= before * (1 - _SETTLED):
            break
    return Clusters(labels=labels, centres=centres, scatter=float(squares.sum()))


def _starting(points: Floats, k: int, random: np.random.Generator) -> Floats:
    """Centres far from each other, each drawn by the squared distance to those before; the best of a few draws."""
    best, least = points[:k], np.inf
    for _ in range(_SEEDS):
        chosen = [int(random.integers(len(points)))]
        squares = ((points - points[chosen[0]]) ** 2).sum(axis=1)
        for _ in range(k - 1):
            reached = np.cumsum(squares)
            at = min(int(np.searchsorted(reached, random.random() * reached[-1], side="right")), len(points) - 1)
            chosen.append(at)
            squares = np.minimum(squares, ((points - points[at]) ** 2).sum(axis=1))
        if squares.sum() < least:
            best, least = points[chosen], squares.sum()
    return best.copy()


def _cloud(points: Floats, k: int, random: np.random.Generator) -> float:
    """The scatter of k clusters of one cloud with the spread of the points."""
    centred = points - points.mean(axis=0)
    covariance = np.einsum("ni,nj->ij", centred, centred) / len(points)
    sizes, axes = np.linalg.eigh(covariance)
    spread = np.sqrt(np.maximum(sizes, 0)) * axes
    drawn = np.einsum("ni,ji->nj", random.standard_normal(points.shape), spread)
    return kmeans(drawn, k, random, starts=2).scatter
