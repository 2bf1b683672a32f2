"""How likely people are to leave a stage, and for where, by how long they have been in it.

Time goes in steps of one length that end now, so that every visit is seen for whole steps: one that begins and ends in
the same step lasted 0. The chance of leaving state s for t after d steps, of those who were there so long,

    h(s, d, t) = visits to s that ended for t after d steps / visits to s seen for at least d steps

is the maximum-likelihood estimate where some visits go on (S. W. Lagakos, C. J. Sommer and M. Zelen, Semi-Markov Models
for Partially Censored Data, Biometrika 65 (1978), 311-317). From where only a few have been so long, one chance stands
for all longer stays, also for those longer than any that was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tenure.metrics.outlook.visits import OPEN, PARTS, Ints, Visits

Floats: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"

# where fewer have been so long, longer stays are taken together
FEW = 10
# steps that are told apart
LONGEST = 400
# cohorts are what is drawn where there are at least so many
LEAST_COHORTS, MOST_COHORTS = 12, 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """The visits by steps that end with `now`: the step of beginning and of the end (-1: goes on), counted from 0."""

    now: int
    length: int
    count: int
    began: Ints
    ended: Ints

    @classmethod
    def of(cls, visits: Visits, *, now: int, length: int) -> Steps:
        """The steps back to the first visit; `length` is that of a step in microseconds."""
        count = -int((int(visits.entered.min()) - now - 1) // length) if len(visits.entered) else 1
        began = count - 1 - (now - visits.entered) // length
        goes_on = visits.left == OPEN
        ended = np.where(goes_on, -1, count - 1 - (now - np.where(goes_on, now, visits.left)) // length)
        return cls(now=now, length=length, count=count, began=began, ended=ended)

    @property
    def lasted(self) -> Ints:
        """For how many steps each visit was seen."""
        found: Ints = np.where(self.ended < 0, self.count - 1, self.ended) - self.began
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """What the chances are estimated from, apart for groups of people: `ends[group, state, steps, next]` visits that
    ended, `seen[group, state, steps]` that could have; the last entry of `steps` of a state stands for all longer.
    """

    ends: Floats
    seen: Floats
    last: Ints

    def hazards(self, weights: Floats | None = None) -> Floats:
        """The chance of leaving by state, steps and next state; `weights` are those of the groups."""
        groups, states, longest, _ = self.ends.shape
        chosen = np.ones(groups) if weights is None else weights
        ends = (chosen @ self.ends.reshape(groups, -1)).reshape(states, longest, states)
        seen = (chosen @ self.seen.reshape(groups, -1)).reshape(states, longest)
        found: Floats = np.divide(ends, seen[:, :, None], out=np.zeros_like(ends), where=seen[:, :, None] > 0)
        for state, last in enumerate(self.last):
            found[state, last + 1 :] = found[state, last]
        return found


def counts(visits: Visits, steps: Steps, groups: Ints, number: int) -> Counts:
    """The counts of each group of people."""
    states, longest = visits.states, min(steps.count, LONGEST)
    lasted, over = steps.lasted, steps.ended >= 0
    capped = np.minimum(lasted, longest - 1)
    there = _there(np.bincount(visits.state * longest + capped, minlength=states * longest).reshape(states, longest))
    enough = there >= FEW
    last = np.where(enough.all(axis=1), longest - 1, enough.argmin(axis=1)).astype(np.int64)
    capped = np.minimum(lasted, last[visits.state])
    cell = (groups * states + visits.state) * longest + capped
    size = number * states * longest
    ends = np.bincount((cell * states + visits.after)[over], minlength=size * states).astype(np.float64)
    seen = _there(np.bincount(cell, minlength=size).reshape(number, states, longest)).astype(np.float64)
    # in the last entry a visit could have ended in every step that it went on
    beyond = np.maximum(lasted - last[visits.state] + 1, 0).astype(np.float64)
    whole = np.bincount(groups * states + visits.state, weights=beyond, minlength=number * states)
    seen[:, np.arange(states), last] = whole.reshape(number, states)
    return Counts(ends=ends.reshape(number, states, longest, states), seen=seen, last=last)


def groups_of(visits: Visits, begins: Sequence[int]) -> tuple[Ints, int]:
    """The group of each visit, and how many there are: cohorts of people by the period in which they were first known.

    `begins` are the beginnings of the periods; where few of them brought anybody, 64 random parts of the people.
    """
    cohorts = np.searchsorted(np.asarray(begins, dtype=np.int64), visits.born, side="right")
    _, place = np.unique(cohorts, return_inverse=True)
    number = int(place.max()) + 1 if len(place) else 1
    if number < LEAST_COHORTS:
        return visits.part, PARTS
    width = -(-number // MOST_COHORTS)
    return np.asarray(place // width, dtype=np.int64), (number - 1) // width + 1


def _there(lasted: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """How many lasted at least so long, from how many lasted just so long."""
    return np.flip(np.cumsum(np.flip(lasted, axis=-1), axis=-1), axis=-1)
