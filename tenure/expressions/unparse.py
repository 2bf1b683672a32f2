"""Conditions as text, in one canonical form.

    unparse(parse("( count( order )>=1 )"))         # 'count(order) >= 1'

Two conditions that parse to one tree give one text, so that a definition can be recognised by its hash. The text parses
to the same tree again.
"""

from __future__ import annotations

from decimal import Decimal

from tenure.expressions.functions import MICROSECONDS
from tenure.expressions.names import quoted, written_event, written_part, written_property, written_stage
from tenure.expressions.scan import plain_decimal
from tenure.expressions.tree import (
    And,
    Arithmetic,
    Comparison,
    Constant,
    Duration,
    Measure,
    Membership,
    Missing,
    Negative,
    Node,
    Not,
    Or,
    Property,
    Value,
    Was,
)

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _NEGATIVE, _ATOM = range(8)
"""How tightly each form binds; a part that binds less tightly than its place asks for gets brackets."""


def unparse(node: Node) -> str:
    """The canonical text of `node`, with as few brackets as its structure needs."""
    return _written(node)[0]


def unparse_duration(microseconds: int) -> str:
    """A length of time in the longest unit of which it is a whole number: `days(90)`, `hours(36)`, `seconds(0.5)`."""
    for name, unit in MICROSECONDS.items():
        if microseconds % unit == 0 or name == "seconds":
            return f"{name}({number(Decimal(microseconds) / unit)})"
    raise AssertionError


def number(value: Decimal) -> str:
    """A number without exponent and without zeros behind the point."""
    return f"{plain_decimal(value):f}"


def _written(node: Node) -> tuple[str, int]:
    """The text of `node`, and how tightly it binds."""
    match node:
        case Or():
            return " or ".join(_at(operand, _AND) for operand in node.operands), _OR
        case And():
            return " and ".join(_at(operand, _NOT) for operand in node.operands), _AND
        case Not():
            return f"not {_at(node.operand, _NOT)}", _NOT
        case Comparison(op="==", left=Property() | Measure(function="trait") as left, right=Constant(value=True)):
            return _at(left, _ATOM), _ATOM
        case Comparison():
            return f"{_at(node.left, _SUM)} {node.op} {_at(node.right, _SUM)}", _COMPARISON
        case Membership():
            options = ", ".join(_at(option, _SUM) for option in node.options)
            return f"{_at(node.operand, _SUM)} {'not ' if node.negated else ''}in ({options})", _COMPARISON
        case Missing():
            return f"{_at(node.operand, _SUM)} is {'not ' if node.negated else ''}None", _COMPARISON
        case Was():
            return f"was({written_stage(node.stage)})", _ATOM
        case _:
            return _value(node)


def _value(node: Value) -> tuple[str, int]:
    match node:
        case Arithmetic():
            own = _SUM if node.op in ("+", "-") else _PRODUCT
            return f"{_at(node.left, own)} {node.op} {_at(node.right, own + 1)}", own
        case Negative():
            return f"-{_at(node.operand, _NEGATIVE)}", _NEGATIVE
        case Constant():
            return _constant(node)
        case Duration():
            return unparse_duration(node.microseconds), _ATOM
        case Property():
            return written_property(node.name), _ATOM
        case Measure():
            return _measure(node), _ATOM


def _at(node: Node, tightness: int) -> str:
    text, own = _written(node)
    return text if own >= tightness else f"({text})"


def _constant(node: Constant) -> tuple[str, int]:
    match node.value:
        case bool():
            return str(node.value), _ATOM
        case str():
            return quoted(node.value), _ATOM
        case _:
            return number(node.value), _NEGATIVE if node.value < 0 else _ATOM


def _measure(node: Measure) -> str:
    name = node.name or ""
    match node.function:
        case "trait" | "score":
            return written_part(node.function, name)
        case "until":
            return f"until({written_part('trait', name)})"
        case "stage":
            return f"stage({quoted(name)})"
        case "since_entered":
            return f"since_entered({written_stage(name)})"
        case _:
            event = written_event(node.event or "")
            inside = written_part(event, node.property) if node.property is not None else event
            if node.within is not None:
                inside += f", within={unparse_duration(node.within)}"
            if node.after is not None:
                inside += f", after={written_event(node.after)}"
            return f"{node.function}({inside})"
