from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.errors import ConditionError
from tenure.events import STANDARD, EventBinding
from tenure.expressions import (
    Names,
    binding_of,
    check,
    check_where,
    constant,
    examine,
    parse,
    parse_value,
    parse_where,
    slope,
)
from tenure.expressions.tree import Arithmetic, Constant, Duration, Measure, Negative, Value

NAMES = Names(
    events={**STANDARD, "spin": EventBinding(name="spin", events=("Widget Spun",), value="turns")},
    stages=("reach", "loyalty"),
)


def test_check_raises_the_first_error_and_returns_the_cautions() -> None:
    text = "count(ordr) >= 1 or was(loyl)"
    with pytest.raises(ConditionError, match="There is no event 'ordr'") as caught:
        check(parse(text), NAMES, text=text)
    assert (caught.value.start, caught.value.end) == (6, 10)
    assert [error.start for error in examine(parse(text), NAMES, text=text).errors] == [6, 24]
    text = "since(order) > 90"
    assert [caution.start for caution in check(parse(text), NAMES, text=text)] == [15]
    text = "trait.x != 'a'"
    assert check(parse("trait.x == 'a'"), NAMES, text="trait.x == 'a'") == ()
    assert len(check_where(parse_where("x != 'a'"), text="x != 'a'")) == 1


def test_values_are_checked_too() -> None:
    text = "sum(purchas, within=days(365))"
    with pytest.raises(ConditionError, match="Did you mean 'purchase'"):
        check(parse_value(text), NAMES, text=text)
    assert check(parse_value("sum(purchase)"), NAMES, text="sum(purchase)") == ()


def test_the_events_of_a_condition() -> None:
    text = "count(order) >= 1 and sum(event['Order Completed']) > 1 or count(event['Widget Spun'], after=visit) >= 1"
    checked = examine(parse(text), NAMES, text=text)
    assert not checked.errors
    assert {name: binding.events for name, binding in checked.events.items()} == {
        "order": ("Order Completed",),
        "Order Completed": ("Order Completed",),
        "Widget Spun": ("Widget Spun",),
        "visit": ("Page Viewed",),
    }
    full = binding_of("Order Completed", NAMES)
    assert full is not None
    assert full.value == STANDARD["order"].value
    assert binding_of("nonsense", NAMES) is None


def test_scores_and_stages_where_they_are_allowed() -> None:
    for text in ("score.clv >= 500", "was(loyalty)", "stage('classic') == 'x'"):
        with pytest.raises(ConditionError):
            check(parse(text), Names(events=STANDARD), text=text)
    allowed = Names(events=STANDARD, stages=("loyalty",), lifecycles={"classic": ("x",)}, scores_allowed=True)
    for text in ("score.clv >= 500", "was(loyalty)", "stage('classic') == 'x'"):
        assert check(parse(text), allowed, text=text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 0),
        ("count(order, within=days(3))", 0),
        ("gap(order)", 0),
        ("trait.x", 0),
        ("since(order)", 1),
        ("since_first(order)", 1),
        ("since_entered(loyalty)", 1),
        ("until(trait.x)", -1),
        ("-since(order)", -1),
        ("since_first(order) - since(order)", 0),
        ("since(order) + since(visit)", 2),
        ("2 * since(order) - until(trait.x) / 4", "9/4"),
        ("(since_first(order) - since(order)) * count(order)", 0),
        ("since(order) * (count(order) - 1)", None),
        ("since(order) * count(order) + days(3)", None),
        ("-(since(order) * count(order))", None),
        ("since(order) / count(order)", None),
        ("0 * (since(order) * count(order))", 0),
        ("since(order) * since(visit)", None),
        ("1 / since(order)", None),
        ("since(order) / 0", None),
    ],
)
def test_slopes(text: str, expected: int | str | None) -> None:
    assert slope(parse_value(text)) == (None if expected is None else Fraction(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2.5 * (3 - 1)", -5),
        ("days(1) / hours(1)", 24),
        ("1 / 0", None),
        ("count(order) * 0", None),
        ("trait.x", None),
    ],
)
def test_constants(text: str, expected: int | None) -> None:
    assert constant(parse_value(text)) == (None if expected is None else Fraction(expected))


ATOMS = st.sampled_from(
    ["since(a)", "since_first(b)", "until(trait.x)", "count(a)", "gap(b)", "2", "0", "days(1)", "-3"]
)
VALUES = st.recursive(
    ATOMS.map(parse_value),
    lambda inner: st.one_of(
        st.builds(Arithmetic, op=st.sampled_from(["+", "-", "*", "/"]), left=inner, right=inner),
        st.builds(Negative, operand=inner),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.integers(1, 50))
def test_slope_is_the_change_in_time(value: Value, step: int) -> None:
    found = slope(value)
    before, after = at(value, 0), at(value, step)
    if found is not None and before is not None and after is not None:
        assert after - before == found * step


def at(value: Value, moment: int) -> Fraction | None:
    """The value at a moment, over one fixed history."""
    held: Mapping[str, Fraction] = {"count": Fraction(7), "gap": Fraction(11)}
    match value:
        case Constant() | Duration():
            return constant(value)
        case Measure():
            clock = {"since": 100 + moment, "since_first": 200 + moment, "until": 300 - moment}
            return Fraction(clock[value.function]) if value.function in clock else held[value.function]
        case Negative():
            inner = at(value.operand, moment)
            return None if inner is None else -inner
        case Arithmetic():
            left, right = at(value.left, moment), at(value.right, moment)
            if left is None or right is None or (value.op == "/" and right == 0):
                return None
            return {"+": left + right, "-": left - right, "*": left * right}.get(value.op, left / (right or 1))
        case _:
            raise AssertionError(value)
