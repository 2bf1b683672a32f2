"""Between what something will be, in named layers: parameter, process and model.

- parameter: other parameters would have explained the data nearly as well. Their logarithms are drawn from the normal
  distribution with the curvature of the log-likelihood (Laplace's approximation).
- process: customers with the very same parameters buy more or less often by chance, and for more or less. Their future
  is simulated.
- model: the world is not the model. How far a hold-out's total was off, as an error of its logarithm, is drawn too.

Up to a thousand customers are all simulated. Of more of them together, parameters and chance are looked at on a part
and taken to all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from tenure.errors import UsageError
from tenure.predict.compress import numbers
from tenure.predict.customers import Customers, Told
from tenure.predict.special import Floats, Places, dot
from tenure.predict.spending import Amount, GammaAmount

Layer: TypeAlias = Literal["parameter", "process", "model"]
Draw: TypeAlias = "tuple[Floats, Floats]"
Ends: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"

_MANY = 1000
_BLOCK = 8000
_WIDEST = 3.0
_NONE: Floats = np.zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interval:
    """From `low` to `high` around what is expected, a number for the whole or one a customer; `layers` tell of what."""

    low: Floats
    expected: Floats
    high: Floats
    level: float
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What an interval counts, and how: its layers, the error of the model, the level, draws and their seed."""

    layers: tuple[Layer, ...] = ("parameter", "process")
    model_error: float | None = None
    level: float = 0.95
    draws: int = 500
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.level < 1 or self.draws < 2:
            raise UsageError("level lies between 0 and 1, and draws are at least 2.", hint="0.95 and 500 are usual.")
        if ("model" in self.layers) != (self.model_error is not None):
            raise UsageError(
                'The layer "model" and model_error go together.', hint="Take the error from a hold-out, or leave both."
            )

    @property
    def ends(self) -> tuple[float, float]:
        """The quantiles of low and high."""
        return (1 - self.level) / 2, (1 + self.level) / 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """A course of the future: the chance of each to be alive, how often they buy, and what that counts or brings."""

    alive: Floats
    number: Floats
    brings: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """Of what an interval is made: a model at its parameters, customers, a horizon, and what a purchase brings.

    `at_once` counts purchases that are made before the horizon begins.
    """

    told: Told
    at: Floats
    covariance: Floats | None
    customers: Customers
    horizon: float
    discount: float = 0.0
    at_once: float = 0.0
    spending: Amount | GammaAmount | None = None

    @property
    def best(self) -> Draw:
        """The parameters that were found."""
        return self.at, _NONE if self.spending is None else self.spending.at

    def some(self, places: Places) -> Subject:
        """The same of some of the customers."""
        spending = None if self.spending is None else self.spending.some(places)
        return replace(self, customers=self.customers.at(places), spending=spending)

    def drawn(self, counted: Counted, random: np.random.Generator) -> list[Draw]:
        """Parameters as uncertain as they are; the same ones where that is not looked at."""
        if "parameter" not in counted.layers:
            return [self.best] * counted.draws
        if self.covariance is None:
            raise UsageError(
                "How uncertain the parameters are is not known.",
                hint='Ask with layers=("process",), or fit the model to more customers.',
            )
        own = around(self.at, self.covariance, counted.draws, random)
        if self.spending is None or self.spending.covariance is None:
            return [(one, self.best[1]) for one in own]
        return list(zip(own, around(self.spending.at, self.spending.covariance, counted.draws, random), strict=True))

    def expected(self, draw: Draw) -> Floats:
        """What the customers are expected to buy, or to bring."""
        found = self.told.expected(draw[0], self.customers, self.horizon, self.discount) + self.at_once
        return found if self.spending is None else found * self.spending.expected(draw[1])

    def simulated(self, draw: Draw, random: np.random.Generator) -> Course:
        """What may become of them."""
        model, size = self.told.model, len(self.customers)
        alive, number, brings = np.empty(size), np.empty(size), np.empty(size)
        for places, profile in self.customers.parts():
            params, some = self.told.params(draw[0], profile), self.customers.at(places)
            alive[places] = model.p_alive(params, some.x, some.t_x, some.T)
            number[places], brings[places] = model.simulated(
                params, alive[places], some.x, some.T, self.horizon, self.discount, random
            )
        counts = brings + self.at_once
        if self.spending is not None:
            counts = self.spending.simulated(draw[1], counts, random)
        return Course(alive=alive, number=number + self.at_once, brings=counts)


