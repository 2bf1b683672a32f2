"""The checked tree of a metric's formula: plain frozen values that the compiler walks.

A formula is arithmetic over *figures*. A figure is worked out for every period from the events (`Figure`), from
conditions on each person's events (`PeopleWhere`), from the stays in stages (`StageFigure`), or from levels that
events set and end (`LevelFigure`): monthly revenue, open cases, points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from tenure.expressions.tree import NOWHERE, Condition, Span

Over = Literal[
    "count", "customers", "known", "sum", "sum_then", "min", "max", "distinct", "median", "p90", "returning",
    "active_days",
]  # fmt: skip
StageFunction = Literal["entered", "left", "in_stage", "stayed"]
LevelFunction = Literal["level", "holders", "moved", "movers", "kept", "keepers"]
Move = Literal["new", "expansion", "contraction", "churn", "reactivation"]
Chosen = Literal["stage", "kind", "phase"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An event by its short name, and the property of it that is read (None: its value)."""

    event: str
    property: str | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which events are looked at, and what is asked of each.

    `where` narrows them by their properties, `nth` to the n-th of each person (-1: the last), or of each `same`.
    `then` and `after` ask whether that event follows or went before; `later` and `within` (microseconds) how far off
    it may be; `same` that both carry the same value of a property. `due` dates an event by the moment that a
    property of it tells, and `then` must come by then. `aged` leaves out what is younger than that at the end.
    """

    part: Part
    where: Condition | None = None
    nth: int | None = None
    then: Part | None = None
    after: Part | None = None
    within: int | None = None
    later: int | None = None
    same: str | None = None
    due: str | None = None
    aged: int | None = None

    @property
    def plain(self) -> bool:
        """Whether each event is looked at by itself."""
        return self.nth is None and self.then is None and self.after is None and self.due is None and self.aged is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A function over the events of a period: how many, of how many people, their sum, a median."""

    function: Over
    rows: Rows
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleWhere:
    """How many people have events in the period that meet a condition on counts and sums over them."""

    condition: Condition
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFigure:
    """A flow or a population of stages, chosen by name, by kind or by phase, of the lifecycle that is asked about."""

    function: StageFunction
    by: Chosen
    name: str
    first: bool = False
    at: Literal["start", "end"] = "end"
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What stands at a moment: the last value that `part` told (1 where it tells none), until `until` ends it.

    Per person, or per value of the property `same` and person. Where it `adds`, every value is added to what stands.
    """

    part: Part
    until: Part | None = None
    same: str | None = None
    where: Condition | None = None
    adds: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFigure:
    """A figure of a level: what stands, who holds some, what came and went, what is kept of those who had it."""

    function: LevelFunction
    level: Level
    at: Literal["start", "end"] = "end"
    move: Move | None = None
    over: int | None = None
    capped: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as written, or one that the workspace's settings tell."""

    value: Decimal
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysInPeriod:
    """How many days the period has, or has had so far."""

    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A part of the metric, or another metric, by its name; gone once names are resolved."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLevel:
    """A function of a level that another metric defines; gone once names are resolved."""

    figure: LevelFigure
    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a formula gave for the period before."""

    formula: Formula
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """`numerator / denominator`, unknown where the denominator is 0; both are kept."""

    numerator: Formula
    denominator: Formula
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """`left op right`; unknown where a side is, or where 0 divides."""

    op: Literal["+", "-", "*", "/"]
    left: Formula
    right: Formula
    span: Span = field(default=NOWHERE, compare=False)


Leaf: TypeAlias = Figure | PeopleWhere | StageFigure | LevelFigure
Formula: TypeAlias = "Leaf | Number | DaysInPeriod | Named | OfLevel | Before | Ratio | Calculation"


def parts(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly below this one."""
    match formula:
        case Ratio():
            return (formula.numerator, formula.denominator)
        case Calculation():
            return (formula.left, formula.right)
        case Before():
            return (formula.formula,)
        case _:
            return ()


def walk(formula: Formula) -> Iterator[Formula]:
    """The formula and everything below it."""
    yield formula
    for part in parts(formula):
        yield from walk(part)


def leaves(formula: Formula) -> Iterator[Leaf]:
    """The figures that the formula is made of, left to right."""
    for node in walk(formula):
        if isinstance(node, Figure | PeopleWhere | StageFigure | LevelFigure):
            yield node


def with_parts(formula: Formula, new: tuple[Formula, ...]) -> Formula:
    """The formula with other formulas directly below it."""
    match formula:
        case Ratio():
            return replace(formula, numerator=new[0], denominator=new[1])
        case Calculation():
            return replace(formula, left=new[0], right=new[1])
        case Before():
            return replace(formula, formula=new[0])
        case _:
            return formula
