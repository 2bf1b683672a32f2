"""What customers will do: models of purchases, of what they are worth, and of contracts, usable without a workspace.

    from tenure import predict

    fitted = predict.fit("pareto_nbd", frequency, recency, T)     # one row a customer
    fitted.params, fitted.standard_errors
    fitted.p_alive(frequency, recency, T)
    fitted.expected_purchases(52, frequency, recency, T)
    fitted.interval(52, frequency, recency, T)

    spend = predict.fit("gamma_gamma", frequency, monetary_value=mean)
    predict.clv(fitted, spend, frequency, recency, T, monetary_value=mean, discount=predict.discount(0.15, 52))

`frequency` counts purchases after the first, `recency` is the time from the first to the last of them, `T` that from
the first to the end of what is known. Their unit is free: results do not depend on it.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tenure.predict.cohorts import Cohorts
    from tenure.predict.fitted import Fitted
    from tenure.predict.hazard import Cox
    from tenure.predict.intervals import Interval, Layer
    from tenure.predict.special import Floats

__all__ = ["clv", "clv_interval", "cox", "discount", "fit", "fit_cohorts", "given", "renewals"]


def fit(
    model: str, frequency: object, recency: object = None, T: object = None, weights: object = None,
    *, monetary_value: object = None, covariates: Mapping[str, object] | None = None,
) -> Fitted:  # fmt: skip
    """The model, fitted by maximum likelihood to one row a customer, or to rows that stand for `weights` customers.

    bg_nbd, mbg_nbd, pareto_nbd and bg_bb take frequency, recency and T (bg_bb: in whole occasions); sbg and bdw take
    the renewals that were made as frequency and those that could have been as T; gamma_gamma takes frequency and the
    mean `monetary_value` of as many purchases. bg_nbd, mbg_nbd and pareto_nbd also take `covariates`: columns by name,
    of numbers or of names, that are known of a customer from the first day and do not change. Raises UsageError for
    data that cannot be, FitError for such as do not suffice.
    """
    from tenure.predict.fitting import fit as fitted

    return fitted(model, frequency, recency, T, weights, monetary_value=monetary_value, covariates=covariates)


def given(model: str, params: Mapping[str, float]) -> Fitted:
    """The model with parameters from elsewhere, without errors: for published ones. Raises UsageError for others."""
    from tenure.predict.fitted import given as with_params

    return with_params(model, params)


def fit_cohorts(
    model: str, cohort: object, frequency: object, recency: object = None, T: object = None, weights: object = None,
) -> Cohorts:  # fmt: skip
    """The model fitted to everybody, and to each cohort with parameters drawn towards those of everybody.

    `cohort` has a name for each row, such as the month of the first purchase. How far cohorts may be from the whole is
    estimated from all of them: a large one keeps its own parameters, one of a few customers nearly has everybody's.
    """
    from tenure.predict.cohorts import fit_cohorts as fitted

    return fitted(model, cohort, frequency, recency, T, weights)


def renewals(customers: object) -> tuple[Floats, Floats, Floats]:
    """Frequency, T and weights of a cohort of contracts, from how many customers it had and had after each renewal.

    (1000, 631, 468) are 1,000 customers of whom 631 renewed once and 468 twice; sbg and bdw are fitted to that.
    """
    from tenure.predict.contract import renewals as rows

    return rows(customers)


def cox(duration: object, ended: object, covariates: Mapping[str, object], *, entry: object = None) -> Cox:
    """Cox's proportional hazards: how much sooner or later contracts end with covariates, one row a contract.

    `duration` is how long each was seen, `ended` whether that was its end, `entry` from when on it was seen (0 where it
    was from the beginning). Raises UsageError for data that cannot be, FitError where the effects have no maximum.
    """
    from tenure.predict.hazard import fit as fitted

    return fitted(duration, ended, covariates, entry=entry)


def discount(yearly: float, year: float = 365.25) -> float:
    """The continuous rate of discount by the unit of time, from the rate of a year and its length in that unit.

    discount(0.15, 52) is what 15 % a year are in weeks, discount(0.1, 1) what 10 % a period are.
    """
    from tenure.predict.worth import discount as continuous

    return continuous(yearly, year)


def clv(
    purchases: Fitted, value: object, frequency: object = None, recency: object = None, T: object = None,
    *, monetary_value: object = None, discount: float, margin: float = 1.0, horizon: float = float("inf"),
    covariates: Mapping[str, object] | None = None,
) -> Floats:  # fmt: skip
    """What each customer will bring from now on, discounted: the residual lifetime value.

    `value` is a fitted gamma_gamma, with the mean `monetary_value` of each customer's repeat purchases, or what a
    purchase (of contracts: a renewal) is worth: a number, or one each. `margin` is the share of it that is kept,
    `discount` a continuous rate by the unit of time. Without customers: what a new one brings, the first purchase among
    it. NaN where the mean value of purchases does not exist.
    """
    from tenure.predict.worth import expected, future

    return expected(
        future(
            purchases, value, frequency, recency, T, monetary_value=monetary_value, rate=discount, margin=margin,
            horizon=horizon, covariates=covariates,
        )
    )  # fmt: skip


def clv_interval(
    purchases: Fitted, value: object, frequency: object = None, recency: object = None, T: object = None,
    weights: object = None, *, monetary_value: object = None, discount: float, margin: float = 1.0,
    horizon: float = float("inf"), covariates: Mapping[str, object] | None = None,
    of: Literal["total", "each"] = "total", layers: tuple[Layer, ...] = ("parameter", "process"),
    model_error: float | None = None, level: float = 0.95, draws: int = 500, seed: int = 1,
) -> Interval:  # fmt: skip
    """Between what it will be, of all these customers together or of each; layers are as in `Fitted.interval`.

    Parameters of both models are drawn, customers' purchases and what each of these is worth are simulated.
    """
    from tenure.predict.intervals import Counted, interval
    from tenure.predict.worth import future

    counted = Counted(layers=layers, model_error=model_error, level=level, draws=draws, seed=seed)
    return interval(
        future(
            purchases, value, frequency, recency, T, monetary_value=monetary_value, rate=discount, margin=margin,
            horizon=horizon, covariates=covariates,
        ),
        counted, of=of, weights=weights,
    )  # fmt: skip
