"""Paths to and from occasions, against walking back and forth by hand."""

from __future__ import annotations

from collections import Counter
from statistics import median_low

import pytest
from hypothesis import given, seed, settings

from tenure.events import STANDARD
from tenure.metrics.journeys.occasions import Occasion, event_happened, stage_entered
from tenure.metrics.journeys.paths import paths_from, paths_to, people_from, people_to, people_walked
from tenure.metrics.journeys.touchpoints import touchpoints

from ..lifecycle.harness import Engine, Engines
from ..oracle.evaluate import DAY, Event
from .logs import END, Touch, distinct, ended, logs, told, touches
from .test_follows import quiet

STEPS, DAYS = 3, 6


def firsts(engine: Engine, occasion: Occasion) -> dict[str, int]:
    rows = engine.connection.execute(
        f"SELECT units.id, time FROM ({occasion.first()}) AS f JOIN units ON units.key = f.unit"
    ).fetchall()
    return dict(rows)


def expected_firsts(engine: Engine, events: list[Event], what: str) -> dict[str, int]:
    found: dict[str, int] = {}
    if what == "order":
        moments = [(event.customer or "", event.time) for event in events if event.name == "Order Completed"]
    else:
        moments = [(row.unit, row.entered_at) for row in engine.stored() if row.stage == what and row.entered_at <= END]
    for who, time in moments:
        found[who] = min(time, found.get(who, time))
    return found


def before(chain: list[Touch], moment: int, *, own: bool) -> list[Touch]:
    near = [one for one in chain if moment - DAYS * DAY < one[0] < moment or (own and one[0] == moment)]
    return ended(near)[-STEPS:]


@pytest.mark.parametrize("what", ["order", "buyer", "away"])
def test_paths(what: str) -> None:
    engines = Engines()
    seen = 0

    @seed(3)
    @settings(quiet, max_examples=2)
    @given(logs())
    def check(events: list[Event]) -> None:
        nonlocal seen
        engine = engines.next()
        with told(engine, events) as scope:
            touched = touchpoints(engine.connection, scope)
            if what == "order":
                occasion = event_happened(engine.connection, scope, STANDARD["order"])
            else:
                occasion = stage_entered(scope, what)
            came = expected_firsts(engine, events, what)
            assert firsts(engine, occasion) == came
            every = touches(events)
            _to(engine, touched, occasion, came, every)
            _from(engine, touched, occasion, came, every)
            seen += len(came)

    def _to(engine, touched, occasion, came, every) -> None:  # type: ignore[no-untyped-def]
        stage = occasion.stage is not None
        ways = Counter[tuple[str, ...]]()
        spans: dict[tuple[str, ...], list[int]] = {}
        for who, moment in came.items():
            path = before(every.get(who, []), moment, own=stage)
            way = tuple(name for _, name in path)
            ways[way] += 1
            spans.setdefault(way, []).extend([moment - path[0][0]] if path else [])
        found = paths_to(engine.connection, touched, occasion, days=DAYS, steps=STEPS, most=100)
        assert {one.steps: one.people for one in found} == ways
        for one in found:
            assert one.of == len(came)
            assert one.median == (median_low(spans[one.steps]) if one.steps else None)
            listed = people_to(engine.connection, touched, occasion, one.steps, days=DAYS, steps=STEPS)
            assert (listed.num_rows, listed["happened_at"].null_count) == (one.people, 0 if one.steps else one.people)
            assert listed["next_at"].cast("int64").to_pylist() == [
                came[who] for who in listed["customer_id"].to_pylist()
            ]
            if one.steps:
                gone = people_walked(engine.connection, touched, occasion, one.steps, days=DAYS, steps=STEPS)
                assert (gone.num_rows, gone.num_rows - gone["next_at"].null_count) == (one.walked, one.came)
                assert (one.walked, one.came) == _walked(one.steps, came, every, stage)

    def _walked(way, came, every, stage) -> tuple[int, int]:  # type: ignore[no-untyped-def]
        walked = arrived = 0
        for who, chain in every.items():
            begun = distinct(chain)
            for place, (time, _) in enumerate(chain):
                near = [one for one in chain[: place + 1] if one[0] > time - DAYS * DAY]
                if chain[place] not in begun or tuple(name for _, name in ended(near))[-len(way) :] != way:
                    continue
                moment = came.get(who)
                in_time = moment is None or (time <= moment if stage else time < moment)
                if time <= END - DAYS * DAY and in_time:
                    walked += 1
                    arrived += moment is not None and moment - time <= DAYS * DAY
                break
        return walked, arrived

    def _from(engine, touched, occasion, came, every) -> None:  # type: ignore[no-untyped-def]
        ways = Counter[tuple[str, ...]]()
        for who, moment in came.items():
            if moment > END - DAYS * DAY:
                continue
            later = distinct([one for one in every.get(who, []) if one[0] > moment])
            ways[tuple(name for time, name in later[:STEPS] if time <= moment + DAYS * DAY)] += 1
        found = paths_from(engine.connection, touched, occasion, days=DAYS, steps=STEPS, most=100)
        assert {one.steps: one.people for one in found} == ways
        assert all(one.stopped == (len(one.steps) < STEPS) for one in found)
        for one in found:
            listed = people_from(engine.connection, touched, occasion, one.steps, days=DAYS, steps=STEPS)
            assert (listed.num_rows, listed["next_at"].null_count) == (one.people, 0 if one.steps else one.people)

    check()
    assert seen
