"""What kind of value each part of a condition is, and whether the parts fit together.

Numbers carry a power of time: a count has none, a length of time has one, a length times a length has two. Traits and
values of single events may be numbers or texts; what they are compared with decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tenure.expressions.findings import Findings
from tenure.expressions.functions import FUNCTIONS
from tenure.expressions.names import cited
from tenure.expressions.slopes import constant, slope
from tenure.expressions.tree import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Duration,
    Measure,
    Membership,
    Missing,
    Negative,
    Not,
    Or,
    Property,
    Value,
    Was,
)
from tenure.expressions.unparse import unparse


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a value; `time` is the power of time of a number."""

    base: Literal["number", "text", "truth", "any"]
    time: int = 0

    @property
    def described(self) -> str:
        """The kind in words: `a length of time`."""
        if self.base != "number":
            return {"text": "a text", "truth": "True or False", "any": "a number or text"}[self.base]
        return {0: "a number", 1: "a length of time", -1: "a number per time"}.get(self.time, "a product of times")


_KINDS = {
    "number": Kind("number"),
    "length of time": Kind("number", 1),
    "text": Kind("text"),
    "number or text": Kind("any"),
}
_DOING = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided"}


def check_kinds(node: Condition | Value, findings: Findings) -> None:
    """Add to `findings` where the parts of `node` do not fit together."""
    match node:
        case And() | Or():
            for operand in node.operands:
                check_kinds(operand, findings)
        case Not():
            check_kinds(node.operand, findings)
        case Comparison():
            _check_comparison(node, findings)
        case Membership():
            _check_membership(node, findings)
        case Missing():
            kind(node.operand, findings)
        case Was():
            pass
        case _:
            kind(node, findings)


def kind(value: Value, findings: Findings) -> Kind | None:
    """The kind of `value`; None where it has none, which `findings` then tells."""
    match value:
        case Constant(value=bool()):
            return Kind("truth")
        case Constant(value=str()):
            return Kind("text")
        case Constant():
            return Kind("number")
        case Duration():
            return Kind("number", 1)
        case Property():
            return Kind("any")
        case Measure():
            return _KINDS[FUNCTIONS[value.function].gives]
        case Negative():
            return _number(value.operand, "negated", findings)
        case Arithmetic():
            return _arithmetic(value, findings)


def _number(value: Value, doing: str, findings: Findings) -> Kind | None:
    """The kind of `value` read as a number."""
    found = kind(value, findings)
    if found is None or found.base == "number":
        return found
    if found.base == "any":
        return Kind("number")
    findings.error(value.span, f"{_capital(found.described)} cannot be {doing}.", _unquoted(value))
    return None


def _arithmetic(value: Arithmetic, findings: Findings) -> Kind | None:
    left = _number(value.left, _DOING[value.op], findings)
    right = _number(value.right, _DOING[value.op], findings)
    if left is None or right is None:
        return None
    if value.op in ("*", "/"):
        return _product(value, left, right, findings)
    if left.time != right.time and not _is_zero(value.left) and not _is_zero(value.right):
        if {left.time, right.time} != {0, 1}:
            findings.error(
                value.span, f"{_capital(left.described)} and {right.described} cannot be {_DOING[value.op]}."
            )
            return None
        plain = value.left if left.time == 0 else value.right
        _caution_microseconds(plain, findings)
    return Kind("number", max(left.time, right.time, key=abs))


def _product(value: Arithmetic, left: Kind, right: Kind, findings: Findings) -> Kind | None:
    if value.op == "*":
        if slope(value.left) != 0 and slope(value.right) != 0:
            findings.error(
                value.span,
                f"{cited(unparse(value.left))} and {cited(unparse(value.right))} both change with the clock, "
                "so the moment at which their product passes a threshold cannot be computed.",
                "Compare each of them with a length of its own.",
            )
            return None
        return Kind("number", left.time + right.time)
    if constant(value.right) == 0:
        findings.error(value.span, "Nothing can be divided by 0.")
        return None
    if slope(value.right) != 0:
        findings.error(
            value.right.span,
            f"{cited(unparse(value.right))} changes with the clock, so nothing can be divided by it.",
            "Take it to the other side of the comparison as a factor.",
        )
        return None
    return Kind("number", left.time - right.time)


def _check_comparison(node: Comparison, findings: Findings) -> None:
    left, right = kind(node.left, findings), kind(node.right, findings)
    if left is None or right is None:
        return
    if node.op in ("==", "!="):
        _check_standing((node.left, node.right), node.op, findings)
    bases = {left.base, right.base}
    if bases == {"number"}:
        _check_times(node, left, right, findings)
    elif "truth" in bases:
        _check_truth(node, left, right, findings)
    elif bases == {"number", "text"}:
        _mismatch(node.left, node.right, left, right, findings)
    elif bases == {"any", "number"}:
        plain = node.left if left.base == "any" else node.right
        if {left.time, right.time} == {0, 1} and not _is_zero(node.left) and not _is_zero(node.right):
            _caution_microseconds(plain, findings)
    elif node.op not in ("==", "!=") and "text" in bases:
        _caution_text_order(node, findings)
    _caution_settled(node, findings)


