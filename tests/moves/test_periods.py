"""Calendar periods follow each other without a gap, by the clocks of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.errors import UsageError
from tenure.lifecycle.periods import UNITS, PeriodUnit, latest, periods

HOUR = 3_600_000_000
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Africa/Monrovia")


def at(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days * 24 * HOUR


@given(
    zone=st.sampled_from(ZONES), unit=st.sampled_from(UNITS), since=st.integers(at("1950-01-01"), at("2090-01-01")),
    length=st.integers(0, 40 * 24 * HOUR), week=st.integers(0, 6), year=st.integers(1, 12),
)  # fmt: skip
@settings(deadline=None, max_examples=200)
def test_they_cover_the_time_once(zone: str, unit: PeriodUnit, since: int, length: int, week: int, year: int) -> None:
    found = periods(ZoneInfo(zone), unit, since=since, until=since + length, week_start=week, year_start=year)
    assert found[0].begins <= since < found[0].ends
    assert found[-1].begins <= since + length < found[-1].ends
    assert all(one.ends == other.begins for one, other in pairwise(found))
    assert len({one.name for one in found}) == len(found)
    assert [one.name for one in found] == sorted(one.name for one in found)
    again = latest(ZoneInfo(zone), unit, len(found), until=since + length, week_start=week, year_start=year)
    assert again == found


def test_days_on_which_clocks_change() -> None:
    found = periods(ZoneInfo("Europe/Berlin"), "day", since=at("2024-03-30"), until=at("2024-04-01"))
    assert [(one.ends - one.begins) // HOUR for one in found] == [24, 23, 24]
    # clocks jumped at midnight: the day begins at one
    (sunday,) = [
        one for one in periods(ZoneInfo("America/Sao_Paulo"), "day", since=at("2018-11-03"), until=at("2018-11-06"))
        if one.start == date(2018, 11, 4)
    ]  # fmt: skip
    assert (sunday.ends - sunday.begins) // HOUR == 23
    # Samoa crossed the date line: there was no 30 December 2011
    found = periods(ZoneInfo("Pacific/Apia"), "day", since=at("2011-12-29"), until=at("2012-01-01"))
    assert date(2011, 12, 30) not in {one.start for one in found}


@pytest.mark.parametrize(
    ("unit", "name"),
    [("day", "2024-12-31"), ("week", "2025-W01"), ("month", "2024-12"), ("quarter", "2024-Q4"), ("year", "2024")],
)
def test_names(unit: PeriodUnit, name: str) -> None:
    (found,) = periods(ZoneInfo("UTC"), unit, since=at("2024-12-31"), until=at("2024-12-31"))
    assert found.name == name


def test_years_that_begin_in_april() -> None:
    (quarter,) = periods(ZoneInfo("UTC"), "quarter", since=at("2024-03-31"), until=at("2024-03-31"), year_start=4)
    assert (quarter.name, quarter.start) == ("2023/24-Q4", date(2024, 1, 1))


def test_too_many_are_refused() -> None:
    with pytest.raises(UsageError, match="10,000"):
        periods(ZoneInfo("UTC"), "day", since=at("1970-01-01"), until=at("2020-01-01"))
    assert periods(ZoneInfo("UTC"), "day", since=1, until=0) == ()
    assert latest(ZoneInfo("UTC"), "month", 0, until=0) == ()
