"""What explain tells of somebody is what the history and the oracle say, and what it supposes would come true."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tenure.lifecycle.explain import Explanation, MeasureTold, explain
from tenure.lifecycle.refresh import applied

from ..oracle.evaluate import Event, Moment, Visit, as_text, evaluate, in_order, parsed, worth
from ..oracle.history import Row, by_unit, in_log, oracle_history, stage_at
from ..oracle.lifecycle import Lifecycle, read_definition
from ..oracle.logs import moments, pick
from ..oracle.strategies import Case, cases
from ..oracle.values import Untyped
from .harness import Engine, Engines, defined

PARTS = 3
EACH = 10
SLOW_PARTS = 8
SLOW_EACH = 60

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Case, int, int]:
    """A case, a moment, and which of the units that are known then is asked about."""
    case = draw(cases())
    return case, draw(moments()), pick(draw, range(6))


def holds_for(engine: Engine, case: Case, at: int, choice: int) -> None:
    lifecycles = defined(case.definitions)
    engine.arrive(case.events)
    engine.refresh(lifecycles, as_of=case.as_of)
    told = oracle_history(case.events, case.definitions, as_of=at)
    log = in_log(case.events, as_of=at)
    for definition in case.definitions:
        lifecycle = read_definition(definition)
        units = sorted(by_unit(log, lifecycle.unit).items())
        if not units:
            continue
        unit, events = units[choice % len(units)]
        with engine.store.transaction() as connection:
            found = explain(connection, lifecycles, applied(connection), lifecycle.name, unit, at=at)
        check_stage(found, [row for row in told if (row.lifecycle, row.unit) == (lifecycle.name, unit)], at)
        check_values(found, lifecycle, moment_of(lifecycle, unit, events, told, at), definition)
        check_events(found, lifecycle, events, definition)
        check_suppositions(found, case, lifecycle, unit, at)


def check_stage(found: Explanation, rows: Sequence[Row], at: int) -> None:
    current = [row for row in rows if row.entered_at <= at and (row.left_at is None or row.left_at > at)]
    row = current[0] if current else None
    assert (found.stage, found.entered_at, found.previous) == (
        (row.stage, row.entered_at, row.previous) if row else (None, None, None)
    )
    entered = {row.entered_at: row.stage for row in rows}
    moves = {time for row in rows for time in (row.entered_at, row.left_at) if time is not None and time > at}
    assert found.if_silent == tuple((time, entered.get(time)) for time in sorted(moves))


def moment_of(lifecycle: Lifecycle, unit: str, events: Sequence[Event], told: Sequence[Row], at: int) -> Moment:
    def visits(name: str) -> list[Visit]:
        rows = [row for row in told if (row.lifecycle, row.unit) == (name, unit)]
        return [Visit(row.stage, row.entered_at, row.left_at) for row in rows if row.entered_at <= at]

    return Moment(
        time=at, events=in_order(events), bindings=lifecycle.bindings, visits=visits(lifecycle.name),
        elsewhere={name: visits(name) for name in lifecycle.asked()},
    )  # fmt: skip


def check_values(found: Explanation, lifecycle: Lifecycle, moment: Moment, definition: dict[str, object]) -> None:
    conditions = dict(lifecycle.main + lifecycle.side)
    listed = definition["stages"]
    assert isinstance(listed, list)
    assert [stage.stage for stage in found.stages] == [name for stage in listed for name in stage]
    for stage in found.stages:
        if stage.stage not in conditions:
            assert not stage.holds
            continue
        assert stage.holds == evaluate(conditions[stage.stage], moment), stage
        # the condition is shown in a form of its own, which means the same
        assert stage.holds == evaluate(stage.condition, moment), stage
        for measure in stage.measures:
            assert is_told(measure, worth(parsed(measure.measure), moment)), measure


def is_told(measure: MeasureTold, value: object) -> bool:
    told = measure.value
    if isinstance(value, Untyped):
        known = [value.number, as_text(value)]
        return told is None if known == [None, None] else (told in known or (told is None and value.number is None))
    if isinstance(told, float) and isinstance(value, int | Fraction):
        return abs(Fraction(told) - value) <= abs(value) * Fraction(1, 10**12)
    if isinstance(told, Decimal | int) and isinstance(value, int | Fraction):
        return Fraction(told) == value
    return told == value


def check_events(found: Explanation, lifecycle: Lifecycle, events: Sequence[Event], definition: object) -> None:
    """The events shown are of this unit, up to the moment, the latest first."""
    own = [(event.time, event.name, json.dumps(event.properties, ensure_ascii=False)) for event in events]
    shown = [(event.time, event.name, event.properties) for event in found.events]
    assert all(event in own for event in shown)
    assert [event[0] for event in shown] == sorted((event[0] for event in shown), reverse=True)


def check_suppositions(found: Explanation, case: Case, lifecycle: Lifecycle, unit: str, at: int) -> None:
    """Each supposed move happens when the events are really there, and not with one event less."""
    log = [event for event in case.events if event.time <= at]
    for one in found.if_events:
        silent = oracle_history(log, case.definitions, as_of=at)
        assert one.stage != stage_at(silent, lifecycle.name, unit, at + one.times)
        for times in (one.times, one.times - 1):
            properties = json.loads(one.properties)
            if lifecycle.unit != "customer":
                properties[lifecycle.unit] = unit
            fresh = [
                Event(
                    message_id=f"supposed {number}", name=one.name, time=at + number, received_at=at + number,
                    customer=unit if lifecycle.unit == "customer" else "somebody", properties=properties,
                )
                for number in range(1, times + 1)
            ]  # fmt: skip
            rows = oracle_history([*log, *fresh], case.definitions, as_of=at + one.times)
            wanted = one.stage if times == one.times else stage_at(silent, lifecycle.name, unit, at + times)
            assert stage_at(rows, lifecycle.name, unit, at + times) == wanted, one


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_told_is_what_the_oracle_says(part: int):
    engines = Engines()

    @seed(part)
    @settings(quiet, max_examples=EACH, phases=[Phase.generate])
    @given(questions())
    def check(question: tuple[Case, int, int]) -> None:
        holds_for(engines.next(), *question)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLOW_PARTS))
def test_what_is_told_is_what_the_oracle_says_five_hundred_times(part: int):
    engines = Engines()

    @seed(f"{os.environ.get('ORACLE_SEED', os.urandom(8).hex())}-{part}")
    @settings(quiet, max_examples=SLOW_EACH, phases=[Phase.generate, Phase.shrink])
    @given(questions())
    def check(question: tuple[Case, int, int]) -> None:
        holds_for(engines.next(), *question)

    check()