def _check_times(node: Comparison, left: Kind, right: Kind, findings: Findings) -> None:
    if left.time == right.time or _is_zero(node.left) or _is_zero(node.right):
        return
    if {left.time, right.time} != {0, 1}:
        findings.error(node.span, f"{_capital(left.described)} cannot be compared with {right.described}.")
        return
    _caution_microseconds(node.left if left.time == 0 else node.right, findings)


def _check_truth(node: Comparison, left: Kind, right: Kind, findings: Findings) -> None:
    value, other = (node.left, right) if left.base == "truth" else (node.right, left)
    compared = node.right if left.base == "truth" else node.left
    if other.base not in ("any", "truth"):
        findings.error(
            compared.span,
            f"{cited(unparse(compared))} is {other.described}; it is never {unparse(value)}.",
            f"Write it so: {unparse(compared)} >= 1" if other == Kind("number") else "",
        )
    elif node.op not in ("==", "!="):
        findings.error(node.span, f"True and False have no order, so '{node.op}' says nothing.", "Write == instead.")


def _mismatch(one: Value, two: Value, left: Kind, right: Kind, findings: Findings) -> None:
    text, number = (one, two) if left.base == "text" else (two, one)
    described = (right if left.base == "text" else left).described
    message = f"{cited(unparse(number))} is {described}; it cannot be compared with the text {unparse(text)}."
    if isinstance(text, Measure):
        message = f"{cited(unparse(text))} is a text; it cannot be compared with {described}."
    findings.error(text.span, message, _unquoted(text))


def _check_membership(node: Membership, findings: Findings) -> None:
    found = kind(node.operand, findings)
    if found is None:
        return
    _check_standing((node.operand,), "not in" if node.negated else "in", findings)
    options = {_base(option) for option in node.options}
    if len(options) > 1 and "number" in options:
        findings.error(node.span, "Numbers and texts stand in one list.", "Put all of them in quotes, or none.")
        return
    for option in node.options:
        base = _base(option)
        if found.base == "number" and base != "number":
            _mismatch(option, node.operand, Kind("text"), found, findings)
        elif found.base == "text" and base != "text":
            _mismatch(node.operand, option, found, Kind("number"), findings)
        elif found.time == 1 and not _is_zero(option):
            _caution_microseconds(option, findings)


def _base(option: Constant) -> Literal["number", "text", "truth"]:
    if isinstance(option.value, bool):
        return "truth"
    return "text" if isinstance(option.value, str) else "number"


def _check_standing(values: tuple[Value, ...], op: str, findings: Findings) -> None:
    """Add an error where a value that changes with the clock is asked to be exactly something."""
    for value in values:
        if slope(value) != 0:
            findings.error(
                value.span,
                f"{cited(unparse(value))} changes with the clock and is no exact value for longer than a microsecond, "
                f"so '{op}' does not work.",
                "Compare it by <, <=, > or >=.",
            )


def _caution_microseconds(value: Value, findings: Findings) -> None:
    shown = unparse(value)
    fixed = constant(value)
    hint = f"Write days({shown})" if isinstance(value, Constant) else f"Write {_factor(value)} * days(1)"
    if fixed is None or fixed != 0:
        findings.caution(value.span, f"{cited(shown)} beside a length of time counts as microseconds.", hint)


def _factor(value: Value) -> str:
    return f"({unparse(value)})" if isinstance(value, Arithmetic) and value.op in ("+", "-") else unparse(value)


def _caution_text_order(node: Comparison, findings: Findings) -> None:
    for value in (node.left, node.right):
        if isinstance(value, Constant) and isinstance(value.value, str) and _unquoted(value):
            message = (
                f"{unparse(value)} is a text, and texts are in the order of their letters: '10' stands before '9'."
            )
            findings.caution(value.span, message, _unquoted(value))


def _caution_settled(node: Comparison, findings: Findings) -> None:
    """Add a caution where a comparison depends on nothing, or holds for every count there can be."""
    if not any(isinstance(part, Measure | Property) for side in (node.left, node.right) for part in _parts(side)):
        findings.caution(node.span, "This comparison depends on nothing: its answer is always the same.")
        return
    for value, other, op in ((node.left, node.right, node.op), (node.right, node.left, _MIRRORED[node.op])):
        counted = isinstance(value, Measure) and value.function in ("count", "distinct") and value.after is None
        threshold = constant(other)
        if not counted or threshold is None:
            continue
        if (op == ">=" and threshold <= 0) or (op in (">", "!=") and threshold < 0):
            findings.caution(node.span, "This always holds: counts are never below 0.", "Leave it out.")
        elif (op == "<" and threshold <= 0) or (op in ("<=", "==") and threshold < 0):
            findings.caution(node.span, "This never holds: counts are never below 0.")


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _parts(value: Value) -> Iterator[Value]:
    yield value
    match value:
        case Arithmetic():
            yield from _parts(value.left)
            yield from _parts(value.right)
        case Negative():
            yield from _parts(value.operand)
        case _:
            pass


def _is_zero(value: Value) -> bool:
    return constant(value) == 0


def _unquoted(value: Value) -> str:
    """A hint to leave the quotes out, where a text looks like a number."""
    text = value.value if isinstance(value, Constant) else ""
    if not isinstance(text, str) or not text.isascii() or not text.replace(".", "", 1).isdigit():
        return ""
    return f"Leave the quotes out: {Decimal(text):f}"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
