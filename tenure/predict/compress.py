"""Customers as the models read them: who is alike is counted once.

What a model knows of a customer is how often they bought again (`x`), when last (`t_x`) and for how long they are known
(`T`), both since their first purchase. With days as the smallest unit a million customers have a third as many
different rows, and fewer than a thousand different times: logarithms are taken of those only.
"""

# ruff: noqa: N803, N806 -- T is what the literature calls it
from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tenure.errors import UsageError
from tenure.predict.special import Floats, dot

Places: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int32]]"
Keys: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"

_MOST_STEPS = 1 << 20
_SAMPLE = 2000
_MOST_KINDS = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """A column of rows: the different values, and which of them each row has."""

    values: Floats
    at: Places

    def sums(self, weights: Floats) -> Floats:
        """The sum of the weights by value."""
        return np.asarray(np.bincount(self.at, weights, minlength=len(self.values)), dtype=np.float64)

    def rows(self, values: Floats | None = None) -> Floats:
        """A value for each row; `values` in place of the column's own."""
        found: Floats = (self.values if values is None else values)[self.at]
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Different customers and how many there are of each, in the order of x; times in units of `scale`.

    The first `never` rows bought once only (x = 0).
    """

    x: Column
    t_x: Column
    T: Column
    weights: Floats
    never: int
    scale: float

    @property
    def customers(self) -> float:
        """How many customers there are."""
        return float(self.weights.sum())

    @property
    def repeated(self) -> float:
        """How many of them bought again."""
        return float(self.weights[self.never :].sum())

    @property
    def exposure(self) -> float:
        """The sum of T, a little above 0 where nobody is known for any time."""
        return max(dot(self.weights, self.T.rows()), 1e-300)

    @property
    def purchases(self) -> float:
        """The sum of x."""
        return dot(self.weights, self.x.rows())

    def reweighted(self, weights: Floats) -> Rows:
        """The same rows, others of each."""
        return Rows(
            x=self.x, t_x=self.t_x, T=self.T, weights=weights, never=self.never, scale=self.scale
        )  # fmt: skip

    def thinned(self, rows: int) -> Rows:
        """About so many of the rows, evenly chosen, and all of those with x = 0."""
        stride = max((len(self.weights) - self.never) // rows, 1)
        if stride == 1:
            return self
        kept = np.concatenate([np.arange(self.never), np.arange(self.never, len(self.weights), stride)])
        weights = self.weights[kept].copy()
        weights[self.never :] *= self.repeated / weights[self.never :].sum()
        x, t_x, T = (Column(values=one.values, at=one.at[kept]) for one in (self.x, self.t_x, self.T))
        return Rows(x=x, t_x=t_x, T=T, weights=weights, never=self.never, scale=self.scale)


def compress(
    frequency: Floats,
    recency: Floats,
    T: Floats,
    weights: Floats | None = None,
    *,
    scaled: bool = True,
    scale: float | None = None,
) -> Rows:
    """The rows of checked columns; with `scaled` the unit of time is `scale`, by default the longest T."""
    if scale is None or not scaled:
        scale = float(T.max()) if scaled and T.max() > 0 else 1.0
    recency = np.where(frequency > 0, recency, 0.0)
    (x, xs), (t_x, ts), (long, longs) = _coded(frequency), _coded(recency), _coded(T)
    if float(len(xs)) * len(ts) * len(longs) < 2**62:
        keys = (x * len(ts) + t_x) * len(longs) + long
        keys, counted = _counted(keys, weights)
        rest, long = np.divmod(keys, len(longs))
        x, t_x = np.divmod(rest, len(ts))
    else:
        order = np.lexsort((long, t_x, x))
        x, t_x, long = x[order], t_x[order], long[order]
        counted = np.ones(len(x)) if weights is None else weights[order]
    return Rows(
        x=_column(xs, x, 1.0), t_x=_column(ts, t_x, scale), T=_column(longs, long, scale), weights=counted,
        never=int(np.searchsorted(x, np.searchsorted(xs, 0.5))), scale=scale,
    )  # fmt: skip


def alike(*columns: Floats) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], Keys]:
    """Places of rows that differ in one of the columns, one of a kind, and of which kind each row is."""
    keys, kinds = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        if not len(column) or np.all(column == column[0]):
            continue
        codes, values = _coded(column)
        kinds *= len(values)
        if kinds > _MOST_KINDS:
            keys = np.unique(keys, return_inverse=True)[1].reshape(-1)
            kinds = int(keys.max() + 1) * len(values)
        keys = keys * len(values) + codes
    if kinds <= max(4 * len(keys), _SAMPLE):
        # few enough to be looked up: no sorting
        place = np.full(kinds, -1, dtype=np.intp)
        place[keys] = np.arange(len(keys))
        used = np.flatnonzero(place >= 0)
        number = np.empty(kinds, dtype=np.int64)
        number[used] = np.arange(len(used))
        return place[used], number[keys]
    _, one_of, own = np.unique(keys, return_index=True, return_inverse=True)
    return one_of, own.reshape(-1)


def _counted(keys: Keys, weights: Floats | None) -> tuple[Keys, Floats]:
    if weights is None:
        keys = np.sort(keys)
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        return keys[starts], np.diff(np.append(starts, len(keys))).astype(np.float64)
    order = np.argsort(keys, kind="stable")
    keys, weights = keys[order], weights[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[starts], np.add.reduceat(weights, starts)


def _coded(values: Floats) -> tuple[Keys, Floats]:
    """A whole number for each value, in their order, and what it stands for.

    Times are most often whole days: where all values are multiples of one step, no sorting is needed.
    """
    few = np.unique(values[:: max(len(values) // _SAMPLE, 1)])
    gaps = np.diff(few, prepend=0.0)
    gaps = gaps[gaps > 1e-9 * max(float(few[-1]), 1e-300)]
    step = float(gaps.min()) if len(gaps) else 1.0
    if len(gaps) and few[-1] / step < _MOST_STEPS:
        # the mean of many gaps is nearer to the step than one of them, which is a difference
        step = float(few[-1] / np.rint(few[-1] / step))
        parts = values / step
        codes = np.rint(parts)
        if codes.max() < _MOST_STEPS and np.all(np.abs(parts - codes) < 1e-7):
            return codes.astype(np.int64), np.asarray(np.arange(int(codes.max()) + 1) * step, dtype=np.float64)
    found, places = np.unique(values, return_inverse=True)
    return places.astype(np.int64).reshape(-1), found


def _column(values: Floats, codes: Keys, scale: float) -> Column:
    """A column of the codes that occur."""
    if len(values) > 4 * len(codes) + 1000:
        used, codes = np.unique(codes, return_inverse=True)
        values = values[used]
    return Column(values=values / scale, at=codes.astype(np.int32))


def checked(
    frequency: object,
    recency: object,
    T: object,
    weights: object = None,
    *,
    discrete: bool = False,
) -> tuple[Floats, Floats, Floats, Floats | None]:
    """The four columns as numbers. Raises UsageError for the first that cannot be, with what to do."""
    columns = [numbers(one, name) for one, name in ((frequency, "frequency"), (recency, "recency"), (T, "T"))]
    x, t_x, long = np.broadcast_arrays(*columns)
    counted = None if weights is None else np.broadcast_to(numbers(weights, "weights"), x.shape)
    if not x.size:
        raise UsageError("There are no customers.", hint="Give one row a customer.")
    wrong = (
        (x != np.floor(x), "{n} frequencies are not whole numbers.", "Count the days with a purchase after the first."),
        ((t_x > long * (1 + 1e-12)), "{n} customers bought after the end of what is known of them (recency > T).",
         "Count both from the first purchase, in the same unit."),
        ((x > 0) & (t_x <= 0), "{n} customers bought again at the very moment of their first purchase.",
         "Count purchases of one day as one."),
        (discrete & ((long != np.floor(long)) | (t_x != np.floor(t_x)) | (t_x < x)),
         "{n} rows do not fit whole periods: frequency ≤ recency ≤ T.", "Count periods."),
    )  # fmt: skip
    for where, message, hint in wrong:
        if np.any(where):
            raise UsageError(message.format(n=int(np.sum(where))), hint=hint)
    if counted is not None and not counted.sum() > 0:
        raise UsageError("The weights sum to nothing.", hint="A weight says how many customers a row stands for.")
    return x, t_x, long, counted


def numbers(values: object, name: str) -> Floats:
    """The column as numbers, none of them negative. Raises UsageError for others."""
    found = any_numbers(values, name)
    if not np.all(np.isfinite(found)):
        raise UsageError(f"{name} has missing or infinite values.", hint="Leave those customers out.")
    if np.any(found < 0):
        raise UsageError(f"{name} has negative values.", hint="They count from 0.")
    return found


def any_numbers(values: object, name: str, hint: str = "Give numbers, one a customer.") -> Floats:
    """The column as numbers, whatever they are; missing ones are NaN. Raises UsageError for what is no number."""
    try:
        return np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} has what is not a number.", hint=hint) from error
