"""How values change while nothing happens: the slope of a value in time, and values that are plain numbers.

Between two events a value stands still or changes steadily with the clock; so the moment can be computed at which a
comparison changes.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tenure.expressions.functions import FUNCTIONS
from tenure.expressions.tree import Arithmetic, Constant, Duration, Measure, Negative, Property, Value


def constant(value: Value) -> Fraction | None:
    """The number that `value` always is (lengths of time in microseconds); None where it depends on anything."""
    match value:
        case Constant(value=Decimal() as number):
            return Fraction(number)
        case Duration():
            return Fraction(value.microseconds)
        case Negative():
            inner = constant(value.operand)
            return None if inner is None else -inner
        case Arithmetic():
            left, right = constant(value.left), constant(value.right)
            if left is None or right is None or (value.op == "/" and right == 0):
                return None
            return _calculated(value.op, left, right)
        case _:
            return None


def slope(value: Value) -> Fraction | None:
    """The change of `value` per microsecond between two events: 0 for what stands still, 1 for `since(e)`.

    None where it is not one number: it depends on counts or sums (`since(e) * count(e)`), or is not constant at all.
    """
    match value:
        case Measure():
            return Fraction(FUNCTIONS[value.function].slope)
        case Negative():
            inner = slope(value.operand)
            return None if inner is None else -inner
        case Arithmetic():
            return _combined(value)
        case Constant() | Duration() | Property():
            return Fraction(0)


def _combined(value: Arithmetic) -> Fraction | None:
    left, right = slope(value.left), slope(value.right)
    if value.op in ("+", "-"):
        return None if left is None or right is None else _calculated(value.op, left, right)
    if left == right == 0:
        return Fraction(0)
    if value.op == "/":
        divisor = constant(value.right)
        return left / divisor if left is not None and divisor else None
    for changing, factor in ((left, constant(value.right)), (right, constant(value.left))):
        if factor == 0:
            return factor
        if factor is not None:
            return None if changing is None else factor * changing
    return None


def _calculated(op: str, left: Fraction, right: Fraction) -> Fraction:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left / right
