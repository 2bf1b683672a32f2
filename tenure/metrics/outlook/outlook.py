"""The outlook: how many people each stage will have, and how many will come into it, with 80 % intervals.

    outlook(ready(visits, periods, now=now, unit="month"), names, seed=1)

People keep the time that they have already been in their stage (a semi-Markov process); new people come as they did.
What is not known is drawn many times over: the chances (people, or cohorts of them, weighted anew by the Bayesian
bootstrap: D. B. Rubin, The Annals of Statistics 9 (1981), 130-134), how far periods differ, how many come, and what
each person does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.outlook.course import course, present, spread
from tenure.metrics.outlook.hazards import Counts, Floats, Steps, counts, groups_of
from tenure.metrics.outlook.inflow import CYCLES, Inflow, inflow
from tenure.metrics.outlook.shocks import shocks
from tenure.metrics.outlook.visits import Ints, Visits

DRAWS = 200
LOW, HIGH = 0.1, 0.9
# how long a step is, in microseconds
_HOUR = 3_600_000_000
STEPS: Mapping[PeriodUnit, int] = {
    "day": 6 * _HOUR, "week": 24 * _HOUR, "month": 5 * 24 * _HOUR, "quarter": 15 * 24 * _HOUR, "year": 60 * 24 * _HOUR,
}  # fmt: skip
# the stages that new people came into are those of so many periods
_LATEST = 6
# of periods that differ, the last so many are looked at
_LOOKED_AT = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A stage (None: in none) in a period to come: `people` at its end, `entries` into it, each with the limits within
    which four of five outcomes are expected. Who comes twice counts twice among the entries.
    """

    period: Period
    stage: str | None
    people: float
    people_low: float
    people_high: float
    entries: float
    entries_low: float
    entries_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """The new people expected in a period, with the same limits."""

    period: Period
    people: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ready:
    """All that is known at a moment, and the expected future: `people[period, state]`, `entries[period, state]`.

    `ends` are when the first of the periods to come begins and when each ends, in steps from now; `weights[step,
    period]` is how much of a period, the running one first, is in a step. New people are counted for a period of usual
    length; `lengths` are those of the periods to come as parts of it.
    """

    periods: tuple[Period, ...]
    start: Floats
    counts: Counts
    hazards: Floats
    inflow: Inflow
    shares: Floats
    weights: Floats
    ends: Floats
    lengths: Floats
    shocks: Floats

    def newcomers(self, path: Floats) -> Floats:
        """The new people of each step, by state, where `path` come in each period (the running one first, if any)."""
        return np.outer(self.weights @ path, self.shares)

    def course(
        self, *, hazards: Floats | None = None, path: Floats | None = None, kept: Sequence[Floats] | None = None
    ) -> tuple[Floats, Floats]:
        """People at the end of each period to come, and entries in it, by state."""
        came = self.newcomers(self.inflow.expected(self.weights.shape[1]) if path is None else path)
        found = course(self.start, self.hazards if hazards is None else hazards, came, kept=kept)
        people, entries = _at(found.people, self.ends), _at(found.came, self.ends)
        return people[1:], np.diff(entries, axis=0)

    def period_of_steps(self) -> Ints:
        """The place of the period, the running one first, of which each step has the most."""
        found: Ints = self.weights.argmax(axis=1).astype(np.int64)
        return found


def ready(visits: Visits, periods: Sequence[Period], *, now: int, unit: PeriodUnit) -> Ready:
    """What an outlook from `now` over the periods after it rests on; `periods` are all from the first to the last.

    The periods follow each other; those over by `now` tell how many new people come.
    """
    past = [period for period in periods if period.ends <= now + 1]
    running = [period for period in periods if period.begins <= now < period.ends - 1]
    future = [period for period in periods if period.begins > now]
    steps = Steps.of(visits, now=now, length=STEPS[unit])
    groups, number = groups_of(visits, [period.begins for period in periods if period.begins <= now])
    counted = counts(visits, steps, groups, number)
    hazards = counted.hazards()
    ahead = [*running, *future]
    # steps from now at which the periods begin (the running one: now) and the last ends
    edges = (np.array([max(one.begins, now + 1) for one in ahead] + [ahead[-1].ends]) - now - 1) / steps.length
    # how much of each period is in each step; of the running one only what is left of it
    grid = np.arange(int(np.ceil(edges[-1])) + 1, dtype=np.float64)
    # the last step is whole, since what is read off within it lies between its ends
    until = np.append(edges[1:-1], grid[-1])
    inside = np.clip(np.minimum(grid[1:, None], until) - np.maximum(grid[:-1, None], edges[:-1]), 0, None)
    typical = float(np.mean([one.ends - one.begins for one in (past or ahead)]))
    lengths = np.array([(one.ends - one.begins) / typical for one in [*past, *future]])
    new, shares = _new(visits, past, lengths[: len(past)], CYCLES.get(unit))
    late = past[-_LOOKED_AT:]
    differ = [late[0].begins, *(one.ends for one in late)] if late else []
    return Ready(
        periods=tuple(future), start=present(visits, steps, hazards.shape[1]), counts=counted, hazards=hazards,
        inflow=inflow(new, cycle=CYCLES.get(unit)), shares=shares, weights=inside * (steps.length / typical),
        ends=edges[len(running) :],
        lengths=lengths[len(past) :], shocks=shocks(visits, steps, hazards, differ),
    )  # fmt: skip


