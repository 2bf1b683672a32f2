"""Customer lifetime value: purchases, discounted, times what a purchase brings.

P. S. Fader, B. G. S. Hardie and K. L. Lee, RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of
Marketing Research 42 (2005), 415-430: what a customer will bring is the margin times the expected value of a purchase
times DERT, as long as the value of purchases and their number are independent.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import any_numbers
from tenure.predict.customers import Customers
from tenure.predict.fitted import Fitted
from tenure.predict.gamma_gamma import GAMMA_GAMMA
from tenure.predict.intervals import Subject
from tenure.predict.special import Floats
from tenure.predict.spending import Amount, GammaAmount

YEAR = 365.25


def discount(yearly: float, year: float = YEAR) -> float:
    """The continuous rate by the unit of time; see `tenure.predict.discount`."""
    if not (yearly > -1 and np.isfinite(yearly) and year > 0):
        raise UsageError(
            f"{yearly} is no rate of a year.", hint="0.15 is 15 % a year; `year` is its length, such as 52."
        )
    return float(np.log1p(yearly) / year)


def future(
    purchases: Fitted, value: object, frequency: object, recency: object, T: object, *, monetary_value: object,
    rate: float, margin: float, horizon: float, covariates: Mapping[str, object] | None,
) -> Subject:  # fmt: skip
    """The customers and what they will bring, as `tenure.predict.clv` has it; a new one brings a purchase at once."""
    ahead = purchases.horizon(horizon, rate)
    if ahead.size != 1:
        raise UsageError("Lifetime values are of one horizon.", hint="Ask for each horizon by itself.")
    if not np.isfinite(margin):
        raise UsageError(
            f"{margin} is no margin.", hint="Give the share of a purchase's value that is kept, such as 0.3."
        )
    customers = purchases.who(frequency, recency, T, covariates, new=1)
    spending: Amount | GammaAmount
    if isinstance(value, Fitted):
        spending = _modelled(value, customers, margin, monetary_value)
    else:
        spending = _fixed(value, customers, margin)
    made = purchases.subject(customers, float(ahead[0]), rate)
    return replace(made, at_once=float(frequency is None), spending=spending)


def expected(made: Subject) -> Floats:
    """What each is expected to bring; NaN where the mean value of purchases does not exist."""
    found = made.expected(made.best)
    return np.where(np.isfinite(found), found, np.nan)


def _fixed(value: object, customers: Customers, margin: float) -> Amount:
    amount = any_numbers(value, "value", "Give a number, or one each.")
    if not np.all(np.isfinite(amount)):
        raise UsageError("The value of a purchase is missing or infinite.", hint="Give a number, or one each.")
    return Amount(amount=np.broadcast_to(margin * amount, customers.x.shape))


def _modelled(value: Fitted, customers: Customers, margin: float, monetary_value: object) -> GammaAmount:
    if value.model != GAMMA_GAMMA.name:
        raise UsageError(f"{value.model} says nothing of values.", hint="Give a fitted gamma_gamma, or an amount.")
    if monetary_value is None and np.any(customers.x > 0):
        raise UsageError(
            "What customers spent is not known.",
            hint="Give the mean value of each customer's repeat purchases as monetary_value.",
        )
    mean = np.zeros(1) if monetary_value is None else np.asarray(monetary_value, dtype=np.float64)
    mean = np.broadcast_to(mean, customers.x.shape)
    # purchases worth nothing or less say nothing of the next: everybody's mean is taken
    known = (customers.x > 0) & np.isfinite(mean) & (mean > 0)
    return GammaAmount(
        margin=margin, at=value.at, covariance=value.covariance, x=np.where(known, customers.x, 0.0),
        mean=np.where(known, mean, 0.0),
    )  # fmt: skip
