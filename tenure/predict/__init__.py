"""What customers will do: models of purchases, of what they are worth, and of contracts, usable without a workspace.

    from tenure import predict

    fitted = predict.fit("pareto_nbd", frequency, recency, T)     # one row a customer
    fitted.params, fitted.standard_errors
    fitted.p_alive(frequency, recency, T)
    fitted.expected_purchases(52, frequency, recency, T)
    fitted.interval(52, frequency, recency, T)

`frequency` counts purchases after the first, `recency` is the time from the first to the last of them, `T` that from
the first to the end of what is known. Their unit is free: results do not depend on it.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure.predict.fitted import Fitted
    from tenure.predict.special import Floats

__all__ = ["fit", "given", "renewals"]


def fit(
    model: str, frequency: object, recency: object = None, T: object = None, weights: object = None,
    *, monetary_value: object = None,
) -> Fitted:  # fmt: skip
    """The model, fitted by maximum likelihood to one row a customer, or to rows that stand for `weights` customers.

    bg_nbd, mbg_nbd, pareto_nbd and bg_bb take frequency, recency and T (bg_bb: in whole occasions); sbg and bdw take
    the renewals that were made as frequency and those that could have been as T; gamma_gamma takes frequency and the
    mean `monetary_value` of as many purchases. Raises UsageError for data that cannot be, FitError for such as do not
    suffice.
    """
    from tenure.predict.fitting import fit as fitted

    return fitted(model, frequency, recency, T, weights, monetary_value=monetary_value)


def given(model: str, params: Mapping[str, float]) -> Fitted:
    """The model with parameters from elsewhere, without errors: for published ones. Raises UsageError for others."""
    from tenure.predict.fitted import given as with_params

    return with_params(model, params)


def renewals(customers: object) -> tuple[Floats, Floats, Floats]:
    """Frequency, T and weights of a cohort of contracts, from how many customers it had and had after each renewal.

    (1000, 631, 468) are 1,000 customers of whom 631 renewed once and 468 twice; sbg and bdw are fitted to that.
    """
    from tenure.predict.cohort import renewals as rows

    return rows(customers)
