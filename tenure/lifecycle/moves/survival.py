"""The Kaplan-Meier estimator: how long things last, where some have not ended yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Numbers: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
Shares: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.float64]]"
Truths: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.bool_]]"

# products of shares miss 0.25 by less than this
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """The share that lasts longer than each of `times` (ascending, distinct): one entry a time at which one ended or
    was last seen. `at_risk` were still there just before, `ended` ended then.
    """

    times: Numbers
    at_risk: Numbers
    ended: Numbers
    staying: Shares

    def gone(self, share: float) -> int | None:
        """The first time by which that share has ended, in the unit of the times; None where it never has."""
        low = np.flatnonzero(self.staying <= 1 - share + _ROUNDING)
        return int(self.times[low[0]]) if len(low) else None

    def summary(self, points: int = 100) -> tuple[tuple[int, float], ...]:
        """At most about `points` (time, share staying), from (0, 1) to the last time: off by no more than a step of
        1 / `points`.
        """
        if not len(self.times):
            return ()
        steps = np.floor(self.staying * points + _ROUNDING)
        chosen = np.flatnonzero(np.diff(steps, prepend=points))
        places = np.unique(np.append(chosen, len(self.times) - 1))
        return ((0, 1.0), *((int(self.times[at]), float(self.staying[at])) for at in places))


def kaplan_meier(durations: Numbers, ended: Truths) -> Curve:
    """The product-limit estimate of the share that lasts longer than each duration.

    `durations` are how long each was seen, `ended` whether that was its end; one that has not ended (is censored) at a
    duration counts as there when others end at it.

        S(t) = product over times t_i <= t of (1 - ended_i / at_risk_i)

    Source: E. L. Kaplan and P. Meier, Nonparametric Estimation from Incomplete Observations, Journal of the American
    Statistical Association 53 (1958), 457-481.
    """
    order = np.argsort(durations, kind="stable")
    lasted, over = durations[order], ended[order]
    firsts = np.flatnonzero(np.diff(lasted, prepend=lasted[0] - 1)) if len(lasted) else np.zeros(0, dtype=np.int64)
    at_risk = len(lasted) - firsts
    counted = np.add.reduceat(over.astype(np.int64), firsts) if len(firsts) else np.zeros(0, dtype=np.int64)
    staying = np.cumprod(1 - counted / at_risk, dtype=np.float64)
    return Curve(times=lasted[firsts], at_risk=at_risk, ended=counted, staying=staying)
