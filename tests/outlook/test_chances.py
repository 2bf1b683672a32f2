"""Chances, courses and their spread against calculations that go person by person."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from tenure.metrics.outlook.course import course, present, spread
from tenure.metrics.outlook.hazards import Steps, counts
from tenure.metrics.outlook.levers import raised
from tenure.metrics.outlook.visits import OPEN, Visits

NOW = 1_000
LENGTH = 10
ROUNDS = int(os.environ.get("TENURE_ROUNDS", "1")) * 6


@dataclass(frozen=True)
class Visit:
    state: int
    entered: int
    left: int
    after: int
    born: int
    who: int


def lives(random: np.random.Generator, *, people: int, states: int) -> list[Visit]:
    """People who come at any time and move about at random, some of them several times in a step."""
    found = []
    for who in range(people):
        moment = born = int(random.integers(NOW - 25 * LENGTH, NOW + 1))
        state = int(random.integers(states))
        while True:
            left = moment + int(random.choice([1, 3, 9, 20, 45, 90]))
            after = int((state + random.integers(1, states)) % states)
            if left > NOW:
                found.append(Visit(state, moment, OPEN, -1, born, who))
                break
            found.append(Visit(state, moment, left, after, born, who))
            moment, state = left, after
    return found


def arrays(told: Sequence[Visit], states: int) -> Visits:
    columns = {
        name: np.array([getattr(one, name) for one in told], dtype=np.int64)
        for name in ("state", "entered", "left", "after", "born")
    }
    return Visits(states=states, part=np.array([one.who % 64 for one in told]), **columns)


def step_of(moment: int) -> int:
    """Steps end with now: 0 is the last one, -1 the one before."""
    return -((NOW - moment) // LENGTH)


def chances(told: Sequence[Visit], states: int) -> dict[tuple[int, int], Counter[int]]:
    """The chance to leave, from counts made visit by visit: by state and steps, a counter of next states."""
    seen, ended = Counter[tuple[int, int]](), defaultdict[tuple[int, int], Counter[int]](Counter)
    longest = max(-step_of(one.entered) for one in told) + 1
    lasted = [(step_of(one.left) if one.left != OPEN else 0) - step_of(one.entered) for one in told]
    last = {}
    for state in range(states):
        mine = [length for one, length in zip(told, lasted, strict=True) if one.state == state]
        last[state] = next(
            (steps for steps in range(longest) if sum(length >= steps for length in mine) < 10), longest - 1
        )
    for one, length in zip(told, lasted, strict=True):
        for steps in range(length + 1):
            seen[one.state, min(steps, last[one.state])] += 1
        if one.left != OPEN:
            ended[one.state, min(length, last[one.state])][one.after] += 1
    return {
        (state, steps): Counter(
            {to: count / seen[state, min(steps, last[state])]
             for to, count in ended[state, min(steps, last[state])].items()}
        )
        for state in range(states)
        for steps in range(longest)
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_chances_and_courses_are_those_of_people_followed_one_by_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    states = int(random.integers(2, 5))
    told = lives(random, people=int(random.integers(5, 80)), states=states)
    visits = arrays(told, states)
    steps = Steps.of(visits, now=NOW, length=LENGTH)
    counted = counts(visits, steps, visits.part, 64)
    hazards = counted.hazards()
    known = chances(told, states)
    for (state, at), into in known.items():
        assert hazards[state, at] == pytest.approx([into[to] for to in range(states)])

    longest = hazards.shape[1]

    @cache
    def later(state: int, stayed: int, left: int) -> tuple[float, ...]:
        """Where somebody is after `left` more steps who is in a state and has been for `stayed` whole ones."""
        if left == 0:
            return tuple(float(state == to) for to in range(states))
        leaving = known[state, min(stayed + 1, longest - 1)]
        found = np.zeros(states)
        for to, chance in leaving.items():
            found += chance * np.array(arriving(to, left - 1))
        return tuple(found + (1 - sum(leaving.values())) * np.array(later(state, stayed + 1, left - 1)))

    @cache
    def arriving(state: int, left: int) -> tuple[float, ...]:
        """The same for somebody who comes into a state in the present step: they may leave in it again."""
        # moves within a step are followed until nobody is left in motion
        moving, found = np.eye(states)[state], np.zeros(states)
        for _ in range(400):
            following = np.zeros(states)
            for at in range(states):
                leaving = known[at, 0]
                found += moving[at] * (1 - sum(leaving.values())) * np.array(later(at, 0, left))
                for to, chance in leaving.items():
                    following[to] += moving[at] * chance
            moving = following
        return tuple(found)

    newcomers = random.random((4, states)) * 3
    start = present(visits, steps, longest)
    assert start.sum() == sum(one.left == OPEN for one in told)
    found, variance = course(start, hazards, newcomers), spread(start, hazards, newcomers)
    for ahead in range(1, 5):
        expected, spreads = np.zeros(states), np.zeros(states)
        for one in told:
            if one.left == OPEN:
                where = np.array(later(one.state, -step_of(one.entered), ahead))
                expected += where
                spreads += where * (1 - where)
        for step in range(ahead):
            for state in range(states):
                where = np.array(arriving(state, ahead - 1 - step))
                expected += newcomers[step, state] * where
                spreads += newcomers[step, state] * where * (1 - where)
        assert found.people[ahead] == pytest.approx(expected, abs=1e-6)
        assert variance[ahead] == pytest.approx(spreads, abs=1e-6)
        # nobody is lost, and nobody made
        assert found.people[ahead].sum() == pytest.approx(start.sum() + newcomers[:ahead].sum())


def test_hand_worked_chances() -> None:
    """Four came into 0 in one step: one left in it, one two steps later, two are there; 12 others stay for ever."""
    early = NOW - 3 * LENGTH - LENGTH // 2
    told = [Visit(0, early, early + 1, 1, early, 0), Visit(1, early + 1, OPEN, -1, early, 0)]
    told += [Visit(0, early, early + 2 * LENGTH, 1, early, 1), Visit(1, early + 2 * LENGTH, OPEN, -1, early, 1)]
    told += [Visit(0, early, OPEN, -1, early, who) for who in range(2, 16)]
    visits = arrays(told, 2)
    counted = counts(visits, Steps.of(visits, now=NOW, length=LENGTH), visits.part, 64)
    hazards = counted.hazards()
    assert hazards[0, :, 1].tolist() == pytest.approx([1 / 16, 0, 1 / 15, 0])
    assert hazards[1].sum() == 0
    found = course(np.array([[15.0, 0, 0, 0], [0, 0, 0, 0]]), hazards, np.array([[0.0, 0], [16, 0]]))
    # after a step nobody has left; then 1 in 15 does, and 1 in 16 of the 16 who come
    assert found.people[1].tolist() == pytest.approx([15, 0])
    assert found.people[2].tolist() == pytest.approx([14 + 15, 1 + 1])
    assert found.came[2].tolist() == pytest.approx([16, 2])


def test_few_who_stayed_so_long_count_together() -> None:
    """Below ten at risk there is one chance for all longer stays: departures by steps seen."""
    begun = NOW - 5 * LENGTH
    told = [Visit(0, begun, begun + LENGTH * (1 + who % 5), 1, begun, who) for who in range(5)]
    told = [one if one.left <= NOW else Visit(0, begun, OPEN, -1, begun, one.who) for one in told]
    visits = arrays(told, 2)
    hazards = counts(visits, Steps.of(visits, now=NOW, length=LENGTH), visits.part, 64).hazards()
    # 5 ended; seen for 2, 3, 4, 5 and 6 steps, those in which they ended among them
    assert hazards[0, :, 1].tolist() == pytest.approx([5 / 20] * 6)


def test_raised_chances_leave_the_others_their_part() -> None:
    hazards = np.zeros((3, 2, 3))
    hazards[0, 0] = [0, 0.2, 0.4]
    hazards[0, 1] = [0, 0.5, 0.5]
    more = raised(hazards, 0, (1,), 1.5)
    # 0.3 convert; of the 0.7 others as before 4 in 8 leave
    assert more[0, 0].tolist() == pytest.approx([0, 0.3, 0.35])
    assert more[0, 1].tolist() == pytest.approx([0, 0.75, 0.25])
    assert raised(hazards, 0, (1,), 9)[0].tolist() == [pytest.approx([0, 1, 0])] * 2
