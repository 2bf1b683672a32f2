"""Values and deadlines at the ends of what numbers can tell: nothing fails because of one odd row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tenure.errors import UsageError

from ..oracle.evaluate import DAY, Event
from ..oracle.history import Row, oracle_history
from ..oracle.logs import START
from .harness import Engine, Engines, defined, difference

LARGEST = 999_999_999_999_999
ENGINES = Engines(turns=20)


def order(day: float, amount: object, message_id: str = "1") -> Event:
    time = START + int(day * DAY)
    return Event(
        message_id=message_id, name="Order Completed", time=time, received_at=time, customer="ada",
        properties={"amount": amount},
    )  # fmt: skip


def renewed(date: object) -> Event:
    return replace(order(0, 1), name="Identified", traits={"renewal": date})


def definition(condition: str) -> dict[str, object]:
    return {
        "lifecycle": "store",
        "events": {"order": {"event": "Order Completed", "value": "amount"}},
        "stages": [{"rest": {"otherwise": True}}, {"on": {"when": condition}}],
    }


def told_and_right(written: dict[str, object], *events: Event) -> tuple[list[Row], list[Row]]:
    """The stored history of the events, and the oracle's."""
    engine = ENGINES.next()
    engine.arrive(events)
    engine.refresh(defined([written]), as_of=START + 9 * DAY)
    return engine.stored(), sorted(oracle_history(events, [written], as_of=START + 9 * DAY), key=str)


def rows(condition: str, *events: Event) -> list[Row]:
    return told_and_right(definition(condition), *events)[0]


def oracle(condition: str, *events: Event) -> list[Row]:
    return sorted(oracle_history(events, [definition(condition)], as_of=START + 9 * DAY), key=str)


def of(customer: str, *events: Event) -> list[Event]:
    """The events as those of another customer."""
    return [replace(event, customer=customer, message_id=f"{customer}{event.message_id}") for event in events]


@pytest.mark.parametrize(
    "condition",
    [
        "since(order) > sum(order) * days(1)",
        "since(order) < sum(order) * days(36500)",
        "since(order) > count(order) * days(36500)",
        "since(order) < count(order) * days(36500) * 1000000",
        "since(order) / 1000000 > days(36525)",
        "since(order) * 0.000001 > days(36525)",
        "since(order) / sum(order) > days(36525)",
        "gap(order) < count(order) * days(36500) * 1000000",
        "sum(order) >= 999999999999999.999999",
        "sum(order) * 999999999999999 > 5",
        "last(order) * 999999.999999 > 5",
        "avg(order) == last(order)",
    ],
)
def test_what_the_largest_values_bring_is_exact_or_never_comes(condition: str):
    """Moments later than 64 bits can tell never come; the oracle looks no further than ten thousand years."""
    amounts = (LARGEST, "999999999999999.999999", -LARGEST, 0.000001, "-0.000001", 0)
    events = [event for amount in amounts for event in of(f"{amount!r}", order(0, amount), order(1, amount, "2"))]
    got, wanted = told_and_right(definition(condition), *events)
    assert got == wanted, difference(got, wanted)
    assert {row.unit for row in got} == {f"{amount!r}" for amount in amounts}


@pytest.mark.parametrize(
    "condition",
    [
        "sum(order) * sum(order) > 5",
        "sum(order) * sum(order) * sum(order) * sum(order) > 5",
        "avg(order) * avg(order) != 5",
        "since(order) * sum(order) * sum(order) > days(1)",
        "sum(order) / sum(order) / sum(order) < 1",
        "since(order) * sum(order) * sum(order) * sum(order) > days(1)",
        "not sum(order) * sum(order) in (1, 2)",
        "sum(order) * sum(order) is None",
        # what two comparisons share
        "sum(order) * sum(order) > 5 and sum(order) * sum(order) < 7",
        "since(order) * sum(order) * sum(order) > days(1) or since(order) * sum(order) * sum(order) > days(2)",
    ],
)
def test_a_product_of_too_many_digits_is_unknown_and_harms_nobody_else(condition: str):
    other = replace(order(0, 3, "2"), customer="bob")
    told = rows(condition, order(0, LARGEST), other)
    holds_if_unknown = condition.startswith("not") or condition.endswith("is None")
    assert [row.stage for row in told if row.unit == "ada"] == ["on" if holds_if_unknown else "rest"]
    assert [row for row in told if row.unit == "bob"] == oracle(condition, other)


