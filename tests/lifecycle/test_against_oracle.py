"""The engine's history equals the oracle's, row for row, on random histories and lifecycles from the whole language."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tenure.errors import UsageError
from tenure.expressions import FUNCTIONS, OPERATORS
from tenure.lifecycle import history

from ..oracle.evaluate import DAY, Event
from ..oracle.history import oracle_history
from ..oracle.logs import START
from ..oracle.strategies import FUNCTIONS_AND_OPERATORS, Case, cases, drawn
from .harness import Engine, Engines, defined, difference

PARTS = 4  # each step of test_refresh is held against the oracle as well
EACH = 25
SLOW_PARTS = 10
SLOW_EACH = 1000

quiet = settings(deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck))


def holds_for(engines: Engines, case: Case) -> None:
    """The stored history, or where `known_at` is asked for the one computed beside it, is what the oracle says."""
    wanted = sorted(oracle_history(case.events, case.definitions, as_of=case.as_of, known_at=case.known_at), key=str)
    engine = engines.next()
    engine.arrive(case.events)
    lifecycles = defined(case.definitions)
    if case.known_at is None:
        engine.refresh(lifecycles, as_of=case.as_of)
        got = engine.stored()
    else:
        got = engine.computed(lifecycles, as_of=case.as_of, known_at=case.known_at)
    assert got == wanted, difference(got, wanted)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_history_is_what_the_oracle_says(part: int):
    engines = Engines()

    @seed(part)
    @settings(quiet, max_examples=EACH, phases=[Phase.generate])
    @given(cases())
    def check(case: Case) -> None:
        holds_for(engines, case)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLOW_PARTS))
def test_the_history_is_what_the_oracle_says_ten_thousand_times(part: int):
    """Other examples in each run, unless ORACLE_SEED says which; each part draws nearly the whole language."""
    engines = Engines()
    counted: Counter[str] = Counter()

    @seed(f"{os.environ.get('ORACLE_SEED', os.urandom(8).hex())}-{part}")
    @settings(quiet, max_examples=SLOW_EACH, phases=[Phase.generate, Phase.shrink])
    @given(cases())
    def check(case: Case) -> None:
        counted.update(name for definition in case.definitions for name in drawn(definition))
        holds_for(engines, case)

    check()
    assert set(counted) == set(FUNCTIONS_AND_OPERATORS)


def test_the_strategies_list_the_whole_language():
    """A function, a setting or an operator that the language gains has to be drawn, or this fails."""
    language = {function.name for function in FUNCTIONS.values()} - {"score"}  # scores stand in no lifecycle
    language |= {f"{function.name} {setting}" for function in FUNCTIONS.values() for setting in function.settings}
    language |= {operator.symbol for operator in OPERATORS}
    assert language <= set(FUNCTIONS_AND_OPERATORS)


# --- where sizes matter ----------------------------------------------------------------------------------------------

ORDER = {"order": {"event": "Order Completed", "value": "amount"}, "view": "Page Viewed"}


def when(*conditions: str, **facts: object) -> dict[str, object]:
    stages = [{f"s{place}": {"when": condition}} for place, condition in enumerate(conditions)]
    return {"lifecycle": "store", "events": ORDER, "stages": stages, **facts}


def orders(count: int, apart: int, customer: str = "ada") -> list[Event]:
    times = [START + place * apart for place in range(count)]
    return [
        Event(message_id=f"{customer}{time}", name="Order Completed", time=time, received_at=time, customer=customer)
        for time in times
    ]


@pytest.mark.parametrize(
    "definition",
    [
        when(*(f"count(order) >= {number}" for number in range(1, 101))),
        when(*(f"count(order, within=hours({number})) >= {number}" for number in range(1, 66, 4))),
        when(
            *(f"count(order) == {3 * n} and since(order) >= hours(2) or count(order) == {3 * n + 1}" for n in range(45))
        ),
        when(*(f"count(order, within=days(2)) {op} {n}" for n in (63, 64, 65, 66) for op in ("==", ">=", ">"))),
        when("count(order) >= 1", *(f"was(s{number})" for number in range(12))),
        when("count(order) >= 70", *(f"since_entered(s{number}) >= minutes(90)" for number in range(8))),
        when("count(order) >= 1", *(f"was(s{number})" for number in range(6)), direction="forward", clear="was(s5)"),
    ],
    ids=["stages", "windows", "comparisons", "long windows", "was", "since_entered", "forward"],
)
def test_many_of_everything(definition: dict[str, object]):
    events = orders(75, DAY // 40)
    with Engine() as engine:
        engine.arrive(events)
        engine.refresh(defined([definition]), as_of=START + 9 * DAY)
        got = engine.stored()
    wanted = sorted(oracle_history(events, [definition], as_of=START + 9 * DAY), key=str)
    assert got == wanted, difference(got, wanted)


def test_a_lifecycle_that_turns_in_circles_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "MOST_REPEATS", 20)
    stages = [{"rest": {"otherwise": True}}, {"on": {"when": "since_entered(rest) <= days(1)"}}]
    circle = {"lifecycle": "store", "stages": stages}
    with Engine() as engine:
        engine.arrive(orders(1, DAY))
        with pytest.raises(UsageError, match="'store' never comes to rest"):
            engine.refresh(defined([circle]), as_of=START + DAY)
        # nothing of it is kept
        assert engine.stored() == []


def larger(people: int, seed_: int) -> list[Event]:
    """A log of more rows than an engine reads at once, in any order."""
    rng = random.Random(seed_)
    events = []
    for person in range(people):
        for place in range(rng.randrange(1, 60)):
            time = START + rng.randrange(0, 40) * DAY // 4 + rng.choice([0, 0, 0, 1])
            name = rng.choice(["Order Completed", "Order Completed", "Page Viewed", "Identified", "Stage Set"])
            properties: dict[str, object] = {
                "amount": rng.choice([5, 10.25, "7", -3, None]),
                "deal_id": rng.randrange(9),
            }
            properties |= {"lifecycle": "store", "stage": rng.choice(["s1", "clear"])} if name == "Stage Set" else {}
            traits = {"plan": rng.choice(["pro", "free"])} if name == "Identified" else {}
            events.append(
                Event(
                    message_id=f"{rng.random()}-{place}", name=name, time=time, received_at=time,
                    customer=f"c{person}", properties=properties, traits=traits,
                )
            )  # fmt: skip
    rng.shuffle(events)
    return events


LARGE = [
    when("count(view) >= 1", "count(order, within=days(2)) >= 2", "sum(order) > 20", "since(order) >= days(3)"),
    {
        **when("count(view, after=order) >= 2", "avg(order, within=days(3)) > 5", "trait.plan == 'pro' and was(s0)"),
        "lifecycle": "other",
        "direction": "forward",
        "clear": "since(order) > days(5)",
    },
    {**when("gap(order) * 2 > since(order)", "distinct(order.amount, within=days(2)) >= 3"), "lifecycle": "third"},
    {**when("max(order, within=days(1)) >= 10", "stage('store') == 's2'"), "lifecycle": "asking"},
    {**when("count(order) >= 20", "last(order) == 7"), "lifecycle": "deals", "unit": "deal_id"},
]


@pytest.mark.parametrize(("people", "threads"), [(90, 1), pytest.param(600, 4, marks=pytest.mark.slow)])
def test_a_larger_log_with_several_threads(people: int, threads: int):
    events = larger(people, 3)
    as_of = START + 12 * DAY
    with Engine(threads=threads) as engine:
        engine.arrive(events)
        engine.refresh(defined(LARGE), as_of=as_of)
        got = engine.stored()
    wanted = sorted(oracle_history(events, LARGE, as_of=as_of), key=str)
    assert got == wanted, difference(got, wanted)[:3000]
    assert len(got) > 5 * people
