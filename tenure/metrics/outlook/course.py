"""What becomes of people, step by step, under given chances: expected numbers, and how far chance alone moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tenure.metrics.outlook.hazards import Floats, Steps
from tenure.metrics.outlook.visits import OPEN, Visits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """Expected people in each state now and after each step (`people[step, state]`), and how many came into each by
    then, each time counted (`came[step, state]`).
    """

    people: Floats
    came: Floats


def present(visits: Visits, steps: Steps, longest: int) -> Floats:
    """How many are in each state, by how many whole steps ago they came."""
    here = visits.left == OPEN
    since = np.minimum(steps.count - 1 - steps.began[here], longest - 1)
    cells = np.bincount(visits.state[here] * longest + since, minlength=visits.states * longest)
    return cells.reshape(visits.states, longest).astype(np.float64)


def course(start: Floats, hazards: Floats, newcomers: Floats, *, kept: Sequence[Floats] | None = None) -> Course:
    """The expected course of those in `start[state, steps]` and of `newcomers[step, state]`.

    `kept`, where given, has hazards for each step in place of the same for all.
    """
    states, longest = start.shape
    here = start.copy()
    people = np.empty((len(newcomers) + 1, states))
    came = np.zeros_like(people)
    people[0] = here.sum(axis=1)
    prepared: dict[int, tuple[Floats, Floats, Floats, Floats]] = {}
    for step, fresh in enumerate(newcomers):
        chances = hazards if kept is None else kept[step]
        if id(chances) not in prepared:
            prepared[id(chances)] = _prepared(chances)
        leaving, staying, through, first = prepared[id(chances)]
        arrived = through @ (here.reshape(-1) @ leaving + fresh)
        here *= staying
        here[:, -1] += here[:, -2] if longest > 1 else 0.0
        here[:, 1:-1] = here[:, :-2].copy()
        if longest > 1:
            here[:, 0] = arrived * first
        else:
            here[:, 0] += arrived * first
        people[step + 1] = here.sum(axis=1)
        came[step + 1] = came[step] + arrived
    return Course(people=people, came=came)


def _prepared(hazards: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """The chances to leave in the coming step by state and steps, flat; to stay; how often somebody who comes into a
    state in a step comes into each in the same step; and the chance to stay in it for the rest of the step.
    """
    coming = np.concatenate([hazards[:, 1:], hazards[:, -1:]], axis=1)
    at_once = hazards[:, 0]
    through = _inverse(np.eye(len(hazards)) - at_once.T)
    return (
        coming.reshape(-1, coming.shape[2]), np.clip(1 - coming.sum(axis=2), 0, 1), through,
        np.clip(1 - at_once.sum(axis=1), 0, 1),
    )  # fmt: skip


def spread(start: Floats, hazards: Floats, newcomers: Floats) -> Floats:
    """The variance of the people in each state after each step, `[step, state]`, by chance alone: everybody in `start`,
    and every one of so many newcomers, goes an own way (binomial). How many come is not counted as chance here.
    """
    states, longest = start.shape
    coming = np.concatenate([hazards[:, 1:], hazards[:, -1:]], axis=1)
    leaving, staying = coming.reshape(-1, states), np.clip(1 - coming.sum(axis=2), 0, 1)
    at_once = hazards[:, 0]
    rest = np.clip(1 - at_once.sum(axis=1), 0, 1)
    inner = _inverse(np.eye(states) - at_once)
    horizon = len(newcomers)
    # where somebody will be k steps later: who is in a state for d steps, and who has just come into it
    later = np.broadcast_to(np.eye(states)[:, None, :], (states, longest, states)).copy()
    arriving = [inner @ (rest[:, None] * later[:, 0])]
    variance = np.zeros((horizon + 1, states))
    flat = start.reshape(-1)
    for step in range(1, horizon + 1):
        shifted = np.concatenate([later[:, 1:], later[:, -1:]], axis=1)
        later = (leaving @ arriving[-1]).reshape(states, longest, states) + staying[:, :, None] * shifted
        arriving.append(inner @ (rest[:, None] * later[:, 0]))
        sure = later.reshape(-1, states)
        variance[step] = flat @ (sure * (1 - sure))
        for came in range(1, step + 1):
            variance[step] += newcomers[came - 1] @ (arriving[step - came] * (1 - arriving[step - came]))
    return variance


def _inverse(matrix: Floats) -> Floats:
    found: Floats = np.linalg.inv(matrix).astype(np.float64)
    return found