def around(at: Floats, covariance: Floats, draws: int, random: np.random.Generator) -> list[Floats]:
    """Draws from the normal distribution around a place; what is hardly bound is not drawn wider than makes sense."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, _WIDEST**2))
    return [at + root @ random.standard_normal(len(values)) for _ in range(draws)]


def interval(subject: Subject, counted: Counted, *, of: Literal["total", "each"], weights: object = None) -> Interval:
    """The interval of all customers together, of whom rows may stand for several `weights`, or of each."""
    if of == "each":
        return each(subject, counted)
    shape = subject.customers.x.shape
    return total(subject, counted, None if weights is None else np.broadcast_to(numbers(weights, "weights"), shape))


def total(subject: Subject, counted: Counted, weights: Floats | None = None) -> Interval:
    """The interval of all customers together, of whom rows may stand for several."""
    random = np.random.default_rng(counted.seed)
    if subject.spending is None:
        one_of, own = subject.customers.different()
        weights = np.bincount(own, weights).astype(np.float64)
        subject = subject.some(one_of)
    elif weights is None:
        weights = np.ones(len(subject.customers))
    each_expected = subject.expected(subject.best)
    expected = dot(weights, each_expected)
    ways = subject.drawn(counted, random)
    process = "process" in counted.layers
    if process and weights.sum() <= _MANY:
        people = subject.some(np.repeat(np.arange(len(weights)), np.rint(weights).astype(np.intp)))
        return _between(
            np.array([people.simulated(one, random).brings.sum() for one in ways]), expected, counted, random
        )
    stride = np.arange(0, len(weights), -(-len(weights) // _MANY))
    part, part_weights = subject.some(stride), weights[stride]
    found = np.full(counted.draws, expected)
    if "parameter" in counted.layers:
        size = expected / max(float(part_weights @ each_expected[stride]), 1e-300)
        found = size * np.array([part_weights @ part.expected(one) for one in ways])
    if process:
        chosen = random.choice(len(weights), size=_MANY, p=weights / weights.sum())
        some, grown = subject.some(chosen), np.sqrt(weights.sum() / _MANY)
        # chance is as great under parameters that are nearly the same
        for place in range(counted.draws):
            off = some.simulated(subject.best, random).brings - each_expected[chosen]
            found[place] += grown * float(off.sum())
    return _between(np.maximum(found, 0.0), expected, counted, random)


def _between(found: Floats, expected: float, counted: Counted, random: np.random.Generator) -> Interval:
    """The interval of totals as they may come, widened by the error of the model."""
    found = found * np.exp((counted.model_error or 0.0) * random.standard_normal(counted.draws))
    low, high = np.quantile(found, counted.ends)
    return Interval(
        low=np.array([low]), expected=np.array([expected]), high=np.array([high]), level=counted.level,
        layers=counted.layers,
    )  # fmt: skip


def each(subject: Subject, counted: Counted) -> Interval:
    """The interval of what each customer buys or brings."""
    (ends,) = _ends(subject, counted, ("brings",))
    return Interval(
        low=ends[0], expected=subject.expected(subject.best), high=ends[1], level=counted.level, layers=counted.layers
    )


def courses(subject: Subject, counted: Counted) -> tuple[Ends, Ends, Ends]:
    """Low and high of each customer's chance to be alive, of the number of purchases, and of what they bring.

    All from the same courses of the future, which are what takes the time. The first has the parameter layer only.
    """
    alive, number, brings = _ends(subject, counted, ("alive", "number", "brings"))
    return alive, number, brings


def _ends(subject: Subject, counted: Counted, told: tuple[str, ...]) -> list[Ends]:
    """Low and high of each customer, of some of what a course tells; a block of customers at a time."""
    random = np.random.default_rng(counted.seed)
    ways = subject.drawn(counted, random)
    off = np.exp((counted.model_error or 0.0) * random.standard_normal(counted.draws))[:, None]
    found: list[list[Ends]] = [[] for _ in told]
    for start in range(0, len(subject.customers), _BLOCK):
        block = subject.some(slice(start, start + _BLOCK))
        if "process" in counted.layers:
            drawn = [block.simulated(one, random) for one in ways]
            columns = [np.stack([getattr(one, name) for one in drawn]) for name in told]
        else:
            columns = [np.stack([block.expected(one) for one in ways])]
        for name, ends, values in zip(told, found, columns, strict=True):
            ends.append(np.quantile(values if name == "alive" else values * off, counted.ends, axis=0))
    return [np.concatenate(ends, axis=1) for ends in found]


def limits(tell: Callable[[Floats], Floats], at: Floats, covariance: Floats | None, counted: Counted) -> Interval:
    """The interval of what is told by parameters, by how uncertain these are; values are kept as they are drawn."""
    if covariance is None:
        raise UsageError("How uncertain the parameters are is not known.", hint="Fit the model to customers.")
    random = np.random.default_rng(counted.seed)
    found = np.stack([tell(one) for one in around(at, covariance, counted.draws, random)])
    low, high = np.quantile(found, counted.ends, axis=0)
    return Interval(low=low, expected=tell(at), high=high, level=counted.level, layers=("parameter",))
