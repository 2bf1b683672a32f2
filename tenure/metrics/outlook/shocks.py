"""How far periods differ from each other: in some, people leave a stage faster than usual, in others more slowly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tenure.metrics.outlook.hazards import Floats, Steps
from tenure.metrics.outlook.visits import Ints, Visits

# fewer expected departures in a period tell nothing about it
_LEAST_EXPECTED = 5.0
_LEAST_PERIODS = 6


def shocks(visits: Visits, steps: Steps, hazards: Floats, edges: Sequence[int]) -> Floats:
    """The variance, by state, of the factor by which departures in a period differ from what the chances say.

    What chance alone explains is taken off: the mean of (found / expected - 1)^2 - 1 / expected over the periods
    between the `edges` (moments), weighted by the expected, and no less than 0 (method of moments).
    """
    found = np.zeros(visits.states)
    if len(edges) <= _LEAST_PERIODS:
        return found
    bounds = steps.count - 1 - (steps.now - np.asarray(edges, dtype=np.int64)) // steps.length
    longest = hazards.shape[1]
    whole = np.concatenate([np.zeros((visits.states, 1)), np.cumsum(hazards.sum(axis=2), axis=1)], axis=1)
    tail = hazards[:, -1].sum(axis=1)
    state, began, last_step, over, times = _alike(visits, steps)

    def run(until: Ints) -> Floats:
        """The chances that each visit has run by so many steps, added up."""
        inside = np.clip(until, 0, longest)
        told: Floats = whole[state, inside] + tail[state] * np.maximum(until - longest, 0)
        return told

    expected = np.zeros((len(bounds) - 1, visits.states))
    came = np.zeros_like(expected)
    for place in range(len(bounds) - 1):
        first, last = bounds[place], bounds[place + 1]
        most, least = np.minimum(last, last_step + 1) - began, np.maximum(first - began, 0)
        share = np.where(most > least, run(most) - run(least), 0.0) * times
        expected[place] = np.bincount(state, weights=share, minlength=visits.states)
        within = over & (last_step >= first) & (last_step < last)
        came[place] = np.bincount(state[within], weights=times[within], minlength=visits.states)
    for place in range(visits.states):
        known = expected[:, place] >= _LEAST_EXPECTED
        if np.count_nonzero(known) >= _LEAST_PERIODS:
            was, should = came[known, place], expected[known, place]
            excess = (was / should - 1) ** 2 - 1 / should
            found[place] = max(0.0, float(np.average(excess, weights=should)))
    return found


def _alike(visits: Visits, steps: Steps) -> tuple[Ints, Ints, Ints, np.ndarray[tuple[int], np.dtype[np.bool_]], Ints]:
    """Visits that began and ended in the same steps together: state, first and last step, whether over, how many."""
    ended = np.where(steps.ended < 0, steps.count, steps.ended)
    width = steps.count + 1
    codes, times = np.unique((visits.state * width + steps.began) * width + ended, return_counts=True)
    began, ended = codes // width % width, codes % width
    over = ended < steps.count
    return codes // width**2, began, np.minimum(ended, steps.count - 1), over, times
