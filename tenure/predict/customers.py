"""Customers of whom something is told, and the parameters that hold for each of them.

Without covariates one set of parameters holds for all. With them everybody who has the same covariates (the same
*profile*) shares one set, so that no model knows of covariates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tenure.predict.compress import Keys, alike
from tenure.predict.model import Purchases
from tenure.predict.special import Floats, Places

if TYPE_CHECKING:
    from tenure.predict.covariates import Design

_ROWS = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Customers:
    """Frequency, recency and T, one a row; `profiles` has a row of numbers for each profile, `of` the row of each."""

    x: Floats
    t_x: Floats
    T: Floats
    profiles: Floats | None = None
    of: Keys | None = None

    def __len__(self) -> int:
        return len(self.x)

    def at(self, places: Places) -> Customers:
        """Some of them."""
        of = None if self.of is None else self.of[places]
        return Customers(x=self.x[places], t_x=self.t_x[places], T=self.T[places], profiles=self.profiles, of=of)

    def different(self) -> tuple[Places, Keys]:
        """Places of different ones, and which of these each is."""
        return alike(self.x, self.t_x, self.T, *([] if self.of is None else [self.of.astype(np.float64)]))

    def parts(self) -> Iterator[tuple[Places, Floats | None]]:
        """Those of a profile at a time, and at most so many that what is worked out of them fits in memory."""
        if self.profiles is None or self.of is None:
            yield from ((slice(start, start + _ROWS), None) for start in range(0, len(self), _ROWS))
            return
        order = np.argsort(self.of, kind="stable")
        ends = np.cumsum(np.bincount(self.of, minlength=len(self.profiles)))
        for number, places in enumerate(np.split(order, ends[:-1])):
            if len(places):
                yield places, self.profiles[number]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """A model and what its parameters are made of: their logarithms, followed by the effects of covariates."""

    model: Purchases
    design: Design | None = None

    def params(self, at: Floats, profile: Floats | None = None) -> dict[str, float]:
        """The parameters that hold for a profile, by name."""
        logs = at[: len(self.model.parameters)]
        if self.design is not None and profile is not None:
            logs = logs + self.design.shift(self.model, at[len(self.model.parameters) :], profile)
        return dict(zip(self.model.parameters, map(float, np.exp(logs)), strict=True))

    def each(self, at: Floats, customers: Customers, tell: Tell) -> Floats:
        """What is told of each, by the parameters that hold for them."""
        found = np.empty(len(customers))
        for places, profile in customers.parts():
            found[places] = tell(self.params(at, profile), customers.at(places), places)
        return found

    def expected(self, at: Floats, customers: Customers, horizon: Floats | float, discount: float = 0.0) -> Floats:
        """The purchases that each is expected to make in the horizon (one, or one each), discounted."""
        ahead = np.broadcast_to(np.asarray(horizon, dtype=np.float64), customers.x.shape)
        return self.each(
            at, customers,
            lambda params, some, places: self.model.expected(params, some.x, some.t_x, some.T, ahead[places], discount),
        )  # fmt: skip


Tell: TypeAlias = "Callable[[dict[str, float], Customers, Places], Floats]"
