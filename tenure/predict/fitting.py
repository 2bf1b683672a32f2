"""A model fitted to customers by maximum likelihood: which data suffice, the search, and the standard errors."""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from tenure.errors import FitError, UsageError
from tenure.predict.compress import Rows, checked, compress, numbers
from tenure.predict.fitted import Fitted, Likelihood
from tenure.predict.gamma_gamma import GammaGamma
from tenure.predict.optimise import Optimum, maximise
from tenure.predict.registry import CONTRACTS, Purchases, named
from tenure.predict.special import Floats

Truths: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]"

LEAST = 10
# the search begins on so many rows
_PART = 4000
# an error of a logarithm above this says that the data hardly bound the parameter
_WIDE = 2.0
_FLAT, _INVOLVED = 1e-8, 1e-4
_RELATED = 0.25


def fit(
    model: str, frequency: object, recency: object = None, T: object = None, weights: object = None,
    *, monetary_value: object = None,
) -> Fitted:  # fmt: skip
    """The model fitted; see `tenure.predict.fit`."""
    chosen = named(model)
    if isinstance(chosen, GammaGamma):
        if monetary_value is None:
            raise UsageError(
                "gamma_gamma is fitted to what purchases are worth.",
                hint="Give the mean value of each customer's purchases as monetary_value.",
            )
        return _fit_value(chosen, frequency, monetary_value, weights)
    if T is None or (recency is None and chosen.name not in CONTRACTS):
        needed = "frequency and T" if chosen.name in CONTRACTS else "frequency, recency and T"
        raise UsageError(f"{chosen.name} is fitted to {needed}.", hint="Give one row a customer.")
    x, t_x, long, counted = checked(
        frequency, frequency if recency is None else recency, T, weights, discrete=chosen.discrete
    )
    if counted is not None:
        # who stands for nobody has no say, not even in the unit of time
        kept = counted > 0
        x, t_x, long, counted = x[kept], t_x[kept], long[kept], counted[kept]
    return fit_rows(chosen, compress(x, t_x, long, counted, scaled=not chosen.discrete))


def fit_rows(model: Purchases, rows: Rows, *, start: Floats | None = None) -> Fitted:
    """The model fitted to rows, by default from several starts; `start` are logarithms of scaled parameters.

    Raises FitError where they do not suffice, or nothing is found.
    """
    suffices(model, rows)
    whole = model.objective(rows)
    thinned = rows.thinned(_PART)
    part = whole if thinned is rows else model.objective(thinned)
    found = maximise(part, whole, model.starts(rows) if start is None else [start])
    log_scale = np.log(rows.scale)
    shift = np.array([log_scale if name in model.times else 0.0 for name in model.parameters])
    value = found.value - (0.0 if model.discrete else rows.purchases * log_scale)
    return _fitted(
        model.name, model.parameters, replace(found, at=found.at + shift), value, rows.customers,
        data=Likelihood(rows=rows, at=found.at),
    )  # fmt: skip


def suffices(model: Purchases, rows: Rows) -> None:
    """Nothing. Raises FitError where the rows cannot determine the model."""
    if model.name in CONTRACTS:
        x, n = rows.x.rows(), rows.T.rows()
        lost = float(rows.weights @ (x < n))
        periods = len(np.unique(np.minimum(x + 1, n)[n > 0]))
        if rows.customers < LEAST or lost < 1:
            raise FitError(
                f"{rows.customers:,.0f} customers, {lost:,.0f} of them lost, are too few to fit {model.title}.",
                hint=f"It takes {LEAST} customers and somebody who was lost; wait for more renewals.",
            )
        if periods < len(model.parameters):
            raise FitError(
                f"{model.title} has {len(model.parameters)} parameters, and the renewals go over {periods} "
                f"{'period' if periods == 1 else 'periods'}.",
                hint="Wait for more renewals, or join cohorts that began earlier.",
            )
        return
    if rows.repeated < 1:
        raise FitError(
            "Nobody has bought again, so nothing is known of how often customers do.",
            hint="Take a longer window, or wait for second purchases.",
        )
    if rows.repeated < LEAST:
        raise FitError(
            f"{rows.repeated:,.0f} of {rows.customers:,.0f} customers bought again; {model.title} takes {LEAST}.",
            hint="Take a longer window, join cohorts, or wait for second purchases.",
        )


