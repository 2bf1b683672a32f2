"""Gamma-Gamma: what a purchase of a customer is worth on average, independent of how often they buy.

P. S. Fader and B. G. S. Hardie, The Gamma-Gamma Model of Monetary Value (2013). The value of a purchase is
Gamma(p, ν) with ν ~ Gamma(q, v). A customer with the mean m over x purchases has

    L = Γ(px+q) / (Γ(px) Γ(q)) · v^q m^(px-1) x^(px) / (xm+v)^(px+q),   E(value) = p (v + x·m) / (px + q - 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tenure.predict.optimise import Objective
from tenure.predict.special import Floats, digamma, gammaln


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaGamma:
    """The model; it has no settings."""

    name: str = "gamma_gamma"
    title: str = "Gamma-Gamma"
    parameters: tuple[str, ...] = ("p", "q", "v")

    def objective(self, x: Floats, mean: Floats, weights: Floats) -> Objective:
        """The log-likelihood of the means (as densities of m) and its gradient, of the logarithms of p, q, v."""
        different, at = np.unique(x, return_inverse=True)
        by_x, by_log_m = np.bincount(at, weights), np.bincount(at, weights * np.log(mean))
        customers = weights.sum()

        def likelihood(logs: Floats) -> tuple[float, Floats]:
            p, q, v = np.exp(logs)
            shapes = p * different
            spent = np.log(x * mean + v)
            by_spent = np.bincount(at, weights * spent)
            value = (
                by_x @ (gammaln(shapes + q) - gammaln(shapes) - gammaln(q) + q * logs[2] + shapes * np.log(different))
                + (shapes - 1) @ by_log_m - (shapes + q) @ by_spent
            )  # fmt: skip
            both = digamma(shapes + q)
            slope_p = different @ (by_x * (both - digamma(shapes) + np.log(different)) + by_log_m - by_spent)
            slope_q = by_x @ (both - digamma(q) + logs[2]) - by_spent.sum()
            slope_v = customers * q / v - (weights * (p * x + q)) @ (1 / (x * mean + v))
            return float(value), np.array([p * slope_p, q * slope_q, v * slope_v])

        return likelihood

    def starts(self) -> list[Floats]:
        """Where to begin, with the median as unit of money."""
        return [np.log(one) for one in ((2.0, 3.0, 1.0), (6.0, 4.0, 0.5), (1.0, 2.0, 1.0))]

    def expected_value(self, params: Mapping[str, float], x: Floats, mean: Floats) -> Floats:
        """The expected value of a purchase; of the population where x is 0. Infinite where there is no mean."""
        p, q, v = (params[name] for name in self.parameters)
        shape = p * x + q - 1
        return np.where(shape > 0, p * (v + x * np.where(x > 0, mean, 0.0)) / np.where(shape > 0, shape, 1.0), np.inf)


GAMMA_GAMMA = GammaGamma()
