"""Conditions reduced to the few primitives that the compiler knows by heart.

Counts compared with numbers never need a running count: "at least k" is reached at the k-th event and never lost, and
"at least k within d" ends where the k-th last event leaves the window. Everything else stays as it is.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from tenure.lifecycle.bound import (
    AllOf,
    AnyOf,
    Compare,
    Fixed,
    Negated,
    Operand,
    Operation,
    Reached,
    Reading,
    Truth,
    Unknown,
)
from tenure.warehouse.measures import MeasureKind

MOST_REMEMBERED = 64  # how many events back a window looks before it is summed instead


ALWAYS: Truth = AllOf(())
NEVER: Truth = AnyOf(())
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}


def reduced(node: Truth) -> Truth:
    """The same condition in primitives; `Reached` stands in the place of comparisons of counts."""
    match node:
        case AllOf():
            return AllOf(tuple(reduced(operand) for operand in node.operands))
        case AnyOf():
            return AnyOf(tuple(reduced(operand) for operand in node.operands))
        case Negated():
            return Negated(reduced(node.operand))
        case Unknown(operand=Reading(function="since" | "since_first", kind=MeasureKind() as kind)):
            happened = Reached((kind,), 1)
            return happened if node.negated else Negated(happened)
        case Compare(text=False):
            return _counted(node) or _recent(node) or node
        case _:
            return node


def _counted(node: Compare) -> Truth | None:
    left, op, right = node.left, node.op, node.right
    if isinstance(left, Fixed):
        left, op, right = right, _MIRRORED[op], left
    if not isinstance(right, Fixed) or not isinstance(right.value, Fraction):
        return None
    counts = _counts(left)
    if not counts:
        return None
    lifetime = all(reading.within is None for reading in counts)
    if not lifetime and len(counts) > 1:
        return None

    def at_least(number: int) -> Truth:
        if number <= 0:
            return ALWAYS
        kinds = tuple(reading.kind for reading in counts if reading.kind)
        if lifetime:
            return Reached(tuple(sorted(kinds, key=MeasureKind.key)), number)
        last = Reading(function="last_but", kind=kinds[0], within=counts[0].within, back=number - 1)
        return Compare(">", last, Fixed(Fraction(0)))

    threshold = right.value
    if ceil(threshold) + 1 > MOST_REMEMBERED and not lifetime:
        return None
    whole = threshold.denominator == 1
    match op:
        case ">=":
            return at_least(ceil(threshold))
        case ">":
            return at_least(floor(threshold) + 1)
        case "<":
            return Negated(at_least(ceil(threshold)))
        case "<=":
            return Negated(at_least(floor(threshold) + 1))
        case "==":
            exactly = AllOf((at_least(int(threshold)), Negated(at_least(int(threshold) + 1))))
            return exactly if whole else NEVER
        case _:
            other = AnyOf((Negated(at_least(int(threshold))), at_least(int(threshold) + 1)))
            return other if whole else ALWAYS


def _recent(node: Compare) -> Truth | None:
    """Less than a time ago: it happened, and it is not that long ago, which other conditions mostly ask for as well."""
    left, op, right = node.left, node.op, node.right
    if isinstance(left, Fixed):
        left, op, right = right, _MIRRORED[op], left
    match left, right:
        case Reading(function="since" | "since_first", kind=MeasureKind() as kind), Fixed() if op in ("<", "<="):
            long_ago = Compare(">=" if op == "<" else ">", left, right)
            return AllOf((Reached((kind,), 1), Negated(long_ago)))
        case _:
            return None


def _counts(operand: Operand) -> tuple[Reading, ...]:
    """The readings of a sum of plain counts; empty where it is anything else."""
    match operand:
        case Reading(function="count", after=None):
            return (operand,)
        case Operation(op="+"):
            left, right = _counts(operand.left), _counts(operand.right)
            return (*left, *right) if left and right else ()
        case _:
            return ()
