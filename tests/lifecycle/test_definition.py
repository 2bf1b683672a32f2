"""Lifecycles as written: what is refused, and what gets a second look."""

from __future__ import annotations

import pytest

from tenure.documents import parse, validate
from tenure.events import STANDARD
from tenure.lifecycle import library
from tenure.lifecycle.definition import Defined, LifecycleSpec, define


def defined(text: str, **others: tuple[str, ...]) -> Defined:
    document = parse(text, file="store.yaml")
    return define(validate(LifecycleSpec, document), document, bindings=STANDARD, others=others)


def stages(*lines: str) -> str:
    return "lifecycle: store\nstages:\n" + "".join(f"  - {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("earlier", "later", "shadowed"),
    [
        ("count(order) >= 2", "count(order) >= 1", True),
        ("count(order) >= 1", "count(order) >= 2", False),
        ("count(order) > 2", "count(order) >= 3", False),
        ("count(order) == 3", "count(order) >= 3", True),
        ("count(order) >= 2 and count(visit) >= 9", "count(order) >= 2", True),
        ("count(order) >= 2 or count(visit) >= 9", "count(order) >= 2", False),
        ("count(order) >= 2", "count(order) >= 1 or count(visit) >= 1", True),
        ("since(order) >= days(180)", "since(order) >= days(90)", True),
        ("since(order) < days(90)", "since(order) <= days(90)", True),
    ],
)
def test_stages_that_nobody_can_be_in(earlier: str, later: str, shadowed: bool) -> None:
    found = defined(stages(f"one: {{when: '{earlier}'}}", f"two: {{when: '{later}'}}"))
    assert found.lifecycle is not None
    assert [warning.line for warning in found.warnings if "Nobody can be in" in warning.message] == (
        [3] if shadowed else []
    )


def test_a_side_stage_is_not_shadowed_by_a_main_one() -> None:
    found = defined(stages("risk: {side: true, when: count(order) >= 1}", "two: {when: count(order) >= 1}"))
    assert not any("Nobody" in warning.message for warning in found.warnings)


def test_all_problems_at_once() -> None:
    found = defined(
        stages("one: {when: count(ordr) >= 1}", "two: {when: since(order) == days(1)}", "one: {when: was(thre)}")
    )
    assert found.lifecycle is None
    messages = [str(problem) for problem in found.problems]
    assert len(messages) == 4
    assert "order" in messages[0]
    assert messages[0].startswith("store.yaml:3:")


def test_the_id_is_that_of_the_meaning() -> None:
    plain = defined(stages("one: {when: count(order) >= 1}")).lifecycle
    spaced = defined(stages("one: {title: First, when: 'count( order )>=1'}")).lifecycle
    other = defined(stages("one: {when: count(order) >= 2}")).lifecycle
    assert plain is not None
    assert spaced is not None
    assert other is not None
    assert plain.id == spaced.id
    assert plain.id != other.id


def test_the_library_is_sound() -> None:
    for name in library.names():
        document = library.document(name)
        found = define(validate(LifecycleSpec, document), document, bindings=STANDARD, others={})
        assert found.lifecycle is not None, found.problems
        assert not found.warnings
        assert found.lifecycle.name == name
        assert all(stage.kind and stage.phase and stage.means for stage in found.lifecycle.stages)
