"""What a rival leaves behind: the rows of the history, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

DAY = 86_400_000_000
FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run: `seconds` for everybody, and its parts as measured.

    With `stride` n it ran on the customers whose number is a multiple of n, and the seconds are scaled in proportion.
    """

    seconds: float
    parts: dict[str, float]
    stride: int = 1


@dataclass(slots=True)
class Clock:
    """Seconds by part of a run, in the order they were lapped."""

    parts: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=perf_counter)

    def lap(self, part: str) -> None:
        now = perf_counter()
        self.parts[part] = self.parts.get(part, 0.0) + now - self._last
        self._last = now


def starts(customer: Ints) -> Bools:
    """True at the first row of each customer."""
    first = np.ones(len(customer), dtype=bool)
    np.not_equal(customer[1:], customer[:-1], out=first[1:])
    return first


def changes(customer: Ints, moment: Ints, stage: Codes) -> pa.Table:
    """The history of stages that hold from each moment on (0 for none); rows ordered by customer and moment."""
    moved = starts(customer)
    moved[1:] |= stage[1:] != stage[:-1]
    customer, moment, stage = customer[moved], moment[moved], stage[moved]
    first = starts(customer)
    previous = np.zeros_like(stage)
    previous[1:] = np.where(first[1:], 0, stage[:-1])
    left = np.full(len(moment), FOREVER, dtype=np.int64)
    left[:-1] = np.where(first[1:], FOREVER, moment[1:])
    known = stage > 0
    if not known.all():
        customer, moment, stage, previous, left = (a[known] for a in (customer, moment, stage, previous, left))
    return pa.table(
        {
            "customer": customer,
            "stage": stage,
            "previous": pa.array(previous, mask=previous == 0),
            "entered_at": moment,
            "left_at": pa.array(left, mask=left == FOREVER),
        }
    )


def save(history: pa.Table, target: Path) -> None:
    """Nothing; the history is at `target` afterwards."""
    pq.write_table(history, target, compression="snappy")
