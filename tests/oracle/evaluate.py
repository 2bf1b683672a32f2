"""A condition evaluated by its definition, for one unit at one moment.

Each function filters the list of events and looks at what is left. Numbers are fractions, logic is two-valued,
an unknown is None. Nothing here is fast, and nothing is clever.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from .values import Untyped, kind_of_thing, read, time_of

DAY = 24 * 60 * 60 * 10**6
"""Microseconds in a day. A test makes days short, to look at every single microsecond."""

PARTS_OF_A_DAY = {"days": 1, "hours": 24, "minutes": 24 * 60, "seconds": 24 * 60 * 60}

CLOCK = frozenset({"since", "since_first", "since_entered", "until"})
"""The functions that read the clock: all else stands still between two base points."""

Number = int | Fraction
Result = Number | str | bool | Untyped | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the log; times in microseconds since 1970."""

    message_id: str
    name: str
    time: int
    received_at: int
    customer: str | None
    properties: Mapping[str, object] = field(default_factory=dict)
    traits: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay in a stage: `entered_at` belongs to it, `left_at` does not; None means for good."""

    stage: str
    entered_at: int
    left_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All that a condition may look at: one unit's events in order, and what it was in before."""

    time: int
    events: Sequence[Event]
    bindings: Mapping[str, Mapping[str, object]]
    visits: Sequence[Visit] = ()
    elsewhere: Mapping[str, Sequence[Visit]] = field(default_factory=dict)
    properties: Mapping[str, object] | None = None


def in_order(events: Sequence[Event]) -> list[Event]:
    """The events by time, those of one microsecond by the bytes of their message_id."""
    return sorted(events, key=lambda event: (event.time, event.message_id.encode()))


def evaluate(condition: str, moment: Moment) -> bool:
    """Whether the condition holds at the moment."""
    return holds(parsed(condition), moment)


