"""Special functions in the log domain, and the two integrals that the models of purchases need.

Neither integral is written with a Gauss hypergeometric function: its usual form loses all digits where two parameters
are far apart, or where a parameter passes 1. Both are sums of positive terms here.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from scipy import special

Floats: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
Places: TypeAlias = "slice | np.ndarray[tuple[int], np.dtype[np.intp]]"

# what an integrand may fall to, as a power of e, before the rest is left out
DROP = 40.0
_BLOCK = 256
# what is worked on at once: nodes times rows
_CELLS = 1 << 15
# so many nodes are enough for a fall up to the first number, over a range of logarithms up to the second
_TIERS = ((2.0, 1.0, 6), (6.0, 2.5, 10), (15.0, 4.0, 14), (25.0, 5.0, 18), (50.0, 8.0, 24), (np.inf, np.inf, 80))
_STEP = 0.35
# the same where the integrand is a mean: 1e-14 of the result
_LOST = 32.0


def gammaln(value: Floats | float) -> Floats:
    """The logarithm of the gamma function."""
    return np.asarray(special.gammaln(value), dtype=np.float64)


def digamma(value: Floats | float) -> Floats:
    """The derivative of the logarithm of the gamma function."""
    return np.asarray(special.digamma(value), dtype=np.float64)


def betaln(a: Floats | float, b: Floats | float) -> Floats:
    """The logarithm of the beta function."""
    return np.asarray(special.betaln(a, b), dtype=np.float64)


def dot(one: Floats, other: Floats) -> float:
    """The sum of the products, in one thread: a library that splits it gives other digits on another machine."""
    return float(np.einsum("i,i->", one, other))


def softplus(value: Floats) -> tuple[Floats, Floats]:
    """ln(1 + e^value) and e^value / (1 + e^value), without overflow."""
    small = np.exp(-np.abs(value))
    share = 1.0 / (1.0 + small)
    return np.maximum(value, 0.0) + np.log1p(small), np.where(value >= 0, share, small * share)


def mortal_purchases(shape: Floats, span: Floats, a: float, b: Floats) -> Floats:
    """How many purchases somebody is expected to make who may stop after each of them.

    The rate is Gamma with `shape`, time is counted in the inverse of its scale (`span`), the chance to stop after a
    purchase is Beta(a, b): the mean of (1 - (1 + p·span)^-shape) / p over p. Over ln(p / (1 - p)) the trapezoid rule
    converges geometrically (L. N. Trefethen and J. A. C. Weideman, The Exponentially Convergent Trapezoidal Rule,
    SIAM Review 56 (2014), 385-458); nothing happens at a = 1, where the form with 2F1 divides by zero.
    """
    shape, span, b = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (shape, span, b)))
    found = np.empty(shape.size)
    flat = [one.reshape(-1) for one in (shape, span, b)]
    order = np.argsort(flat[0] * flat[1], kind="stable")
    for start in range(0, shape.size, _BLOCK):
        rows = order[start : start + _BLOCK]
        k, z, tail = (one[rows] for one in flat)
        most = k * z
        # what is left out on either side is less than e^-32 of the result
        normal = betaln(a, tail)
        high_peak = max(float(-normal.min()), 0.0)
        low = -(_LOST + high_peak + np.log1p(float(((k + 1) * z * (1 + most)).max()))) / (1.0 + a)
        high = (_LOST + high_peak + np.log1p(float(most.max()))) / float(tail.min())
        step = min(_STEP, 0.5 * np.sqrt(1 / a + 1 / float(tail.max())))
        places = np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step
        log_p, log_q = -np.logaddexp(0.0, -places), -np.logaddexp(0.0, places)
        p = np.exp(log_p)
        weight = np.multiply.outer(log_q, tail)
        weight += (a * log_p)[:, None]
        weight -= normal
        np.exp(weight, out=weight)
        bought = np.log1p(np.multiply.outer(p, z))
        bought *= -k
        np.expm1(bought, out=bought)
        bought /= p[:, None]
        bought += most
        found[rows] = np.maximum(most - step * np.einsum("nr,nr->r", weight, bought), 0.0)
    return found.reshape(shape.shape)


def gone_before(
    r: float, alpha: float, s: float, beta: float, x: Floats, t_x: Floats, T: Floats,
) -> Floats:  # fmt: skip
    """Five integrals over y from t_x to T, a column for each row: of f, f·ln(α+y), f·ln(β+y), f/(α+y) and f/(β+y).

    Here, of who stopped at y after x purchases,

        f(y) = ((α+y)/(α+t_x))^-(r+x) · ((β+y)/(β+t_x))^-s / (β+y).

    Gauss-Legendre over the logarithm of y plus the smaller of α and β: the other singularity is then π away from the
    real line, whatever the parameters are. What has fallen below e^-40 is left out.
    """
    near, far = min(alpha, beta), max(alpha, beta)
    by_rate = alpha <= beta
    k = r + x
    found = np.empty((5, len(x)))
    whole = np.log1p((T - t_x) / (near + t_x))
    everywhere: Places = slice(None)
    start_far = far + t_x
    ratio = (near + t_x) / start_far

    def drop(u: Floats, rows: Places = everywhere) -> Floats:
        grown = np.log1p(ratio[rows] * np.expm1(u))  # ln of the far sum over its start
        return k[rows] * u + (s + 1) * grown - u if by_rate else s * u + k[rows] * grown

    rate = k - 1 + (s + 1) * ratio if by_rate else s + k * ratio
    width = np.where(rate * whole > DROP, DROP / np.where(rate > 0, rate, 1.0), whole)
    fallen = drop(width)
    if np.any(steep := fallen > 1.2 * DROP):
        rows = np.flatnonzero(steep)
        low, high = width[rows] * DROP / fallen[rows], width[rows]
        for _ in range(8):
            between = 0.5 * (low + high)
            beyond = drop(between, rows) > DROP
            low, high = np.where(beyond, low, between), np.where(beyond, between, high)
        width[rows] = high
        fallen[rows] = drop(high, rows)
    tier = np.maximum(
        np.searchsorted([one[0] for one in _TIERS], np.abs(fallen)), np.searchsorted([one[1] for one in _TIERS], width)
    )
    tier = np.where(k < 1, np.maximum(tier, 4), tier)
    for number, (_, _, count) in enumerate(_TIERS):
        chosen = np.flatnonzero(tier == number)
        nodes, weights = _nodes(count)
        for start in range(0, len(chosen), _CELLS // count):
            rows = chosen[start : start + _CELLS // count]
            found[:, rows] = _quadrature(
                0.5 * (nodes + 1), 0.5 * weights, near + t_x[rows], start_far[rows], far - near, width[rows], k[rows],
                s, by_rate=by_rate,
            )  # fmt: skip
    return found


@cache
def _nodes(count: int) -> tuple[Floats, Floats]:
    """The nodes and weights of Gauss-Legendre between -1 and 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _quadrature(
    nodes: Floats, weights: Floats, start: Floats, start_far: Floats, apart: float, width: Floats, k: Floats, s: float,
    *, by_rate: bool,
) -> Floats:  # fmt: skip
    log_start, log_start_far = np.log(start), np.log(start_far)
    near_power, far_power = (k - 1, s + 1) if by_rate else (np.full(1, s), k)
    u = np.multiply.outer(nodes, width)
    near = np.exp(u)
    near *= start
    far = near + apart
    log_far = np.log(far)
    f = log_far - log_start_far
    f *= -far_power
    f -= near_power * u
    np.exp(f, out=f)
    f *= weights[:, None]
    total = f.sum(axis=0)
    ln_near = np.einsum("nr,nr->r", f, u) + log_start * total
    ln_far = np.einsum("nr,nr->r", f, log_far)
    per_near, per_far = (f / near).sum(axis=0), (f / far).sum(axis=0)
    # f dy over the logarithm: (near + y)/(β + y) is 1 where β is the near one, and stands in the power where it is not
    scale = width * (start / start_far if by_rate else np.ones(len(start)))
    parts = (total, ln_near, ln_far, per_near, per_far) if by_rate else (total, ln_far, ln_near, per_far, per_near)
    return np.stack(parts) * scale
