"""What every model of purchases is: six functions of its parameters. What follows from them stands here, once.

All of these models take somebody who is still alive to go on independently of when they last bought, so what is told of
the future is told of those alive, by frequency and T, and then by the chance to be one of them.
"""

# ruff: noqa: N803 -- T is what the literature calls it
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tenure.predict.compress import Rows, alike
from tenure.predict.optimise import Objective
from tenure.predict.special import Floats

Params = Mapping[str, float]

# what comes when its discount is e to this power counts as nothing
FADED = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases(ABC):
    """A model of how often customers buy, or renew.

    `parameters` are the names of its parameters, all of them positive; `times` those that are lengths of time. In a
    `discrete` model time is counted in whole periods. `scaled` names the parameters that covariates act on, each with
    the sign of the effect that is reported for it. A discount is a continuous rate: what comes t later counts
    e^(-discount·t). A horizon may be infinite where there is a discount.
    """

    name: str
    title: str
    parameters: tuple[str, ...]
    times: tuple[str, ...] = ()
    discrete: bool = False
    scaled: tuple[tuple[str, float], ...] = ()

    @abstractmethod
    def objective(self, rows: Rows) -> Objective:
        """The log-likelihood of the rows and its gradient, of the logarithms of the parameters."""

    @abstractmethod
    def starts(self, rows: Rows) -> list[Floats]:
        """Logarithms of the parameters, where to begin the search."""

    @abstractmethod
    def p_alive(self, params: Params, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """The chance that the customer may still buy."""

    @abstractmethod
    def ahead(self, params: Params, x: Floats, T: Floats, horizon: Floats, discount: float = 0.0) -> Floats:
        """The purchases that somebody alive is expected to make in the horizon after T, discounted."""

    @abstractmethod
    def counted(self, params: Params, number: int, x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that somebody alive makes exactly so many purchases in the horizon after T."""

    @abstractmethod
    def simulated(
        self, params: Params, alive: Floats, x: Floats, T: Floats, horizon: float, discount: float,
        random: np.random.Generator,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """One course of the future: the purchases of each in the horizon after T, and the same discounted.

        `alive` is the chance of each to be alive.
        """

    def values(self, params: Params) -> tuple[float, ...]:
        """The parameters in their order."""
        return tuple(params[name] for name in self.parameters)

    def expected(
        self, params: Params, x: Floats, t_x: Floats, T: Floats, horizon: Floats, discount: float = 0.0
    ) -> Floats:
        """The purchases that each is expected to make in the horizon after T, discounted."""
        one_of, own = alike(x, T, horizon)
        ahead = self.ahead(params, x[one_of], T[one_of], horizon[one_of], discount)
        return np.asarray(self.p_alive(params, x, t_x, T) * ahead[own])

    def chance(self, params: Params, number: int, x: Floats, t_x: Floats, T: Floats, horizon: Floats) -> Floats:
        """The chance that each makes exactly so many purchases in the horizon after T."""
        one_of, own = alike(x, T, horizon)
        counted = self.counted(params, number, x[one_of], T[one_of], horizon[one_of])
        alive = self.p_alive(params, x, t_x, T)
        return np.asarray(alive * counted[own] + (1 - alive if number == 0 else 0.0))


def periods(horizon: Floats | float, discount: float) -> int:
    """How many periods count for something."""
    far = float(np.max(horizon, initial=0.0))
    return int(min(far, np.ceil(FADED / discount))) if discount > 0 else int(far)


def moments(number: Floats, over: Floats, discount: float, random: np.random.Generator) -> Floats:
    """So many purchases of each at random moments of a time, discounted. Of very many the mean is taken.

    The moments are drawn by a generator of their own, so that a discount changes nothing about the numbers.
    """
    if discount == 0:
        return number
    (random,) = random.spawn(1)
    few = np.where(number <= _MANY, number, 0).astype(np.intp)
    own = np.repeat(np.arange(len(number)), few)
    found = np.bincount(own, np.exp(-discount * over[own] * random.random(len(own))), minlength=len(number))
    through = discount * np.maximum(over, 1e-300)
    return np.asarray(np.where(number <= _MANY, found, number * -np.expm1(-through) / through))


_MANY = 1000
