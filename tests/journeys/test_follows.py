"""The directly-follows graph is what is found by walking from event to event."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings

from tenure.metrics.journeys.follows import follows, follows_in_stages, people_follow
from tenure.metrics.journeys.touchpoints import touchpoints

from ..lifecycle.harness import Engines
from ..oracle.evaluate import Event
from .logs import followed, followed_in_stages, logs, told

quiet = settings(deadline=None, database=None, max_examples=3, phases=[Phase.generate],
                 suppress_health_check=list(HealthCheck))  # fmt: skip


def test_graph_of_everybody_and_of_each_stage() -> None:
    engines = Engines()
    seen = 0

    @seed(1)
    @quiet
    @given(logs())
    def check(events: list[Event]) -> None:
        nonlocal seen
        engine = engines.next()
        with told(engine, events) as scope:
            touched = touchpoints(engine.connection, scope)
            found = follows(engine.connection, touched)
            assert {(None, one.source, one.target): (one.times, one.median) for one in found} == followed(events)
            for one in found:
                assert one.of == sum(other.times for other in found if other.source == one.source)
            staged = follows_in_stages(engine.connection, touched)
            wanted = followed_in_stages(events, engine.stored())
            assert {(one.stage, one.source, one.target): (one.times, one.median) for one in staged} == wanted
            for one in (*found[:2], *staged[:2]):
                listed = people_follow(
                    engine.connection, touched, source=one.source, target=one.target, stage=one.stage
                )
                assert listed.num_rows == one.times
                assert set(listed["stage"].to_pylist()) == {one.stage}
            assert follows_in_stages(engine.connection, touched, stage="buyer") == tuple(
                one for one in staged if one.stage == "buyer"
            )
            seen += len(staged)

    check()
    assert seen > 50


def test_some_people_only() -> None:
    engines = Engines()

    @seed(2)
    @settings(quiet, max_examples=2)
    @given(logs())
    def check(events: list[Event]) -> None:
        engine = engines.next()
        with told(engine, events) as scope:
            touched = touchpoints(engine.connection, scope, among="SELECT key AS unit FROM units WHERE id = 'a'")
            found = follows(engine.connection, touched)
            mine = [event for event in events if event.customer == "a"]
            # ties stand in the order of the whole log
            assert sum(one.times for one in found if one.source is None) == bool(found)
            assert sum(one.times for one in found) == sum(times for times, _ in followed(mine).values())

    check()
