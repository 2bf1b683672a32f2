"""What BG/NBD and MBG/NBD have in common: customers buy at random moments and may stop for good right after a purchase.

Purchases come at a rate λ ~ Gamma(r, α) while a customer is alive; at each of `m` occasions so far they stopped with a
chance p ~ Beta(a, b). With m occasions survived,

    L = Γ(r+x)/Γ(r) · α^r (α+T)^-(r+x) · B(a, b+m)/B(a, b) · (1 + [m > 0] · e^d)
    d = ln a - ln(b+m-1) + (r+x) · ln((α+T)/(α+t_x))
    P(alive) = 1 / (1 + [m > 0] · e^d)

and, of those alive, λ ~ Gamma(r+x, α+T) and p ~ Beta(a, b+m). The models differ in m: x in BG/NBD, where nobody stops
after the first purchase, x + 1 in MBG/NBD, where they may.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from tenure.predict.compress import Rows
from tenure.predict.model import FADED, Params, Purchases, moments
from tenure.predict.optimise import Objective
from tenure.predict.special import (
    Floats,
    betaln,
    digamma,
    discounted_purchases,
    dot,
    gammaln,
    mortal_purchases,
    negative_binomial,
    softplus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaGeometric(Purchases):
    """A model of this kind: its name, and whether a customer may stop right after the first purchase."""

    at_first: bool
    parameters: tuple[str, ...] = ("r", "alpha", "a", "b")
    times: tuple[str, ...] = ("alpha",)
    scaled: tuple[tuple[str, float], ...] = (("alpha", -1.0), ("a", 1.0), ("b", 1.0))

    def objective(self, rows: Rows) -> Objective:
        """The log-likelihood of the rows and its gradient, of the logarithms of r, α, a, b."""
        x, customers = rows.x.values, rows.customers
        m = x + self.at_first
        by_x, by_t = rows.x.sums(rows.weights), rows.T.sums(rows.weights)
        by_t_x = rows.T.sums(rows.weights * rows.x.rows())
        # who had no occasion to stop has no second term
        begin = 0 if self.at_first else rows.never
        xs, ts, longs = rows.x.at[begin:], rows.t_x.at[begin:], rows.T.at[begin:]
        weights, own_x = rows.weights[begin:], rows.x.values[rows.x.at[begin:]]

        def likelihood(at: Floats) -> tuple[float, Floats]:
            r, alpha, a, b = np.exp(at)
            until, last = alpha + rows.T.values, alpha + rows.t_x.values
            log_until = np.log(until)
            apart = log_until[longs]
            apart -= np.log(last)[ts]
            with np.errstate(divide="ignore", invalid="ignore"):
                gone = np.log(a) - np.log(b + m - 1)
            power = own_x + r
            d = power * apart
            d += gone[xs]
            more, share = softplus(d)
            share *= weights
            value = (
                by_x @ (gammaln(r + x) - gammaln(r) + betaln(a, b + m) - betaln(a, b))
                + customers * r * at[1] - (r * by_t + by_t_x) @ log_until + dot(weights, more)
            )  # fmt: skip
            stopped = np.bincount(xs, share, minlength=len(x))
            power *= share
            every, lost = digamma(a + b + m), stopped.sum()
            slope_r = by_x @ (digamma(r + x) - digamma(r)) + customers * at[1] - by_t @ log_until + dot(share, apart)
            slope_alpha = (
                customers * r / alpha - (r * by_t + by_t_x) @ (1 / until)
                + np.bincount(longs, power, minlength=len(until)) @ (1 / until)
                - np.bincount(ts, power, minlength=len(last)) @ (1 / last)
            )  # fmt: skip
            slope_a = by_x @ (digamma(a + b) - every) + lost / a
            occasions = m > 0
            slope_b = (
                by_x @ (digamma(b + m) - every - digamma(b) + digamma(a + b))
                - stopped[occasions] @ (1 / (b + m[occasions] - 1))
            )  # fmt: skip
            return float(value), np.array([r * slope_r, alpha * slope_alpha, a * slope_a, b * slope_b])

        return likelihood

    def starts(self, rows: Rows) -> list[Floats]:
        """Where to begin: the mean rate with much and with little difference between customers."""
        rate = rows.purchases / rows.exposure
        return [
            np.log([r, r / (rate * faster), a, b])
            for r, faster, a, b in ((0.5, 1.5, 0.8, 2.0), (2.0, 1.5, 0.8, 6.0), (0.25, 4.0, 1.0, 1.5))
        ]  # fmt: skip

    def p_alive(self, params: Params, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The chance that the customer may still buy."""
        r, alpha, a, b = self.values(params)
        m = x + self.at_first
        some = m > 0
        d = np.log(a) - np.log(np.where(some, b + m - 1, 1.0)) + (r + x) * np.log((alpha + T) / (alpha + t_x))
        return np.where(some, 1 - softplus(d)[1], 1.0)

    def ahead(self, params: Params, x: Floats, T: Floats, horizon: Floats, discount: float = 0.0) -> Floats:
        """The purchases that somebody alive is expected to make in the horizon after T, discounted."""
        r, alpha, a, b = self.values(params)
        known, rest = alpha + T, b + x + self.at_first
        if discount == 0:
            return mortal_purchases(r + x, horizon / known, a, rest)
        return discounted_purchases(r + x, horizon / known, a, rest, discount * known)

    def counted(self, params: Params, number: int, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that somebody alive makes exactly so many purchases in the horizon after T.

        They made them all and live, or stopped after the last, for which there was time.
        """
        r, alpha, a, b = self.values(params)
        k, rest, time = r + x, b + x + self.at_first, horizon / (alpha + T)
        whole = betaln(a, rest)
        living = np.exp(betaln(a, rest + number) - whole) * negative_binomial(number, k, time)
        if number == 0:
            return np.asarray(living)
        or_more = special.betainc(number, k, time / (1 + time))
        return np.asarray(living + np.exp(betaln(a + 1, rest + number - 1) - whole) * or_more)

    def simulated(
        self, params: Params, alive: Floats, x: Floats, T: Floats, horizon: float, discount: float,
        random: np.random.Generator,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """One course of the future: the purchases of each in the horizon after T, and the same discounted."""
        r, alpha, a, b = self.values(params)
        horizon = min(horizon, FADED / discount) if discount else horizon
        there = random.random(len(x)) < alive
        rate = np.maximum(random.gamma(r + x) / (alpha + T), 1e-300)
        last = random.geometric(np.clip(random.beta(a, b + x + self.at_first), 1e-12, 1.0))
        stop = random.gamma(last) / rate
        # up to the last purchase the others are at random moments; of those by the horizon there are so many
        seen, until = there & (stop <= horizon), np.minimum(stop, horizon)
        others = random.binomial(last - 1, np.where(stop <= horizon, 1.0, horizon / np.maximum(stop, horizon)))
        before = np.where(there, others, 0.0)
        discounted = moments(before, until, discount, random) + np.where(seen, np.exp(-discount * until), 0.0)
        return before + seen, discounted
