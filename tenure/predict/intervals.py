"""Between what something will be, in named layers: parameter, process and model.

- parameter: other parameters would have explained the data nearly as well. Their logarithms are drawn from the normal
  distribution with the curvature of the log-likelihood (Laplace's approximation).
- process: customers with the very same parameters buy more or less often by chance. Their future is simulated.
- model: the world is not the model. How far a hold-out's total was off, as an error of its logarithm, is drawn too.

Of many customers together, parameters and chance are looked at on a part of them and taken to all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from tenure.predict.compress import compress
from tenure.predict.special import Floats, Places, dot

if TYPE_CHECKING:
    from tenure.predict.registry import Purchases

Layer: TypeAlias = Literal["parameter", "process", "model"]

_MANY = 1000
_BLOCK = 2000
_WIDEST = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interval:
    """From `low` to `high` around what is expected, a number for the whole or one a customer; `layers` tell of what."""

    low: Floats
    expected: Floats
    high: Floats
    level: float
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """Of what an interval is made: a model, its parameters with their errors, customers and a horizon."""

    model: Purchases
    logs: Floats
    covariance: Floats | None
    horizon: float
    x: Floats
    t_x: Floats
    T: Floats
    weights: Floats
    process: bool
    model_error: float

    def params(self, logs: Floats) -> dict[str, float]:
        """The parameters by name."""
        return dict(zip(self.model.parameters, map(float, np.exp(logs)), strict=True))

    def drawn(self, draws: int, random: np.random.Generator) -> list[dict[str, float]]:
        """Parameters as uncertain as they are; the same ones where they are not looked at."""
        if self.covariance is None:
            return [self.params(self.logs)] * draws
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.clip(values, 0.0, _WIDEST**2))
        return [self.params(self.logs + root @ random.standard_normal(len(values))) for _ in range(draws)]

    def expected(self, params: dict[str, float], rows: Places) -> Floats:
        """What the rows are expected to buy."""
        ahead = np.full(len(self.x[rows]), self.horizon)
        return self.model.expected(params, ahead, self.x[rows], self.t_x[rows], self.T[rows])

    def simulated(
        self, params: dict[str, float], rows: Places,
        random: np.random.Generator,
    ) -> Floats:  # fmt: skip
        """What the rows may buy."""
        ahead = np.full(len(self.x[rows]), self.horizon)
        return self.model.simulated(params, ahead, self.x[rows], self.t_x[rows], self.T[rows], random)


def total(
    subject: Subject, *, layers: tuple[Layer, ...], level: float, draws: int, random: np.random.Generator
) -> Interval:
    """The interval of all customers together."""
    rows = compress(subject.x, subject.t_x, subject.T, subject.weights, scaled=False)
    subject = replace(subject, x=rows.x.rows(), t_x=rows.t_x.rows(), T=rows.T.rows(), weights=rows.weights)
    count, best = len(subject.x), subject.params(subject.logs)
    each_expected = np.concatenate([subject.expected(best, rows) for rows in _blocks(count, 1 << 16)])
    expected = dot(subject.weights, each_expected)
    stride = np.arange(0, count, -(-count // _MANY))
    weights = subject.weights[stride]
    size = expected / max(float(weights @ each_expected[stride]), 1e-300)
    ways = subject.drawn(draws, random)
    if subject.covariance is None:
        found = np.full(draws, expected)
    else:
        found = size * np.array([weights @ subject.expected(one, stride) for one in ways])
    if subject.process:
        chosen = random.choice(count, size=min(_MANY, round(subject.weights.sum())) or 1, p=_shares(subject.weights))
        grown = np.sqrt(subject.weights.sum() / len(chosen))
        # chance is as great under parameters that are nearly the same
        for place in range(draws):
            off = subject.simulated(best, chosen, random) - each_expected[chosen]
            found[place] += grown * float(off.sum())
    found *= np.exp(subject.model_error * random.standard_normal(draws))
    low, high = np.quantile(np.maximum(found, 0.0), [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        low=np.array([low]), expected=np.array([expected]), high=np.array([high]), level=level, layers=layers
    )


def each(
    subject: Subject, *, layers: tuple[Layer, ...], level: float, draws: int, random: np.random.Generator
) -> Interval:
    """The interval of each customer, a block of them at a time."""
    ways, ends = subject.drawn(draws, random), []
    off = np.exp(subject.model_error * random.standard_normal(draws))
    best, expected = subject.params(subject.logs), []
    for rows in _blocks(len(subject.x), _BLOCK):
        expected.append(subject.expected(best, rows))
        found = np.stack([
            subject.simulated(one, rows, random) if subject.process else subject.expected(one, rows) for one in ways
        ])  # fmt: skip
        ends.append(np.quantile(found * off[:, None], [(1 - level) / 2, (1 + level) / 2], axis=0))
    low, high = np.concatenate(ends, axis=1)
    return Interval(low=low, expected=np.concatenate(expected), high=high, level=level, layers=layers)


def _blocks(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]


def _shares(weights: Floats) -> Floats:
    shares: Floats = weights / weights.sum()
    return shares
