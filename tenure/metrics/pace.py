"""Where a running period will end if it goes on as now, by the shape of the periods before it.

What adds up over a period (orders, revenue, people who bought) is at its end what it is now, divided by the part that
earlier periods had reached after the same share of their time. Rates go on as those of earlier periods went from there:
a churn rate grows until the end of the month, a retention rate falls, a click rate stays. Medians, averages and scores
are taken as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.periods import Period
from tenure.metrics.formula import (
    Before,
    Calculation,
    Figure,
    Formula,
    LevelFigure,
    Number,
    PeopleWhere,
    Ratio,
    StageFigure,
    walk,
)

EARLIER = 12
# with fewer earlier periods, the part of the time that has passed is taken
LEAST = 3
# before so much is usually reached, there is no telling
EARLY = Decimal("0.05")

_ADDING = ("count", "customers", "known", "sum", "sum_then", "distinct", "active_days")


def adds_up(formula: Formula) -> bool:
    """Whether the figure gathers over a period from nothing, so that it has a pace."""
    match formula:
        case Figure():
            return formula.function in _ADDING and formula.rows.aged is None and formula.rows.due is None
        case PeopleWhere():
            return True
        case StageFigure():
            return formula.function in ("entered", "left")
        case LevelFigure():
            return formula.function in ("moved", "movers")
        case Calculation(op="+" | "-"):
            return adds_up(formula.left) and adds_up(formula.right)
        case Calculation(op="*"):
            one, other = formula.left, formula.right
            return (adds_up(one) and isinstance(other, Number)) or (isinstance(one, Number) and adds_up(other))
        case Calculation(op="/"):
            return adds_up(formula.left) and isinstance(formula.right, Number)
        case _:
            return False


def develops(formula: Formula) -> bool:
    """Whether a rate can be looked at after a part of a period: not where it looks at the period before, or at ages."""
    for node in walk(formula):
        if isinstance(node, Before):
            return False
        if isinstance(node, Figure) and (node.function == "returning" or node.rows.aged or node.rows.due):
            return False
    return isinstance(formula, Ratio)


def only_grows(formula: Formula) -> bool:
    """Whether the figure can but become more as a period goes on: counts, and no sums, which may have refunds."""
    match formula:
        case Figure():
            return adds_up(formula) and formula.function in ("count", "customers", "known", "distinct", "active_days")
        case StageFigure():
            return formula.function in ("entered", "left")
        case Calculation(op="+"):
            return only_grows(formula.left) and only_grows(formula.right)
        case _:
            return False


def cut(earlier: Sequence[Period], running: Period, now: int) -> tuple[Period, ...]:
    """Each of the earlier periods in two, where as much of its time has passed as of the running one at `now`.

    They follow each other as `earlier` do. A part that is empty is as long as a microsecond.
    """
    share = Decimal(now + 1 - running.begins) / (running.ends - running.begins)
    found: list[Period] = []
    for one in earlier:
        length = one.ends - one.begins
        middle = one.begins + min(max(int(share * length), 1), length - 1)
        found.append(Period(begins=one.begins, ends=middle, name=f"{one.name} up to then", start=one.start))
        found.append(Period(begins=middle, ends=one.ends, name=f"{one.name} after", start=one.start))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How earlier periods came to their end: the figure after the same share of the time, and at the end, of each."""

    reached: tuple[Decimal, ...]
    ended: tuple[Decimal, ...]

    def part(self, otherwise: Decimal) -> Decimal:
        """The part of the figure at the end that is usual by now; `otherwise` where there are too few periods."""
        pairs = [(one, other) for one, other in zip(self.reached, self.ended, strict=True) if other > 0 <= one]
        if len(pairs) < LEAST:
            return otherwise
        # pooled, so that periods with few tell little
        return sum((one for one, _ in pairs), Decimal(0)) / sum(other for _, other in pairs)


def pace(value: Decimal | None, shape: Shape, passed: Decimal) -> Decimal | None:
    """What the figure will be at the end; None where there is none, or where it is too early to tell."""
    part = shape.part(passed)
    return None if value is None or part < EARLY else value / part


def rate_ahead(value: Decimal | None, shape: Shape, *, share: bool) -> Decimal | None:
    """What a rate will be at the end; None where there is none, or where it is too early to tell: a churn rate is 0 on
    every first day. A `share` is never more than 1.
    """
    part = shape.part(Decimal(1))
    if value is None or part < EARLY:
        return None
    return min(value / part, Decimal(1)) if share else value / part
