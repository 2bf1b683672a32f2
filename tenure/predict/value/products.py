"""What products do: whether those who begin with one come back, how it is rated, and how often it is returned.

    found = products(bought, …)

Of everybody whose first purchase held a product, as many are expected to buy again as of all who first bought in the
same month. What came is drawn towards that, the more so the fewer there are (a beta-binomial with its weight found
by marginal likelihood), so that a product of three buyers says little. Who begins with a product may be of another kind
than who begins with the next: none of this proves a cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tenure.predict.special import Floats

Advice = Literal["promote", "discontinue", ""]

# of fewer first buyers nothing is advised
LEAST = 20
_WEIGHTS = np.geomspace(2.0, 2000.0, 61)
_LEVEL = 0.95
_RATED = 5.0
# so many times as often as others
_RETURNED = 2.0
_ALIKE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """A product. Of `first` people who began with it, `again` bought again, where `expected` (a share) would have.

    `rate` from `low` to `high` (19 cases of 20) is the share drawn towards the expected one. `buyers` bought it at all,
    `sold` times, of which `returned` came back; `returns` is that share, drawn towards that of all. `rating` is the
    mean of `rated` reviews and `after` that of `answered` surveys after a purchase of it, drawn towards that of all.
    """

    product: str
    buyers: int
    sold: int
    first: int
    again: int
    expected: float | None
    rate: float | None
    low: float | None
    high: float | None
    returned: int
    returns: float | None
    returns_low: float | None
    rated: int
    rating: float | None
    answered: int
    after: float | None
    advice: Advice = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """All products, those with the most first buyers first. Second purchases count within `days`.

    `again` is the share of everybody who bought again, `returns` that of what was returned, `rating` and
    `after` the means of all reviews and of answers to the `survey` most answered; None where there are none.
    """

    days: int
    people: int
    survey: str
    again: float | None
    returns: float | None
    rating: float | None
    after: float | None
    rows: tuple[ProductRow, ...]


def shrunk(count: Floats, of: Floats, expected: Floats) -> tuple[Floats, Floats, Floats]:
    """Shares drawn towards the expected ones, with their lower and upper limits; NaN where nothing is expected.

    The share of a product is Beta(w e, w (1 - e)) around its expected share e; the weight w, in people, is the one that
    makes what came most likely.
    """
    from scipy.special import betaincinv

    usable = (of > 0) & (expected > 0) & (expected < 1)
    found = np.full((3, len(count)), np.nan)
    if usable.any():
        k, n, e = count[usable], of[usable], expected[usable]
        weight = _WEIGHTS[int(np.argmax([_likelihood(k, n, e, one) for one in _WEIGHTS]))]
        a, b = k + weight * e, n - k + weight * (1 - e)
        found[:, usable] = a / (a + b), betaincinv(a, b, (1 - _LEVEL) / 2), betaincinv(a, b, (1 + _LEVEL) / 2)
    return found[0], found[1], found[2]


def _likelihood(count: Floats, of: Floats, expected: Floats, weight: float) -> float:
    """The logarithm of the probability of what came, by the beta-binomial of that weight."""
    from scipy.special import betaln

    a, b = weight * expected, weight * (1 - expected)
    return float(np.sum(betaln(count + a, of - count + b) - betaln(a, b)))


def drawn(total: Floats, of: Floats) -> Floats:
    """Means drawn towards that of all, as if each had five more of just that; NaN where there are none at all."""
    if not of.sum():
        return np.full(len(of), np.nan)
    mean = total.sum() / of.sum()
    return np.where(of > 0, (total + _RATED * mean) / (of + _RATED), np.nan)


def products(counts: Any, *, days: int, people: int, again: int, survey: str = "") -> Products:
    """The products of the counts: columns product, buyers, sold, first, again, expected (the sum of their cohorts'
    shares), returned, rated, rating (a sum), answered, after (a sum).

    `people` first bought long enough ago, of whom `again` came back.
    """
    names = counts["product"].to_pylist()
    told = {
        name: np.nan_to_num(np.asarray(counts[name].to_numpy(), dtype=np.float64))
        for name in counts.column_names
        if name != "product"
    }
    first, sold, rated, answered = told["first"], told["sold"], told["rated"], told["answered"]
    expected = np.where(first > 0, told["expected"] / np.maximum(first, 1), np.nan)
    rate, low, high = shrunk(told["again"], first, np.nan_to_num(expected))
    all_returns = float(told["returned"].sum() / sold.sum()) if sold.sum() else 0.0
    returns, returns_low, _ = shrunk(told["returned"], sold, np.full(len(sold), all_returns))
    rating, after = drawn(told["rating"], rated), drawn(told["after"], answered)
    means = [_mean(told["rating"], rated), _mean(told["after"], answered)]

    def number(values: Floats, at: int) -> float | None:
        return float(values[at]) if np.isfinite(values[at]) else None

    rows = []
    for at, name in enumerate(names):
        apart = [
            found[at] - mean
            for found, mean in ((rating, means[0]), (after, means[1]))
            if mean is not None and np.isfinite(found[at])
        ]
        row = ProductRow(
            product=name, buyers=int(told["buyers"][at]), sold=int(sold[at]), first=int(first[at]),
            again=int(told["again"][at]),
            expected=number(expected, at), rate=number(rate, at), low=number(low, at), high=number(high, at),
            returned=int(told["returned"][at]), returns=number(returns, at), returns_low=number(returns_low, at),
            rated=int(rated[at]), rating=number(rating, at), answered=int(answered[at]), after=number(after, at),
            advice=_advice(
                first[at], expected[at], low[at], high[at], returns_low[at] / all_returns if all_returns else 0.0, apart
            ),
        )  # fmt: skip
        rows.append(row)
    rows.sort(key=lambda one: (-one.first, -one.buyers, one.product))
    return Products(
        days=days, people=people, survey=survey, again=again / people if people else None,
        returns=all_returns if told["returned"].sum() else None, rating=means[0], after=means[1], rows=tuple(rows),
    )  # fmt: skip


def _mean(total: Floats, of: Floats) -> float | None:
    return float(total.sum() / of.sum()) if of.sum() else None


def _advice(first: float, expected: float, low: float, high: float, returned: float, apart: list[float]) -> Advice:
    """To promote: surely more come again than expected, it is not surely returned more often, and rated no worse.

    To discontinue: surely fewer come again, or it is surely returned at least twice as often; and rated no better.
    `returned` is the lower limit of how many times as often as others, `apart` by how much it is rated better.
    """
    if first < LEAST or not np.isfinite(low):
        return ""
    worse, better = any(one < -_ALIKE for one in apart), any(one > _ALIKE for one in apart)
    if low > expected and not returned > 1 and not worse:
        return "promote"
    if (high < expected or (returned > _RETURNED and low <= expected)) and not better:
        return "discontinue"
    return ""
