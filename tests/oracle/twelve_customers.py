"""The twelve customers of docs/explanation, as events, definition and expected rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from .evaluate import Event
from .history import Row
from .values import time_of

FOLDER = Path(__file__).parents[2] / "docs" / "explanation"
PAGE = FOLDER / "twelve-customers.md"
DATA = FOLDER / "twelve-customers.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCase:
    """What is expected as of a moment (and as known at one), of all customers or of some."""

    title: str
    as_of: int
    known_at: int | None
    customers: frozenset[str] | None
    rows: list[Row]

    def of_its_customers(self, rows: list[Row]) -> list[Row]:
        return sorted(row for row in rows if self.customers is None or row.unit in self.customers)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwelveCustomers:
    """The page's events in order of arrival, its lifecycle, and what comes out."""

    events: list[Event]
    definition: Mapping[str, object]
    cases: list[PaperCase]


def twelve_customers() -> TwelveCustomers:
    """The content of twelve-customers.yaml."""
    data = YAML(typ="safe", pure=True).load(DATA)
    lifecycle = data["definition"]["lifecycle"]
    return TwelveCustomers(
        events=[
            Event(
                message_id=event["id"],
                name=event["event"],
                time=at(event["time"]),
                received_at=at(event.get("received", event["time"])),
                customer=event["customer"],
                properties=event.get("properties", {}),
            )
            for event in data["events"]
        ],
        definition=data["definition"],
        cases=[
            PaperCase(
                title=case["title"],
                as_of=at(case["as_of"]),
                known_at=at(case["known_at"]) if "known_at" in case else None,
                customers=frozenset(case["customers"]) if "customers" in case else None,
                rows=sorted(
                    Row(lifecycle, unit, at(entered), stage, previous, None if left is None else at(left))
                    for unit, stage, previous, entered, left in case["rows"]
                ),
            )
            for case in data["cases"]
        ],
    )


def at(text: str) -> int:
    """The microseconds since 1970 of a time in the file."""
    time = time_of(text)
    assert time is not None, text
    return time
