"""Whatever the text, the parser gives a tree or a ConditionError that points into it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tenure.errors import ConditionError
from tenure.events import STANDARD
from tenure.expressions import Names, examine, examine_where, in_words, parse, parse_value, parse_where, unparse
from tenure.expressions.slips import MISSING_WORDS, RESERVED_WORDS, SYMBOLS
from tenure.expressions.tree import Node

KNOWN = Names(events=STANDARD, stages=("reach", "loyalty"), lifecycles={"classic": ("reach",)}, scores_allowed=True)
VALID = [
    block.partition("\n----\n")[0]
    for name in ("valid.txt", "filters.txt")
    for block in (Path(__file__).parent / name).read_text(encoding="utf-8").split("\n====\n")[1:]
]
WORDS = [
    *("count", "(", ")", "order", "event", "[", "]", "'a b'", '"x"', ".", "trait", "score", "since", "was", "loyalty"),
    *("days", "90", "1.5", "-", "+", "*", "/", "==", "!=", "<", "<=", ">", ">=", "=", "in", "not", "and", "or", "is"),
    *("None", "True", "within", "after", ",", "#c\n", "\n", "é", "1,000", "90d", "\x00", "lambda", "if", "for", "..."),
    *("'", '"', "\\", "1e5", "1e9999999999", "0x1", "until", "stage", "first", "last", "gap", "()", "(1, 2)", " "),
    *SYMBOLS, *RESERVED_WORDS, *MISSING_WORDS,
]  # fmt: skip


def survives(text: str) -> None:
    for read in (parse, parse_value, parse_where):
        try:
            found: Node = read(text)
        except ConditionError as raised:
            points_into_its_text(raised)
            continue
        canonical = unparse(found)
        if len(canonical) <= 2000:
            assert read(canonical) == found
        in_words(found)
        if read is parse_where:
            examine_where(found, text=text, events=("Order Completed",))  # type: ignore[arg-type]
        else:
            examine(found, KNOWN, text=text)


def points_into_its_text(error: ConditionError) -> None:
    str(error).encode()
    assert 0 <= error.start < error.end
    assert error.start <= len(error.text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
@example("not " * 499)
@example("(" * 2000)
@example("-" * 1999 + "1")
@example("1" * 2000)
@example("a" + "[0]" * 600)
@example("1<" * 999 + "1")
@example("\ud800")
def test_any_text(text: str) -> None:
    survives(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=20), st.sampled_from(["", " "]))
def test_any_words(words: list[str], blank: str) -> None:
    survives(blank.join(words))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_conditions(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(VALID))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 5)))
        text = text[:start] + data.draw(st.sampled_from(["", *WORDS]) | st.characters()) + text[end:]
    survives(text)
