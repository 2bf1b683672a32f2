"""How many events there were a day, by name: what the honest look for boring causes rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from tenure.expressions import Names, binding_of
from tenure.expressions.tree import Measure, walk
from tenure.metrics.definition import Metric
from tenure.metrics.formula import (
    Figure,
    LevelFigure,
    Part,
    PeopleWhere,
    StageFigure,
    leaves,
)
from tenure.metrics.levels import chosen_stages
from tenure.metrics.question import Question
from tenure.warehouse.connection import Connection

WEEK = 7


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """Numbers of events a local day from `first` on, by name; `sources` are those that bring each of them."""

    first: date
    days: int
    counts: Mapping[str, npt.NDArray[np.float64]]
    sources: Mapping[str, tuple[str, ...]]

    def day(self, place: int) -> date:
        """The day at a place."""
        return self.first + timedelta(days=place)

    def place(self, day: date) -> int:
        """The place of a day; it may lie outside."""
        return (day - self.first).days

    def weights(self, name: str) -> npt.NDArray[np.float64]:
        """What is usual for each day's day of the week, 1 on average."""
        return self.of_week(self.counts[name])

    def of_week(self, counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """What is usual for each day's day of the week among some counts, 1 on average."""
        place = (np.arange(self.days) + self.first.weekday()) % WEEK
        usual = np.array([counts[place == day].mean() if (place == day).any() else 0.0 for day in range(WEEK)])
        # with few weeks or events the days of the week are not told apart
        if self.days < 4 * WEEK or counts.sum() < 20 * WEEK or usual.mean() == 0:
            return np.ones(self.days)
        return np.asarray((usual / usual.mean())[place])


def activity(connection: Connection, question: Question, *, after: int = 0) -> Activity:
    """The events of the question's periods and of so many microseconds `after` them, as far as they are known.

    Day by day, from the first day that has any.
    """
    first, limit = question.periods[0].begins, min(question.periods[-1].ends + after, question.as_of + 1)
    day = question.day_of("time")
    known = f" AND received_at <= {question.known_at}" if question.known_at is not None else ""
    rows = connection.execute(
        f"SELECT name, {day} AS day, count(*), list(DISTINCT source) FROM events "
        f"WHERE time >= {first} AND time < {limit}{known} GROUP BY ALL"
    ).fetchall()
    if not rows:
        return Activity(date(1970, 1, 1), 0, {}, {})
    last = first_day = int(rows[0][1])
    for _, number, _, _ in rows:
        first_day, last = min(first_day, number), max(last, number)
    # days up to the moment asked about count, with events or without
    ((end,),) = connection.execute(f"SELECT {question.day_of(str(limit - 1))}").fetchall()
    days = max(last, int(end)) - first_day + 1
    counts: dict[str, npt.NDArray[np.float64]] = {}
    sources: dict[str, set[str]] = {}
    for name, number, count, brought in rows:
        counts.setdefault(name, np.zeros(days))[int(number) - first_day] = count
        sources.setdefault(name, set()).update(brought)
    return Activity(
        date(1970, 1, 1) + timedelta(days=first_day), days, counts,
        {name: tuple(sorted(brought)) for name, brought in sources.items()},
    )  # fmt: skip


def events_of(metric: Metric, question: Question) -> tuple[str, ...]:
    """The names of the events that a metric's figures rest on; those of a stage's conditions among them."""
    found: dict[str, None] = {}
    for leaf in leaves(metric.formula):
        match leaf:
            case Figure():
                roles = (leaf.rows.part, leaf.rows.then, leaf.rows.after)
                _add(found, metric, *[one for one in roles if one is not None])
            case LevelFigure():
                _add(found, metric, leaf.level.part, *([leaf.level.until] if leaf.level.until else []))
            case PeopleWhere():
                for node in walk(leaf.condition):
                    if isinstance(node, Measure) and node.event is not None:
                        _add(found, metric, Part(event=node.event))
            case StageFigure():
                _add_stages(found, leaf, question)
    return tuple(found)


def _add(found: dict[str, None], metric: Metric, *parts: Part) -> None:
    for part in parts:
        binding = binding_of(part.event, Names(events=metric.events))
        if binding is not None:
            found.update(dict.fromkeys(binding.events))


def _add_stages(found: dict[str, None], leaf: StageFigure, question: Question) -> None:
    """The events in the conditions of the stages that a figure speaks of."""
    if question.lifecycle is None:
        return
    for place in chosen_stages(leaf, question.lifecycle):
        condition = question.lifecycle.stages[place].when
        for node in walk(condition) if condition is not None else ():
            if isinstance(node, Measure) and node.event is not None:
                binding = binding_of(node.event, Names(events=question.lifecycle.events))
                if binding is not None:
                    found.update(dict.fromkeys(binding.events))
