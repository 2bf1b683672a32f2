"""What a plan says would change is what has changed once it is applied."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tenure.events import EventBinding
from tenure.expressions import parse_value
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.plan import Plan, plan
from tenure.lifecycle.population import Worth
from tenure.lifecycle.refresh import applied

from ..oracle.evaluate import DAY, Event
from ..oracle.history import Row
from ..oracle.logs import START, event_logs, moments
from ..oracle.strategies import definitions
from ..oracle.values import read
from .harness import Engine, Engines, defined

PARTS = 3
EACH = 8
SLOW_PARTS = 4
SLOW_EACH = 60

MONEY = Worth(
    value=parse_value("sum(spend.amount, within=days(3))"),
    events={"spend": EventBinding(name="spend", events=("Order Completed", "Signed Up"))},
)

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))

Changes = tuple[list[Event], list[dict[str, object]], list[dict[str, object]], int]


@st.composite
def changes(draw: st.DrawFn) -> Changes:
    """A log, definitions, what becomes of them, and a moment."""
    return draw(event_logs()), draw(definitions()), draw(definitions()), draw(moments())


def planned(engine: Engine, lifecycles: Sequence[Lifecycle], as_of: int) -> Plan:
    with engine.store.transaction() as connection:
        return plan(connection, lifecycles, applied(connection), money=MONEY, as_of=as_of)


def stays(rows: Sequence[Row], lifecycle: str, moment: int) -> dict[str, str]:
    return {
        row.unit: row.stage
        for row in rows
        if row.lifecycle == lifecycle and row.entered_at <= moment and (row.left_at is None or row.left_at > moment)
    }


def money(events: Sequence[Event], unit: str, kind: str, as_of: int) -> Decimal:
    total = Decimal(0)
    for event in {event.message_id: event for event in events}.values():
        owner = event.customer if kind == "customer" else event.properties.get(kind)
        value = read(event.properties.get("amount"))
        if owner != unit or event.name not in ("Order Completed", "Signed Up") or not value or value.number is None:
            continue
        if as_of - 3 * DAY < event.time <= as_of:
            total += Decimal(value.number.numerator) / Decimal(value.number.denominator)
    return total


def holds_for(engine: Engine, change: Changes) -> None:
    events, before, after, as_of = change
    engine.arrive(events)
    engine.refresh(defined(before), as_of=as_of)
    old = engine.stored()
    lifecycles = defined(after)
    told = planned(engine, lifecycles, as_of)
    assert engine.stored() == old
    was = applied(engine.connection)
    engine.refresh(lifecycles, as_of=as_of)
    new, now = engine.stored(), applied(engine.connection)

    assert told.new == tuple(name for name in (one.name for one in lifecycles) if name not in was)
    assert told.removed == tuple(sorted(was.keys() - now.keys()))
    altered = {name for name in was.keys() & now.keys() if was[name].id != now[name].id}
    assert altered <= set(told.changed) <= was.keys() & now.keys()
    for name in was.keys() & now.keys() - set(told.changed):
        assert [row for row in old if row.lifecycle == name] == [row for row in new if row.lifecycle == name]
    wanted: Counter[tuple[str, str | None, str | None]] = Counter()
    worth: dict[tuple[str, str | None, str | None], Decimal] = {}
    for name in told.changed:
        first, last = stays(old, name, as_of), stays(new, name, as_of)
        if was[name].unit != now[name].unit:
            continue
        for unit in first.keys() | last.keys():
            move = (name, first.get(unit), last.get(unit))
            if move[1] != move[2]:
                wanted[move] += 1
                worth[move] = worth.get(move, Decimal(0)) + money(events, unit, now[name].unit, as_of)
        assert told.history_rows[name] == (
            sum(row.lifecycle == name for row in old),
            sum(row.lifecycle == name for row in new),
        )
    moves = [move for move in told.moves if was[move.lifecycle].unit == now[move.lifecycle].unit]
    assert {(move.lifecycle, move.stage, move.to): move.people for move in moves} == dict(wanted)
    assert {(move.lifecycle, move.stage, move.to): move.money for move in moves} == worth


@pytest.mark.parametrize("part", range(PARTS))
def test_a_plan_comes_true(part: int):
    engines = Engines()

    @seed(part)
    @settings(quiet, max_examples=EACH, phases=[Phase.generate])
    @given(changes())
    def check(change: Changes) -> None:
        holds_for(engines.next(), change)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLOW_PARTS))
def test_a_plan_comes_true_many_times(part: int):
    engines = Engines()

    @seed(f"{os.environ.get('ORACLE_SEED', os.urandom(8).hex())}-{part}")
    @settings(quiet, max_examples=SLOW_EACH, phases=[Phase.generate, Phase.shrink])
    @given(changes())
    def check(change: Changes) -> None:
        holds_for(engines.next(), change)

    check()


# --- by hand ---------------------------------------------------------------------------------------------------------


def store(stages: Mapping[str, Mapping[str, object]], **facts: object) -> dict[str, object]:
    events = {"purchase": {"event": "Order Completed", "value": "amount"}}
    listed = [{name: stage} for name, stage in stages.items()]
    return {"lifecycle": "store", "events": events, "stages": listed, **facts}


def order(day: int, customer: str, amount: int) -> Event:
    time = START + day * DAY
    return Event(
        message_id=f"{customer}{day}", name="Order Completed", time=time, received_at=time, customer=customer,
        properties={"amount": amount, "account_id": customer.upper()},
    )  # fmt: skip


ORDERS = [order(0, "ada", 5), order(2, "ada", 7), order(1, "bob", 11), order(1, "cleo", 13), order(2, "cleo", 2)]
NOW = START + 2 * DAY
BEFORE = store({"buyer": {"when": "count(purchase) >= 1"}, "regular": {"when": "count(purchase) >= 2"}})


def moves(after: dict[str, object]) -> list[tuple[str | None, str | None, int, Decimal]]:
    with Engine() as engine:
        engine.arrive(ORDERS)
        engine.refresh(defined([BEFORE]), as_of=NOW)
        told = planned(engine, defined([after]), NOW)
        return [(move.stage, move.to, move.people, move.money) for move in told.moves]


def test_a_plan_of_nothing_changes_nothing():
    with Engine() as engine:
        engine.arrive(ORDERS)
        engine.refresh(defined([BEFORE]), as_of=NOW)
        told = planned(engine, defined([BEFORE]), NOW)
        assert told.changes_nothing
        assert (told.moves, told.new, told.changed, told.removed) == ((), (), (), ())


def test_people_move_with_their_money():
    after = store({"buyer": {"when": "count(purchase) >= 1"}, "regular": {"when": "sum(purchase) >= 15"}})
    assert moves(after) == [("regular", "buyer", 1, Decimal(12))]
    gone = store({"regular": {"when": "count(purchase) >= 2"}})
    assert moves(gone) == [("buyer", None, 1, Decimal(11))]


def test_stages_in_another_order_move_only_whom_the_order_moves():
    after = store({"regular": {"when": "count(purchase) >= 2"}, "buyer": {"when": "count(purchase) >= 1"}})
    assert moves(after) == [("regular", "buyer", 2, Decimal(27))]


def test_a_stage_with_a_new_name_moves_nobody():
    after = store(
        {
            "customer": {"when": "count(purchase) >= 1", "renamed_from": "buyer"},
            "regular": {"when": "count(purchase) >= 2"},
        }
    )
    assert moves(after) == []
