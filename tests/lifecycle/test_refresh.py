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
from ..oracle.values import read
from .follower import Follower
from .harness import Engine, Engines, defined, difference

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
    if pick(draw, (False, True)):
        editions.append(with_one_more_stage(draw, editions[0]))
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


def with_one_more_stage(draw: st.DrawFn, edition: Definitions) -> Definitions:
    """The same but for one lifecycle, to which no other refers; it has a stage more."""
    free = [one for one in edition if f"stage('{one['lifecycle']}')" not in str(edition)]
    chosen = pick(draw, free)
    short = next(iter(chosen["events"]))  # type: ignore[call-overload]
    extra = {"extra": {"when": f"count({short}) >= 2"}}
    place = pick(draw, range(2))
    stages = [*chosen["stages"][:place], extra, *chosen["stages"][place:]]  # type: ignore[index]
    return [{**one, "stages": stages} if one is chosen else one for one in edition]


def of_account(event: Event) -> Event:
    """The event with its account where the oracle looks for it."""
    account = read(event.properties.get("account_id"))
    return replace(event, properties={**event.properties, "account": account.text}) if account else event


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
    follower = Follower(engine)
    log: dict[str, Event] = {}
    for place, step in enumerate(steps):
        if place == len(steps[0].events) % 2:
            follower.begin()
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
        follower.follow(as_of=step.as_of)
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
    assert first(engine.connection, "first_measures") == first(engine.connection, "measures")


def same(one: Event, other: Event) -> bool:
    return replace(one, received_at=0) == replace(other, received_at=0)


