"""A model fitted to customers by maximum likelihood: which data suffice, the search, and the standard errors."""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from tenure.errors import FitError, UsageError
from tenure.predict.compress import Rows, any_numbers, checked, compress, numbers
from tenure.predict.contract import Contract
from tenure.predict.covariates import Design, design, grouped
from tenure.predict.fitted import Fitted, Likelihood
from tenure.predict.gamma_gamma import GammaGamma
from tenure.predict.optimise import Optimum, maximise
from tenure.predict.registry import CONTRACTS, PURCHASES, Purchases, named
from tenure.predict.special import Floats

Truths: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]"

LEAST = 10
# the search begins on so many rows
_PART = 4000
_LEAST_PART = 200
# an error of a logarithm above this says that the data hardly bound the parameter
_WIDE = 2.0
_FLAT, _INVOLVED = 1e-8, 1e-4
_RELATED = 0.25
_IMMORTAL = (
    "BG/NBD has the {once:,.0f} who bought once alive for certain, by assumption: of them P(alive) is not told, and "
    "what they will buy may be too much."
)


def fit(
    model: str, frequency: object, recency: object = None, T: object = None, weights: object = None,
    *, monetary_value: object = None, covariates: Mapping[str, object] | None = None,
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
    x, t_x, long, counted, kept = columns(chosen, frequency, recency, T, weights)
    if covariates is None:
        return fit_rows(chosen, compress(x, t_x, long, counted, scaled=not chosen.discrete))
    if not chosen.scaled:
        able = ", ".join(name for name, one in PURCHASES.items() if one.scaled)
        raise UsageError(f"{chosen.title} takes no covariates.", hint=f"Those that do are {able}; or fit a group each.")
    if kept is not None:
        covariates = {name: np.broadcast_to(np.asarray(one), kept.shape)[kept] for name, one in covariates.items()}
    return _fit_covariates(chosen, x, t_x, long, counted, covariates)


def columns(
    model: Purchases, frequency: object, recency: object, T: object, weights: object
) -> tuple[Floats, Floats, Floats, Floats | None, Truths | None]:
    """The checked columns of who stands for somebody, and which rows these are (None: all)."""
    if T is None or (recency is None and model.name not in CONTRACTS):
        needed = "frequency and T" if model.name in CONTRACTS else "frequency, recency and T"
        raise UsageError(f"{model.name} is fitted to {needed}.", hint="Give one row a customer.")
    x, t_x, long, counted = checked(
        frequency, frequency if recency is None else recency, T, weights, discrete=model.discrete
    )
    if counted is None:
        return x, t_x, long, None, None
    # who stands for nobody has no say, not even in the unit of time
    kept = counted > 0
    return x[kept], t_x[kept], long[kept], counted[kept], kept


def fit_rows(model: Purchases, rows: Rows, *, start: Floats | None = None) -> Fitted:
    """The model fitted to rows, by default from several starts; `start` are logarithms of scaled parameters.

    Raises FitError where they do not suffice, or nothing is found.
    """
    suffices(model, rows)
    whole = model.objective(rows)
    thinned = rows.thinned(_PART)
    part = whole if thinned is rows else model.objective(thinned)
    found = maximise(part, whole, model.starts(rows) if start is None else [start])
    return fitted_at(model, found, Likelihood(groups=(rows,), profiles=None, at=found.at), None)


def fit_again(fitted: Fitted, data: Likelihood) -> Fitted:
    """The same model, fitted to other data that look alike, from where the search ended before."""
    model = named(fitted.model)
    if isinstance(model, GammaGamma):
        raise UsageError("gamma_gamma is not fitted to rows.", hint="Fit it to columns.")
    if fitted.design is None or data.profiles is None:
        return fit_rows(model, data.groups[0], start=data.at)
    objective = grouped(model, [model.objective(rows) for rows in data.groups], fitted.design, data.profiles)
    found = maximise(objective, objective, [data.at])
    return fitted_at(model, found, replace(data, at=found.at), fitted.design)


def _fit_covariates(
    model: Purchases, x: Floats, t_x: Floats, T: Floats, weights: Floats | None, covariates: Mapping[str, object]
) -> Fitted:
    made, profiles, of = design(covariates, len(x))
    everybody = compress(x, t_x, T, weights)
    suffices(model, everybody)
    order = np.argsort(of, kind="stable")
    ends = np.cumsum(np.bincount(of, minlength=len(profiles)))[:-1]
    rows = tuple(
        compress(x[own], t_x[own], T[own], None if weights is None else weights[own], scale=everybody.scale)
        for own in np.split(order, ends)
    )
    whole = grouped(model, [model.objective(one) for one in rows], made, profiles)
    thinned = [one.thinned(max(_PART // len(rows), _LEAST_PART)) for one in rows]
    part = grouped(model, [model.objective(one) for one in thinned], made, profiles)
    # without effects first: they are added to what holds for all
    alike = model.objective(everybody.thinned(_PART))
    start = maximise(alike, alike, model.starts(everybody)).at
    found = maximise(part, whole, [np.append(start, np.zeros(len(model.scaled) * profiles.shape[1]))])
    return fitted_at(model, found, Likelihood(groups=rows, profiles=profiles, at=found.at), made)


def fitted_at(model: Purchases, found: Optimum, data: Likelihood, made: Design | None) -> Fitted:
    """What was found, in the units of the data."""
    scale, count = data.groups[0].scale, len(model.parameters)
    value = found.value
    if not model.discrete:
        value -= sum(rows.purchases for rows in data.groups) * float(np.log(scale))
    to_data = np.eye(count) if made is None else made.unscaled(model)
    shift = np.zeros(len(to_data))
    shift[:count] = [np.log(scale) if name in model.times else 0.0 for name in model.parameters]
    names = () if made is None else made.names(model)
    fitted = _fitted(
        model.name, model.parameters, names, found, to_data, shift, value, sum(rows.customers for rows in data.groups)
    )
    notes = fitted.notes
    if model.name == "bg_nbd":
        once = sum(float(rows.weights[: rows.never].sum()) for rows in data.groups)
        notes = (*notes, _IMMORTAL.format(once=once)) if once else notes
    return replace(fitted, data=data, design=made, notes=notes)


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


def fit_terms(model: Contract, made: Floats, due: Floats, kept: Floats, lost: Floats) -> Fitted:
    """A model of contracts fitted to terms that came due, rows of customers who had made as many renewals before.

    Of `kept` customers all that were `due` were made, of `lost` not all. Raises FitError where they do not suffice.
    """
    customers, gone = float((kept + lost).sum()), float(lost.sum())
    if customers < LEAST or gone < 1 or len(np.unique(made)) < 2:
        raise FitError(
            f"{customers:,.0f} terms that came due, {gone:,.0f} of them not renewed, after "
            f"{len(np.unique(made)):,} different numbers of renewals, are too few to fit {model.title}.",
            hint=f"It takes {LEAST}, one that was not renewed, and 2 numbers; wait for more renewals.",
        )
    stayed, left = kept > 0, lost > 0
    objective = model.objective_of_terms((made[stayed], due[stayed], kept[stayed]), (made[left], due[left], lost[left]))
    found = maximise(objective, objective, model.starts_at(gone / float((kept + lost) @ due)))
    size = len(model.parameters)
    return _fitted(model.name, model.parameters, (), found, np.eye(size), np.zeros(size), found.value, customers)


def _fit_value(model: GammaGamma, frequency: object, monetary_value: object, weights: object) -> Fitted:
    x, mean = np.broadcast_arrays(numbers(frequency, "frequency"), any_numbers(monetary_value, "monetary_value"))
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
    customers = float(counted.sum())
    fitted = _fitted(
        model.name, model.parameters, (), found, np.eye(3), np.array([0.0, 0.0, np.log(unit)]),
        found.value - customers * np.log(unit), customers,
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
    if (related := correlation(x, mean, counted)) is not None and abs(related) > _RELATED:
        notes.append(
            f"The value of purchases and how often customers buy go together (correlation {related:.2f}); "
            "the model takes them as independent."
        )
    return replace(fitted, notes=tuple(notes))


def correlation(x: Floats, mean: Floats, weights: Floats) -> float | None:
    """The correlation of two columns; None where one of them is the same everywhere."""
    if not len(x):
        return None
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
    name: str, parameters: tuple[str, ...], effects: tuple[str, ...], found: Optimum, to_data: Floats, shift: Floats,
    value: float, customers: float,
) -> Fitted:  # fmt: skip
    """What was found, taken to the data by a matrix and a shift of the logarithms and effects."""
    at = to_data @ found.at + shift
    free = np.array([place not in found.loose for place in range(len(at))])
    searched, bound = _covariance(found.curvature, free)
    covariance = to_data @ searched @ to_data.T
    names, count = (*parameters, *effects), len(parameters)
    values = np.concatenate([np.exp(at[:count]), at[count:]])
    steepness = np.concatenate([values[:count], np.ones(len(effects))])
    errors = np.where(bound, steepness * np.sqrt(np.diag(covariance)), np.nan)
    # in the units of the search, which are nobody's
    wide = [names[place] for place in np.flatnonzero(~bound | (np.sqrt(np.diag(searched)) > _WIDE))]
    notes = []
    if wide:
        notes.append(
            f"The data hardly bound {', '.join(wide)}: customers are more alike than the model allows for, or too few. "
            "What it expects may be good; these parameters say nothing."
        )
    return Fitted(
        model=name, params=MappingProxyType(dict(zip(names, map(float, values), strict=True))),
        standard_errors=MappingProxyType(dict(zip(names, map(float, errors), strict=True))),
        log_likelihood=float(value), customers=customers, notes=tuple(notes), covariance=covariance,
    )  # fmt: skip
