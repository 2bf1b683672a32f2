"""Whatever the order of arrival: refreshing step by step gives what a rebuild gives, and what the oracle says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tenure.lifecycle.refresh import applied
from tenure.warehouse.connection import Connection
from tenure.warehouse.store import OnChange

from ..oracle.evaluate import DAY, Event
from ..oracle.history import oracle_history
from ..oracle.logs import START, one_event, pick
from ..oracle.strategies import definitions, event_logs
from .harness import Engines, defined, difference

PARTS = 4
EACH = 10
SLOW_PARTS = 10
SLOW_EACH = 100

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))

Definitions = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Step:
    """What arrives together, and the refresh after it."""

    events: list[Event]
    definitions: Definitions
    as_of: int
    on_change: OnChange = "reject"


@st.composite
def arrivals(draw: st.DrawFn) -> list[Step]:
    """A log that arrives in batches; between them time goes by, definitions change and events are corrected."""
    log = draw(event_logs())
    editions: list[Definitions] = [draw(definitions()) for _ in range(pick(draw, (1, 1, 2)))]
    if pick(draw, (False, True)):
        log = [of_account(event) for event in log]
        editions = [[of_accounts(definition) for definition in edition] for edition in editions]
    cuts = sorted(pick(draw, range(len(log) + 1)) for _ in range(pick(draw, (1, 2, 2, 3))))
    steps: list[Step] = []
    as_of, said = START + pick(draw, (8, 14, 2)) * (DAY // 2), editions[0]
    for first, last in zip([0, *cuts], [*cuts, len(log)], strict=True):
        events, on_change = log[first:last], pick(draw, ("reject", "reject", "reject", "replace"))
        if on_change == "replace" and first:
            # the sides say the same of each event, so that the last one stands
            events = [one for one in events if one.message_id not in {other.message_id for other in log[:first]}]
            events += [corrected(draw, log[pick(draw, range(first))])]
        if pick(draw, (False, False, True)):
            said = pick(draw, editions)
        steps.append(Step(events, said, as_of, on_change))
        as_of += pick(draw, (0, 1, 2, 5, 8, 1, -4)) * (DAY // 2)
    if pick(draw, (False, False, False, True)):
        steps.append(Step([], said, START + 27_410 * DAY))
    return steps


def of_account(event: Event) -> Event:
    """The event with its account where the oracle looks for it."""
    account = event.properties.get("account_id")
    return replace(event, properties={**event.properties, "account": account}) if account else event


def of_accounts(definition: dict[str, object]) -> dict[str, object]:
    return {**definition, "unit": "account"} if definition.get("unit") == "account_id" else definition


def accounts_of(events: Sequence[Event]) -> dict[str, str]:
    return {event.message_id: str(event.properties["account"]) for event in events if "account" in event.properties}


def corrected(draw: st.DrawFn, event: Event) -> Event:
    """The event as it reads after a correction of all or some of it."""
    other = one_event(draw, 99, DAY)
    if pick(draw, (False, True)):
        return replace(event, time=other.time, customer=pick(draw, (event.customer, other.customer)))
    fresh = replace(other, message_id=event.message_id)
    return of_account(fresh) if "account" in event.properties else fresh


def holds_for(engines: Engines, steps: Sequence[Step]) -> None:
    engine = engines.next()
    log: dict[str, Event] = {}
    for step in steps:
        engine.arrive(step.events, on_change=step.on_change, accounts=accounts_of(step.events))
        for event in step.events:
            if step.on_change == "replace" and event.message_id in log and not same(event, log[event.message_id]):
                log[event.message_id] = event
            log.setdefault(event.message_id, event)
        lifecycles = defined(step.definitions)
        engine.refresh(lifecycles, as_of=step.as_of)
        got = engine.stored()
        wanted = sorted(oracle_history(list(log.values()), step.definitions, as_of=step.as_of), key=str)
        assert got == wanted, difference(got, wanted)
    refreshed = tables(engine.connection)
    engine.refresh(lifecycles, as_of=step.as_of, anew=True)
    assert tables(engine.connection) == refreshed
    piecemeal = extracted(engine.connection)
    whole = engines.next()
    whole.arrive(list(log.values()), accounts=accounts_of(list(log.values())))
    whole.refresh(lifecycles, as_of=step.as_of)
    at_once = extracted(whole.connection)
    for kind, rows in at_once.items():
        assert piecemeal[kind] == rows


def same(one: Event, other: Event) -> bool:
    return replace(one, received_at=0) == replace(other, received_at=0)


def tables(connection: Connection) -> list[object]:
    """All that a refresh writes: the history with its codes, the definitions applied, the facts, who is touched."""
    return [
        sorted(connection.execute("SELECT * FROM stage_codes").fetchall(), key=str),
        applied(connection),
        sorted(connection.execute("SELECT * FROM facts").fetchall()),
        connection.execute("SELECT * FROM touched").fetchall(),
    ]


def extracted(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """The measures of each kind, those of one unit and moment in their order."""
    rows = connection.execute(
        """
        SELECT kinds.definition, units.kind, units.id, time, value, text, received_at,
               row_number() OVER (PARTITION BY unit, time, measures.kind ORDER BY tie)
        FROM measures JOIN kinds ON kinds.kind = measures.kind JOIN units ON units.key = unit
        """
    ).fetchall()
    found: dict[str, list[tuple[object, ...]]] = {}
    for definition, *row in rows:
        found.setdefault(definition, []).append(tuple(row))
    return {definition: sorted(each, key=str) for definition, each in found.items()}


@pytest.mark.parametrize("part", range(PARTS))
def test_refreshing_step_by_step_is_rebuilding(part: int):
    engines = Engines()

    @seed(part)
    @settings(quiet, max_examples=EACH, phases=[Phase.generate])
    @given(arrivals())
    def check(steps: list[Step]) -> None:
        holds_for(engines, steps)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLOW_PARTS))
def test_refreshing_step_by_step_is_rebuilding_a_thousand_times(part: int):
    engines = Engines()

    @seed(f"{os.environ.get('ORACLE_SEED', os.urandom(8).hex())}-{part}")
    @settings(quiet, max_examples=SLOW_EACH, phases=[Phase.generate, Phase.shrink])
    @given(arrivals())
    def check(steps: list[Step]) -> None:
        holds_for(engines, steps)

    check()
