"""What a purchase of each customer is worth: by Gamma-Gamma or by a plain mean, whichever told the hold-out better.

The mean value of what each bought in the hold-out is held against three rules that know what came before: Gamma-Gamma,
everybody's own mean (of who bought once: that of all), and the mean of all. Each gives an expected value m, so they
are judged by a score that the true expectation makes smallest, whatever the currency: the deviance of the gamma
distribution, the mean over purchases of 2 (y/m - 1 - ln(y/m)) (P. McCullagh and J. A. Nelder, Generalized Linear
Models, 1989). Who returned as much as they bought says nothing here and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.errors import FitError
from tenure.predict.card import ValueBand
from tenure.predict.chances import Gate
from tenure.predict.fitted import Fitted
from tenure.predict.fitting import LEAST, correlation, fit
from tenure.predict.gamma_gamma import GAMMA_GAMMA
from tenure.predict.special import Floats
from tenure.predict.summary import Known, Summary

MODEL, OWN, ALL = GAMMA_GAMMA.name, "own_mean", "mean_of_all"
FEW = f"Fewer than {LEAST} customers who were known before bought in the hold-out."
TITLES = {MODEL: GAMMA_GAMMA.title, OWN: "everybody's own mean", ALL: "the mean of all"}
_BANDS, _DIGITS, _DRAWS = 10, 4, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedValue:
    """How a rule told the hold-out: the deviance (the smaller the better), the mean absolute error of the value of a
    purchase, and what all purchases together should have brought. `why` says why there is none.
    """

    name: str
    title: str
    naive: bool
    deviance: float | None = None
    error: float | None = None
    expected: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spend:
    """What a purchase of each customer is worth, in the order of `known`, with what speaks for it.

    `trials` are the rules, the best first, on `purchases` of `customers` in the hold-out, which brought `came`.
    `fitted` is Gamma-Gamma on all the data, None where it could not be fitted. `used` is None, and so is `value`, where
    there is too little to tell; `why` says of what. `related` is the correlation of value and frequency.
    """

    known: Summary
    trials: tuple[TriedValue, ...]
    used: TriedValue | None
    customers: int
    purchases: int
    came: float
    gates: tuple[Gate, ...]
    bands: tuple[ValueBand, ...]
    fitted: Fitted | None
    related: float | None
    value: Floats | None
    why: str = ""

    @property
    def source(self) -> Fitted | Floats | None:
        """What values come from, as `clv` takes it: the model where it is used, else the value of each."""
        return self.fitted if self.used is not None and self.used.name == MODEL else self.value

    def limits(self, level: float, seed: int = 1) -> tuple[Floats | None, Floats | None]:
        """Low and high of the value of each, by how uncertain the parameters are; a mean has none."""
        if self.fitted is None or self.source is not self.fitted or self.fitted.covariance is None:
            return None, None
        seen = _seen(self.known.after)
        found = self.fitted.limits(lambda one: one.expected_value(*seen), level=level, draws=_DRAWS, seed=seed)
        return found.low, found.high


def spend(known: Summary) -> Spend:
    """What purchases are worth, by the rule that did best on the hold-out of a summary.

    Where hardly anybody bought in it Gamma-Gamma is used, unjudged.
    """
    before, after = known.before, known.after
    bought = after.frequency - before.frequency
    brought = after.frequency * after.value - before.frequency * before.value
    there = (before.frequency >= 0) & (bought > 0) & (brought > 0)
    number, came = bought[there], brought[there] / bought[there]
    (fitted, why), (then, why_then) = _fit(after), _fit(before)
    told = {name: values[there] for name in TITLES if (values := _values(name, before, then)) is not None}
    trials = [
        _tried(name, told[name], number, came)
        if name in told and len(came) >= LEAST
        else TriedValue(name=name, title=title, naive=name != MODEL, why=why_then if len(came) >= LEAST else FEW)
        for name, title in TITLES.items()
    ]
    # a tie goes to the simpler rule
    trials.sort(key=lambda one: (np.inf if one.deviance is None else round(one.deviance, _DIGITS), not one.naive))
    judged = trials[0].deviance is not None
    used = next((one for one in trials if judged or one.name == MODEL), None) if fitted is not None else None
    again = (after.frequency > 0) & (after.value > 0)
    return Spend(
        known=known, trials=tuple(trials), used=used, customers=len(came), purchases=int(number.sum()),
        came=float(number @ came), fitted=fitted, why=why,
        gates=(
            Gate(title="customers who bought again, for something", there=int(again.sum()), needed=LEAST),
            Gate(title="customers known before who bought in the hold-out", there=len(came), needed=LEAST),
        ),
        bands=_bands(told[MODEL], told[OWN], number, came) if MODEL in told and len(came) >= LEAST else (),
        related=correlation(after.frequency[again], after.value[again], np.ones(int(again.sum()))),
        value=_values(used.name, after, fitted) if used is not None else None,
    )  # fmt: skip


def _fit(known: Known) -> tuple[Fitted | None, str]:
    """Gamma-Gamma at a moment, or why there is none."""
    there = known.frequency > 0
    try:
        found = fit(MODEL, known.frequency[there], monetary_value=known.value[there])
    except FitError as error:
        return None, str(error)
    if found.params["q"] <= 1:
        return None, "Values are so unequal that their mean cannot be told from these."
    return found, ""


def _values(name: str, known: Known, fitted: Fitted | None) -> Floats | None:
    """What a rule expects a purchase of each to be worth; None where it can tell nothing."""
    number, mean = _seen(known)
    if name == MODEL:
        return fitted.expected_value(number, mean) if fitted is not None else None
    if not number.any():
        return None
    of_all = float(np.average(mean, weights=number))
    return np.where(number > 0, mean, of_all) if name == OWN else np.full(len(mean), of_all)


def _seen(known: Known) -> tuple[Floats, Floats]:
    """Frequency and mean of everybody; purchases worth nothing or less say nothing of the next."""
    has = (known.frequency > 0) & (known.value > 0)
    return np.where(has, known.frequency, 0.0), np.where(has, known.value, 0.0)


def _tried(name: str, expected: Floats, number: Floats, came: Floats) -> TriedValue:
    ratio = came / expected
    return TriedValue(
        name=name, title=TITLES[name], naive=name != MODEL, expected=float(number @ expected),
        deviance=float(np.average(2 * (ratio - 1 - np.log(ratio)), weights=number)),
        error=float(np.average(np.abs(came - expected), weights=number)),
    )  # fmt: skip


def _bands(expected: Floats, own: Floats, number: Floats, came: Floats) -> tuple[ValueBand, ...]:
    """Tenths of customers by the value that was expected: what it was, their own mean before, and what came."""
    found = []
    for rows in np.array_split(np.argsort(expected, kind="stable"), min(_BANDS, len(expected))):
        wanted, naive, was = (float(np.average(one[rows], weights=number[rows])) for one in (expected, own, came))
        found.append(
            ValueBand(
                least=float(expected[rows[0]]),
                most=float(expected[rows[-1]]),
                people=len(rows),
                expected=wanted,
                naive=naive,
                came=was,
            )
        )
    return tuple(found)
