"""What was known of all customers at past moments: frequency, recency and T, moment by moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.errors import UsageError
from tenure.predict.compress import numbers
from tenure.predict.special import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """The chance that customers (rows) were alive at moments (columns), NaN before their first purchase."""

    customers: npt.NDArray[Any]
    at: Floats
    p_alive: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Log:
    """Purchases in the order of time: whose (a place in `customers`) and when; several at one moment are one."""

    customers: npt.NDArray[Any]
    own: npt.NDArray[np.intp]
    times: Floats

    def known(self, at: Floats) -> Iterator[tuple[int, npt.NDArray[np.intp], Floats, Floats, Floats]]:
        """For each moment, in the order of time: its place, who had bought by then, their frequency, recency and T."""
        first, last = np.full(len(self.customers), np.inf), np.zeros(len(self.customers))
        np.minimum.at(first, self.own, self.times)
        bought, done = np.zeros(len(self.customers)), 0
        for place in np.argsort(at, kind="stable"):
            until = int(np.searchsorted(self.times, at[place], side="right"))
            own = self.own[done:until]
            bought += np.bincount(own, minlength=len(bought))
            np.maximum.at(last, own, self.times[done:until])
            done = until
            there = np.flatnonzero(bought > 0)
            x = bought[there] - 1
            t_x = np.where(x > 0, last[there] - first[there], 0.0)
            yield int(place), there, x, t_x, at[place] - first[there]


def log(customer: object, time: object) -> Log:
    """The log of purchases, from a row each. Raises UsageError for columns that do not fit."""
    names, own = np.unique(np.asarray(customer), return_inverse=True)
    own, times = own.reshape(-1), numbers(time, "time")
    if own.shape != times.shape or not len(times):
        raise UsageError("A history takes a customer and a time for each purchase.", hint="Give two columns.")
    order = np.lexsort((own, times))
    own, times = own[order], times[order]
    kept = np.ones(len(own), dtype=np.bool_)
    kept[1:] = (own[1:] != own[:-1]) | (times[1:] != times[:-1])
    return Log(customers=names, own=own[kept], times=times[kept])
