"""What the calendar alone does to a figure: a month has more days, or more Saturdays, than the one before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tenure.metrics.formula import (
    Calculation,
    Figure,
    Formula,
    LevelFigure,
    Number,
    PeopleWhere,
    StageFigure,
    leaves,
)
from tenure.metrics.why.activity import Activity

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEffect:
    """By what a figure grows with the calendar alone: days before and after, the factor, and the effect in its unit.

    `more` are the days of the week of which the later period has more (or, below zero, fewer).
    """

    days_before: int
    days_after: int
    factor: float
    effect: float
    more: tuple[tuple[str, int], ...]


def flows(formula: Formula) -> bool:
    """Whether a figure adds up over days, so that a longer period has more of it."""
    if isinstance(formula, Calculation):
        return formula.op in ("+", "-") and all(
            flows(side) or isinstance(side, Number) for side in (formula.left, formula.right)
        )
    match formula:
        case Figure():
            return formula.function in ("count", "known", "sum", "sum_then") or (
                formula.function == "customers" and formula.rows.nth == 1
            )
        case StageFigure():
            return formula.function in ("entered", "left")
        case LevelFigure():
            return formula.function in ("moved", "movers")
        case PeopleWhere():
            return False
        case _:
            return False


def calendar_effect(
    formula: Formula, activity: Activity, names: tuple[str, ...], before: tuple[int, int], after: tuple[int, int],
    value: Fraction,
) -> CalendarEffect | None:  # fmt: skip
    """The effect of the days in two periods (places of their first days, and of the first after them).

    None for figures that do not grow with the length of a period. What is usual for a day of the week is that of the
    metric's own events, outside the later period.
    """
    if not flows(formula) or not any(True for _ in leaves(formula)):
        return None
    counts = np.zeros(activity.days)
    for name in names:
        counts = counts + activity.counts.get(name, np.zeros(activity.days))
    usual = activity.of_week(counts)
    first = activity.first.weekday()
    of_week = np.ones(len(DAYS))
    for place in range(min(activity.days, len(DAYS))):
        of_week[(first + place) % len(DAYS)] = usual[place]
    numbers = [
        np.array([sum(1 for place in range(*side) if (first + place) % len(DAYS) == day) for day in range(len(DAYS))])
        for side in (before, after)
    ]
    expected = [float((number * of_week).sum()) for number in numbers]
    if not expected[0]:
        return None
    factor = expected[1] / expected[0]
    more = numbers[1] - numbers[0]
    return CalendarEffect(
        days_before=int(numbers[0].sum()), days_after=int(numbers[1].sum()), factor=factor,
        effect=float(value) * (factor - 1),
        more=tuple((DAYS[day], int(more[day])) for day in range(len(DAYS)) if more[day]),
    )  # fmt: skip
