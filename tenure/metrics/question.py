"""What is asked of metrics: which periods, as of when, of whom, broken down by what; and what a figure is found under.

A question is a frozen value; the compiler turns it and the metrics into steps of SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import Period
from tenure.lifecycle.refresh import Applied

DAY = 86_400_000_000
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """For which periods, as of which moment (microseconds since 1970), in which lifecycle, by what.

    `periods` follow each other without a gap; the first is there only for what looks back on it. `offsets` are the
    moments from which a local day begins so many microseconds before its day in UTC. `excluded` is SQL of the units
    that are in no figure. `by` names what splits the figures: a property of events, or a trait. With `known_at` only
    what was received by then counts; `held` and `excluded` then speak of `histories`, the table of histories that were
    computed from it.
    """

    periods: tuple[Period, ...]
    as_of: int
    lifecycle: Lifecycle | None = None
    held: Applied | None = None
    known_at: int | None = None
    histories: str = "stage_codes"
    excluded: str | None = None
    by: str | None = None
    offsets: tuple[tuple[int, int], ...] = ((0, 0),)
    constants: Mapping[str, Decimal] = field(default_factory=dict, hash=False)

    @property
    def limit(self) -> int:
        """The first moment that no longer counts."""
        return min(self.periods[-1].ends, self.as_of + 1)

    def closes(self, place: int) -> int:
        """The first moment after a period, or after `as_of` where it is not over."""
        return min(self.periods[place].ends, self.as_of + 1)

    def running(self, place: int) -> bool:
        """Whether the period is not over yet."""
        return self.periods[place].ends > self.as_of + 1

    def days(self, place: int) -> Decimal:
        """How many days of the calendar a period has, or has had so far: one of 23 or 25 hours is a day too."""
        first, last = self.periods[place].begins, max(self.closes(place), self.periods[place].begins)
        return Decimal(last + self._ahead(last) - first - self._ahead(first)) / DAY

    def _ahead(self, time: int) -> int:
        """By how much local time is ahead of UTC at a moment."""
        begun = [offset for since, offset in self.offsets if since <= time]
        return begun[-1] if begun else self.offsets[0][1]

    def place_of(self, time: str) -> str:
        """SQL of the place of the period in which a moment lies; -1 before the first. None must be after the last."""
        bounds = [period.begins for period in self.periods]
        return f"CASE WHEN {time} < {bounds[0]} THEN -1 {self._arms(time, 0, len(bounds))} END"

    def _arms(self, time: str, first: int, last: int) -> str:
        """The rest of a CASE over the periods from `first` up to `last`, halved where there are many."""
        if last - first <= _FEW:
            arms = " ".join(f"WHEN {time} < {self.periods[at].ends} THEN {at}" for at in range(first, last - 1))
            return f"{arms} ELSE {last - 1}".lstrip()
        middle = (first + last) // 2
        lower, upper = self._arms(time, first, middle), self._arms(time, middle, last)
        split = self.periods[middle].begins
        return f"WHEN {time} < {split} THEN {_case(lower)} ELSE {_case(upper)}"

    def day_of(self, time: str) -> str:
        """SQL of a number for the local day in which a moment lies."""
        if len(self.offsets) == 1:
            return f"({time} + {self.offsets[0][1]}) // {DAY}"
        arms = " ".join(
            f"WHEN {time} < {following[0]} THEN {offset}"
            for (_, offset), following in zip(self.offsets, self.offsets[1:], strict=False)
        )
        return f"({time} + CASE {arms} ELSE {self.offsets[-1][1]} END) // {DAY}"


_FEW = 14


def _case(arms: str) -> str:
    return f"(CASE {arms} END)" if arms.startswith("WHEN") else arms.removeprefix("ELSE ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a figure is found: the column of the row with the `key` in a step's table, for a period.

    `empty` is what it is without a row. `through` adds up all periods so far, `before` those before this one. `days`
    marks microseconds that are told in days.
    """

    table: str
    key: int
    column: str
    empty: Decimal | None = NOTHING
    span: Literal["", "through", "before"] = ""
    days: bool = False
