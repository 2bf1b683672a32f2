"""A cohort of contracts as rows of customers."""

from __future__ import annotations

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import numbers
from tenure.predict.special import Floats


def renewals(customers: object) -> tuple[Floats, Floats, Floats]:
    """Frequency, T and weights; see `tenure.predict.renewals`."""
    left = numbers(customers, "customers")
    if len(left) < 2 or np.any(np.diff(left) > 0):
        raise UsageError(
            "A cohort has a number at first and one after each renewal, and none is greater than the one before.",
            hint="Give (1000, 631, 468) for 1,000 customers of whom 631 renewed once and 468 twice.",
        )
    could = len(left) - 1
    return np.arange(could + 1.0), np.full(could + 1, float(could)), np.append(-np.diff(left), left[-1])
