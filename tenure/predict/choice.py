"""Which model has seen the future best: all are fitted to what was known before a hold-out and judged by it.

The likelihood of BG/NBD, MBG/NBD and Pareto/NBD is that of a customer's moments of purchase. What a model, fitted to
the time before, gives to the moments in the hold-out is therefore

    ln L(x, t_x, T, all) - ln L(x, t_x, T, before)

without any sampling. The two naive rules are Poisson processes; n moments in h days have the density rate^n e^-rate·h.
`Last period` goes on with the customer's count in as long a time before, `mean rate` with all they bought by T. Either
has a hundredth of everybody's mean rate in it, or who was silent once would be impossible ever after.

How far a rule was off is the mean absolute error of one number a customer. What makes that error smallest is the median
of what may happen, not its mean, so it is the median of a model that is looked at; a naive rule has one number only.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tenure.errors import FitError
from tenure.predict.compress import Rows, alike, compress
from tenure.predict.fitted import Fitted
from tenure.predict.fitting import fit_rows
from tenure.predict.registry import PURCHASES, Purchases
from tenure.predict.special import Floats
from tenure.predict.summary import Known, Summary

CANDIDATES = ("pareto_nbd", "mbg_nbd", "bg_nbd")
NAIVE = {"last_period": "last period's count", "mean_rate": "mean rate × time"}
_EVERYBODY = 0.01
_DIGITS = 3
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a rule did in the hold-out: the mean log-likelihood of a customer's purchases there (in days, the greater the
    better), the mean absolute error of the median of their number, and how many it expected in all. `mean_error` is
    that of the expected number. `why` says why there is none.
    """

    name: str
    title: str
    naive: bool
    score: float | None = None
    error: float | None = None
    mean_error: float | None = None
    expected: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was tried on the hold-out, the best first, and what came: `bought` purchases of `customers` in `days`."""

    trials: tuple[Trial, ...]
    customers: int
    bought: int
    days: int

    @property
    def best(self) -> Trial | None:
        """The best of all, naive rules among them; None where nothing could be tried."""
        return self.trials[0] if self.trials and self.trials[0].score is not None else None

    @property
    def best_model(self) -> Trial | None:
        """The best that is no naive rule."""
        return next((one for one in self.trials if not one.naive and one.score is not None), None)

    def model_error(self, trial: Trial) -> float:
        """How far the trial's total was off, as a logarithm."""
        return abs(float(np.log((self.bought + 0.5) / ((trial.expected or 0.0) + 0.5))))


def choose(known: Summary, models: tuple[str, ...] = CANDIDATES) -> Choice:
    """The models and the naive rules on the hold-out of a summary, the best first."""
    there = known.before.frequency >= 0
    before, after = known.before, known.after
    bought = (after.frequency - before.frequency)[there]
    trials = [_trial(PURCHASES[name], known, there, bought) for name in models]
    trials += [_naive(name, before, there, bought, float(known.held_out)) for name in NAIVE]
    # of equals the one that comes first in the list: it tells most
    ranked = sorted(trials, key=lambda one: -np.inf if one.score is None else round(one.score, _DIGITS), reverse=True)
    return Choice(trials=tuple(ranked), customers=int(there.sum()), bought=int(bought.sum()), days=known.held_out)


def _trial(
    model: Purchases, known: Summary, there: np.ndarray[tuple[int], np.dtype[np.bool_]], bought: Floats
) -> Trial:
    first, second = rows_of(known.before, there), rows_of(known.after, there)
    try:
        fitted = fit_rows(model, first)
    except FitError as error:
        return Trial(name=model.name, title=model.title, naive=False, why=str(error))
    gained = _log_likelihood(model, fitted, second) - _log_likelihood(model, fitted, first)
    before = known.before
    customers = before.frequency[there], before.recency[there], before.T[there]
    expected = fitted.expected_purchases(float(known.held_out), *customers)
    return Trial(
        name=model.name, title=model.title, naive=False, score=gained / max(len(bought), 1),
        error=float(np.abs(medians(fitted, float(known.held_out), *customers) - bought).mean()),
        mean_error=float(np.abs(expected - bought).mean()), expected=float(expected.sum()),
    )  # fmt: skip


def medians(fitted: Fitted, days: float, x: Floats, t_x: Floats, T: Floats) -> Floats:
    """The median of the purchases of each customer in so many days."""
    # who is alike has one median
    one_of, whose = alike(x, t_x, T)
    x, t_x, T = x[one_of], t_x[one_of], T[one_of]  # noqa: N806
    found, passed = np.full(len(x), float(_MOST)), np.zeros(len(x))
    left = np.arange(len(x))
    for number in range(_MOST):
        passed[left] += fitted.p_purchases(number, days, x[left], t_x[left], T[left])
        found[left[passed[left] >= 0.5]] = number
        left = left[passed[left] < 0.5]
        if not len(left):
            break
    return found[whose]


def _log_likelihood(model: Purchases, fitted: Fitted, rows: Rows) -> float:
    """The log-likelihood of rows, in the unit of their times, at parameters in that unit."""
    scaled = [fitted.params[name] / (rows.scale if name in model.times else 1.0) for name in model.parameters]
    return model.objective(rows)(np.log(scaled))[0] - rows.purchases * float(np.log(rows.scale))


def rows_of(known: Known, there: np.ndarray[tuple[int], np.dtype[np.bool_]] | slice = slice(None)) -> Rows:
    """The customers as rows."""
    return compress(known.frequency[there], known.recency[there], known.T[there])


def _naive(
    name: str, before: Known, there: np.ndarray[tuple[int], np.dtype[np.bool_]], bought: Floats, days: float
) -> Trial:
    expected = naive(name, before, days)[there]
    mixed = (1 - _EVERYBODY) * expected + _EVERYBODY * max(expected.mean() if len(expected) else 0.0, 1e-9)
    score = float((bought * np.log(mixed / days) - mixed).mean()) if len(bought) else None
    error = float(np.abs(expected - bought).mean()) if len(bought) else None
    return Trial(
        name=name, title=NAIVE[name], naive=True, score=score, expected=float(expected.sum()), error=error,
        mean_error=error,
    )  # fmt: skip


def naive(name: str, known: Known, days: float) -> Floats:
    """What a naive rule expects of each customer in so many days after the end."""
    rules: dict[str, Callable[[], Floats]] = {
        "last_period": lambda: known.lately,
        "mean_rate": lambda: known.frequency * days / np.maximum(known.T, 1.0),
    }
    return rules[name]()
