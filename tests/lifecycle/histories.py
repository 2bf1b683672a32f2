"""People who do what the event dictionary knows, each drawn to a few kinds of events, over three years; seeded."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tenure.events import EVENTS, EventProperty
from tenure.events.care import CARE
from tenure.events.reach import REACH
from tenure.events.sales import SALES

from ..oracle.evaluate import Event

DAY = 86_400_000_000
BEGUN = 1_600_000_000_000_000
DAYS = 3 * 365
ENDED = BEGUN + DAYS * DAY
RENEWAL = "2023-08-01"
MOST = 60

# what customers and the market do; what the company notes of its own work moves nobody
_NAMES = [entry.name for entry in (*REACH, *SALES, *CARE) if entry.customer != "never" and entry.name != "Stage Set"]
_SALES = ["Order Completed", "Subscription Started", "Subscription Renewed", "Deal Won"]
_USES = ["Order Delivered", "Feature Used", "Page Viewed", "Cost Recorded"]
_MEANT: dict[str, list[object]] = {
    "survey": ["nps", "csat", "ces", "rqi"], "score": [1, 3, 5, 7, 9, 10, 80], "rating": [1, 2, 3, 4, 5],
    "stage": ["marketing", "sales"], "type": ["new", "expansion"], "mrr_delta": [-5, 10],
    "kind": ["delivery", "goods", "service"], "category": ["a", "b", "c"],
}  # fmt: skip


def histories(seed: int, people: int) -> list[Event]:
    """The events of all of them."""
    random = Random(seed)
    return [event for person in range(people) for event in _history(random, f"p{person}")]


def set_by_hand(customer: str, time: int, stage: str, lifecycle: str) -> Event:
    """The event that sets somebody's stage."""
    return Event(
        message_id=f"{customer}-{time}-set", name="Stage Set", time=time, received_at=0, customer=customer,
        properties={"lifecycle": lifecycle, "stage": stage},
    )  # fmt: skip


def _history(random: Random, customer: str) -> Iterator[Event]:
    kinds = random.sample(_NAMES, random.choice([1, 2, 3, 5, 8, 15]))
    kinds += random.choices(_SALES + _USES, k=random.choice([0, 0, 1, 2, 3]))
    pace = random.choice([1, 10, 40, 120])
    now = BEGUN + random.randrange(DAYS) * DAY
    for place in range(MOST):
        name = random.choice(kinds)
        fields = (field for field in EVENTS[name].properties.values() if field.type not in ("list", "time"))
        yield Event(
            message_id=f"{customer}-{place}", name=name, time=now, received_at=0, customer=customer,
            properties={field.name: _value(random, field) for field in fields},
            traits={"renewal_date": RENEWAL} if random.random() < 0.05 else {},
        )  # fmt: skip
        now += int(random.expovariate(1 / pace) * DAY) + 1000
        if now >= ENDED:
            return


def _value(random: Random, field: EventProperty) -> object:
    if field.name in _MEANT:
        return random.choice(_MEANT[field.name])
    match field.type:
        case "money" | "number":
            return random.randint(1, 60)
        case "truth":
            return random.random() < 0.5
        case _:
            return "x"
