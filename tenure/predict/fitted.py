"""A fitted model: its parameters with their errors, and what it says of customers."""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import Rows, checked, numbers
from tenure.predict.contract import Contract
from tenure.predict.covariates import Design
from tenure.predict.customers import Customers, Told
from tenure.predict.gamma_gamma import GammaGamma
from tenure.predict.history import History, log
from tenure.predict.intervals import Counted, Interval, Layer, Subject, interval, limits
from tenure.predict.registry import CONTRACTS, named
from tenure.predict.special import Floats

Covariates = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likelihood:
    """What a model was fitted to: rows by profile, the profiles, and where the search ended, for a bootstrap."""

    groups: tuple[Rows, ...]
    profiles: Floats | None
    at: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A fitted model. Times are in the unit of the data, values in their currency.

    `params` are the parameters by name, followed by the effects of covariates, such as `alpha[channel=web]`.
    `standard_errors` come from the curvature of the log-likelihood, NaN where the data do not determine a parameter.
    `log_likelihood` is a density in the unit of time (or, of values, of money), so that only fits in one unit compare.
    `covariance` is that of the logarithms of the parameters and of the effects. `notes` say what is wrong with it, in
    sentences. Where the model has covariates, customers are told with theirs.
    """

    model: str
    params: Mapping[str, float]
    standard_errors: Mapping[str, float]
    log_likelihood: float
    customers: float
    notes: tuple[str, ...] = ()
    covariance: Floats | None = field(default=None, repr=False)
    data: Likelihood | None = field(default=None, repr=False)
    design: Design | None = field(default=None, repr=False)

    def p_alive(
        self, frequency: object, recency: object = None, T: object = None, *, covariates: Covariates | None = None
    ) -> Floats:
        """The chance that each customer may still buy, one number a row.

        NaN in BG/NBD for who bought once: the model has them alive for certain, by assumption and not by data.
        """
        told, who = self._told(), self.who(frequency, recency, T, covariates)
        model = told.model
        found = told.each(self.at, who, lambda params, some, _: model.p_alive(params, some.x, some.t_x, some.T))
        return np.where(who.x == 0, np.nan, found) if model.name == "bg_nbd" else found

    def p_alive_history(self, customer: object, time: object, at: object) -> History:
        """The chance that each customer was alive at each of the moments `at`, by what was known then.

        `customer` and `time` have a row a purchase, the first ones among them, in the unit of the fit; several at one
        moment are one. Of all customers at once, in a matrix: NaN before the first purchase.
        """
        if self.design is not None:
            raise UsageError("A history is of a model without covariates.", hint="Fit it without them.")
        bought, moments = log(customer, time), numbers(at, "at")
        found = np.full((len(bought.customers), len(moments)), np.nan)
        for place, there, *known in bought.known(moments):
            if len(there):
                found[there, place] = self.p_alive(*known)
        return History(customers=bought.customers, at=moments, p_alive=found)

    def expected_purchases(
        self, horizon: object, frequency: object = None, recency: object = None, T: object = None,
        *, covariates: Covariates | None = None,
    ) -> Floats:  # fmt: skip
        """The purchases (of contracts: renewals) that each customer is expected to make in the horizon after T.

        Without customers: those of a new customer after the first purchase, one number a horizon. Horizons of bg_bb,
        sbg and bdw are whole numbers of periods.
        """
        ahead = self.horizon(horizon)
        return self._told().expected(self.at, self.who(frequency, recency, T, covariates, len(ahead)), ahead)

    def discounted_purchases(
        self, discount: float, frequency: object = None, recency: object = None, T: object = None,
        *, horizon: object = np.inf, covariates: Covariates | None = None,
    ) -> Floats:  # fmt: skip
        """The same, discounted, over an endless horizon: DERT in the literature, DERL of contracts.

        `discount` is a continuous rate by the unit of time (`tenure.predict.discount` makes it from a yearly one): what
        comes t later counts e^(-discount·t). Without customers of a new one (DET), the first purchase not among them.
        """
        ahead = self.horizon(horizon, discount)
        who = self.who(frequency, recency, T, covariates, len(ahead))
        return self._told().expected(self.at, who, ahead, discount)

    def p_purchases(
        self, number: int, horizon: object, frequency: object = None, recency: object = None, T: object = None,
        *, covariates: Covariates | None = None,
    ) -> Floats:  # fmt: skip
        """The chance that each customer makes exactly so many purchases in the horizon after T.

        Without customers: of a new one, after the first purchase.
        """
        if number < 0 or number != int(number):
            raise UsageError(f"{number} is no number of purchases.", hint="Give a whole number from 0.")
        told, ahead = self._told(), self.horizon(horizon)
        who = self.who(frequency, recency, T, covariates, len(ahead))
        for_each = np.broadcast_to(ahead, who.x.shape)
        return told.each(
            self.at, who,
            lambda params, some, places: told.model.chance(
                params, int(number), some.x, some.t_x, some.T, for_each[places]
            ),
        )  # fmt: skip

    def interval(
        self, horizon: float, frequency: object, recency: object = None, T: object = None,
        weights: object = None, *, of: Literal["total", "each"] = "total", discount: float = 0.0,
        covariates: Covariates | None = None, layers: tuple[Layer, ...] = ("parameter", "process"),
        model_error: float | None = None, level: float = 0.95, draws: int = 500, seed: int = 1,
    ) -> Interval:  # fmt: skip
        """Between what the purchases in the horizon will be, of all these customers together or of each.

        `layers` name what is counted: how uncertain the parameters are, what chance does to customers under them, and
        `model`, the error of the model itself: `model_error` is the error of the logarithm of a hold-out's total.
        `discount` is as in `discounted_purchases`; with it the horizon may be infinite.
        """
        counted = Counted(layers=layers, model_error=model_error, level=level, draws=draws, seed=seed)
        who = self.who(frequency, recency, T, covariates)
        ahead = self.horizon(horizon, discount)
        if ahead.size != 1:
            raise UsageError("An interval is of one horizon.", hint="Ask for each horizon by itself.")
        return interval(self.subject(who, float(ahead[0]), discount), counted, of=of, weights=weights)

    def limits(
        self, tell: Callable[[Fitted], Floats], *, level: float = 0.95, draws: int = 500, seed: int = 1
    ) -> Interval:
        """The parameter layer of anything that the model tells: `fitted.limits(lambda one: one.p_alive(2, 30, 39))`.

        For chances and means, which have no other layer: chance is in them, and a hold-out does not see them.
        """
        counted = Counted(layers=("parameter",), level=level, draws=draws, seed=seed)
        return limits(lambda at: tell(self._at_other(at)), self.at, self.covariance, counted)

    def expected_value(self, frequency: object = 0, monetary_value: object = 0) -> Floats:
        """The expected value of a purchase of each customer, from their mean so far; of a new one without any.

        NaN where it does not exist (q not above 1).
        """
        model = named(self.model)
        if not isinstance(model, GammaGamma):
            raise UsageError(f"{self.model} says nothing of values.", hint="Fit gamma_gamma.")
        x, mean = np.broadcast_arrays(numbers(frequency, "frequency"), np.asarray(monetary_value, dtype=np.float64))
        found = model.expected_value(self.params, x, mean)
        return np.where(np.isfinite(found), found, np.nan)

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
        from tenure.predict.fitting import fit_again

        if self.data is None:
            raise UsageError(
                "There are no customers to draw from.", hint="A bootstrap needs a model of purchases fitted."
            )
        random, data = np.random.default_rng(seed), self.data
        weights = np.concatenate([group.weights for group in data.groups])
        ends = np.cumsum([len(group.weights) for group in data.groups])[:-1]
        drawn = []
        for _ in range(times):
            counts = random.multinomial(round(weights.sum()), weights / weights.sum()).astype(np.float64)
            groups = tuple(
                group.reweighted(part) for group, part in zip(data.groups, np.split(counts, ends), strict=True)
            )
            drawn.append(list(fit_again(self, replace(data, groups=groups)).params.values()))
        return MappingProxyType(dict(zip(self.params, map(float, np.std(drawn, axis=0, ddof=1)), strict=True)))

    @property
    def at(self) -> Floats:
        """The logarithms of the parameters, followed by the effects of covariates: what `covariance` is of."""
        values, count = np.array(list(self.params.values())), len(named(self.model).parameters)
        return np.concatenate([np.log(values[:count]), values[count:]])

    def subject(self, customers: Customers, horizon: float, discount: float) -> Subject:
        """Of what an interval is made."""
        return Subject(
            told=self._told(), at=self.at, covariance=self.covariance, customers=customers, horizon=horizon,
            discount=discount,
        )  # fmt: skip

    def _at_other(self, at: Floats) -> Fitted:
        count = len(named(self.model).parameters)
        values = np.concatenate([np.exp(at[:count]), at[count:]])
        return replace(self, params=MappingProxyType(dict(zip(self.params, map(float, values), strict=True))))

    def _told(self) -> Told:
        model = named(self.model)
        if isinstance(model, GammaGamma):
            raise UsageError("gamma_gamma says nothing of how often customers buy.", hint="Fit another model for that.")
        return Told(model=model, design=self.design)

    def who(
        self, frequency: object, recency: object, T: object, covariates: Covariates | None, new: int = 0
    ) -> Customers:
        """The customers as columns; new ones where no frequency is given, as many as horizons or covariates."""
        model = self._told().model
        if frequency is None and new:
            size = max([new, *(np.atleast_1d(np.asarray(one)).shape[0] for one in (covariates or {}).values())])
            x = t_x = long = np.zeros(size)
        elif frequency is None or T is None or (recency is None and model.name not in CONTRACTS):
            raise UsageError("A customer is known by frequency, recency and T.", hint="Give all of them.")
        else:
            t_last = frequency if recency is None else recency
            x, t_x, long, _ = checked(frequency, t_last, T, discrete=model.discrete)
            t_x = np.where(x > 0, t_x, 0.0)
        if self.design is None:
            if covariates is not None:
                raise UsageError(
                    "The model was fitted without covariates.", hint="Leave them out, or fit it with them."
                )
            return Customers(x=x, t_x=t_x, T=long)
        if covariates is None:
            known = ", ".join(one.name for one in self.design.covariates)
            raise UsageError(f"The model was fitted with covariates ({known}).", hint="Give those of these customers.")
        profiles, of = self.design.profiles(covariates, len(x))
        return Customers(x=x, t_x=t_x, T=long, profiles=profiles, of=of)

    def horizon(self, horizon: object, discount: float = 0.0) -> Floats:
        """The horizons as numbers, checked."""
        if not (np.isfinite(discount) and discount >= 0):
            raise UsageError(f"{discount} is no rate of discount.", hint="Give 0 or more, such as discount(0.15, 52).")
        endless = np.isscalar(horizon) and horizon == np.inf
        if endless and discount == 0:
            raise UsageError("An endless horizon takes a discount.", hint="Give a horizon, or a discount above 0.")
        found = np.array([np.inf]) if endless else numbers(horizon, "horizon")
        if self._told().model.discrete and np.any(found != np.floor(found)):
            raise UsageError(f"Horizons of {self.model} are whole numbers of periods.", hint="Count periods.")
        return found


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
