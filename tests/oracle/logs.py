"""Random event logs: ties, late and repeated arrivals, future times, odd values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from .evaluate import DAY, Event

START = 1_704_067_200 * 10**6  # 2024-01-01T00:00:00Z

EVENT_NAMES = (
    *("Order Completed",) * 5,
    *("Page Viewed",) * 3,
    *("Survey Answered",) * 2,
    *("Signed Up",) * 2,
    *("Identified",) * 3,
    "Email Opened",
    "Stage Set",
)
PREFIXES = ("m", "Z", "a", "é", "1", "\uffff", "😀")
CUSTOMERS = (*("c1",) * 6, *("c2",) * 4, "zoë", "zoë", None)
AMOUNTS = (*(5, 10, 10.25, 20, 3, 1) * 3, 0, -5, 7.5, 5.0, "10", "10.25", "-3", "+4", "1e1", "2.50")
ODD_NUMBERS = (
    *(2.0000005, -2.0000005, "0.1234565", 9.9999995, 10.0000004, 1e-7),
    *(None, True, False, [10], {"n": 10}, "n/a", "", " 7", "7 ", "1_000", "NaN", "0x1A", 1e15, "1e15", 1e300, "-1e15"),
)
PLANS = (*("pro", "free") * 4, "5", 5, 10.25, True, False, "true", "", "Größe", "it's", None, ["pro"])
SCORES = (*(9, 10, 6, 0, 9) * 2, "9", 8.5, None, "n/a")
FLAGS = (True, True, False, None, "true", "yes", 1)
ACCOUNTS = ("A", "A", "A", "A", "B", None, 7, "7", 7.0, True)
SET_STAGES = ("lead", "buyer", "regular", "at_risk", "rest", "clear", "no such stage")
WHOLE_NUMBERS = [st.integers(0, max(0, size - 1)) for size in range(300)]
OTHER_DATES = ("soon", "", 5, None, "2024-02-30", True)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """All that a stage history is worked out from."""

    events: list[Event]
    definitions: list[dict[str, object]]
    as_of: int
    known_at: int | None


def iso(time: int) -> str:
    """The ISO text of a time in microseconds since 1970, without a zone."""
    return (datetime(1970, 1, 1) + timedelta(microseconds=time)).isoformat()  # noqa: DTZ001


def pick(draw: st.DrawFn, options: Sequence[T]) -> T:
    """One of the options; the first are the simplest."""
    return options[draw(WHOLE_NUMBERS[len(options)])]


@st.composite
def event_logs(draw: st.DrawFn, *, day: int = DAY) -> list[Event]:
    """Events of up to three customers, and of nobody, over twelve days, in order of arrival; some arrive twice."""
    count = pick(draw, (1, 2, 4, 7, 10, 10, 12, 12, 14, 14, 16, 16, 18, 20))
    events = [one_event(draw, number, day) for number in range(count)]
    for _ in range(pick(draw, (0, 0, 1, 2))):
        events.insert(draw(st.integers(0, len(events))), pick(draw, events))
    return events


def one_event(draw: st.DrawFn, number: int, day: int) -> Event:
    name, time = pick(draw, EVENT_NAMES), a_time(draw, day)
    return Event(
        message_id=f"{pick(draw, PREFIXES)}{number}",
        name=name,
        time=time,
        received_at=time + pick(draw, (0, 0, 0, day, 3 * day, -day)),
        customer=pick(draw, CUSTOMERS),
        properties=properties_of(draw, name),
        traits=traits_of(draw, day) if name == "Identified" else {},
    )


def a_time(draw: st.DrawFn, day: int) -> int:
    """A time on a grid of half days, now and then a microsecond beside it, seldom in another century."""
    beside = pick(draw, (*(0,) * 20, 1, -1, 27_393 * day))
    return START + pick(draw, range(25)) * (day // 2) + beside


def properties_of(draw: st.DrawFn, name: str) -> dict[str, object]:
    """The properties of an event of that name: each may be missing, and may be odd."""
    properties: dict[str, object] = {}
    if name == "Stage Set":
        properties["lifecycle"] = pick(draw, ("alpha", "alpha", "beta", "gamma", "no such lifecycle"))
        properties["stage"] = pick(draw, SET_STAGES)
    given = pick(draw, range(256))  # one draw for all: which properties are there
    if given & 1 or given & 2:
        properties["amount"] = pick(draw, AMOUNTS * 2 + ODD_NUMBERS)
    if given & 4:
        properties["plan"] = pick(draw, PLANS)
    if given & 8:
        properties["score"] = pick(draw, SCORES)
    if given & 16:
        properties["flag"] = pick(draw, FLAGS)
    if given & 32:
        properties["class"] = pick(draw, ("a", "b", "", None))
    if given & 64 or given & 128:
        properties["account_id"] = pick(draw, ACCOUNTS)
    return properties


def traits_of(draw: st.DrawFn, day: int) -> dict[str, object]:
    """What an identify call says of its customer; null forgets."""
    said: dict[str, object] = {}
    given = pick(draw, range(64))
    if given & 1 or given & 2:
        said["plan"] = pick(draw, PLANS)
    if given & 4:
        said["level"] = pick(draw, (1, 2, 3, "2", "2.5", 10.25, None, "n/a", True))
    if given & 8 or given & 16:
        said["renewal"] = a_date(draw, day)
    if given & 32:
        said["class"] = pick(draw, ("a", "a", "b", None))
    return said


def a_date(draw: st.DrawFn, day: int) -> object:
    """A date or time as people write it, or something that is none."""
    time = START + pick(draw, range(37)) * (day // 2) + pick(draw, (0, 0, 0, 1, -1))
    match pick(draw, ("date", "date", "naive", "naive", "utc", "offset", "other")):
        case "date":
            return iso(time)[:10]
        case "naive":
            return iso(time)
        case "utc":
            return iso(time) + "Z"
        case "offset":
            return iso(time + 2 * 60 * 60 * 10**6) + "+02:00"
    return pick(draw, OTHER_DATES)


@st.composite
def moments(draw: st.DrawFn, *, day: int = DAY) -> int:
    """An as_of: mostly after most events, sometimes amid them."""
    return START + pick(draw, (24, 24, 22, 20, 30, 18, 12, 25)) * (day // 2) + pick(draw, (0, 0, -1))
