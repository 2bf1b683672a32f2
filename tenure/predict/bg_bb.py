"""BG/BB: at every one of a number of occasions customers buy or not, and may stop for good before the next.

P. S. Fader, B. G. S. Hardie and J. Shang, Customer-Base Analysis in a Discrete-Time Noncontractual Setting, Marketing
Science 29 (2010), 1086-1108. A customer buys with a chance p ~ Beta(α, β) and stops before an occasion with a chance
θ ~ Beta(γ, δ). Of x purchases at T occasions, the last at t_x,

    L = B(α+x, β+T-x)/B(α, β) · B(γ, δ+T)/B(γ, δ)
        + Σ B(α+x, β+t_x-x+i)/B(α, β) · B(γ+1, δ+t_x+i)/B(γ, δ),  i from 0 to T-t_x-1.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.predict.compress import Rows
from tenure.predict.model import Params, Purchases, periods
from tenure.predict.optimise import Objective
from tenure.predict.special import Floats, betaln, digamma, gammaln


@dataclass(frozen=True, slots=True, kw_only=True)
class BgBb(Purchases):
    """The model; it has no settings. Times are numbers of occasions, and P(alive) is of the one after T."""

    name: str = "bg_bb"
    title: str = "BG/BB"
    parameters: tuple[str, ...] = ("alpha", "beta", "gamma", "delta")
    discrete: bool = True

    def objective(self, rows: Rows) -> Objective:
        """The log-likelihood of the rows and its gradient, of the logarithms of α, β, γ, δ."""
        x, t_x, n, weights = rows.x.rows(), rows.t_x.rows(), rows.T.rows(), rows.weights
        own, lived, gone = _ways(t_x, n)

        def likelihood(at: Floats) -> tuple[float, Floats]:
            alpha, beta, gamma, delta = np.exp(at)
            terms = _terms(alpha, beta, gamma, delta, x[own], lived, gone)
            most = np.full(len(x), -np.inf)
            np.maximum.at(most, own, terms)
            parts = np.exp(terms - most[own])
            sums = np.bincount(own, parts, minlength=len(x))
            value = weights @ (np.log(sums) + most)
            share = parts / sums[own] * weights[own]
            bought, missed, stayed = x[own], lived - x[own], lived
            both, ends = digamma(alpha + beta + lived), digamma(gamma + delta + stayed + gone)
            slopes = [
                digamma(alpha + bought) - both - digamma(alpha) + digamma(alpha + beta),
                digamma(beta + missed) - both - digamma(beta) + digamma(alpha + beta),
                digamma(gamma + gone) - ends - digamma(gamma) + digamma(gamma + delta),
                digamma(delta + stayed) - ends - digamma(delta) + digamma(gamma + delta),
            ]
            return float(value), np.exp(at) * np.array([share @ slope for slope in slopes])

        return likelihood

    def starts(self, rows: Rows) -> list[Floats]:
        """Where to begin: the share of occasions that were used, with an end that comes early or late."""
        used = np.clip(rows.purchases / rows.exposure, 0.01, 0.9)
        return [
            np.log([2 * min(1.5 * used, 0.9), 2 * max(1 - 1.5 * used, 0.1), gamma, delta])
            for gamma, delta in ((1.0, 3.0), (0.5, 5.0), (2.0, 2.0))
        ]

    def p_alive(self, params: Params, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The chance that the customer has not stopped by the occasion after T."""
        alpha, beta, gamma, delta = self.values(params)
        own, lived, gone = _ways(t_x, T)
        terms = _terms(alpha, beta, gamma, delta, x[own], lived, gone)
        most = np.full(len(x), -np.inf)
        np.maximum.at(most, own, terms)
        whole = np.log(np.bincount(own, np.exp(terms - most[own]), minlength=len(x))) + most
        alive = betaln(alpha + x, beta + T - x) - betaln(alpha, beta)
        return np.asarray(np.exp(alive + betaln(gamma, delta + T + 1) - betaln(gamma, delta) - whole))

    def ahead(self, params: Params, x: Floats, T: Floats, horizon: Floats, discount: float = 0.0) -> Floats:
        """The purchases that somebody alive at the occasion after T is expected to make from there, discounted."""
        alpha, beta, gamma, delta = self.values(params)
        here, found = betaln(gamma, delta + T + 1), np.zeros(len(x))
        for occasion in range(1, periods(horizon, discount) + 1):
            there = np.exp(betaln(gamma, delta + T + occasion) - here - discount * occasion)
            found += np.where(occasion <= horizon, there, 0.0)
        return (alpha + x) / (alpha + beta + T) * found

    def counted(self, params: Params, number: int, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that somebody alive at the occasion after T buys at exactly so many of the horizon."""
        alpha, beta, gamma, delta = self.values(params)
        here, found = betaln(gamma, delta + T + 1), np.zeros(len(x))
        buying = betaln(alpha + x, beta + T - x)
        for occasions in range(max(number, 1), periods(horizon, 0.0) + 1):
            stops = betaln(gamma + 1, delta + T + occasions)
            lives = np.where(occasions == horizon, betaln(gamma, delta + T + occasions), stops)
            ways = gammaln(occasions + 1.0) - gammaln(number + 1.0) - gammaln(occasions - number + 1.0)
            bought = betaln(alpha + x + number, beta + T - x + occasions - number) - buying
            found += np.where(occasions <= horizon, np.exp(lives - here + ways + bought), 0.0)
        return np.where(horizon == 0, float(number == 0), found)

    def simulated(
        self, params: Params, alive: Floats, x: Floats, T: Floats, horizon: float, discount: float,
        random: np.random.Generator,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """One course of the future: the purchases of each at the occasions after T, and the same discounted."""
        alpha, beta, gamma, delta = self.values(params)
        there = random.random(len(x)) < alive
        # who lives at the next occasion may stop before each one after it
        stop = np.clip(random.beta(gamma, delta + T + 1), 1e-12, 1.0)
        far = periods(horizon, discount)
        occasions = np.where(there, np.minimum(random.geometric(stop), far), 0).astype(np.int64)
        buys = random.beta(alpha + x, beta + T - x)
        if discount == 0:
            number = random.binomial(occasions, buys).astype(np.float64)
            return number, number
        number, discounted = np.zeros(len(x)), np.zeros(len(x))
        for occasion in range(1, far + 1):
            bought = (occasion <= occasions) & (random.random(len(x)) < buys)
            number += bought
            discounted += bought * np.exp(-discount * occasion)
        return number, discounted


def _ways(t_x: Floats, n: Floats) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], Floats, Floats]:
    """Every way in which a row may have come about: the row, how many occasions they lived, and 1 if they stopped."""
    silent = (n - t_x).astype(np.intp)
    own = np.repeat(np.arange(len(n)), silent + 1)
    place = np.arange(len(own)) - np.repeat(np.cumsum(silent + 1) - (silent + 1), silent + 1)
    return own, t_x[own] + place, (place < silent[own]).astype(np.float64)


def _terms(alpha: float, beta: float, gamma: float, delta: float, x: Floats, lived: Floats, gone: Floats) -> Floats:
    buying = betaln(alpha + x, beta + lived - x) - betaln(alpha, beta)
    return np.asarray(buying + betaln(gamma + gone, delta + lived) - betaln(gamma, delta))


BG_BB = BgBb()
