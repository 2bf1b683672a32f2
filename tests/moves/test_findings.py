"""Sentences of findings are true of the stage they name, and call what is counted by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from tenure.errors import UsageError
from tenure.expressions import parse_value
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.moves.conversion import conversion
from tenure.lifecycle.moves.crosstab import crosstab
from tenure.lifecycle.moves.findings import Finding, findings
from tenure.lifecycle.moves.people import Who, people_who
from tenure.lifecycle.moves.risk import at_risk
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.population import Worth, population
from tenure.lifecycle.refresh import applied

from ..lifecycle.harness import Engine, defined
from ..oracle.evaluate import DAY, Event
from .test_noise import BEGAN

NOW = BEGAN + 100 * DAY
STAGES: list[dict[str, dict[str, object]]] = [
    {"buyer": {"kind": "customer", "when": "count(order) >= 1"}},
    {"regular": {"kind": "customer", "when": "count(order) >= 2"}},
    {"upset": {"kind": "customer", "side": True, "phase": "risk", "when": "since(complaint) < days(60)"}},
    {"quiet": {"kind": "customer", "side": True, "phase": "risk", "when": "since(order) >= days(40)"}},
    {"gone": {"kind": "former", "side": True, "phase": "gone", "when": "since(order) >= days(120)"}},
]
WAITING: dict[str, object] = {"lifecycle": "waiting", "stages": STAGES, "events": {"complaint": "Complaint Made"}}
# days of orders, of complaints
PEOPLE: Mapping[str, tuple[Sequence[int], Sequence[int]]] = {
    "a": ((10, 20), ()), "b": ((15, 30), ()), "c": ((5,), ()), "d": ((80, 95), (96,)), "e": ((90,), ()),
    "f": ((), (90,)), "g": ((99,), ()), "h": ((65,), ()),
}  # fmt: skip


def log() -> list[Event]:
    found = []
    for person, (orders, complaints) in PEOPLE.items():
        for name, days in (("Order Completed", orders), ("Complaint Made", complaints)):
            for day in days:
                time = BEGAN + day * DAY
                found.append(
                    Event(
                        message_id=f"{person}{name}{day}", name=name, time=time, received_at=time, customer=person,
                        properties={"revenue": 10 + day},
                    )
                )  # fmt: skip
    return found


def scope(engine: Engine, definition: Mapping[str, object]) -> Scope:
    lifecycles = defined([definition])
    events = log()
    engine.arrive(events, accounts={one.message_id: f"firm {one.customer}" for one in events})
    engine.refresh(lifecycles, as_of=NOW)
    one: Lifecycle = lifecycles[0]
    money = Worth(value=parse_value("sum(order)"), events={"order": one.events["order"]})
    return Scope(lifecycle=one, held=applied(engine.connection)[one.name], money=money, now=NOW)


def told(engine: Engine, one: Scope) -> tuple[Finding, ...]:
    return findings(engine.connection, one, (), money=lambda amount: f"€{amount:.2f}", day=lambda _: "today")


def test_what_is_in_a_stage_is_what_everybody_there_is_worth() -> None:
    """Two stages of risk; in each somebody who had never been in a stage of the journey, or less far."""
    with Engine() as engine:
        one = scope(engine, WAITING)
        counted = population(engine.connection, one.lifecycle, one.held, money=one.money, moment=NOW, now=NOW)
        there = {one.stage: one.money for one in counted}
        found = [finding for finding in told(engine, one) if finding.kind == "at risk"]
    assert {name: there[name] for name in ("upset", "quiet")} == {"upset": Decimal(195), "quiet": Decimal(130)}
    assert found[0].sentence == (
        "1 customer who had come as far as Regular is in Upset now, worth €195.00 of the €195.00 there."
    )
    for finding in found:
        stage = finding.command.split()[2]
        assert finding.sentence.endswith(f"of the €{there[stage]:.2f} there.")


@pytest.mark.parametrize("names", [("upset", "quiet"), ("quiet", "upset")])
def test_of_one_level_in_two_stages_the_one_with_more_money_is_told(names: tuple[str, str]) -> None:
    stages = [dict(stage) for stage in STAGES]
    for stage, name in zip(stages[2:4], names, strict=True):
        (body,) = stage.values()
        stage.clear()
        stage[name] = body
    with Engine() as engine:
        found = told(engine, scope(engine, {**WAITING, "stages": stages}))
    assert f"in {names[0].capitalize()} now" in found[0].sentence


def test_accounts_are_accounts() -> None:
    definition = {**WAITING, "unit": "account"}
    with Engine() as engine:
        one = scope(engine, definition)
        sentences = [finding.sentence for finding in told(engine, one)]
        person = replace(one, lifecycle=replace(one.lifecycle, name="persons", unit="customer"))
        with pytest.raises(UsageError, match="'waiting' counts accounts, 'persons' people"):
            crosstab(engine.connection, one, person)
    assert sentences[0].startswith("1 account that had come as far as Regular is in Upset now")
    assert any(sentence.startswith("1 account, worth ") for sentence in sentences)
    assert not any(word in " ".join(sentences) for word in ("customer", "people", "person", "who"))


@pytest.mark.parametrize("ahead", [0, 25, 45, 70, 130])
def test_at_a_moment_to_come_every_figure_is_that_of_the_stages(ahead: int) -> None:
    """Moves that come of silence are counted alike in stages, lists, levels and pairs, and not before they come."""
    at = NOW + ahead * DAY
    with Engine() as engine:
        one = scope(engine, WAITING)
        connection = engine.connection
        counted = population(connection, one.lifecycle, one.held, money=one.money, moment=at, now=NOW)
        figures = {row.stage: (row.people, row.money) for row in counted if row.people}
        for stage, (people, money) in figures.items():
            rows = people_who(connection, one, Who(stage=stage or "none"), moment=at)
            assert (rows.num_rows, sum(rows["money"].to_pylist(), Decimal(0))) == (people, money)
        pairs = {
            (pair.stage, pair.other): (pair.people, pair.money) for pair in crosstab(connection, one, one, moment=at)
        }
        assert pairs == {(stage, stage): told for stage, told in figures.items()}
        levels: dict[str, int] = {}
        for level in at_risk(connection, one, moment=at):
            levels[level.stage] = levels.get(level.stage, 0) + level.people
            listed = people_who(
                connection, one,
                Who(stage=level.stage, previous=level.previous or "none", highest=level.highest or "none"), moment=at,
            )  # fmt: skip
            assert listed.num_rows == level.people
    assert levels == {name: people for name, (people, _) in figures.items() if name in ("upset", "quiet", "gone")}


def test_where_nothing_comes_after_a_stage_has_to_be_named() -> None:
    with Engine() as engine:
        one = scope(engine, WAITING)
        for stage in ("regular", "quiet"):
            with pytest.raises(UsageError, match=f"comes after '{stage}'") as refused:
                conversion(engine.connection, one, (), stage=one.code(stage))
            assert f"tenure conversion {stage}" in refused.value.hint
        assert conversion(engine.connection, one, (), stage=one.code("quiet"), to=one.code("regular")) == ()
