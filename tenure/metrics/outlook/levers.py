"""What more conversion would bring: one more point in each stage, and what it takes to reach a target.

The conversion of a stage is the part of those who come into it who go on to a better one within the time of the
outlook, straight from it. Raising it means that they do so more often after every length of stay, in the same
proportion; those who do not, leave otherwise as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tenure.lifecycle.definition import Lifecycle
from tenure.metrics.outlook.hazards import Floats
from tenure.metrics.outlook.outlook import Ready

POINT = 0.01
_RISK = ("risk", "gone")
_TRIED = 17
_HALVINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One more percentage point of conversion in a stage, from now on: how many more people and how much more money
    there are at the end of the outlook.

    `conversion` is what it is now, `into` what counts as converted. `people` are those in stages of kind customer (in
    the last stage of the journey where there is no such kind), `money` everybody's, as stages are worth today.
    """

    stage: str
    into: tuple[str, ...]
    conversion: float
    people: float
    money: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing that alone would reach a target: the conversion of a `stage`, or (None) new people a period.

    `needed` is None where it cannot be reached in that way.
    """

    stage: str | None
    now: float
    needed: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What must convert for a stage to have so many people at the end of the outlook, where `expected` are expected."""

    stage: str
    people: float
    expected: float
    ways: tuple[Way, ...]


def better(lifecycle: Lifecycle, place: int) -> tuple[int, ...]:
    """The stages that count as converted to from the one at a position.

    From one of the journey every later one of it; from a side stage those of kind customer (where there are any) that
    do not mean risk or loss.
    """
    stages = lifecycle.stages
    journey = [at for at, one in enumerate(stages) if not one.side and not one.otherwise]
    if place in journey:
        return tuple(at for at in journey if at > place)
    safe = [at for at, one in enumerate(stages) if at != place and one.phase not in _RISK and one.kind != "former"]
    customers = [at for at in safe if stages[at].kind == "customer"]
    return tuple(customers or safe)


def leverage(told: Ready, lifecycle: Lifecycle, worth: Sequence[float]) -> tuple[Lever, ...]:
    """One more point in each stage, what brings most first; `worth` is what somebody in each state is worth today.

    A stage that nobody ever converted from is not there, nor one that nearly all convert from.
    """
    base = told.course()[0][-1]
    counted = _customers(lifecycle)
    value = np.asarray(worth, dtype=np.float64)
    found = []
    for place, stage in enumerate(lifecycle.stages):
        into = better(lifecycle, place)
        now = conversion(told, place, into)
        raised = _raised_to(told, place, into, now + POINT) if now > 0 else None
        if raised is None:
            continue
        more = told.course(hazards=raised)[0][-1] - base
        found.append(
            Lever(
                stage=stage.name, into=tuple(lifecycle.stages[at].name for at in into), conversion=now,
                people=float(more[list(counted)].sum()), money=float(more @ value),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.money, -one.people)))


def needed(told: Ready, lifecycle: Lifecycle, place: int, people: float) -> Needed:
    """What would bring the stage at a position to so many people: more new ones, or more conversion of one stage."""
    expected = float(told.course()[0][-1, place])
    ahead = told.weights.shape[1]
    new = told.inflow.expected(ahead)
    without = float(told.course(path=np.zeros(ahead))[0][-1, place])
    first = ahead - len(told.periods)
    each = float((new[first:] * told.lengths).mean())
    # the expected number is linear in how many come
    factor = (people - without) / (expected - without) if expected > without else None
    ways = [Way(stage=None, now=each, needed=None if factor is None or factor < 0 else each * factor)]
    for at, stage in enumerate(lifecycle.stages):
        into = better(lifecycle, at)
        now = conversion(told, at, into)
        if now > 0:
            ways.append(Way(stage=stage.name, now=now, needed=_conversion_for(told, at, into, place, people, now)))
    return Needed(stage=lifecycle.stages[place].name, people=people, expected=expected, ways=tuple(ways))


def conversion(told: Ready, place: int, into: Sequence[int], hazards: Floats | None = None) -> float:
    """The part of those who come into a state who go straight to one of `into` within the time of the outlook."""
    chances = _through(told, (told.hazards if hazards is None else hazards)[place])
    staying = np.cumprod(np.concatenate([[1.0], 1 - np.clip(chances.sum(axis=1), 0, 1)[:-1]]))
    return float(staying @ chances[:, list(into)].sum(axis=1))


def raised(hazards: Floats, place: int, into: Sequence[int], factor: float) -> Floats:
    """The chances with those from a state to `into` times a factor; the rest keep their part of who does not go."""
    found = hazards.copy()
    going = hazards[place][:, list(into)].sum(axis=1)
    wanted = np.minimum(going * factor, 1.0)
    others = np.divide(1 - wanted, 1 - going, out=np.zeros_like(going), where=going < 1)
    found[place] *= others[:, None]
    ratio = np.divide(wanted, going, out=np.zeros_like(going), where=going > 0)
    found[place][:, list(into)] = hazards[place][:, list(into)] * ratio[:, None]
    return found


def _through(told: Ready, chances: Floats) -> Floats:
    """The chances of a state for as many steps as the outlook has."""
    steps = len(told.weights)
    longer = max(steps - len(chances), 0)
    return np.concatenate([chances, np.repeat(chances[-1:], longer, axis=0)])[:steps]


def _raised_to(told: Ready, place: int, into: Sequence[int], wanted: float) -> Floats | None:
    """The chances under which so large a part converts; None where it cannot be."""
    low, high = 0.0, 1.0
    while conversion(told, place, into, raised(told.hazards, place, into, high)) < wanted:
        low, high = high, high * 2
        if high > 1e6:
            return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if conversion(told, place, into, raised(told.hazards, place, into, middle)) < wanted:
            low = middle
        else:
            high = middle
    return raised(told.hazards, place, into, high)


def _conversion_for(told: Ready, at: int, into: Sequence[int], place: int, people: float, now: float) -> float | None:
    """The conversion of a stage, nearest to what it is now, that brings a state to so many people."""

    def reached(wanted: float) -> float | None:
        chances = _raised_to(told, at, into, wanted)
        return None if chances is None else float(told.course(hazards=chances)[0][-1, place]) - people

    tried = sorted({*map(float, np.linspace(0.0, 1.0, _TRIED)), now})
    off = {one: value for one in tried if (value := reached(one)) is not None}
    crossing = [
        (low, high) for low, high in pairwise(sorted(off)) if off[low] == 0 or (off[low] < 0) != (off[high] < 0)
    ]
    if not crossing:
        return None
    low, high = min(crossing, key=lambda pair: min(abs(pair[0] - now), abs(pair[1] - now)))
    rising = off[high] > off[low]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        value = reached(middle)
        if value is None:
            return None
        if (value < 0) == rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _customers(lifecycle: Lifecycle) -> tuple[int, ...]:
    found = tuple(place for place, one in enumerate(lifecycle.stages) if one.kind == "customer")
    return (
        found or tuple(place for place, one in enumerate(lifecycle.stages) if not one.side and not one.otherwise)[-1:]
    )
