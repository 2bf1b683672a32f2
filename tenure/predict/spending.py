"""What each of some customers brings with a purchase: an amount, or what Gamma-Gamma expects of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from tenure.predict.gamma_gamma import GAMMA_GAMMA
from tenure.predict.special import Floats, Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Amount:
    """The same with every purchase of a customer. It has no parameters."""

    amount: Floats
    at: Floats = field(default_factory=lambda: np.zeros(0))
    covariance: Floats | None = None

    def some(self, places: Places) -> Amount:
        """Those of some of them."""
        return replace(self, amount=self.amount[places])

    def expected(self, at: Floats) -> Floats:
        """What a purchase of each is expected to bring."""
        return self.amount

    def simulated(self, at: Floats, number: Floats, random: np.random.Generator) -> Floats:
        """What so many purchases of each bring in one course of the future."""
        return np.asarray(self.amount * number)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GammaAmount:
    """`margin` times a value by Gamma-Gamma, from the mean value of `x` purchases so far.

    `at` are the logarithms of its parameters, `covariance` that of them.
    """

    margin: float
    at: Floats
    covariance: Floats | None
    x: Floats
    mean: Floats

    def some(self, places: Places) -> GammaAmount:
        """Those of some of them."""
        return replace(self, x=self.x[places], mean=self.mean[places])

    def expected(self, at: Floats) -> Floats:
        """What a purchase of each is expected to bring."""
        params = dict(zip(GAMMA_GAMMA.parameters, map(float, np.exp(at)), strict=True))
        return self.margin * GAMMA_GAMMA.expected_value(params, self.x, self.mean)

    def simulated(self, at: Floats, number: Floats, random: np.random.Generator) -> Floats:
        """What so many purchases of each bring in one course of the future.

        A number that is a sum of discounts is taken as so many purchases without: what chance does to their values then
        comes out a little too large, never too small.
        """
        # a generator of its own: how often they buy is the same with and without
        (random,) = random.spawn(1)
        p, q, v = np.exp(at)
        level = np.maximum(random.gamma(p * self.x + q) / (v + self.x * self.mean), 1e-300)
        return np.asarray(self.margin * random.gamma(p * number) / level)
