from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

import tenure.expressions
from tenure.errors import ConditionError
from tenure.events import STANDARD
from tenure.expressions import FUNCTIONS, OPERATORS, Names, examine, parse
from tenure.expressions.functions import MICROSECONDS
from tenure.expressions.nouns import noun, nouns
from tenure.expressions.reference import PAGE, page
from tenure.expressions.slips import EQUALS, MISSING_WORDS, RESERVED_WORDS, SYMBOLS, SYNONYMS, UNITS, Slip
from tenure.expressions.tree import MeasureName

NAMES = Names(
    events=STANDARD,
    stages=("loyalty", "at_risk"),
    lifecycles={"classic": ("loyalty", "retention")},
    scores_allowed=True,
)
SLIPS = [EQUALS, *SYMBOLS.values(), *RESERVED_WORDS.values(), *MISSING_WORDS.values()]


def test_every_measure_is_a_function() -> None:
    assert set(get_args(MeasureName)) == set(FUNCTIONS) - {"was", *MICROSECONDS}


@pytest.mark.parametrize(
    "example",
    [function.example for function in FUNCTIONS.values()] + [operator.example for operator in OPERATORS],
)
def test_examples_are_conditions(example: str) -> None:
    checked = examine(parse(example), NAMES, text=example)
    assert checked.errors == ()
    assert all("unknown" in caution.message for caution in checked.cautions)


def test_examples_show_what_they_are_examples_of() -> None:
    for function in FUNCTIONS.values():
        assert function.name in function.example
        assert function.signature.startswith(function.name)
    for operator in OPERATORS:
        assert f"{operator.symbol}" in operator.example


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.written)
def test_slips(slip: Slip) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(slip.example)
    assert caught.value.message == slip.message
    assert slip.example[caught.value.start :].startswith(slip.written)


def test_tables_name_functions() -> None:
    assert {*SYNONYMS.values(), *(function for function, _ in UNITS.values())} <= set(FUNCTIONS)
    assert not SYNONYMS.keys() & FUNCTIONS.keys()


def test_nouns() -> None:
    assert (noun("order"), nouns("order")) == ("order", "orders")
    assert (noun("look"), nouns("look")) == ("look at a product", "looks at a product")
    assert nouns("activity") == "activities"
    assert nouns("visit") == "visits"
    assert (noun("Order Completed"), nouns("Order Completed")) == (
        "'Order Completed' event",
        "'Order Completed' events",
    )
    assert all("*" not in nouns(name) + noun(name) for name in STANDARD)


def test_the_page_is_current() -> None:
    checked_in = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")
    assert checked_in == page(), "run python -m tenure.expressions.reference"


def test_the_page_has_every_function_and_operator() -> None:
    text = page()
    assert [name for name in FUNCTIONS if f"\n#### {name}\n" not in text] == []
    assert [each.symbol for each in OPERATORS if f"\n| `{each.symbol}` |" not in text] == []


def test_public_names() -> None:
    for name in tenure.expressions.__all__:
        assert getattr(tenure.expressions, name).__doc__ or name.isupper()
