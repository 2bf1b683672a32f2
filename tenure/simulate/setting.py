"""What everything that happens in a company shares: its days, its people, its log; and what was bought by whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure.simulate.calendar import NEVER, Calendar
from tenure.simulate.causes import Planted
from tenure.simulate.draws import Bools, Codes, Floats, Ints, Streams
from tenure.simulate.log import Log
from tenure.simulate.market import Flavour
from tenure.simulate.people import Accounts, People


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A company before anything happens."""

    flavour: Flavour
    streams: Streams
    calendar: Calendar
    planted: Planted
    people: People
    accounts: Accounts
    log: Log

    def way(self, channel: str) -> int:
        """The place of the first way of that channel."""
        return next(place for place, way in enumerate(self.people.ways) if way.channel == channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """Candidates of purchases in the order of person and time, of which those that are `real` came about.

    `served_at` is when they had what they bought; `experience` how it went, in standard deviations; `reason` what an
    opinion about it is about (a place in `comments.REASONS`). `orders` tells whether each has an order's number.
    """

    who: Ints
    at: Ints
    real: Bools
    served_at: Ints
    experience: Floats
    reason: Codes
    gone_at: Ints
    base_until: Ints
    prefix: str

    def __len__(self) -> int:
        return len(self.at)

    def first_at(self, people: int) -> Ints:
        """Everybody's first purchase; NEVER where there is none."""
        found = np.full(people, NEVER, dtype=np.int64)
        np.minimum.at(found, self.who[self.real], self.at[self.real])
        return found

    def last_at(self, people: int) -> Ints:
        """Everybody's last purchase; -1 where there is none."""
        found = np.full(people, -1, dtype=np.int64)
        np.maximum.at(found, self.who[self.real], self.at[self.real])
        return found

    def count(self, people: int) -> Ints:
        """How many purchases everybody made."""
        return np.bincount(self.who[self.real], minlength=people)


def repeated(counts: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
    """For every one of `counts` things of a row: the row, and the thing's place within the row."""
    rows = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) - starts[rows]


def silenced(who: Ints, at: Ints, leaves: Bools, people: int) -> Ints:
    """When everybody who `leaves` after one of the purchases did so first; NEVER for the others."""
    gone = np.full(people, NEVER, dtype=np.int64)
    np.minimum.at(gone, who[leaves], at[leaves])
    return gone


def logistic(x: Floats) -> Floats:
    """The logistic function."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)))
