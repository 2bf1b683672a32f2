"""The checked tree of a condition: plain frozen values that compilers walk.

Every node carries the `span` of characters it was read from; spans take no part in equality, so two conditions that
mean the same compare equal whatever their spacing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True)
class Span:
    """The characters of a condition that a node was read from: `start` inclusive, `end` exclusive, from 0."""

    start: int
    end: int


NOWHERE = Span(0, 0)

MeasureName = OneOf[
    "count", "sum", "avg", "min", "max", "distinct", "first", "last", "since", "since_first", "gap",
    "since_entered", "stage", "until", "trait", "score",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constant:
    """A number (exact decimal), a text or a truth value as written."""

    value: Decimal | str | bool
    span: Span = field(default=NOWHERE, compare=False)

    def __eq__(self, other: object) -> bool:
        # to Python, True equals 1
        return isinstance(other, Constant) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """An exact length of time in whole microseconds: `days(90)`, `hours(1.5)`."""

    microseconds: int
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A call or name that reads the customer's history.

    `event` is the short name counted (count … gap), `property` the property read (None: the event's `value`),
    `within` a window in microseconds, `after` the short name that restarts a count, `name` the stage (since_entered),
    lifecycle (stage), trait (trait, until) or score.
    """

    function: MeasureName
    event: str | None = None
    property: str | None = None
    within: int | None = None
    after: str | None = None
    name: str | None = None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """A property of the event itself; stands only in an event's `where`."""

    name: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """`left op right` over numbers and lengths of time."""

    op: OneOf["+", "-", "*", "/"]
    left: Value
    right: Value
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """`-operand`."""

    operand: Value
    span: Span = field(default=NOWHERE, compare=False)


Value = Constant | Duration | Measure | Property | Arithmetic | Negative


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`left op right`; false where either side is unknown. A chain `a < b < c` is an `And` of two."""

    op: OneOf["<", "<=", ">", ">=", "==", "!="]
    left: Value
    right: Value
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """`operand in (…)` or `not in (…)`; false where the operand is unknown, both ways."""

    operand: Value
    options: tuple[Constant, ...]
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """`operand is None` or `is not None`: whether the operand is unknown; never unknown itself."""

    operand: Value
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Was:
    """`was(stage)`: whether the customer has been in that stage of this lifecycle at any earlier microsecond."""

    stage: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """`not operand`."""

    operand: Condition
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All of `operands` hold."""

    operands: tuple[Condition, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """One of `operands` holds."""

    operands: tuple[Condition, ...]
    span: Span = field(default=NOWHERE, compare=False)


Condition = Comparison | Membership | Missing | Was | Not | And | Or
Node = Value | Condition


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below `node`, left to right."""
    match node:
        case Arithmetic() | Comparison():
            return (node.left, node.right)
        case Negative() | Missing() | Not():
            return (node.operand,)
        case Membership():
            return (node.operand, *node.options)
        case And() | Or():
            return node.operands
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """`node` and every node below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)
