"""How good the outlook would have been: made at earlier moments from what was known then, held against what came.

Beside it stand the two rules that cost nothing: the last value, and that of the same season a year (for days a week)
before. A forecast that does not beat them is not worth its arithmetic, and the result says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.outlook.hazards import Floats
from tenure.metrics.outlook.inflow import CYCLES
from tenure.metrics.outlook.outlook import HIGH, LOW, drawn, ready
from tenure.metrics.outlook.visits import Ints, Visits

Rule = Literal["outlook", "last value", "same season"]

ORIGINS = 6
LEAST = 6
DRAWS = 40
WIDEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How far each rule was off, over the same held-out `points`: mean absolute errors in people (entries).

    `actual` is the mean of what came, so that an error as part of it (WAPE) can be told. `season` is None where the log
    is too short for it.
    """

    points: int
    actual: float
    outlook: float
    last: float
    season: float | None

    @property
    def best(self) -> Rule:
        """The rule with the smallest error; the cheaper one where they are equal."""
        told: list[tuple[float, Rule]] = [(self.last, "last value")]
        told += [(self.season, "same season")] if self.season is not None else []
        told.append((self.outlook, "outlook"))
        return min(told, key=lambda one: one[0])[1]

    def wape(self, error: float | None) -> float | None:
        """An error as part of the mean of what came; None where nothing came."""
        return None if error is None or not self.actual else error / self.actual


@dataclass(frozen=True, slots=True, kw_only=True)
class StageErrors:
    """The errors of a stage (None: of none): its people at the ends of periods, and the entries in them."""

    stage: str | None
    people: Errors
    entries: Errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The errors of outlooks made at the ends of `made_at`, up to `ahead` periods ahead: of all stages and of each.

    `within` is the share of the held-out figures (people) that lay between the limits meant for 80 % of them; `stretch`
    is by what factor the limits would have had to be wider for that, 1 where they were wide enough, and 3 at most.
    """

    made_at: tuple[Period, ...]
    ahead: int
    people: Errors
    entries: Errors
    stages: tuple[StageErrors, ...]
    within: float
    stretch: float


def backtest(
    visits: Visits, periods: Sequence[Period], names: Sequence[str | None], *, now: int, unit: PeriodUnit, ahead: int,
    seed: int, origins: int = ORIGINS,
) -> Backtest | None:  # fmt: skip
    """How outlooks of the past came out; None where there are not seven complete periods to learn from and compare."""
    past = [period for period in periods if period.ends <= now + 1]
    if len(past) <= LEAST:
        return None
    people, entries = observed(visits, past)
    # the first period that is held out
    first = max(LEAST, len(past) - ahead)
    chosen = sorted({round(float(at)) for at in np.linspace(first, len(past) - 1, origins)})
    wrong: dict[str, list[Floats]] = {name: [] for name in ("outlook", "last", "season", "actual")}
    cycle = CYCLES.get(unit)
    seasonal = cycle is not None and first >= cycle
    within: list[Floats] = []
    missed: list[Floats] = []
    for origin in chosen:
        held = len(past) - origin if origin + ahead > len(past) else ahead
        at = past[origin].begins - 1
        told = ready(visits.until(at), past[: origin + held], now=at, unit=unit)
        guessed = np.stack(told.course())
        came = np.stack([people[origin : origin + held], entries[origin : origin + held]])
        before = np.stack([people, entries])
        places = np.arange(origin, origin + held)
        wrong["actual"].append(came)
        wrong["outlook"].append(np.abs(guessed - came))
        wrong["last"].append(np.abs(before[:, origin - 1 : origin] - came))
        if seasonal:
            assert cycle is not None
            back = places - cycle * (1 + (places - origin) // cycle)
            wrong["season"].append(np.abs(before[:, back] - came))
        draws, _, _ = drawn(told, seed=seed, draws=DRAWS)
        low, high = np.quantile(draws, LOW, axis=0), np.quantile(draws, HIGH, axis=0)
        busy = people.any(axis=0)
        within.append(((low - 0.5 <= came[0]) & (came[0] <= high + 0.5))[:, busy].reshape(-1).astype(np.float64))
        width = np.where(came[0] > guessed[0], high - guessed[0], guessed[0] - low)
        off = np.maximum(np.abs(came[0] - guessed[0]) - 0.5, 0) / np.maximum(width, 0.5)
        missed.append(off[:, busy].reshape(-1))
    stacked = {name: np.concatenate(rows, axis=1) for name, rows in wrong.items() if rows}

    def errors(which: int, state: int | None) -> Errors:
        chosen = {name: rows[which] if state is None else rows[which][:, state] for name, rows in stacked.items()}
        mean = {name: float(rows.mean()) for name, rows in chosen.items()}
        return Errors(
            points=chosen["actual"].size, actual=mean["actual"], outlook=mean["outlook"], last=mean["last"],
            season=mean.get("season"),
        )  # fmt: skip

    return Backtest(
        made_at=tuple(past[origin - 1] for origin in chosen), ahead=min(ahead, len(past) - first),
        people=errors(0, None), entries=errors(1, None),
        stages=tuple(
            StageErrors(stage=name, people=errors(0, state), entries=errors(1, state))
            for state, name in enumerate(names)
        ),
        within=float(np.concatenate(within).mean()),
        stretch=float(np.clip(np.quantile(np.concatenate(missed), HIGH - LOW), 1, WIDEST)),
    )  # fmt: skip


def observed(visits: Visits, past: Sequence[Period]) -> tuple[Floats, Floats]:
    """People in each state at the end of each period, and entries in it, as they were."""
    edges = np.array([past[0].begins, *(one.ends for one in past)])
    cell = len(edges) + 1

    def by_place(moments: Ints) -> Floats:
        place = np.searchsorted(edges, moments, side="right")
        counted = np.bincount(visits.state * cell + place, minlength=visits.states * cell)
        return counted.reshape(visits.states, cell).T.astype(np.float64)

    came, went = by_place(visits.entered), by_place(visits.left)
    people: Floats = np.cumsum(came - went, axis=0)
    return people[1:-1], came[1:-1]
