"""Values as English phrases: lengths of time, numbers, counts, sums, properties."""

from __future__ import annotations

from decimal import Decimal

from tenure.documents.wording import listing
from tenure.expressions.functions import MICROSECONDS
from tenure.expressions.nouns import noun, nouns, plain, plural
from tenure.expressions.scan import plain_decimal
from tenure.expressions.tree import Arithmetic, Constant, Duration, Measure, Negative, Property, Value

AMOUNTS = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than", "==": "exactly", "!=": "not exactly"}
IS = {">=": "is at least", ">": "is more than", "<=": "is at most", "<": "is less than", "==": "is", "!=": "is not"}
_OPERATIONS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
_TIGHTNESS = {"+": 0, "-": 0, "*": 1, "/": 1}


def value_words(value: Value) -> str:
    """`value` as a phrase: `the number of orders within 365 days`, `90 days`."""
    match value:
        case Constant():
            return constant_words(value)
        case Duration():
            return length_words(value.microseconds)
        case Property():
            return plain(value.name)
        case Negative():
            return f"minus {_inside(value.operand)}"
        case Arithmetic():
            return _arithmetic_words(value)
        case Measure():
            return _measure_words(value)


def constant_words(value: Constant) -> str:
    """A literal: `1,000`, `“pro”`, `true`."""
    match value.value:
        case bool():
            return "true" if value.value else "false"
        case str():
            return f"“{' '.join(value.value.split())}”"
        case _:
            return number_words(value.value)


def number_words(value: Decimal) -> str:
    """A number with its thousands apart."""
    return f"{plain_decimal(value):,f}"


def length_words(microseconds: int) -> str:
    """A length of time: `90 days`, `1 hour`, `36 hours`."""
    for name, unit in MICROSECONDS.items():
        if microseconds % unit == 0 or name == "seconds":
            amount = Decimal(microseconds) / unit
            return f"{number_words(amount)} {name.removesuffix('s') if amount == 1 else name}"
    raise AssertionError


def scope_words(node: Measure) -> str:
    """Which events are counted: ` within 365 days`, ` since the last checkout`."""
    if node.within is not None:
        return f" within {length_words(node.within)}"
    return f" since the last {noun(node.after)}" if node.after is not None else ""


def counted(value: Value) -> tuple[Measure, ...]:
    """The counts that `value` adds up, all of one scope; empty where it is anything else."""
    match value:
        case Measure(function="count"):
            return (value,)
        case Arithmetic(op="+"):
            parts = (*counted(value.left), *counted(value.right))
            simple = (
                counted(value.left) and counted(value.right) and len({(part.within, part.after) for part in parts}) == 1
            )
            return parts if simple else ()
        case _:
            return ()


def _measure_words(node: Measure) -> str:
    event, name, prop = node.event or "", plain(node.name or ""), node.property
    of_events = f"{plain(prop)} of {nouns(event)}" if prop is not None else f"value of {nouns(event)}"
    match node.function:
        case "count":
            words = f"the number of {nouns(event)}"
        case "distinct":
            words = f"the number of different {plural(plain(prop)) if prop is not None else 'values'} of {nouns(event)}"
        case "sum":
            words = f"the total {of_events}"
        case "avg":
            words = f"the average {of_events}"
        case "min":
            words = f"the smallest {of_events}"
        case "max":
            words = f"the largest {of_events}"
        case "first" | "last":
            words = f"the {node.function} {noun(event)}"
            words = f"the {plain(prop)} of {words}" if prop is not None else words
        case _:
            words = _time_words(node, event, name)
    return words + scope_words(node)


def _time_words(node: Measure, event: str, name: str) -> str:
    match node.function:
        case "since":
            return f"the time since the last {noun(event)}"
        case "since_first":
            return f"the time since the first {noun(event)}"
        case "gap":
            return f"the time between the last two {nouns(event)}"
        case "since_entered":
            return f"the time since entering {name}"
        case "until":
            return f"the time until {name}"
        case "stage":
            return f"the stage in {name}"
        case "score":
            return f"the score {name}"
        case _:
            return name


def _arithmetic_words(value: Arithmetic) -> str:
    counts = counted(value)
    if counts:
        return f"the number of {listing([nouns(count.event or '') for count in counts], 'and')}{scope_words(counts[0])}"
    match value:
        case Arithmetic(
            op="-",
            left=Measure(function="since_first", event=str() as event),
            right=Measure(function="since", event=last),
        ) if event == last:
            return f"the time from the first to the last {noun(event)}"
        case _:
            own = _TIGHTNESS[value.op]
            left, right = _inside(value.left, own), _inside(value.right, own + 1)
            return f"{left} {_OPERATIONS[value.op]} {right}"


def _inside(value: Value, tightness: int = 2) -> str:
    """`value` as part of a calculation, in brackets where it is one itself."""
    words = value_words(value)
    if not isinstance(value, Arithmetic) or words.startswith("the time from") or counted(value):
        return words
    return words if _TIGHTNESS[value.op] >= tightness else f"({words})"