@lru_cache(maxsize=4096)
def parsed(condition: str) -> ast.expr:
    """The tree of a condition, its number literals exact."""
    text = f"({condition})"
    tree = ast.parse(text, mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            number = Fraction(ast.get_source_segment(text, node) or "")
            node.value = int(number) if number.denominator == 1 else number  # type: ignore[assignment]
    return tree


# --- true or false ---------------------------------------------------------------------------------------------------


def holds(node: ast.expr, at: Moment) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all([holds(part, at) for part in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any([holds(part, at) for part in parts])
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not holds(part, at)
        case ast.Compare():
            return all([pair_holds(left, op, right, at) for left, op, right in pairs(node)])
        case ast.Call(func=ast.Name(id="was"), args=[stage]):
            return any(visit.stage == stage_name(stage) and visit.entered_at < at.time for visit in at.visits)
        case ast.Constant(value=bool(truth)):
            return truth
    return as_text(worth(node, at)) == "true"


def pairs(node: ast.Compare) -> Iterator[tuple[ast.expr, ast.cmpop, ast.expr]]:
    """The comparisons of a chain: `a < b < c` is `a < b and b < c`."""
    return zip([node.left, *node.comparators[:-1]], node.ops, node.comparators, strict=True)


def pair_holds(left: ast.expr, op: ast.cmpop, right: ast.expr, at: Moment) -> bool:
    value = worth(left, at)
    if isinstance(op, ast.Is):
        return value is None
    if isinstance(op, ast.IsNot):
        return value is not None
    if isinstance(op, ast.In | ast.NotIn):
        assert isinstance(right, ast.Tuple | ast.List | ast.Set)
        listed = [worth(element, at) for element in right.elts]
        reading = as_text if any(isinstance(element, str | bool) for element in listed) else as_number
        if reading(value) is None:
            return False
        return (reading(value) in [reading(element) for element in listed]) == isinstance(op, ast.In)
    return compare(value, op, worth(right, at))


def compare(left: Result, op: ast.cmpop, right: Result) -> bool:
    """Whether the comparison holds; it does not where one side is unknown."""
    if isinstance(left, str | bool) or isinstance(right, str | bool):
        as_texts = True
    else:
        untyped = isinstance(left, Untyped) and isinstance(right, Untyped)
        as_texts = untyped and isinstance(op, ast.Eq | ast.NotEq)
    one: Any = as_text(left) if as_texts else as_number(left)
    other: Any = as_text(right) if as_texts else as_number(right)
    if one is None or other is None:
        return False
    match op:
        case ast.Eq():
            return one == other
        case ast.NotEq():
            return one != other
        case ast.Lt():
            return one < other
        case ast.LtE():
            return one <= other
        case ast.Gt():
            return one > other
        case ast.GtE():
            return one >= other
    raise TypeError(f"no such comparison: {ast.dump(op)}")


def as_text(value: Result) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Fraction):
        raise TypeError("a number was compared with a text")
    return value.text if isinstance(value, Untyped) else value


def as_number(value: Result) -> Number | None:
    if isinstance(value, str | bool):
        raise TypeError("a text was taken for a number")
    return value.number if isinstance(value, Untyped) else value


# --- values ----------------------------------------------------------------------------------------------------------


def worth(node: ast.expr, at: Moment) -> Result:
    """The value of an expression: a number, a text, a property or trait as it is, or None for unknown."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return call(name, node, at)
        case ast.Constant(value=None | str() | bool() | int() | Fraction() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = as_number(worth(operand, at))
            return None if number is None else -number
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return as_number(worth(operand, at))
        case ast.BinOp(left=left, op=op, right=right):
            return arithmetic(as_number(worth(left, at)), op, as_number(worth(right, at)))
        case ast.Name(id=name) if at.properties is not None:
            return read(at.properties.get(name))
        case ast.Attribute() | ast.Subscript():
            return trait(node, at)
    raise TypeError(f"not in the language: {ast.dump(node)}")


def arithmetic(left: Number | None, op: ast.operator, right: Number | None) -> Number | None:
    if left is None or right is None:
        return None
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return None if right == 0 else Fraction(left) / right
    raise TypeError(f"no such arithmetic: {ast.dump(op)}")


def trait(node: ast.expr, at: Moment) -> Untyped | None:
    root, name = path(node)
    if root != "trait" or name is None:
        raise TypeError(f"only traits have names of their own: {ast.dump(node)}")
    said = [event.traits[name] for event in at.events if event.time <= at.time and name in event.traits]
    return read(said[-1]) if said else None


def call(function: str, node: ast.Call, at: Moment) -> Result:
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    argument = node.args[0]
    match function:
        case "days" | "hours" | "minutes" | "seconds":
            number = as_number(worth(argument, at))
            assert number is not None
            return Fraction(number * DAY, PARTS_OF_A_DAY[function])
        case "stage":
            lifecycle = stage_name(argument)
            current = [visit.stage for visit in at.elsewhere[lifecycle] if covers(visit, at.time)]
            return current[-1] if current else None
        case "since_entered":
            entries = [v.entered_at for v in at.visits if v.stage == stage_name(argument) and v.entered_at < at.time]
            return at.time - entries[-1] if entries else None
        case "until":
            value = trait(argument, at)
            then = time_of(value.text) if value is not None and value.text is not None else None
            return None if then is None else then - at.time
        case "count" if "after" in options:
            marks = counted(path(options["after"])[0], at)
            if not marks:
                return None
            return len([event for event in counted(path(argument)[0], at) if event.time > marks[-1].time])
    return measure(function, argument, options, at)


def measure(function: str, argument: ast.expr, options: Mapping[str | None, ast.expr], at: Moment) -> Result:
    """The value of a function of one kind of event."""
    name, given = path(argument)
    events = counted(name, at)
    if "within" in options:
        length = as_number(worth(options["within"], at))
        assert length is not None
        assert function in {"count", "sum", "avg", "min", "max", "distinct"}
        events = [event for event in events if event.time > at.time - length]
    match function:
        case "count":
            return len(events)
        case "since":
            return at.time - events[-1].time if events else None
        case "since_first":
            return at.time - events[0].time if events else None
        case "gap":
            return events[-1].time - events[-2].time if len(events) >= 2 else None
    wanted = given if given is not None else at.bindings[name].get("value")
    if not isinstance(wanted, str):
        raise TypeError(f"{name} has no value, and {function}() asks for it")
    values = [event.properties.get(wanted) for event in events]
    match function:
        case "first":
            return read(values[0]) if values else None
        case "last":
            return read(values[-1]) if values else None
        case "distinct":
            return len({thing for value in values if (thing := kind_of_thing(value)) is not None})
    known = [value.number for raw in values if (value := read(raw)) is not None and value.number is not None]
    match function:
        case "sum":
            return sum(known, Fraction(0))
        case "avg":
            return sum(known, Fraction(0)) / len(known) if known else None
        case "min":
            return min(known) if known else None
        case "max":
            return max(known) if known else None
    raise TypeError(f"no such function: {function}")


def counted(name: str, at: Moment) -> list[Event]:
    """The events up to the moment that a short name stands for, in order."""
    binding = at.bindings[name]
    return [event for event in at.events if event.time <= at.time and is_meant(event, binding)]


def is_meant(event: Event, binding: Mapping[str, object]) -> bool:
    names, where = binding["events"], binding.get("where")
    assert isinstance(names, list | tuple)
    if event.name not in names:
        return False
    if where is None:
        return True
    own = Moment(time=event.time, events=[], bindings={}, properties=event.properties)
    return evaluate(str(where), own)


def covers(visit: Visit, time: int) -> bool:
    return visit.entered_at <= time and (visit.left_at is None or time < visit.left_at)


def path(node: ast.expr) -> tuple[str, str | None]:
    """The two names of `order.amount` or `order['class']`; the second is None in `order`."""
    match node:
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            return name, None
        case ast.Attribute(value=ast.Name(id=name), attr=inner):
            return name, inner
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(inner))):
            return name, inner
    raise TypeError(f"not a name: {ast.dump(node)}")


def stage_name(node: ast.expr) -> str:
    return path(node)[0]
