"""The twelve customers of the documentation come out of the engine as on paper."""

from __future__ import annotations

import pytest

from ..oracle.twelve_customers import PaperCase, twelve_customers
from .harness import Engine, defined, difference

TWELVE = twelve_customers()


@pytest.mark.parametrize("case", TWELVE.cases, ids=lambda case: case.title)
def test_the_history_is_as_on_paper(case: PaperCase):
    lifecycles = defined([TWELVE.definition])
    with Engine() as engine:
        engine.arrive(TWELVE.events)
        told = case.of_its_customers(engine.computed(lifecycles, as_of=case.as_of, known_at=case.known_at))
        assert told == case.rows, difference(told, case.rows)
        if case.known_at is None:
            engine.refresh(lifecycles, as_of=case.as_of)
            told = case.of_its_customers(engine.stored())
            assert told == case.rows, difference(told, case.rows)


def test_a_message_that_comes_twice_is_one():
    with Engine() as engine:
        done = engine.arrive(TWELVE.events)
    assert (done.read, done.loaded, done.duplicates, done.changed) == (41, 40, 1, 0)


def test_the_history_is_as_on_paper_when_every_event_arrives_alone():
    (whole,) = [case for case in TWELVE.cases if case.customers is None]
    lifecycles = defined([TWELVE.definition])
    with Engine() as engine:
        for event in TWELVE.events:
            engine.arrive([event])
            engine.refresh(lifecycles, as_of=whole.as_of)
        told = whole.of_its_customers(engine.stored())
    assert told == whole.rows, difference(told, whole.rows)