@pytest.mark.parametrize("op", ["<", "<=", ">", ">=", "==", "!="])
@pytest.mark.parametrize("sums", ["sum(order, within=days(2)) {op} sum(refund, within=days(3)) * 2",
                                  "sum(order) - sum(refund) {op} 3", "3 - sum(refund) {op} sum(order, within=days(2))",
                                  "sum(refund) - 3 {op} 0 - sum(order, within=days(2))"])  # fmt: skip
def test_sums_that_only_ever_grow_on_one_side(op: str, sums: str):
    told = definition(sums.format(op=op))
    told["events"] = {**told["events"], "refund": {"event": "Order Refunded", "value": "amount"}}
    events = []
    for amounts in ((4,), (-4,), (0,), (4, -4), (-4, 4), (2, 2)):
        bought = [order(day, amount, f"o{day}") for day, amount in enumerate(amounts)]
        back = [replace(event, name="Order Refunded", message_id=f"r{event.message_id}") for event in bought]
        later = [replace(event, time=event.time + DAY // 2) for event in back]
        for name, log in {"bought": bought, "back": back, "both": bought + later}.items():
            events += of(f"{name} {amounts}", *log)
    got, wanted = told_and_right(told, *events)
    assert got == wanted, difference(got, wanted)


@pytest.mark.parametrize(
    "condition",
    [" * ".join(["avg(order)"] * 7) + " > 5", " * ".join(["count(order)", *["999999999999999"] * 3]) + " > 5"],
)
def test_a_condition_whose_own_numbers_are_too_long_is_refused(condition: str):
    with pytest.raises(UsageError, match="38 digits"):
        rows(condition, order(0, 1))


DATES = [
    *("2024-01-05", "2024-01-05 10:00", "2024-01-05T10:00Z", "2024-01-05T10:00:00.5", "2024-01-05T10:00:00-00:00"),
    *("2024-01-05T10:00:00.123456789Z", "2024-01-05T23:59:59.9999999Z", "2024-01-05T10:00+05"),
    *("2024-01-05 10:00:00+0530", "2024-01-05T00:00:00+23:59", "9999-12-31", "0001-01-01"),
    # what is no date
    *("infinity", "-infinity", "epoch", "now", "today", "2024-1-5", "2024/01/05", "20240105", "2024-01-05T10"),
    *("2024-01-05 10:00 Europe/London", "2024-01-05T10:00:00 UTC", "2024-01-05 ", " 2024-01-05", "2024-01-05 (BC)"),
    *("2024-01-05T24:00:00", "2024-01-05T10:60:00", "2024-01-05T10:00:60Z", "2024-01-05t10:00:00z", "2024-W01-1"),
    *(
        "2024-02-30",
        "0000-01-01",
        "-2024-01-01",
        "290000-01-01",
        "2024-01-05T10:00:00+25:00",
        "2024-01-05T10:00:00,5",
    ),
    *("٢٠٢٤-٠١-٠٥", "", 5, 20240105, None, True, ["2024-01-05"]),
]


def test_a_date_is_one_of_iso_8601():
    written = definition("until(trait.renewal) < days(5)")
    got, wanted = told_and_right(written, *(event for date in DATES for event in of(f"{date!r}", renewed(date))))
    assert got == wanted, difference(got, wanted)
    assert {row.unit for row in got} == {f"{date!r}" for date in DATES}


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "infinity", "2024-1-5", "", None, ["2024-01-05"]])
def test_a_date_stands_alone(date: object):
    """Where it is the only one there is, no other value tells the engine its type."""
    got, wanted = told_and_right(definition("until(trait.renewal) < days(5)"), renewed(date))
    assert got == wanted, difference(got, wanted)


def test_an_event_of_another_century_is_scheduled_for_its_time():
    with Engine() as engine:
        engine.arrive([order(0, 1), order(27_393, 1, "2")])
        one = defined([definition("since(order) >= days(30)")])
        engine.refresh(one, as_of=START + 9 * DAY)
        assert [(row.stage, row.left_at) for row in engine.stored()] == [("rest", START + 30 * DAY), ("on", None)]
        engine.refresh(one, as_of=START + 27_393 * DAY)
        assert [row.entered_at for row in engine.stored() if row.stage == "rest"] == [START, START + 27_393 * DAY]
