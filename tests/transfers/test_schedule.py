"""When imports and exports are due."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tenure.ingest.schedule import Schedule
from tenure.ingest.source import Source
from tenure.workspace.export_spec import ExportSpec

SOURCE = {"name": "orders", "files": "a.csv", "event": "Order Completed", "customer": "c", "time": "t"}
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def of(**told: object) -> Schedule:
    return Source.model_validate({**SOURCE, **told}).schedule(60)


@pytest.mark.parametrize(
    ("written", "seconds", "told"),
    [
        ("15 minutes", 900, "every 15 minutes"),
        ("hour", 3600, "every hour"),
        ("1 day", 86_400, "every day"),
        ("90 minutes", 5400, "every 90 minutes"),
        ("2  Weeks", 1_209_600, "every 2 weeks"),
    ],
)
def test_lengths(written: str, seconds: float, told: str) -> None:
    schedule = of(every=written)
    assert schedule.seconds == seconds
    assert schedule.told == told


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"every": "15 minuts"}, "Did you mean 'minutes'"),
        ({"every": "15"}, "Write 15 minutes"),
        ({"every": "5 seconds"}, "may not be less than 10 seconds"),
        ({"every": "0 days"}, "may not be less than"),
        ({"at": "25:00"}, "time of day"),
        ({"at": ["03:00", "noon"]}, "not 'noon'"),
        ({"every": "1 hour", "at": "03:00"}, "not both"),
    ],
)
def test_what_is_no_schedule(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        of(**fields)
    with pytest.raises(ValidationError, match=message):
        ExportSpec.model_validate({"name": "lake", "to": "csv", **fields})


def test_every_so_often() -> None:
    schedule = of(every="15 minutes")
    assert schedule.due(last=None, now=at("2025-01-01T10:00"), zone=BERLIN)
    assert not schedule.due(last=at("2025-01-01T10:00"), now=at("2025-01-01T10:14:59"), zone=BERLIN)
    assert schedule.due(last=at("2025-01-01T10:00"), now=at("2025-01-01T10:15"), zone=BERLIN)
    assert of().seconds == 60


@pytest.mark.parametrize(
    ("last", "following"),
    [
        ("2025-01-01T01:59", "2025-01-01T02:00"),  # 03:00 in Berlin
        ("2025-01-01T02:00", "2025-01-01T14:00"),
        ("2025-01-01T14:00", "2025-01-02T02:00"),
        ("2025-03-29T14:00", "2025-03-30T01:00"),  # the clock goes forward
        ("2024-12-31T23:30", "2025-01-01T02:00"),
    ],
)
def test_times_of_the_day(last: str, following: str) -> None:
    schedule = of(at=["15:00", "3:00"])
    assert schedule.told == "at 15:00 and 03:00"
    assert schedule.next_after(at(last), BERLIN) == at(following)


def test_a_time_that_the_clock_skips_comes_once() -> None:
    schedule = of(at="02:30")
    first = schedule.next_after(at("2025-03-29T20:00"), BERLIN)
    assert first == at("2025-03-30T01:30")
    assert schedule.next_after(first, BERLIN) == at("2025-03-31T00:30")
