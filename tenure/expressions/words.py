"""Conditions as English phrases, for people who do not read conditions.

    in_words(parse("since(order) >= days(90)"))                       # 'no order for 90 days'
    in_words(parse("count(order, within=days(365)) >= 5"))            # 'at least 5 orders within 365 days'

What has no phrase of its own is told as a plain sentence: 'the total value of orders is more than 1,000'. This is for
reading only; the text that can be parsed again is `unparse`'s.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Literal

from tenure.documents.wording import listing
from tenure.expressions.nouns import noun, nouns, plain, plural, with_article
from tenure.expressions.phrases import (
    AMOUNTS,
    IS,
    constant_words,
    counted,
    length_words,
    number_words,
    scope_words,
    value_words,
)
from tenure.expressions.slopes import constant
from tenure.expressions.tree import (
    And,
    Comparison,
    Condition,
    Constant,
    Duration,
    Measure,
    Membership,
    Missing,
    Node,
    Not,
    Or,
    Value,
    Was,
)

Op = Literal["<", "<=", ">", ">=", "==", "!="]
_MIRRORED: dict[Op, Op] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_INVERTED: dict[Op, Op] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def in_words(node: Node) -> str:
    """The condition or value `node` as an English phrase."""
    match node:
        case And():
            return _and_words(node)
        case Or():
            parts = [in_words(operand) for operand in node.operands]
            return (", or " if any(" or " in part or " and " in part for part in parts) else " or ").join(parts)
        case Not():
            return _not_words(node.operand)
        case Comparison():
            return _comparison_words(node)
        case Membership():
            return _membership_words(node)
        case Missing():
            return _missing_words(node)
        case Was():
            return f"has been in {plain(node.stage)} before"
        case _:
            return value_words(node)


def _and_words(node: And) -> str:
    words: list[str] = []
    spanned = False
    for operand, following in (*pairwise(node.operands), (node.operands[-1], None)):
        between = "" if spanned else _between_words(operand, following)
        if between or not spanned:
            words.append(between or (f"({in_words(operand)})" if isinstance(operand, Or) else in_words(operand)))
        spanned = bool(between)
    return " and ".join(words)


def _between_words(low: Condition, high: Condition | None) -> str:
    """`the last NPS answer is between 7 and 8`; empty where the two are not the ends of one range."""
    if not isinstance(low, Comparison) or not isinstance(high, Comparison) or low.right != high.left:
        return ""
    inclusive = low.op == high.op == "<=" and constant(low.left) is not None and constant(high.right) is not None
    if not inclusive or constant(low.right) is not None:
        return ""
    return f"{value_words(low.right)} is between {value_words(low.left)} and {value_words(high.right)}"


def _not_words(node: Condition) -> str:
    match node:
        case Was():
            return f"has never been in {plain(node.stage)}"
        case Comparison() if counted(node.left) and all(count.after is None for count in counted(node.left)):
            return _comparison_words(Comparison(op=_INVERTED[node.op], left=node.left, right=node.right))
        case Comparison(op="==", right=Constant(value=True)):
            return f"{value_words(node.left)} is not true"
        case _:
            return f"not ({in_words(node)})"


def _comparison_words(node: Comparison) -> str:
    left, op, right = node.left, node.op, node.right
    if constant(left) is not None and constant(right) is None:
        left, op, right = right, _MIRRORED[op], left
    threshold = constant(right)
    words = ""
    if isinstance(right, Constant) and counted(left):
        words = _count_words(counted(left), op, right)
    elif counted(left) and counted(right) and len({scope_words(each) for each in counted(left) + counted(right)}) == 1:
        words = _counts_words(counted(left), op, counted(right))
    elif isinstance(left, Measure) and left.function == "distinct" and isinstance(right, Constant):
        words = _distinct_words(left, op, right)
    elif isinstance(left, Measure) and isinstance(right, Duration):
        words = _length_words(left, op, right.microseconds)
    elif isinstance(left, Measure) and left.function == "until" and threshold == 0:
        words = _until_words(left, op)
    elif isinstance(left, Measure) and left.function == "stage" and isinstance(right, Constant):
        words = _stage_words(left, (right,), negated=op == "!=")
    return words or f"{value_words(left)} {IS[op]} {value_words(right)}"


def _count_words(counts: tuple[Measure, ...], op: Op, threshold: Constant) -> str:
    amount = threshold.value
    if not isinstance(amount, Decimal):
        return ""
    scope = scope_words(counts[0])
    one = listing([noun(count.event or "") for count in counts])
    match op, int(amount) if amount == int(amount) else None:
        case (">=", 1) | (">" | "!=", 0):
            return f"at least one {one}{scope}"
        case ("<", 1) | ("<=" | "==", 0):
            return f"no {one}{scope}"
        case _:
            pass
    several = one if amount == 1 else listing([nouns(count.event or "") for count in counts])
    words = "fewer than" if op == "<" else AMOUNTS[op]
    return f"{words} {'one' if amount == 1 else number_words(amount)} {several}{scope}"


def _counts_words(left: tuple[Measure, ...], op: Op, right: tuple[Measure, ...]) -> str:
    """`more deals than won deals`."""
    one, other = (listing([nouns(count.event or "") for count in counts], "and") for counts in (left, right))
    how, than = {
        ">": ("more", "than"),
        "<": ("fewer", "than"),
        ">=": ("at least as many", "as"),
        "<=": ("at most as many", "as"),
        "==": ("as many", "as"),
        "!=": ("not as many", "as"),
    }[op]
    return f"{how} {one} {than} {other}{scope_words(left[0])}"


def _distinct_words(left: Measure, op: Op, threshold: Constant) -> str:
    """`at least 2 different categories of orders`."""
    words = value_words(left).removeprefix("the number of ")
    if threshold.value == 1 and left.property is not None:
        words = words.replace(f"different {plural(plain(left.property))}", plain(left.property), 1)
    return f"{AMOUNTS[op]} {'one' if threshold.value == 1 else value_words(threshold)} {words}"


def _length_words(left: Measure, op: Op, microseconds: int) -> str:
    length, event, name = length_words(microseconds), left.event or "", plain(left.name or "")
    amount = f"{AMOUNTS[op]} {length}"
    match left.function:
        case "since" if op in (">=", ">"):
            return f"no {noun(event)} for {'more than ' if op == '>' else ''}{length}"
        case "since" if op == "<":
            return f"{with_article(noun(event))} in the last {length}"
        case "since" | "since_first":
            return f"the {'last' if left.function == 'since' else 'first'} {noun(event)} {amount} ago"
        case "gap":
            return f"{amount} between the last two {nouns(event)}"
        case "since_entered":
            return f"{amount} since entering {name}"
        case "until":
            return f"{amount} until {name}" if microseconds else _until_words(left, op)
        case _:
            return ""


def _until_words(node: Measure, op: Op) -> str:
    name = plain(node.name or "")
    return f"{name} {'has passed' if op in ('<', '<=') else 'is yet to come'}"


def _stage_words(node: Measure, options: tuple[Constant, ...], *, negated: bool) -> str:
    lifecycle = node.name or ""
    stages = [plain(option.value) for option in options if isinstance(option.value, str)]
    if negated:
        return f"in a stage of {plain(lifecycle)} other than {listing(stages)}"
    if stages == [plain(lifecycle)]:
        return f"in {plain(lifecycle)}"
    return f"in stage {listing(stages)} of {plain(lifecycle)}"


def _membership_words(node: Membership) -> str:
    if isinstance(node.operand, Measure) and node.operand.function == "stage":
        return _stage_words(node.operand, node.options, negated=node.negated)
    options = [constant_words(option) for option in node.options]
    if len(options) == 1:
        return f"{value_words(node.operand)} {'is not' if node.negated else 'is'} {options[0]}"
    return f"{value_words(node.operand)} is {'none' if node.negated else 'one'} of {listing(options)}"


def _missing_words(node: Missing) -> str:
    words = _absence_words(node.operand, absent=not node.negated)
    return words or f"{value_words(node.operand)} is {'known' if node.negated else 'unknown'}"


def _absence_words(value: Value, *, absent: bool) -> str:
    """Whether the event that `value` needs has happened."""
    match value:
        case Measure(function="since" | "since_first", event=str() as event):
            return f"{'no' if absent else 'at least one'} {noun(event)}"
        case Measure(function="gap", event=str() as event):
            return f"{'fewer than' if absent else 'at least'} 2 {nouns(event)}"
        case Measure(function="stage", name=str() as lifecycle):
            return f"in {'no' if absent else 'some'} stage of {plain(lifecycle)}"
        case Measure(function="since_entered", name=str() as stage):
            return f"has {'never been' if absent else 'been'} in {plain(stage)}"
        case _:
            return ""
