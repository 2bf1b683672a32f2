"""What everybody buys next that they do not have: by what goes with what, by taste, or what is popular.

    found = offers(baskets, split=day, k=10)
    found.used, found.trials

A rule gives every product a number for a customer, from what that customer bought. *What goes with what* counts how
often two products are bought by the same people against how often that would be by chance (lift), drawn towards none
where few bought them. *Taste* takes the matrix of who bought what apart into a few factors (non-negative matrix
factorization, D. D. Lee and H. S. Seung, Nature 401, 1999, 788-791). They are judged by what people bought for the
first time in the hold-out: how much of it is among the k products named (recall), and at which place the first of it
stands (mean reciprocal rank), beside naming everybody what is popular.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from tenure.errors import FitError
from tenure.predict.features import Units
from tenure.predict.special import Floats

Scorer: TypeAlias = "Callable[[Any], np.ndarray[tuple[int, int], np.dtype[np.float64]]]"

TITLES = {"lift": "what goes with what", "factors": "taste (factors)", "popular": "what is popular"}
K = 10
LEAST_PEOPLE, LEAST_PRODUCTS = 50, 5
_SHRINK, _FACTORS, _ROUNDS = 5.0, 16, 60
_MOST_PRODUCTS = 5000
_JUDGED = 5000
_BLOCK = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baskets:
    """Who bought what and when: keys of units, positions in `products`, and moments; a row a product and purchase.

    `margin` is the mean margin of each product, NaN where it is not known.
    """

    units: Units
    product: Units
    time: Units
    products: tuple[str, ...]
    margin: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedOffer:
    """How a rule did: of what people bought for the first time, the share among the k products named, and the mean of
    1/place of the first of it that was named.
    """

    name: str
    title: str
    naive: bool
    recall: float
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offers:
    """What to offer everybody: `offered` are positions in `products`, the best first, -1 for none.

    `chance` is how often, of everybody who had bought before, the product at the first place was bought in the
    hold-out, by how strongly it was named. `because` is what somebody has that goes with it, -1 for nothing.
    """

    trials: tuple[TriedOffer, ...]
    used: TriedOffer
    k: int
    judged: int
    products: tuple[str, ...]
    units: Units
    offered: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    because: Units
    chance: Floats
    low: Floats
    high: Floats


def offers(
    baskets: Baskets, *, split: int, k: int = K, available: frozenset[str] | None = None,
    lowest_margin: float | None = None, again: frozenset[str] = frozenset(), seed: int = 1,
) -> Offers:  # fmt: skip
    """What to offer everybody, by the rule that foretold best what was bought after the moment `split`.

    `available` are the products that can be offered (default: those bought after the split), `lowest_margin` leaves out
    products that bring less, `again` may be offered to those who have them. Raises FitError for too little.
    """
    from tenure.predict.judged import reliability

    kept = _commonest(baskets)
    people, rows = np.unique(kept.units, return_inverse=True)
    before = kept.time <= split
    shape = len(people), len(kept.products)
    old, new = _matrix(rows[before], kept.product[before], shape), _matrix(rows[~before], kept.product[~before], shape)
    fresh = (new - new.multiply(old)).tocsr()
    fresh.eliminate_zeros()
    judged = np.flatnonzero((old.getnnz(axis=1) > 0) & (fresh.getnnz(axis=1) > 0))
    if len(judged) < LEAST_PEOPLE or len(kept.products) < LEAST_PRODUCTS:
        raise FitError(
            f"{len(judged):,} people bought something new in the hold-out, of {len(kept.products):,} products: it "
            f"takes {LEAST_PEOPLE} people and {LEAST_PRODUCTS} products.",
            hint="Bring in a longer time, or orders with their `products`.",
        )
    shown = np.sort(np.random.default_rng(seed).permutation(judged)[:_JUDGED])
    repeat = np.array([name in again for name in kept.products])
    trials = []
    for name, learn in RULES.items():
        rule = learn(old, seed)
        recall, rank = _judge(rule, old[shown], fresh[shown], k, repeat)
        trials.append(
            TriedOffer(name=name, title=TITLES[name], naive=name == "popular", recall=recall, rank=rank)
        )  # fmt: skip
    # a tie goes to what is simplest
    trials.sort(key=lambda one: (-round(one.recall, 3), -round(one.rank, 3), not one.naive))
    used = trials[0]
    # how often the first one named was bought, also by those who bought nothing, by how strongly it was named
    there = np.flatnonzero(old.getnnz(axis=1) > 0)
    strengths, places = _first(RULES[used.name](old, seed), old[there], repeat)
    bins = reliability(strengths, np.asarray(fresh[there, places]).ravel() > 0)
    every = (old + new).tocsr()
    every.data[:] = 1.0
    refused = _refused(kept, split, available, lowest_margin)
    rule = RULES[used.name](every, seed)
    offered, strength = [], []
    for start in range(0, len(people), _BLOCK):
        scores = _held(rule(every[start : start + _BLOCK]), every[start : start + _BLOCK], repeat, refused)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(scores, order, axis=1)
        offered.append(np.where(np.isfinite(best) & (best > 0), order, -1))
        strength.append(best[:, 0])
    named = np.concatenate(offered)
    by = np.concatenate(strength)
    by = np.where(np.isfinite(by), by, 0.0)
    group = np.searchsorted(np.array([one.most for one in bins])[:-1], by, side="left")
    chance, low, high = (np.array([getattr(one, name) for one in bins])[group] for name in ("came", "low", "high"))
    chance = np.where(named[:, 0] >= 0, chance, np.nan)
    return Offers(
        trials=tuple(trials), used=used, k=k, judged=len(judged), products=kept.products, units=people,
        offered=named, because=_because(every, named), chance=chance, low=low, high=high,
    )  # fmt: skip


# --- the rules


def _lift(old: Any, seed: int) -> Scorer:
    del seed
    people, bought = old.shape[0], np.asarray(old.sum(axis=0)).ravel()
    together = (old.T @ old).toarray().astype(np.float64)
    np.fill_diagonal(together, 0.0)
    by_chance = np.outer(bought, bought) / people
    # as if some people more had bought both, as many as by chance: what few bought goes with nothing
    lift = np.maximum(np.log((together + _SHRINK) / (by_chance + _SHRINK)), 0.0)
    popular = (bought + 0.5) / people
    owned = np.maximum(np.asarray(old.sum(axis=1)).ravel().mean(), 1.0)

    def scored(rows: Any) -> Any:
        have = np.maximum(np.asarray(rows.sum(axis=1)), 1.0)
        return popular * np.exp((rows @ lift) / np.sqrt(have * owned))

    return scored


def _factors(old: Any, seed: int) -> Scorer:
    import warnings

    from sklearn.decomposition import NMF  # type: ignore[import-untyped]
    from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]

    many = max(2, min(_FACTORS, min(old.shape) // 4))
    # who bought much says less with each product
    weights = 1 / np.sqrt(np.maximum(np.asarray(old.sum(axis=1)).ravel(), 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = NMF(n_components=many, init="nndsvda", max_iter=_ROUNDS, random_state=seed)
        model.fit(sparse.diags(weights) @ old)

    def scored(rows: Any) -> Any:
        own = 1 / np.sqrt(np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1.0))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.transform(sparse.diags(own) @ rows) @ model.components_

    return scored


def _popular(old: Any, seed: int) -> Scorer:
    del seed
    bought = np.asarray(old.sum(axis=0)).ravel() / old.shape[0]

    def scored(rows: Any) -> Any:
        return np.repeat(bought[None, :], rows.shape[0], axis=0)

    return scored


RULES: Mapping[str, Callable[[Any, int], Scorer]] = {"lift": _lift, "factors": _factors, "popular": _popular}


# --- judging


def _judge(rule: Scorer, old: Any, fresh: Any, k: int, repeat: Any) -> tuple[float, float]:
    recalls, ranks = [], []
    for start in range(0, old.shape[0], _BLOCK):
        part, wanted = old[start : start + _BLOCK], fresh[start : start + _BLOCK]
        scores = _held(rule(part), part, repeat, None)
        named = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        hit = np.take_along_axis(wanted.toarray() > 0, named, axis=1)
        recalls.append(hit.sum(axis=1) / np.minimum(wanted.getnnz(axis=1), k))
        ranks.append(np.where(hit.any(axis=1), 1 / (hit.argmax(axis=1) + 1), 0.0))
    return float(np.concatenate(recalls).mean()), float(np.concatenate(ranks).mean())


def _first(rule: Scorer, old: Any, repeat: Any) -> tuple[Floats, Units]:
    strengths, places = [], []
    for start in range(0, old.shape[0], _BLOCK):
        part = old[start : start + _BLOCK]
        scores = _held(rule(part), part, repeat, None)
        best = scores.argmax(axis=1)
        places.append(best)
        strengths.append(scores[np.arange(len(best)), best])
    return np.concatenate(strengths), np.concatenate(places)


def _held(scores: Any, owned: Any, repeat: Any, refused: Any) -> Any:
    """The numbers without what people have (unless it is bought again and again) and without what is refused."""
    held = np.array(scores, dtype=np.float64)
    held[(owned.toarray() > 0) & ~repeat[None, :]] = -np.inf
    if refused is not None:
        held[:, refused] = -np.inf
    return held


def _because(every: Any, offered: Any) -> Units:
    """Of what somebody has, what is most often bought by those who have the product offered first; -1 for none."""
    together = (every.T @ every).toarray()
    bought = np.maximum(together.diagonal(), 1.0)
    np.fill_diagonal(together, 0)
    found = np.full(len(offered), -1, dtype=np.int64)
    for at, first in enumerate(offered[:, 0]):
        have = every.indices[every.indptr[at] : every.indptr[at + 1]]
        if first >= 0 and len(have):
            shares = together[first, have] / bought[have]
            if shares.max() > 0:
                found[at] = have[int(shares.argmax())]
    return found


def _refused(kept: Baskets, split: int, available: frozenset[str] | None, lowest: float | None) -> Any:
    """The products that are not offered: not to be had, not bought any more, or with too small a margin."""
    if available is None:
        there = np.zeros(len(kept.products), dtype=np.bool_)
        there[np.unique(kept.product[kept.time > split])] = True
    else:
        there = np.array([name in available for name in kept.products])
    if lowest is not None:
        there &= ~(kept.margin < lowest)
    return ~there


def _commonest(baskets: Baskets) -> Baskets:
    """The rows of the products that most people bought."""
    counts = np.bincount(baskets.product, minlength=len(baskets.products))
    order = np.argsort(-counts, kind="stable")[:_MOST_PRODUCTS]
    chosen = np.sort(order[counts[order] >= 2])
    code = np.full(len(baskets.products), -1)
    code[chosen] = np.arange(len(chosen))
    there = code[baskets.product] >= 0
    return Baskets(
        units=baskets.units[there], product=code[baskets.product][there], time=baskets.time[there],
        products=tuple(baskets.products[place] for place in chosen), margin=baskets.margin[chosen],
    )  # fmt: skip


def _matrix(rows: Any, columns: Any, shape: tuple[int, int]) -> Any:
    """Who bought what, 1 for each that was bought."""
    found = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
    found.sum_duplicates()
    found.data[:] = 1.0
    return found
