"""Any tree that the parser can give is written as a text that gives the same tree."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.events import STANDARD
from tenure.expressions import Names, examine, in_words, parse, parse_value, parse_where, unparse
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

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
ODD = st.sampled_from(
    ["class", "or", "AND", "null", "event", "trait", "score", "Order Completed", "größe", "it's", '"', "1"]
)
NAMES = st.one_of(st.sampled_from(["order", "visit", "nps"]), ODD, TEXTS.filter(bool))
NUMBERS = st.decimals(-(10**9), 10**9, places=2).map(Decimal.normalize) | st.integers(-20, 20).map(Decimal)
CONSTANTS = st.builds(Constant, value=st.one_of(NUMBERS, TEXTS, st.booleans()))
LENGTHS = st.one_of(
    st.integers(1, 400).map(lambda days: days * 86_400_000_000), st.integers(1, 10**14), st.just(3_600_000_000)
)
MEASURES = st.one_of(
    st.builds(Measure, function=st.just("count"), event=NAMES, within=st.none() | LENGTHS),
    st.builds(Measure, function=st.just("count"), event=NAMES, after=NAMES),
    st.builds(
        Measure,
        function=st.sampled_from(["sum", "avg", "min", "max", "distinct"]),
        event=NAMES,
        property=st.none() | NAMES,
        within=st.none() | LENGTHS,
    ),
    st.builds(Measure, function=st.sampled_from(["first", "last"]), event=NAMES, property=st.none() | NAMES),
    st.builds(Measure, function=st.sampled_from(["since", "since_first", "gap"]), event=NAMES),
    st.builds(Measure, function=st.sampled_from(["since_entered", "stage", "until", "trait", "score"]), name=NAMES),
)
ATOMS = st.one_of(CONSTANTS, st.builds(Duration, microseconds=LENGTHS | LENGTHS.map(lambda length: -length)), MEASURES)


def calculated(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    # the parser folds a minus into a literal
    negated = values.filter(lambda value: not isinstance(value, Constant | Duration))
    return st.one_of(
        st.builds(Arithmetic, op=st.sampled_from(["+", "-", "*", "/"]), left=values, right=values),
        st.builds(Negative, operand=negated),
    )


def joined(operands: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    # the parser keeps operands of one word in one node
    return st.one_of(
        st.builds(Not, operand=operands),
        several(operands.filter(lambda each: not isinstance(each, And))).map(lambda found: And(operands=found)),
        several(operands.filter(lambda each: not isinstance(each, Or))).map(lambda found: Or(operands=found)),
    )


def several(operands: st.SearchStrategy[Condition]) -> st.SearchStrategy[tuple[Condition, ...]]:
    return st.lists(operands, min_size=2, max_size=3).map(tuple)


def conditions(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Condition]:
    options = st.lists(CONSTANTS, min_size=1, max_size=3).map(tuple)
    simple = st.one_of(
        st.builds(Comparison, op=st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), left=values, right=values),
        st.builds(Membership, operand=values, options=options, negated=st.booleans()),
        st.builds(Missing, operand=values, negated=st.booleans()),
    )
    return st.recursive(simple, joined, max_leaves=5)


VALUES = st.recursive(ATOMS, calculated, max_leaves=4)
FILTER_VALUES = st.recursive(CONSTANTS | st.builds(Property, name=NAMES), calculated, max_leaves=4)


@settings(max_examples=150, deadline=None)
@given(conditions(VALUES) | st.builds(Was, stage=NAMES))
def test_conditions(condition: Condition) -> None:
    text = unparse(condition)
    assert parse(text) == condition
    assert unparse(parse(f" ({text})\n")) == text
    assert "\n" not in in_words(condition)
    for found in (checked := examine(parse(text), Names(events=STANDARD), text=text)).errors:
        assert 0 <= found.start < found.end <= len(text)
    assert all(0 <= found.start < found.end <= len(text) for found in checked.cautions)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_values(value: Value) -> None:
    assert parse_value(unparse(value)) == value


@settings(max_examples=100, deadline=None)
@given(conditions(FILTER_VALUES))
def test_filters(condition: Condition) -> None:
    assert parse_where(unparse(condition)) == condition
