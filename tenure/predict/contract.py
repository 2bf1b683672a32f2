"""Renewals of a contract: after each period a customer renews or is lost, with a chance of their own.

The chance θ to be lost at a renewal is Beta(α, β), and the share that is still there after t renewals

    S(t) = B(α, β + t^c) / B(α, β)

with c = 1 in the shifted beta geometric model (P. S. Fader and B. G. S. Hardie, How to Project Customer Retention,
Journal of Interactive Marketing 21 (2007), 76-90), where everybody's chance stays what it is, and c free in the beta
discrete Weibull model (by the same, with Y. Liu, J. Davin and T. Steenburgh, 2018), where it changes with time.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import Rows, numbers
from tenure.predict.model import Params, Purchases, periods
from tenure.predict.optimise import Objective
from tenure.predict.special import Floats, betaln, digamma

Terms: TypeAlias = "tuple[Floats, Floats, Floats]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Purchases):
    """A model of renewals: frequency is how many were made, T how many could have been."""

    discrete: bool = True

    def objective(self, rows: Rows) -> Objective:
        """The log-likelihood of the rows and its gradient, of the logarithms of α, β (and c)."""
        x, n, weights = rows.x.rows(), rows.T.rows(), rows.weights
        gone = x < n
        # everybody made x renewals, and who was lost not the next
        return self.objective_of_terms(
            (np.zeros(len(x)), x, weights), (x[gone], np.ones(int(gone.sum())), weights[gone])
        )

    def objective_of_terms(self, kept: Terms, lost: Terms) -> Objective:
        """The same of terms that came due: renewals made before, how many were due, and of how many customers.

        Of those `kept` all were made, of those `lost` not all.
        """
        shape = len(self.parameters) == 3

        def likelihood(at: Floats) -> tuple[float, Floats]:
            alpha, beta = float(np.exp(at[0])), float(np.exp(at[1]))
            c = float(np.exp(at[2])) if shape else 1.0

            def falls(terms: Terms) -> tuple[Floats, Floats]:
                """Ln S(t+k) - ln S(t), and its derivatives."""
                before, slopes_before = _log_survival(alpha, beta, c, terms[0])
                after, slopes_after = _log_survival(alpha, beta, c, terms[0] + terms[1])
                return after - before, slopes_after - slopes_before

            with np.errstate(divide="ignore", invalid="ignore"):
                (by, slopes), (by_lost, slopes_lost) = falls(kept), falls(lost)
                share = -np.expm1(by_lost)
                value = kept[2] @ by + lost[2] @ np.log(share)
                gradient = slopes @ kept[2] - slopes_lost @ (lost[2] * (1 - share) / share)
            return float(value), gradient[: len(at)]

        return likelihood

    def starts(self, rows: Rows) -> list[Floats]:
        """Where to begin: the mean chance to be lost, with much and little difference between customers."""
        x, n = rows.x.rows(), rows.T.rows()
        return self.starts_at(float(rows.weights @ (x < n)) / max(float(rows.weights @ (x + (x < n))), 1.0))

    def starts_at(self, chance: float) -> list[Floats]:
        """The same from the mean chance to be lost at a renewal."""
        chance, size = min(max(chance, 0.01), 0.9), len(self.parameters)
        return [np.log([width * chance, width * (1 - chance), 1.0])[:size] for width in (2.0, 5.0, 20.0)]

    def survival(self, params: Params, time: Floats) -> Floats:
        """The share still there after so many renewals."""
        return np.exp(_log_survival(params["alpha"], params["beta"], params.get("c", 1.0), time)[0])

    def p_alive(self, params: Params, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """1 for who renewed every time, 0 for the others: a contract's end is seen."""
        return (x >= T).astype(np.float64)

    def ahead(self, params: Params, x: Floats, T: Floats, horizon: Floats, discount: float = 0.0) -> Floats:
        """The renewals that somebody who is there is expected to make in the horizon after T, discounted."""
        found = np.zeros(len(x))
        for period in range(1, periods(horizon, discount) + 1):
            there = self.survival(params, T + period) * np.exp(-discount * period)
            found += np.where(period <= horizon, there, 0.0)
        return found / self.survival(params, T)

    def counted(self, params: Params, number: int, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that somebody who is there renews exactly so many times in the horizon after T."""
        until = self.survival(params, T + number)
        after = np.where(number < horizon, self.survival(params, T + number + 1), 0.0)
        return np.where(number <= horizon, (until - after) / self.survival(params, T), 0.0)

    def simulated(
        self, params: Params, alive: Floats, x: Floats, T: Floats, horizon: float, discount: float,
        random: np.random.Generator,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """One course of the future: the renewals of each in the horizon after T, and the same discounted."""
        level = random.random(len(x)) * self.survival(params, T)
        number, discounted = np.zeros(len(x)), np.zeros(len(x))
        for period in range(1, periods(horizon, discount) + 1):
            renewed = alive * (level < self.survival(params, T + period))
            number += renewed
            discounted += renewed * np.exp(-discount * period)
        return number, discounted


def _log_survival(alpha: float, beta: float, c: float, time: Floats) -> tuple[Floats, Floats]:
    """The logarithm of S(t), and its derivatives by the logarithms of α, β and c (one a row)."""
    # a search may pass where renewals to the power of c are too many to count: what is not finite is left again
    with np.errstate(over="ignore", invalid="ignore"):
        power = time**c
        both, later = digamma(alpha + beta), digamma(alpha + beta + power)
        own = digamma(beta + power)
        slopes = np.stack([
            alpha * (both - later), beta * (own - later - digamma(beta) + both),
            (own - later) * power * c * np.log(np.maximum(time, 1.0)),
        ])  # fmt: skip
        return betaln(alpha, beta + power) - betaln(alpha, beta), slopes


def renewals(customers: object) -> tuple[Floats, Floats, Floats]:
    """Frequency, T and weights of a cohort; see `tenure.predict.renewals`."""
    left = numbers(customers, "customers")
    if len(left) < 2 or np.any(np.diff(left) > 0):
        raise UsageError(
            "A cohort has a number at first and one after each renewal, and none is greater than the one before.",
            hint="Give (1000, 631, 468) for 1,000 customers of whom 631 renewed once and 468 twice.",
        )
    could = len(left) - 1
    return np.arange(could + 1.0), np.full(could + 1, float(could)), np.append(-np.diff(left), left[-1])
