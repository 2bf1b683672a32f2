"""How far periods differ from each other: in some, people leave a stage faster than usual, in others more slowly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tenure.metrics.outlook.hazards import Floats, Steps
from tenure.metrics.outlook.visits import Visits

# fewer expected departures in a period tell nothing about it
_LEAST_EXPECTED = 5.0
_LEAST_PERIODS = 6


def shocks(visits: Visits, steps: Steps, hazards: Floats, edges: Sequence[int]) -> Floats:
    """The variance, by state, of the factor by which departures in a period differ from what the chances say.

    What chance alone explains is taken off: the mean of (found / expected - 1)^2 - 1 / expected over the periods between
    the `edges` (moments), weighted by the expected, and no less than 0 (method of moments).
    """
    found = np.zeros(visits.states)
    if len(edges) <= _LEAST_PERIODS:
        return found
    bounds = steps.count - 1 - (steps.now - np.asarray(edges, dtype=np.int64)) // steps.length
    longest = hazards.shape[1]
    whole = np.concatenate([np.zeros((visits.states, 1)), np.cumsum(hazards.sum(axis=2), axis=1)], axis=1)
    tail = hazards[:, -1].sum(axis=1)
    ended = np.where(steps.ended < 0, steps.count - 1, steps.ended)

    def exposed(until: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """The chances that each visit has run by so many steps, added up."""
        inside = np.clip(until, 0, longest)
        told: Floats = whole[visits.state, inside] + tail[visits.state] * np.maximum(until - longest, 0)
        return told

    expected = np.zeros((len(bounds) - 1, visits.states))
    came = np.zeros_like(expected)
    for place in range(len(bounds) - 1):
        first, last = bounds[place], bounds[place + 1]
        most = np.minimum(last, ended + 1) - steps.began
        least = np.maximum(first, steps.began) - steps.began
        share = np.where(most > least, exposed(most) - exposed(least), 0.0)
        expected[place] = np.bincount(visits.state, weights=share, minlength=visits.states)
        over = (steps.ended >= first) & (steps.ended < last)
        came[place] = np.bincount(visits.state[over], minlength=visits.states)
    for state in range(visits.states):
        known = expected[:, state] >= _LEAST_EXPECTED
        if np.count_nonzero(known) >= _LEAST_PERIODS:
            was, should = came[known, state], expected[known, state]
            excess = (was / should - 1) ** 2 - 1 / should
            found[state] = max(0.0, float(np.average(excess, weights=should)))
    return found