def _fit_value(model: GammaGamma, frequency: object, monetary_value: object, weights: object) -> Fitted:
    x = numbers(frequency, "frequency")
    try:
        mean = np.asarray(monetary_value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError("monetary_value has what is not a number.", hint="Give numbers, one a customer.") from error
    x, mean = np.broadcast_arrays(x, mean)
    counted = np.ones(x.shape) if weights is None else np.broadcast_to(numbers(weights, "weights"), x.shape)
    used = (x > 0) & np.isfinite(mean) & (mean > 0) & (counted > 0)
    left_out = float(counted[(x > 0) & ~used].sum())
    x, mean, counted = x[used], mean[used], counted[used]
    if counted.sum() < LEAST or len(np.unique(mean)) < LEAST:
        raise FitError(
            f"{counted.sum():,.0f} customers with a value above 0 are too few to fit {model.title}.",
            hint=f"It takes {LEAST} who bought, with different values.",
        )
    unit = float(np.median(mean))
    objective = model.objective(x, mean / unit, counted)
    found = maximise(objective, objective, model.starts())
    shift = np.array([0.0, 0.0, np.log(unit)])
    fitted = _fitted(
        model.name, model.parameters, replace(found, at=found.at + shift),
        found.value - float(counted.sum()) * np.log(unit), float(counted.sum()),
        data=None,
    )  # fmt: skip
    notes = list(fitted.notes)
    if left_out:
        whose = (
            "customer whose purchases are worth nothing or less was"
            if left_out == 1
            else ("customers whose purchases are worth nothing or less were")
        )
        notes.append(f"{left_out:,.0f} {whose} left out.")
    if fitted.params["q"] <= 1:
        notes.append("q is not above 1: the mean value of a new customer's purchases does not exist.")
    if (related := _correlation(x, mean, counted)) is not None and abs(related) > _RELATED:
        notes.append(
            f"The value of purchases and how often customers buy go together (correlation {related:.2f}); "
            "the model takes them as independent."
        )
    return replace(fitted, notes=tuple(notes))


def _correlation(x: Floats, mean: Floats, weights: Floats) -> float | None:
    first, second = (one - np.average(one, weights=weights) for one in (x, mean))
    size = np.sqrt((weights @ first**2) * (weights @ second**2))
    return float(weights @ (first * second) / size) if size > 0 else None


def _covariance(curvature: Floats, free: Truths) -> tuple[Floats, Truths]:
    """The covariance of the logarithms of the parameters, and which of them the data bound.

    A direction without curvature says nothing, and takes what says something with it only where both are in it.
    """
    covariance, bound = np.zeros_like(curvature), free.copy()
    inner = curvature[np.ix_(free, free)]
    if len(inner):
        values, vectors = np.linalg.eigh(inner)
        curved = values > _FLAT * max(float(values[-1]), 1e-300)
        good = vectors[:, curved]
        covariance[np.ix_(free, free)] = (good / values[curved]) @ good.T
        bound[free] = (vectors[:, ~curved] ** 2).sum(axis=1) < _INVOLVED
    return covariance, bound


def _fitted(
    name: str, parameters: tuple[str, ...], found: Optimum, value: float, customers: float, *, data: Likelihood | None
) -> Fitted:
    params = np.exp(found.at)
    free = np.array([place not in found.loose for place in range(len(params))])
    covariance, bound = _covariance(found.curvature, free)
    logs = np.sqrt(np.diag(covariance))
    errors = np.where(bound, params * logs, np.nan)
    wide = [parameters[place] for place in np.flatnonzero(~bound | (logs > _WIDE))]
    notes = []
    if wide:
        notes.append(
            f"The data hardly bound {', '.join(wide)}: customers are more alike than the model allows for, or too few. "
            "What it expects may be good; these parameters say nothing."
        )
    return Fitted(
        model=name, params=MappingProxyType(dict(zip(parameters, map(float, params), strict=True))),
        standard_errors=MappingProxyType(dict(zip(parameters, map(float, errors), strict=True))),
        log_likelihood=float(value), customers=customers, notes=tuple(notes), covariance=covariance, data=data,
    )  # fmt: skip
