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
_STEP = 0.4
# the same where the integrand is a mean: 1e-12 of the result
_LOST = 28.0
# a discount to this power of e leaves nothing; so many nodes are enough for a range of logarithms up to the first
# number, over which a discount falls up to the second
_FADED = 45.0
_WIDTHS = (
    (1.0, 2.0, 6), (2.5, 0.3, 6), (2.5, 2.0, 8), (6.0, 50.0, 24), (9.0, 50.0, 32), (13.0, 50.0, 44),
    (np.inf, np.inf, 80),
)  # fmt: skip


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

    The rate is Gamma with `shape`, time is counted in the inverse of its scale (`span`: a column, or several as rows of
    a matrix), the chance to stop after a purchase is Beta(a, b): the mean of (1 - (1 + p·span)^-shape) / p over p. Over
    ln(p / (1 - p)) the trapezoid rule converges geometrically (L. N. Trefethen and J. A. C. Weideman, The Exponentially
    Convergent Trapezoidal Rule, SIAM Review 56 (2014), 385-458); nothing happens at a = 1, where the form with 2F1
    divides by zero.
    """
    span = np.asarray(span, dtype=np.float64)
    shape, b = (np.broadcast_to(np.asarray(one, dtype=np.float64), span.shape[-1:]) for one in (shape, b))
    spans = np.atleast_2d(span)
    found, longest = np.empty(spans.shape), spans.max(axis=0, initial=0.0)
    order = np.argsort(shape * longest, kind="stable")
    for start in range(0, len(order), _BLOCK):
        rows = order[start : start + _BLOCK]
        k, tail, far = shape[rows], b[rows], longest[rows]
        # what is left out on either side is less than e^-28 of the result
        normal = betaln(a, tail)
        high_peak = max(float(-normal.min()), 0.0)
        low = -(_LOST + high_peak + np.log1p(float(((k + 1) * far * (1 + k * far)).max()))) / (1.0 + a)
        high = (_LOST + high_peak + np.log1p(float((k * far).max()))) / float(tail.min())
        step = min(_STEP, 0.5 * np.sqrt(1 / a + 1 / float(tail.max())))
        places = np.arange(np.floor(low / step), np.ceil(high / step) + 1) * step
        log_p, log_q = -np.logaddexp(0.0, -places), -np.logaddexp(0.0, places)
        p = np.exp(log_p)
        weight = np.multiply.outer(log_q, tail)
        weight += ((a - 1) * log_p)[:, None]
        weight -= normal
        np.exp(weight, out=weight)
        for number, z in enumerate(spans[:, rows]):
            bought = np.multiply.outer(p, z)
            np.log1p(bought, out=bought)
            bought *= -k
            np.expm1(bought, out=bought)
            # against what somebody buys who never stops, which is right where p is nearly 0
            bought += np.multiply.outer(p, k * z)
            found[number, rows] = np.maximum(k * z - step * np.einsum("nr,nr->r", weight, bought), 0.0)
    return found.reshape(span.shape)


def discounted_purchases(shape: Floats, span: Floats, a: float, b: Floats, discount: Floats) -> Floats:
    """The same, discounted: what comes after a share t of the span counts e^(-discount·t). The span may be infinite.

    With M for the purchases above, e^(-discount·span) M(span) + discount ∫ e^(-discount·t) M(t) dt, by Gauss-Legendre
    over the logarithm of 1 + t: M is smooth there, whatever its scale.
    """
    far = np.minimum(span, _FADED / discount)
    width, drop = np.log1p(far), float(np.max(discount * far, initial=0.0))
    widest = float(np.max(width, initial=0.0))
    nodes, weights = _nodes(next(count for most, fall, count in _WIDTHS if widest <= most and drop <= fall))
    u = np.multiply.outer(0.5 * (nodes + 1), width)
    until = np.expm1(u)
    bought = mortal_purchases(shape, np.concatenate([until, far[None]]), a, b)
    inner = np.einsum("nr,nr,n->r", bought[:-1], np.exp(u - discount * until), 0.5 * weights)
    return np.asarray(np.exp(-discount * far) * bought[-1] + inner * width * discount)


def lived(s: float, beta: Floats, horizon: Floats, discount: float) -> Floats:
    """The time that somebody is expected to live of the horizon, discounted; the rate of their end is Gamma(s, beta).

    The integral of (1 + t/β)^-s e^(-discount·t). For an infinite horizon it is β e^z E_s(z) at z = discount·β, with the
    generalised exponential integral, which is the confluent hypergeometric function of the second kind of the DERT in
    P. S. Fader, B. G. S. Hardie and K. L. Lee, RFM and CLV, Journal of Marketing Research 42 (2005), 415-430.
    """
    if discount == 0:
        later = np.log1p(horizon / beta)
        if abs(s - 1) < 1e-12:
            return np.asarray(beta * later)
        return np.asarray(beta * -np.expm1((1 - s) * later) / (s - 1))
    width = np.log1p(np.minimum(horizon, _FADED / discount) / beta)
    nodes, weights = _nodes(80)
    u = np.multiply.outer(0.5 * (nodes + 1), width)
    inner = np.exp((1 - s) * u - discount * beta * np.expm1(u))
    return np.asarray(np.einsum("nr,n->r", inner, 0.5 * weights) * width * beta)


def negative_binomial(number: int, k: Floats, time: Floats) -> Floats:
    """The chance of exactly so many purchases in a time at a rate Gamma(k, 1)."""
    with np.errstate(divide="ignore"):
        some = number * (np.log(time) - np.log1p(time)) if number else 0.0
    return np.asarray(np.exp(gammaln(k + number) - gammaln(k) - gammaln(number + 1.0) - k * np.log1p(time) + some))


def bought_before(number: int, k: Floats, alpha: Floats, s: float, beta: Floats, horizon: Floats) -> Floats:
    """The chance of exactly so many purchases by the horizon, at a rate Gamma(k, α), with an end at a rate Gamma(s, β).

    Who lives through the horizon has a negative binomial number of them by then, who stops at y by y: the integral goes
    over the logarithm of 1 + y over the smaller of the two scales.
    """
    near = np.minimum(alpha, beta)
    width = np.log1p(horizon / near)
    nodes, weights = _nodes(120)
    u = np.multiply.outer(0.5 * (nodes + 1), width)
    y = near * np.expm1(u)
    ending = s / (beta + y) * np.exp(-s * np.log1p(y / beta)) * (near + y)
    gone = np.einsum("nr,nr,n->r", negative_binomial(number, k, y / alpha), ending, 0.5 * weights) * width
    living = negative_binomial(number, k, horizon / alpha) * np.exp(-s * np.log1p(horizon / beta))
    return np.asarray(living + gone)


def gone_before(
    r: float, alpha: float, s: float, beta: float, x: Floats, t_x: Floats, T: Floats, *, slopes: bool = True,
) -> Floats:  # fmt: skip
    """Five integrals over y from t_x to T, a column for each row: of f, f·ln(α+y), f·ln(β+y), f/(α+y) and f/(β+y).

    Without `slopes` the first of them only.

    Here, of who stopped at y after x purchases,

        f(y) = ((α+y)/(α+t_x))^-(r+x) · ((β+y)/(β+t_x))^-s / (β+y).

    Gauss-Legendre over the logarithm of y plus the smaller of α and β: the other singularity is then π away from the
    real line, whatever the parameters are. What has fallen below e^-40 is left out.
    """
    near, far = min(alpha, beta), max(alpha, beta)
    by_rate = alpha <= beta
    k = r + x
    found = np.empty((5 if slopes else 1, len(x)))
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
                s, by_rate=by_rate, slopes=slopes,
            )  # fmt: skip
    return found


@cache
def _nodes(count: int) -> tuple[Floats, Floats]:
    """The nodes and weights of Gauss-Legendre between -1 and 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _quadrature(
    nodes: Floats, weights: Floats, start: Floats, start_far: Floats, apart: float, width: Floats, k: Floats, s: float,
    *, by_rate: bool, slopes: bool,
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
    # f dy over the logarithm: (near + y)/(β + y) is 1 where β is the near one, and stands in the power where it is not
    scale = width * (start / start_far if by_rate else np.ones(len(start)))
    if not slopes:
        return np.asarray(total * scale)
    ln_near = np.einsum("nr,nr->r", f, u) + log_start * total
    ln_far = np.einsum("nr,nr->r", f, log_far)
    per_near, per_far = (f / near).sum(axis=0), (f / far).sum(axis=0)
    parts = (total, ln_near, ln_far, per_near, per_far) if by_rate else (total, ln_far, ln_near, per_far, per_near)
    return np.stack(parts) * scale
