"""Where nothing differs, nothing is said to differ; where something does, it is said."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tenure.expressions import parse_value
from tenure.lifecycle.moves.findings import Finding, findings
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.periods import latest
from tenure.lifecycle.population import Worth
from tenure.lifecycle.refresh import applied

from ..lifecycle.harness import Engine, Engines, defined
from ..oracle.evaluate import DAY, Event

BEGAN = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
DAYS = 638  # to the end of September of the year after
AS_OF = BEGAN + DAYS * DAY
STORE: dict[str, object] = {
    "lifecycle": "store",
    "stages": [
        {"visitor": {"kind": "prospect", "when": "count(visit) >= 1"}},
        {"buyer": {"kind": "customer", "when": "count(order) >= 1"}},
        {"regular": {"kind": "customer", "when": "count(order) >= 2"}},
    ],
}
PEOPLE = 560

MONTHS = 20

Chance = Callable[[int], float]


def company(seed: int, chance: Chance) -> list[Event]:
    """People who come at any time, buy with a chance that depends on the day they came, and once more with another."""
    rng = random.Random(seed)
    events = []
    for person in range(PEOPLE):
        came = rng.randrange(DAYS)
        time = BEGAN + came * DAY + rng.randrange(DAY)
        events.append(event(f"{person}v", "Page Viewed", person, time))
        for number in range(2):
            if rng.random() >= chance(came):
                break
            time += round(rng.expovariate(1 / 20) * DAY)
            events.append(event(f"{person}o{number}", "Order Completed", person, time))
    return [one for one in events if one.time <= AS_OF]


def event(name: str, what: str, person: int, time: int) -> Event:
    return Event(message_id=name, name=what, time=time, received_at=time, customer=f"c{person}")


def stationary(seed: int, people: int) -> list[Event]:
    """People who buy at rates of their own that never change, also long before the log begins; the rest is not in it.

    They come at any time of the four years before, or since; the rates are those of a gamma distribution.
    """
    rng = random.Random(seed)
    events = []
    for person in range(people):
        time = rng.uniform(-1500, DAYS)
        rate = rng.gammavariate(0.8, 1 / 60)
        number = 0
        while (time := time + rng.expovariate(rate)) < DAYS:
            if time >= 0:
                events.append(event(f"{person}o{number}", "Order Completed", person, BEGAN + round(time * DAY)))
                number += 1
    return events


def differences(engine: Engine, events: list[Event], store: dict[str, object] = STORE) -> list[Finding]:
    lifecycles = defined([store])
    engine.arrive(events)
    engine.refresh(lifecycles, as_of=AS_OF)
    held = applied(engine.connection)["store"]
    money = Worth(value=parse_value("0"), events={})
    scope = Scope(lifecycle=lifecycles[0], held=held, money=money, now=AS_OF)
    months = latest(ZoneInfo("UTC"), "month", MONTHS, until=AS_OF)
    told = findings(engine.connection, scope, months, money=_money, day=str)
    return [one for one in told if one.kind in ("cohort", "worse")]


def _money(amount: Decimal) -> str:
    return str(amount)


@pytest.mark.parametrize("companies", [25, pytest.param(300, marks=pytest.mark.slow)])
def test_of_quiet_companies_one_in_twenty_at_most_is_said_to_change(companies: int) -> None:
    engines = Engines()
    spoken = sum(bool(differences(engines.next(), company(seed, lambda _: 0.4))) for seed in range(companies))
    # three standard deviations above one in twenty
    assert spoken <= companies * 0.05 + 3 * (companies * 0.05 * 0.95) ** 0.5


@pytest.mark.parametrize("companies", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_that_the_data_begin_is_no_difference(companies: int) -> None:
    """Behaviour never changes; whoever seems to buy first soon after the data begin has mostly bought before."""
    engines = Engines()
    spoken = sum(bool(differences(engines.next(), stationary(seed, 3000))) for seed in range(companies))
    assert spoken <= companies * 0.05 + 3 * (companies * 0.05 * 0.95) ** 0.5


def test_cohorts_count_from_half_a_year_after_the_first_event() -> None:
    """Nobody who came in May bought, which is too early to be told; where silence means more, July is, too."""
    with Engine() as engine:
        may = differences(engine, company(1, lambda came: 0.0 if 121 <= came < 152 else 0.6))
    assert not any("2024-05" in one.sentence for one in may)
    patient = {**STORE, "windows": {"lapsed": 240}}
    with Engine() as engine:
        july = differences(engine, company(1, lambda came: 0.0 if 182 <= came < 213 else 0.6), patient)
    assert not any("2024-07" in one.sentence for one in july)


def test_a_month_that_differs_is_found() -> None:
    """Nobody who came in July bought."""
    with Engine() as engine:
        found = differences(engine, company(1, lambda came: 0.0 if 182 <= came < 213 else 0.6))
    assert any(one.kind == "cohort" and "2024-07" in one.sentence and " 0 % " in one.sentence for one in found)


def test_a_stage_that_converts_worse_is_found() -> None:
    """Whoever came from April of the second year on buys less often."""
    with Engine() as engine:
        found = differences(engine, company(2, lambda came: 0.7 if came < 456 else 0.2))
    worse = [one for one in found if one.kind == "worse"]
    assert worse
    assert worse[0].chance is not None
    assert worse[0].chance < 0.05