def tables(connection: Connection) -> list[object]:
    """All that a refresh writes: the history with its codes, the definitions applied, the facts, who is touched.

    The feed goes on, and when the next move is due a refresh knows at the latest.
    """
    return [
        sorted(connection.execute("SELECT * FROM stage_codes").fetchall(), key=str),
        applied(connection),
        sorted(connection.execute("SELECT * FROM facts WHERE name NOT IN ('feed', 'due')").fetchall()),
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


def first(connection: Connection, table: str) -> list[tuple[object, ...]]:
    """The first moment of each unit and kind, as a table tells it."""
    query = f"SELECT unit, kind, min(time) FROM {table} GROUP BY unit, kind ORDER BY unit, kind"
    return connection.execute(query).fetchall()


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


# --- single cases ----------------------------------------------------------------------------------------------------

STORE = {
    "lifecycle": "store",
    "events": {"order": "Order Completed"},
    "stages": [
        {"rest": {"otherwise": True}},
        {"buyer": {"when": "count(order) >= 1"}},
        {"at_risk": {"side": True, "when": "since(order) >= days(4)"}},
    ],
}
DAYS = [START + day * DAY for day in range(40)]


def event(message_id: str, time: int, *, name: str = "Order Completed", customer: str = "ada", **properties) -> Event:
    return Event(
        message_id=message_id, name=name, time=time, received_at=time, customer=customer, properties=properties
    )


def told(engine: Engine) -> list[tuple[str, str, int, int | None]]:
    return [
        (row.unit, row.stage, (row.entered_at - START) // DAY, row.left_at and (row.left_at - START) // DAY)
        for row in sorted(engine.stored(), key=lambda row: (row.unit, row.entered_at))
    ]


def test_a_first_event_that_is_still_to_come_makes_nobody_known():
    with Engine() as engine:
        engine.arrive([event("1", DAYS[20], name="Email Opened")])
        engine.refresh(defined([STORE]), as_of=DAYS[10])
        assert told(engine) == []
        assert engine.refresh(defined([STORE]), as_of=DAYS[20]).units == 1
        assert told(engine) == [("ada", "rest", 20, None)]


def test_only_those_are_refreshed_to_whom_something_happened():
    with Engine() as engine:
        engine.arrive([event(str(n), DAYS[n], customer=f"c{n}") for n in range(8)])
        engine.refresh(defined([STORE]), as_of=DAYS[8])
        assert engine.refresh(defined([STORE]), as_of=DAYS[9]).units == 0
        engine.arrive([event("late", DAYS[1], customer="c3"), event("new", DAYS[5], customer="c9")])
        done = engine.refresh(defined([STORE]), as_of=DAYS[9])
        assert (done.units, done.rebuilt) == (2, ())


def test_a_definition_that_changed_is_computed_anew_and_so_is_whoever_asks_it():
    asking = {"lifecycle": "team", "stages": [{"sales": {"when": "stage('store') == 'buyer'"}}]}
    apart = {"lifecycle": "other", "events": {"order": "Order Completed"}, "stages": STORE["stages"]}
    later = {**STORE, "stages": [*STORE["stages"][:2], {"at_risk": {"side": True, "when": "since(order) >= days(9)"}}]}
    with Engine() as engine:
        engine.arrive([event("1", DAYS[0])])
        engine.refresh(defined([asking, STORE, apart]), as_of=DAYS[1])
        done = engine.refresh(defined([asking, later, apart]), as_of=DAYS[1])
        assert done.rebuilt == ("store", "team")
        assert [(row.lifecycle, row.stage, row.left_at) for row in engine.stored() if row.lifecycle == "team"] == [
            ("team", "sales", DAYS[9])
        ]
        assert engine.refresh(defined([apart]), as_of=DAYS[1]).removed == ("store", "team")
        assert {row.lifecycle for row in engine.stored()} == {"other"}


def test_a_lifecycle_that_changed_asks_one_to_which_something_happened():
    asking = {"lifecycle": "team", "stages": [{"sales": {"when": "stage('store') == 'buyer'"}}]}
    other = {"lifecycle": "team", "stages": [{"sales": {"when": "stage('store') in ('buyer', 'at_risk')"}}]}
    with Engine() as engine:
        engine.arrive([event("1", DAYS[0])])
        engine.refresh(defined([asking, STORE]), as_of=DAYS[1])
        engine.arrive([event("2", DAYS[1], customer="bob")])
        engine.refresh(defined([other, STORE]), as_of=DAYS[2])
        assert [row for row in told(engine) if row[1] == "sales"] == [
            ("ada", "sales", 0, None),
            ("bob", "sales", 1, None),
        ]


def test_a_correction_moves_the_first_sight_of_somebody():
    with Engine() as engine:
        engine.arrive([event("1", DAYS[1], name="Email Opened")])
        engine.refresh(defined([STORE]), as_of=DAYS[9])
        assert told(engine) == [("ada", "rest", 1, None)]
        engine.arrive([event("1", DAYS[3], name="Email Opened")], on_change="replace")
        engine.refresh(defined([STORE]), as_of=DAYS[9])
        assert told(engine) == [("ada", "rest", 3, None)]
        engine.arrive([event("1", DAYS[2], name="Email Opened")], on_change="replace")
        engine.refresh(defined([STORE]), as_of=DAYS[9])
        assert told(engine) == [("ada", "rest", 2, None)]


def test_an_event_that_was_somebody_elses_leaves_nothing_behind():
    with Engine() as engine:
        engine.arrive([event("1", DAYS[1])], accounts={"1": "A"})
        engine.refresh(defined([STORE, {**STORE, "lifecycle": "firm", "unit": "account"}]), as_of=DAYS[2])
        assert [row[0] for row in told(engine)] == ["A", "A", "ada", "ada"]
        engine.arrive([event("1", DAYS[1], customer="bob")], on_change="replace", accounts={"1": "B"})
        # nobody's rows are shown as somebody else's before the refresh
        shown = "SELECT count(*) FROM stage_codes JOIN units ON units.key = stage_codes.unit"
        assert engine.connection.execute(shown).fetchall() == [(0,)]
        engine.refresh(defined([STORE, {**STORE, "lifecycle": "firm", "unit": "account"}]), as_of=DAYS[2])
        assert [row[0] for row in told(engine)] == ["B", "B", "bob", "bob"]
        assert engine.connection.execute("SELECT kind, id FROM units ORDER BY 1").fetchall() == [
            ("account", "B"),
            ("customer", "bob"),
        ]


def test_ties_that_arrive_apart_are_told_apart_by_their_ids():
    last = {
        "lifecycle": "store",
        "events": {"order": {"event": "Order Completed", "value": "amount"}},
        "stages": [{"small": {"when": "last(order) < 10"}}, {"large": {"when": "last(order) >= 10"}}],
    }
    for order in (["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]):
        with Engine() as engine:
            for message_id in order:
                amount = {"a": 50, "b": 60, "c": 5}[message_id]
                engine.arrive([event(message_id, DAYS[1], amount=amount)])
                engine.refresh(defined([last]), as_of=DAYS[2])
            assert told(engine) == [("ada", "small", 1, None)]


def test_a_stage_set_by_hand_for_the_first_time_counts_for_those_who_were_there_before():
    with Engine() as engine:
        engine.arrive([event("1", DAYS[1]), event("2", DAYS[1], customer="bob")])
        engine.refresh(defined([STORE]), as_of=DAYS[2])
        engine.arrive([event("3", DAYS[3], name="Stage Set", lifecycle="store", stage="at_risk")])
        engine.refresh(defined([STORE]), as_of=DAYS[3])
        assert told(engine) == [
            ("ada", "buyer", 1, 3),
            ("ada", "at_risk", 3, None),
            ("bob", "buyer", 1, 5),
            ("bob", "at_risk", 5, None),
        ]


@pytest.mark.parametrize(
    "condition", [None, "was(early) or count(never) >= 1 or not was(early)", "since_entered(here) is None"]
)
def test_units_are_known_where_nothing_of_them_is_counted(condition: str | None):
    here = {"otherwise": True} if condition is None else {"when": condition}
    definition = {
        "lifecycle": "deals", "unit": "deal_id", "events": {"never": "Nothing"},
        "stages": [{"early": {"when": "was(here)"}}, {"here": here}],
    }  # fmt: skip
    with Engine() as engine:
        log = [event("1", DAYS[1], deal_id="D1")]
        engine.arrive(log)
        engine.refresh(defined([definition]), as_of=DAYS[2])
        assert engine.stored() == oracle_history(log, [definition], as_of=DAYS[2])
        log.append(event("2", DAYS[2], deal_id="D2"))
        engine.arrive(log[1:])
        engine.refresh(defined([definition]), as_of=DAYS[2])
        assert engine.stored() == oracle_history(log, [definition], as_of=DAYS[2])
