"""The lifecycles of the library over histories of every kind: each stage is reached, and buyers are customers."""

from __future__ import annotations

import pytest

from tenure.documents import parse
from tenure.events import STANDARD, EventBinding, bindings
from tenure.lifecycle import library
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.library import addons
from tenure.lifecycle.library.trades import TRADES
from tenure.lifecycle.refresh import applied

from ..oracle.evaluate import Event
from .harness import Engine
from .histories import BEGUN, DAY, ENDED, histories, set_by_hand

UNBOUND = "unbound"
BINDINGS = [UNBOUND, *(pytest.param(name, marks=pytest.mark.slow) for name in TRADES)]
# the fewer events are a purchase, the more people it takes to meet every case
PEOPLE = {UNBOUND: 300, "b2b": 2_500}
BY_HAND = ("inbound", "other")


def bound(trade: str) -> list[Lifecycle]:
    """Every lifecycle of the library with every add-on stage that it can take, as a workspace of the trade has them."""
    told = STANDARD if trade == UNBOUND else bindings(own(trade))
    return [
        library.defined(parse(addons.with_stages(library.document(name).text, addons.names()), file=name), told)
        for name in library.names()
    ]


def own(trade: str) -> dict[str, EventBinding]:
    names = {"purchase": TRADES[trade].purchase, "usage": TRADES[trade].usage}
    return {name: EventBinding(name=name, events=events) for name, events in names.items() if events}


@pytest.mark.parametrize("trade", BINDINGS)
def test_every_stage_is_reached_and_whoever_has_bought_is_a_customer(trade: str) -> None:
    lifecycles = bound(trade)
    purchase = lifecycles[0].events["purchase"].events
    with Engine(threads=2) as engine:
        engine.arrive(histories(3, PEOPLE.get(trade, 1_000)))
        engine.refresh(lifecycles, as_of=ENDED)
        reached = {(name, stage) for name, stage, visits in visited(engine) if visits}
        expected = {(lifecycle.name, stage.name) for lifecycle in lifecycles for stage in lifecycle.stages}
        assert expected - reached == {BY_HAND}
        assert strangers(engine, lifecycles, purchase) == []


def test_what_is_set_by_hand_is_reached_too() -> None:
    lifecycles = [library.lifecycle("inbound")]
    stages = [stage.name for stage in lifecycles[0].stages]
    events = [set_by_hand(stage, BEGUN + DAY, stage, "inbound") for stage in stages]
    buyer = Event(message_id="b", name="Deal Won", time=BEGUN, received_at=0, customer="buyer")
    events += [buyer, set_by_hand("buyer", BEGUN + DAY, "lead", "inbound")]
    with Engine() as engine:
        engine.arrive(events)
        engine.refresh(lifecycles, as_of=ENDED)
        found = {row.unit: row.stage for row in engine.stored() if row.left_at is None}
    # a stage set by hand adds to what events show, and hides nothing
    assert {stage: found[stage] for stage in stages} == {stage: stage for stage in stages}
    assert found["buyer"] == "customer"


def visited(engine: Engine) -> list[tuple[str, str, int]]:
    """Lifecycle, stage, and how many people were there."""
    held = {one.code: one for one in applied(engine.connection).values()}
    rows = engine.connection.execute(
        f"SELECT lifecycle, stage, count(DISTINCT unit) FROM stage_codes WHERE entered_at <= {ENDED} GROUP BY ALL"
    ).fetchall()
    return [(held[code].name, held[code].stages[stage], people) for code, stage, people in rows]


def strangers(engine: Engine, lifecycles: list[Lifecycle], purchase: tuple[str, ...]) -> list[tuple[str, int]]:
    """Lifecycles, and how many people in them are in a prospect stage, or in none, after their first purchase.

    `service` is about support alone, and whoever is set to `other` by hand stays there.
    """
    held = applied(engine.connection)
    served = [
        (held[lifecycle.name].code, place)
        for lifecycle in lifecycles
        for place, stage in enumerate(lifecycle.stages)
        if stage.kind != "prospect"
    ]
    events = ", ".join(f"'{name}'" for name in purchase)
    codes = {held[lifecycle.name].code: lifecycle.name for lifecycle in lifecycles if lifecycle.name != "service"}
    rows = engine.connection.execute(
        f"""
        WITH bought AS (
            SELECT customer AS unit, min(time) AS first FROM events WHERE name IN ({events}) GROUP BY customer
        ), served (lifecycle, stage) AS (VALUES {", ".join(map(str, served))}),
        stays AS (
            SELECT lifecycle, unit, greatest(entered_at, first) AS a,
                least(coalesce(left_at, {ENDED}), {ENDED}) AS b
            FROM stage_codes JOIN served USING (lifecycle, stage) JOIN bought USING (unit)
        )
        SELECT lifecycle, unit, any_value({ENDED} - first) AS wanted, sum(greatest(b - a, 0)) AS had
        FROM (SELECT DISTINCT lifecycle FROM served) CROSS JOIN bought LEFT JOIN stays USING (lifecycle, unit)
        GROUP BY ALL HAVING wanted > coalesce(had, 0)
        """
    ).fetchall()
    found: dict[str, int] = {}
    for code, *_ in rows:
        if code in codes:
            found[codes[code]] = found.get(codes[code], 0) + 1
    return sorted(found.items())
