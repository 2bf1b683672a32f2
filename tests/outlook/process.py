"""A company whose chances are known: people come at a constant rate, and stay in each stage without memory."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from tenure.lifecycle.periods import Period, periods
from tenure.metrics.outlook.visits import OPEN, PARTS, Visits

DAY = 86_400_000_000
START = 1_640_995_200_000_000  # 2022-01-01
UTC = ZoneInfo("UTC")

# new -> a; a leaves by 2 % a day, 30 % of it for b, else for c; b by 1 % a day for c; c by 0.5 % for b
RATES = (0.02, 0.01, 0.005)
NEXT = ((0.0, 0.3, 0.7), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0))


def months(days: int, ahead: int = 12) -> tuple[Period, ...]:
    """The months from the start, over so many days and the months ahead."""
    found = periods(UTC, "month", since=START, until=START + (days + 31 * (ahead + 2)) * DAY)
    future = [place for place, one in enumerate(found) if one.begins > START + days * DAY - 1]
    return found[: future[ahead - 1] + 1]


def world(days: int, *, a_day: float, seed: int) -> Visits:
    """Everything that happens in so many days."""
    random = np.random.default_rng(seed)
    count = random.poisson(a_day * days)
    born = START + np.sort(random.integers(0, days * DAY, count))
    end = START + days * DAY
    part = random.integers(0, PARTS, count)
    state, entered, who = np.zeros(count, dtype=np.int64), born.copy(), np.arange(count)
    found = []
    rates = np.array(RATES)
    while len(who):
        left = entered + (random.exponential(1 / rates[state]) * DAY).astype(np.int64) + 1
        to_b = random.random(len(who)) < np.array(NEXT)[state, 1]
        after = np.where(to_b, 1, 2)
        over = left < end
        found.append(
            np.stack([state, entered, np.where(over, left, OPEN), np.where(over, after, -1), born[who], part[who]])
        )
        state, entered, who = after[over], left[over], who[over]
    table = np.concatenate(found, axis=1)
    return Visits(
        states=3, state=table[0], entered=table[1], left=table[2], after=table[3], born=table[4], part=table[5]
    )


def expected(start: np.ndarray, a_day: float, days: np.ndarray) -> np.ndarray:
    """People in each stage after so many days, from the rates themselves (differential equations)."""
    flow = np.diag(RATES) @ np.array(NEXT) - np.diag(RATES)
    step, here, told = 0.05, start.astype(float), []
    came = np.array([a_day, 0.0, 0.0])
    at = 0.0
    for day in days:
        while at < day - step / 2:
            here = here + step * (here @ flow + came)
            at += step
        told.append(here.copy())
    return np.array(told)
