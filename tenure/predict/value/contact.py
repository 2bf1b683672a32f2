"""What it is worth to contact a list: value times chance times what a contact changes of it, less what it costs.

    contact(value, chance, Uplift(share=0.1), cost=0.5)

As long as no hold-out has measured it, the uplift is assumed: a contact turns such a share of the chances around. Once
one has, it is what was measured, in points of everybody contacted, whatever their chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.predict.special import Floats

ASSUMED = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """What a contact changes: `share` of the chance where it is assumed; with `action`, the points that were measured
    (a share of those contacted), from `low` to `high`.
    """

    share: float = ASSUMED
    low: float | None = None
    high: float | None = None
    action: str | None = None

    @property
    def measured(self) -> bool:
        """Whether a hold-out has told it."""
        return self.action is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactValue:
    """What it is worth to contact `people`, of `known` of whom both value and chance are told.

    `gain` from `low` to `high` is what comes of it (without limits where it is assumed), `cost` that of contacting all
    of the list. `worth` of them bring more than they cost, `best` is what contacting these alone leaves.
    """

    people: int
    known: int
    value: float
    at_stake: float
    gain: float
    low: float | None
    high: float | None
    cost: float
    worth: int
    best: float
    uplift: Uplift
    each: float
    chance: str = ""

    @property
    def net(self) -> float:
        """What is left after the cost of all contacts."""
        return self.gain - self.cost

    @property
    def net_low(self) -> float | None:
        """The lower limit of `net`."""
        return None if self.low is None else self.low - self.cost

    @property
    def net_high(self) -> float | None:
        """The upper limit of `net`."""
        return None if self.high is None else self.high - self.cost


def contact(value: Floats, chance: Floats, uplift: Uplift, *, cost: float = 0.0, chance_name: str = "") -> ContactValue:
    """What contacting these people is worth; NaN stands for a value or chance that is not told, and gains nothing."""
    known = np.isfinite(value) & np.isfinite(chance)
    worth = np.where(known, np.maximum(np.nan_to_num(value), 0.0), 0.0)
    odds = np.where(known, np.nan_to_num(chance), 0.0)
    each = worth * uplift.share if uplift.measured else worth * odds * uplift.share
    paying = each > cost
    total = float(worth.sum())
    return ContactValue(
        people=len(value), known=int(known.sum()), value=total, at_stake=float((worth * odds).sum()),
        gain=float(each.sum()), low=None if uplift.low is None else total * uplift.low,
        high=None if uplift.high is None else total * uplift.high, cost=cost * len(value), worth=int(paying.sum()),
        best=float((each[paying] - cost).sum()), uplift=uplift, each=cost, chance=chance_name,
    )  # fmt: skip
