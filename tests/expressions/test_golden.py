"""Conditions and what is said of them, from the data files beside this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure.errors import ConditionError
from tenure.events import STANDARD
from tenure.expressions import (
    FUNCTIONS,
    Caution,
    Names,
    examine,
    examine_where,
    in_words,
    parse,
    parse_where,
    unparse,
)

HERE = Path(__file__).parent
NAMES = Names(
    events=STANDARD,
    stages=("reach", "conversion", "loyalty", "at_risk"),
    lifecycle="store",
    lifecycles={"classic": ("reach", "retention", "loyalty"), "vip": ("vip",)},
    traits=frozenset({"plan", "vip", "country", "renewal_date"}),
)


def cases(name: str) -> list[tuple[str, str]]:
    """Every condition of a file with what is expected of it."""
    _, *blocks = (HERE / name).read_text(encoding="utf-8").split("\n====\n")
    found = []
    for block in blocks:
        text, _, expected = block.rstrip("\n").partition("\n----\n")
        found.append((text, expected))
    return found


def shown(findings: Iterator[ConditionError | Caution]) -> str:
    return "\n".join(
        f"{' ' * each.start}{'^' * (each.end - each.start)} {each.message} {each.hint}".rstrip() for each in findings
    )


@pytest.mark.parametrize(("text", "expected"), cases("valid.txt"))
def test_valid(text: str, expected: str) -> None:
    condition = parse(text)
    assert f"{unparse(condition)}\n{in_words(condition)}" == expected
    assert parse(unparse(condition)) == condition


@pytest.mark.parametrize(("text", "expected"), cases("syntax.txt"))
def test_syntax(text: str, expected: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert shown(iter([caught.value])) == expected


@pytest.mark.parametrize(("text", "expected"), cases("meaning.txt"))
def test_meaning(text: str, expected: str) -> None:
    assert shown(iter(examine(parse(text), NAMES, text=text).errors)) == expected


@pytest.mark.parametrize(("text", "expected"), cases("cautions.txt"))
def test_cautions(text: str, expected: str) -> None:
    checked = examine(parse(text), NAMES, text=text)
    assert not checked.errors
    assert shown(iter(checked.cautions)) == expected.removesuffix("nothing")


@pytest.mark.parametrize(("text", "expected"), cases("filters.txt"))
def test_filters(text: str, expected: str) -> None:
    assert said_of_filter(text) == expected


def said_of_filter(text: str) -> str:
    try:
        condition = parse_where(text)
    except ConditionError as error:
        return shown(iter([error]))
    assert parse_where(unparse(condition)) == condition
    checked = examine_where(condition, text=text, events=("Survey Answered",))
    findings = shown(iter([*checked.errors, *checked.cautions]))
    return findings or f"{unparse(condition)}\n{in_words(condition)}"


def test_every_function_has_a_golden_case() -> None:
    written = " ".join(text for text, _ in cases("valid.txt"))
    assert [name for name in FUNCTIONS if f"{name}(" not in written and f"{name}." not in written] == []
