"""Fits of cohorts, drawn towards the fit of the whole.

A cohort's parameters are, in logarithms, normal around those of everybody, with a variance for each parameter that is
estimated from all cohorts: empirical Bayes (B. Efron and C. Morris, Data Analysis Using Stein's Estimator and its
Generalizations, Journal of the American Statistical Association 70 (1975), 311-319), with the likelihood of each cohort
taken as normal around its maximum and the variance by the fixed point of D. J. C. MacKay, Bayesian Interpolation,
Neural Computation 4 (1992), 415-447: the squared distances from the whole over how many of them the data determine.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import Rows, compress
from tenure.predict.fitted import Fitted, Likelihood
from tenure.predict.fitting import columns, fit_rows, fitted_at
from tenure.predict.gamma_gamma import GammaGamma
from tenure.predict.model import Purchases
from tenure.predict.optimise import Objective, Optimum, climbed, second
from tenure.predict.registry import named
from tenure.predict.special import Floats

# variances of logarithms between cohorts are looked for between these
_LEAST, _MOST = 1e-6, 4.0
_ROUNDS, _CLOSE = 50, 0.02


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cohorts:
    """The fit of everybody (`whole`) and of each cohort by its name, in the order of the names.

    `spread` is the standard deviation between cohorts of the logarithm of each parameter. `own` is how much of what may
    differ between cohorts a cohort's customers determine: 0 where nothing, 1 where its parameters are its own.
    """

    whole: Fitted
    cohorts: Mapping[str, Fitted]
    spread: Mapping[str, float]
    own: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cohort:
    """Where the search for a cohort's parameters stands: their logarithms, and the curvature without the prior."""

    rows: Rows
    objective: Objective
    at: Floats
    curvature: Floats

    def drawn(self, centre: Floats, variance: Floats) -> _Cohort:
        """The same at the maximum with a normal prior."""

        def with_prior(at: Floats) -> tuple[float, Floats]:
            value, gradient = self.objective(at)
            off = (at - centre) / variance
            return value - 0.5 * float(off @ (at - centre)), gradient - off

        prior = np.diag(1 / variance)
        at, _, curvature = climbed(with_prior, self.at, self.curvature + prior)
        return _Cohort(rows=self.rows, objective=self.objective, at=at, curvature=curvature - prior)

    def error(self, variance: Floats) -> Floats:
        """The covariance of the logarithms, given that variance between cohorts."""
        return np.asarray(np.linalg.inv(self.curvature + np.diag(1 / variance)))


def fit_cohorts(
    model: str, cohort: object, frequency: object, recency: object = None, T: object = None, weights: object = None,
) -> Cohorts:  # fmt: skip
    """The fits; see `tenure.predict.fit_cohorts`."""
    chosen = named(model)
    if isinstance(chosen, GammaGamma):
        raise UsageError("gamma_gamma is not fitted by cohorts.", hint="Fit a model of purchases by cohorts.")
    x, t_x, long, counted, kept = columns(chosen, frequency, recency, T, weights)
    names = np.atleast_1d(np.asarray(cohort))
    names = names if kept is None or names.shape != kept.shape else names[kept]
    if names.shape != x.shape:
        raise UsageError(f"There are {len(names):,} cohorts for {len(x):,} rows.", hint="Name the cohort of each row.")
    everybody = compress(x, t_x, long, counted, scaled=not chosen.discrete)
    whole = fit_rows(chosen, everybody)
    assert whole.data is not None
    labels, of = np.unique(names, return_inverse=True)
    centre = whole.data.at
    found = []
    for own in np.split(np.argsort(of.reshape(-1), kind="stable"), np.cumsum(np.bincount(of.reshape(-1)))[:-1]):
        weight = None if counted is None else counted[own]
        rows = compress(x[own], t_x[own], long[own], weight, scaled=not chosen.discrete, scale=everybody.scale)
        objective = chosen.objective(rows)
        found.append(_Cohort(rows=rows, objective=objective, at=centre, curvature=second(objective, centre)))
    found, variance = _shrunk(found, centre)
    spread = dict(zip(chosen.parameters, map(float, np.sqrt(variance)), strict=True))
    fits = {str(label): _told(chosen, one, variance) for label, one in zip(labels, found, strict=True)}
    own_share = {
        str(label): float(np.clip(1 - np.trace(one.error(variance)) / variance.sum(), 0, 1))
        for label, one in zip(labels, found, strict=True)
    }
    return Cohorts(
        whole=whole, cohorts=MappingProxyType(fits), spread=MappingProxyType(spread), own=MappingProxyType(own_share)
    )  # fmt: skip


def _shrunk(cohorts: list[_Cohort], centre: Floats) -> tuple[list[_Cohort], Floats]:
    """The cohorts at their maxima, with the variance between them that these bear out."""
    variance = np.full(len(centre), 0.25)
    for _ in range(_ROUNDS):
        cohorts = [one.drawn(centre, variance) for one in cohorts]
        apart = np.sum([(one.at - centre) ** 2 for one in cohorts], axis=0)
        determined = np.sum([1 - np.diag(one.error(variance)) / variance for one in cohorts], axis=0)
        new = np.clip(apart / np.maximum(determined, 1e-9), _LEAST, _MOST)
        moved = float(np.max(np.abs(np.log(new / variance)) * (np.maximum(new, variance) > 10 * _LEAST)))
        variance = new
        if moved < _CLOSE:
            break
    return [one.drawn(centre, variance) for one in cohorts], variance


def _told(model: Purchases, cohort: _Cohort, variance: Floats) -> Fitted:
    curvature = cohort.curvature + np.diag(1 / variance)
    found = Optimum(at=cohort.at, value=cohort.objective(cohort.at)[0], curvature=curvature, loose=())
    return fitted_at(model, found, Likelihood(groups=(cohort.rows,), profiles=None, at=cohort.at), None)
