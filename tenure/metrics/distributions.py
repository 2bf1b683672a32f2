"""Student's t and Fisher's F, as far as bands and tests need them.

Both come from the regularised incomplete beta function, worked out by its continued fraction (Abramowitz and Stegun,
Handbook of Mathematical Functions, 1964, 26.5.8) with Lentz's method (W. J. Lentz, Generating Bessel functions, 1976).
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p

_TINY = 1e-300
_EXACT = 1e-15
_ROUNDS = 500
_HALVINGS = 200


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for 0 <= x <= 1 and positive a and b."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        # the fraction converges fast below that
        return 1 - incomplete_beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / _solid(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _ROUNDS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _solid(1 + term * d), _solid(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < _EXACT:
            break
    return front * found


def student_survival(t: float, df: float) -> float:
    """How probable a value of Student's t above `t` is, with `df` degrees of freedom."""
    tail = incomplete_beta(df / (df + t * t), df / 2, 0.5) / 2
    return tail if t >= 0 else 1 - tail


@lru_cache(maxsize=1024)
def student_quantile(p: float, df: float) -> float:
    """The value that Student's t with `df` degrees of freedom stays below with probability `p` (0 < p < 1)."""
    if p < 1 / 2:
        return -student_quantile(1 - p, df)
    low, high = 0.0, 1.0
    while student_survival(high, df) > 1 - p and high < inf:
        low, high = high, high * 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if student_survival(middle, df) > 1 - p else (low, middle)
    return (low + high) / 2


def fisher_survival(f: float, above: float, below: float) -> float:
    """How probable a value of Fisher's F above `f` is, with `above` and `below` degrees of freedom."""
    return incomplete_beta(below / (below + above * f), below / 2, above / 2) if f > 0 else 1.0


def _solid(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
