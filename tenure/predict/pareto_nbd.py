"""Pareto/NBD: customers buy at random moments and stop at a random moment, each at a rate of their own.

D. C. Schmittlein, D. G. Morrison and R. Colombo, Counting Your Customers: Who Are They and What Will They Do Next?,
Management Science 33 (1987), 1-24. Purchases come at a rate λ ~ Gamma(r, α), the end at a rate μ ~ Gamma(s, β), so

    L = Γ(r+x)/Γ(r) · α^r β^s · ( (α+T)^-(r+x) (β+T)^-s + s ∫ (α+y)^-(r+x) (β+y)^-(s+1) dy ),  y from t_x to T

where the first term of the sum is of those still alive. The integral and its derivatives come from one quadrature.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.predict.compress import Rows
from tenure.predict.model import FADED, Params, Purchases, moments
from tenure.predict.optimise import Objective
from tenure.predict.special import Floats, bought_before, digamma, dot, gammaln, gone_before, lived


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoNbd(Purchases):
    """The model; it has no settings."""

    name: str = "pareto_nbd"
    title: str = "Pareto/NBD"
    parameters: tuple[str, ...] = ("r", "alpha", "s", "beta")
    times: tuple[str, ...] = ("alpha", "beta")
    scaled: tuple[tuple[str, float], ...] = (("alpha", -1.0), ("beta", -1.0))

    def objective(self, rows: Rows) -> Objective:
        """The log-likelihood of the rows and its gradient, of the logarithms of r, α, s, β."""
        x, customers = rows.x.values, rows.customers
        by_x = rows.x.sums(rows.weights)
        weights, own_x, last, until = rows.weights, rows.x.rows(), rows.t_x.rows(), rows.T.rows()

        def likelihood(at: Floats) -> tuple[float, Floats]:
            r, alpha, s, beta = np.exp(at)
            # logarithms of the few different times only
            log_a_t, log_b_t = np.log(alpha + rows.T.values)[rows.T.at], np.log(beta + rows.T.values)[rows.T.at]
            log_a_x, log_b_x = np.log(alpha + rows.t_x.values)[rows.t_x.at], np.log(beta + rows.t_x.values)[rows.t_x.at]
            power = r + own_x
            alive = np.exp(-power * (log_a_t - log_a_x) - s * (log_b_t - log_b_x))
            total, ln_a, ln_b, per_a, per_b = gone_before(r, alpha, s, beta, own_x, last, until)
            both = alive + s * total
            value = (
                by_x @ (gammaln(r + x) - gammaln(r)) + customers * (r * at[1] + s * at[3])
                + dot(weights, np.log(both) - power * log_a_x - s * log_b_x)
            )  # fmt: skip
            share = weights / both
            slope_r = by_x @ (digamma(r + x) - digamma(r)) + customers * at[1] - dot(share, alive * log_a_t + s * ln_a)
            slope_alpha = customers * r / alpha - dot(share * power, alive / (alpha + until) + s * per_a)
            slope_s = customers * at[3] + dot(share, total - s * ln_b - alive * log_b_t)
            slope_beta = customers * s / beta - dot(share, s * alive / (beta + until) + s * (s + 1) * per_b)
            return float(value), np.array([r * slope_r, alpha * slope_alpha, s * slope_s, beta * slope_beta])

        return likelihood

    def starts(self, rows: Rows) -> list[Floats]:
        """Where to begin: the mean rate, with an end that comes early or late."""
        rate = rows.purchases / rows.exposure
        return [
            np.log([r, r / (rate * faster), s, beta])
            for r, faster, s, beta in ((0.5, 1.5, 0.5, 0.3), (2.0, 1.5, 0.5, 1.0), (0.5, 3.0, 1.5, 0.5))
        ]

    def p_alive(self, params: Params, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The chance that the customer may still buy."""
        r, alpha, s, beta = self.values(params)
        alive = np.exp(-(r + x) * np.log((alpha + T) / (alpha + t_x)) - s * np.log((beta + T) / (beta + t_x)))
        gone = s * gone_before(r, alpha, s, beta, x, t_x, T, slopes=False)[0]
        # nothing of the integral is left where the time is nothing; the sum is above 0 else
        return np.asarray(alive / (alive + gone))

    def ahead(self, params: Params, x: Floats, T: Floats, horizon: Floats, discount: float = 0.0) -> Floats:
        """The purchases that somebody alive is expected to make in the horizon after T, discounted."""
        r, alpha, s, beta = self.values(params)
        return np.asarray((r + x) / (alpha + T) * lived(s, beta + T, horizon, discount))

    def counted(self, params: Params, number: int, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that somebody alive makes exactly so many purchases in the horizon after T."""
        r, alpha, s, beta = self.values(params)
        return bought_before(number, r + x, alpha + T, s, beta + T, horizon)

    def simulated(
        self, params: Params, alive: Floats, x: Floats, T: Floats, horizon: float, discount: float,
        random: np.random.Generator,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """One course of the future: the purchases of each in the horizon after T, and the same discounted."""
        r, alpha, s, beta = self.values(params)
        horizon = min(horizon, FADED / discount) if discount else horizon
        there = random.random(len(x)) < alive
        rate = random.gamma(r + x) / (alpha + T)
        leaving = np.maximum(random.gamma(s, size=len(x)) / (beta + T), 1e-300)
        for_long = np.minimum(random.exponential(size=len(x)) / leaving, horizon)
        number = np.where(there, random.poisson(np.minimum(rate * for_long, 1e15)), 0.0)
        return number, moments(number, for_long, discount, random)


PARETO_NBD = ParetoNbd()