def outlook(
    told: Ready, names: Sequence[str | None], *, seed: int, draws: int = DRAWS
) -> tuple[tuple[Expected, ...], tuple[Newcomers, ...]]:
    """Every state in each period to come, the states under their `names`, and the new people of each period."""
    people, entries = told.course()
    drawn_people, drawn_entries, drawn_new = drawn(told, seed=seed, draws=draws)
    low, high = (np.quantile(drawn_people, share, axis=0) for share in (LOW, HIGH))
    entries_low, entries_high = (np.quantile(drawn_entries, share, axis=0) for share in (LOW, HIGH))
    expected = tuple(
        Expected(
            period=period, stage=name, people=float(people[place, state]),
            people_low=float(min(low[place, state], people[place, state])),
            people_high=float(max(high[place, state], people[place, state])),
            entries=float(entries[place, state]),
            entries_low=float(min(entries_low[place, state], entries[place, state])),
            entries_high=float(max(entries_high[place, state], entries[place, state])),
        )
        for place, period in enumerate(told.periods)
        for state, name in enumerate(names)
    )  # fmt: skip
    first = told.weights.shape[1] - len(told.periods)
    new = told.inflow.expected(told.weights.shape[1])[first:] * told.lengths
    new_low, new_high = (np.quantile(drawn_new, share, axis=0) for share in (LOW, HIGH))
    newcomers = tuple(
        Newcomers(
            period=period,
            people=float(new[place]),
            low=float(min(new_low[place], new[place])),
            high=float(max(new_high[place], new[place])),
        )
        for place, period in enumerate(told.periods)
    )
    return expected, newcomers


def widened(expected: Sequence[Expected], factor: float) -> tuple[Expected, ...]:
    """The same with limits so many times as far from what is expected, none below 0."""

    def low(middle: float, limit: float) -> float:
        return max(middle - factor * (middle - limit), 0.0)

    def high(middle: float, limit: float) -> float:
        return middle + factor * (limit - middle)

    return tuple(
        replace(
            one, people_low=low(one.people, one.people_low), people_high=high(one.people, one.people_high),
            entries_low=low(one.entries, one.entries_low), entries_high=high(one.entries, one.entries_high),
        )
        for one in expected
    )  # fmt: skip


def drawn(told: Ready, *, seed: int, draws: int) -> tuple[Floats, Floats, Floats]:
    """So many outcomes: people and entries by draw, period and state, and new people by draw and period."""
    random = np.random.default_rng(seed)
    ahead = told.weights.shape[1]
    first = ahead - len(told.periods)
    expected = told.inflow.expected(ahead)
    chance = _at(spread(told.start, told.hazards, told.newcomers(expected)), told.ends)[1:]
    straight = np.outer(expected[first:] * told.lengths, told.shares)
    people = np.empty((draws, len(told.periods), len(told.start)))
    entries, new = np.empty_like(people), np.empty(people.shape[:2])
    of_steps = told.period_of_steps()
    for place in range(draws):
        hazards = told.counts.hazards(random.exponential(size=len(told.counts.seen)))
        path = told.inflow.drawn(ahead, random)
        kept = None
        if told.shocks.any():
            scaled = [_scaled(hazards, _factors(told.shocks, random)) for _ in range(ahead)]
            kept = [scaled[period] for period in of_steps]
        here, came = told.course(hazards=hazards, path=path, kept=kept)
        own = random.standard_normal((2, *here.shape))
        people[place] = np.maximum(here + np.sqrt(chance) * own[0], 0)
        entries[place] = np.maximum(came + np.sqrt(np.maximum(came - straight, 0)) * own[1], 0)
        new[place] = path[first:] * told.lengths
    return people, entries, new


def _factors(variances: Floats, random: np.random.Generator) -> Floats:
    """A factor of mean 1 and the given variance for each state."""
    shape = 1 / np.maximum(variances, 1e-9)
    return np.where(variances > 0, random.gamma(shape) / shape, 1.0)


def _scaled(hazards: Floats, factors: Floats) -> Floats:
    """The chances times a factor for each state; together they stay below 1."""
    whole = hazards.sum(axis=2)
    wanted = np.minimum(whole * factors[:, None], np.maximum(whole, 1 - 1e-9))
    ratio = np.divide(wanted, whole, out=np.ones_like(whole), where=whole > 0)
    scaled: Floats = hazards * ratio[:, :, None]
    return scaled


def _new(visits: Visits, past: Sequence[Period], lengths: Floats, cycle: int | None) -> tuple[Floats, Floats]:
    """The new people of each complete period, and the part of them that came into each state of late."""
    if not past:
        return np.zeros(0), np.zeros(visits.states)
    fresh = visits.fresh
    edges = np.array([past[0].begins, *(one.ends for one in past)])
    place = np.searchsorted(edges, visits.entered[fresh], side="right") - 1
    inside = (place >= 0) & (place < len(past))
    new = np.bincount(place[inside], minlength=len(past)) / lengths
    late = inside & (place >= len(past) - _LATEST)
    chosen = late if late.any() else inside
    into = np.bincount(visits.state[fresh][chosen], minlength=visits.states).astype(np.float64)
    # when a log begins everybody in it is new; but seasons need their two years
    first = 1 if len(new) > _LATEST and (cycle is None or len(new) != 2 * cycle) else 0
    return new[first:], into / max(into.sum(), 1.0)


def _at(values: Floats, ends: Floats) -> Floats:
    """The values, one row a step from 0, at moments between steps."""
    low = np.minimum(ends.astype(np.int64), len(values) - 1)
    high = np.minimum(low + 1, len(values) - 1)
    part = (ends - low)[:, None]
    found: Floats = values[low] * (1 - part) + values[high] * part
    return found
