"""A fitted model: its parameters with their errors, and what it says of customers."""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import Rows, checked, numbers
from tenure.predict.contract import Contract
from tenure.predict.gamma_gamma import GammaGamma
from tenure.predict.intervals import Interval, Layer, Subject, each, total
from tenure.predict.registry import CONTRACTS, Purchases, named
from tenure.predict.special import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likelihood:
    """What a model was fitted to, and the logarithms of its scaled parameters: where a bootstrap begins."""

    rows: Rows
    at: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A fitted model. Times are in the unit of the data, values in their currency.

    `standard_errors` come from the curvature of the log-likelihood, NaN where the data do not determine a parameter.
    `log_likelihood` is a density in the unit of time (or, of values, of money), so that only fits in one unit compare.
    `covariance` is that of the logarithms of the parameters. `notes` say what is wrong with it, in sentences.
    """

    model: str
    params: Mapping[str, float]
    standard_errors: Mapping[str, float]
    log_likelihood: float
    customers: float
    notes: tuple[str, ...] = ()
    covariance: Floats | None = field(default=None, repr=False)
    data: Likelihood | None = field(default=None, repr=False)

    def p_alive(self, frequency: object, recency: object = None, T: object = None) -> Floats:
        """The chance that each customer may still buy, one number a row.

        NaN in BG/NBD for who bought once: the model has them alive for certain, by assumption and not by data.
        """
        model, (x, t_x, long) = self._customers(frequency, recency, T)
        found = np.concatenate([model.p_alive(self.params, *part) for part in _parts(x, t_x, long)])
        return np.where(x == 0, np.nan, found) if model.name == "bg_nbd" else found

    def expected_purchases(
        self, horizon: object, frequency: object = None, recency: object = None, T: object = None,
    ) -> Floats:  # fmt: skip
        """The purchases (of contracts: renewals) that each customer is expected to make in the horizon after T.

        Without customers: those of a new customer after the first purchase, one number a horizon. Horizons of bg_bb,
        sbg and bdw are whole numbers of periods.
        """
        ahead = self._horizon(horizon)
        if frequency is None:
            nobody = np.zeros_like(ahead)
            return self._purchases().expected(self.params, ahead, nobody, nobody, nobody)
        model, (x, t_x, long) = self._customers(frequency, recency, T)
        for_each = np.broadcast_to(ahead, x.shape)
        parts = _parts(for_each, x, t_x, long)
        return np.concatenate([model.expected(self.params, *part) for part in parts])

    def interval(
        self, horizon: float, frequency: object, recency: object = None, T: object = None,
        weights: object = None, *, of: Literal["total", "each"] = "total",
        layers: tuple[Layer, ...] = ("parameter", "process"), model_error: float | None = None, level: float = 0.95,
        draws: int = 500, seed: int = 1,
    ) -> Interval:  # fmt: skip
        """Between what the purchases in the horizon will be, of all these customers together or of each.

        `layers` name what is counted: how uncertain the parameters are, what chance does to customers under them, and
        `model`, the error of the model itself: `model_error` is the error of the logarithm of a hold-out's total.
        """
        model, (x, t_x, long) = self._customers(frequency, recency, T)
        ahead = self._horizon(horizon)
        if ahead.size != 1:
            raise UsageError("An interval is of one horizon.", hint="Ask for each horizon by itself.")
        if not 0 < level < 1 or draws < 2:
            raise UsageError("level lies between 0 and 1, and draws are at least 2.", hint="0.95 and 500 are usual.")
        if "parameter" in layers and self.covariance is None:
            raise UsageError(
                "How uncertain the parameters are is not known.",
                hint='Ask with layers=("process",), or fit the model to more customers.',
            )
        if ("model" in layers) != (model_error is not None):
            raise UsageError(
                'The layer "model" and model_error go together.', hint="Take the error from a hold-out, or leave both."
            )
        counted = np.ones(x.shape) if weights is None else np.broadcast_to(numbers(weights, "weights"), x.shape)
        subject = Subject(
            model=model, logs=np.log([self.params[name] for name in model.parameters]),
            covariance=self.covariance if "parameter" in layers else None, horizon=float(ahead[0]), x=x, t_x=t_x,
            T=long, weights=counted, process="process" in layers, model_error=model_error or 0.0,
        )  # fmt: skip
        made = total if of == "total" else each
        return made(subject, layers=layers, level=level, draws=draws, random=np.random.default_rng(seed))

    def expected_value(self, frequency: object = 0, monetary_value: object = 0) -> Floats:
        """The expected value of a purchase of each customer, from their mean so far; of a new one without any.

        NaN where it does not exist (q not above 1).
        """
        model = named(self.model)
        if not isinstance(model, GammaGamma):
            raise UsageError(f"{self.model} says nothing of values.", hint="Fit gamma_gamma.")
        x, mean = np.broadcast_arrays(numbers(frequency, "frequency"), np.asarray(monetary_value, dtype=np.float64))
        found = model.expected_value(self.params, x, mean)
        return np.where(self.params["p"] * x + self.params["q"] > 1, found, np.nan)

    def survival(self, renewals: object) -> Floats:
        """The share of new customers that is still there after so many renewals. Of contracts only."""
        model = named(self.model)
        if not isinstance(model, Contract):
            raise UsageError(f"{self.model} is no model of contracts.", hint="Fit sbg or bdw.")
        return model.survival(self.params, numbers(renewals, "renewals"))

    def bootstrap(self, times: int = 100, *, seed: int = 1) -> Mapping[str, float]:
        """Standard errors from fits to customers drawn anew, with replacement; parameters by name.

        The sample is drawn by its compressed rows, so it costs a fit each and no copy of the data.
        """
        from tenure.predict.fitting import fit_rows

        if self.data is None:
            raise UsageError(
                "There are no customers to draw from.", hint="A bootstrap needs a model of purchases fitted."
            )
        random, rows = np.random.default_rng(seed), self.data.rows
        chances = rows.weights / rows.customers
        drawn = []
        for _ in range(times):
            weights = random.multinomial(round(rows.customers), chances).astype(np.float64)
            again = fit_rows(self._purchases(), rows.reweighted(weights), start=self.data.at)
            drawn.append([again.params[name] for name in self.params])
        return MappingProxyType(dict(zip(self.params, map(float, np.std(drawn, axis=0, ddof=1)), strict=True)))

    def _purchases(self) -> Purchases:
        model = named(self.model)
        if isinstance(model, GammaGamma):
            raise UsageError("gamma_gamma says nothing of how often customers buy.", hint="Fit another model for that.")
        return model

    def _customers(self, frequency: object, recency: object, T: object) -> tuple[Purchases, list[Floats]]:
        model = self._purchases()
        if T is None or (recency is None and model.name not in CONTRACTS):
            raise UsageError("A customer is known by frequency, recency and T.", hint="Give all of them.")
        x, t_x, long, _ = checked(frequency, frequency if recency is None else recency, T, discrete=model.discrete)
        return model, [x, np.where(x > 0, t_x, 0.0), long]

    def _horizon(self, horizon: object) -> Floats:
        found = numbers(horizon, "horizon")
        if self._purchases().discrete and np.any(found != np.floor(found)):
            raise UsageError(f"Horizons of {self.model} are whole numbers of periods.", hint="Count periods.")
        return found


_ROWS = 1 << 16


def _parts(*columns: Floats) -> list[list[Floats]]:
    """The columns in pieces, so that what is between fits in a cache."""
    return [[one[start : start + _ROWS] for one in columns] for start in range(0, len(columns[0]), _ROWS)]


def given(model: str, params: Mapping[str, float]) -> Fitted:
    """The model with parameters from elsewhere; see `tenure.predict.given`."""
    chosen = named(model)
    if set(params) != set(chosen.parameters):
        raise UsageError(f"{model} has the parameters {', '.join(chosen.parameters)}.", hint="Give each of them.")
    values = {name: float(params[name]) for name in chosen.parameters}
    if not all(np.isfinite(value) and value > 0 for value in values.values()):
        raise UsageError("Parameters are above 0.", hint="Give finite numbers above 0.")
    return Fitted(
        model=model, params=MappingProxyType(values), log_likelihood=float("nan"), customers=0.0,
        standard_errors=MappingProxyType(dict.fromkeys(values, float("nan"))),
    )  # fmt: skip
