"""Local times, clock changes, and the ways in which tables write times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.errors import SourceError
from tenure.ingest.times import Zone
from tests.ingest.conftest import Desk, moment

# local times are naive: what they mean is the question
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
FIRST, LAST = EPOCH.replace(year=1900), EPOCH.replace(year=2199)
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"]


def microseconds(local: datetime) -> int:
    return (local - EPOCH) // timedelta(microseconds=1)


@given(
    zone=st.sampled_from(ZONES),
    local=st.datetimes(FIRST, LAST),
    near=st.integers(0, 10**6),
    by=st.integers(-7200 * 10**6, 7200 * 10**6),
)
def test_moments_are_those_of_the_first_reading(zone: str, local: datetime, near: int, by: int) -> None:
    rules = Zone.named(zone)
    times = [microseconds(local)]
    if len(rules.offsets) > 1:
        # within two hours of some clock change
        times.append(int(rules.starts[1 + near % (len(rules.starts) - 1)]) + by)
    moments, _, _ = rules.moments(np.array(times, dtype=np.int64))
    for time, found in zip(times, moments.tolist(), strict=True):
        there = EPOCH + timedelta(microseconds=time)
        # with fold 0 Python takes the offset before the change, both in a gap and where an hour comes twice
        assert found == time - there.replace(tzinfo=ZoneInfo(zone)).utcoffset() // timedelta(microseconds=1)


def test_hours_that_a_clock_change_skips_or_repeats() -> None:
    london = Zone.named("Europe/London")
    times = [datetime.fromisoformat(f"2024-{time}") for time in ("03-31T01:30", "10-27T01:30", "10-27T02:00")]
    moments, skipped, repeated = london.moments(np.array([microseconds(time) for time in times]))
    assert [(EPOCH + timedelta(microseconds=int(at))).isoformat() for at in moments] == [
        "2024-03-31T01:30:00",  # 02:30 summer time
        "2024-10-27T00:30:00",
        "2024-10-27T02:00:00",
    ]
    assert (skipped, repeated) == (1, 1)


def test_clock_changes_are_counted_and_told(desk: Desk) -> None:
    desk.write(
        "orders.csv", "customer,time\na,2024-03-31 01:30\na,2024-10-27 01:30:00\na,2024-07-01 12:00\nb,1970-01-01\n"
    )
    report = desk.load(customer="customer")
    (file,) = report.files
    assert (file.nonexistent_times, file.ambiguous_times) == (1, 1)
    assert len([warning for warning in report.warnings if "Europe/London" in warning]) == 2
    assert desk.column("SELECT time FROM events WHERE user_id = 'b'") == [
        -3600 * 10**6
    ]  # London kept summer time in 1970


def test_the_sources_zone_is_before_the_workspaces(desk: Desk) -> None:
    desk.write("orders.csv", "customer,time\na,2024-07-01 12:00\n")
    desk.load(customer="customer", timezone="America/New_York")
    assert desk.column("SELECT time FROM events") == [moment("2024-07-01T16:00:00")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-07-01", "2024-06-30T23:00:00"),
        ("2024-07-01 10:11", "2024-07-01T09:11:00"),
        ("2024-07-01T10:11:12", "2024-07-01T09:11:12"),
        ("2024-07-01 10:11:12.123456789", "2024-07-01T09:11:12.123456"),
        ("2024-07-01T10:11:12Z", "2024-07-01T10:11:12"),
        ("2024-07-01 10:11:12+02:00", "2024-07-01T08:11:12"),
        ("2024-07-01 10:11:12.5-0330", "2024-07-01T13:41:12.500000"),
        ("2024/07/01 10:11:12", "2024-07-01T09:11:12"),
        ("20240701", "2024-06-30T23:00:00"),
        ("20240701101112", "2024-07-01T09:11:12"),
        ("1719828672", "2024-07-01T10:11:12"),
        ("1719828672.25", "2024-07-01T10:11:12.250000"),
        ("1719828672123", "2024-07-01T10:11:12.123000"),
        ("1719828672123456", "2024-07-01T10:11:12.123456"),
        ("1719828672123456789", "2024-07-01T10:11:12.123456"),
        ("31/07/2024 10:11", "2024-07-31T09:11:00"),
        ("07/31/2024 10:11:12", "2024-07-31T09:11:12"),
        ("31.07.2024", "2024-07-30T23:00:00"),
        ("31-Jul-2024", "2024-07-30T23:00:00"),
        ("July 31, 2024", "2024-07-30T23:00:00"),
        ("07/31/2024 10:11 PM", "2024-07-31T21:11:00"),
    ],
)
def test_times_are_read_as_they_are_written(desk: Desk, written: str, meant: str) -> None:
    desk.write("orders.csv", f'customer,time\na,"{written}"\n')
    report = desk.load(customer="customer")
    assert report.rejected == {}
    assert desk.column("SELECT time FROM events") == [moment(meant)]


def test_a_day_that_could_be_a_month_has_to_be_said(desk: Desk) -> None:
    desk.write("orders.csv", "customer,time\na,03/04/2024\n")
    with pytest.raises(SourceError, match=r"can be read as '%d/%m/%Y' or '%m/%d/%Y'. Say which: strptime"):
        desk.load(customer="customer")
    desk.load(customer="customer", time="strptime(time, '%d/%m/%Y')")
    assert desk.column("SELECT time FROM events") == [moment("2024-04-02T23:00:00")]


def test_words_are_no_times(desk: Desk) -> None:
    desk.write("orders.csv", "customer,time\na,soon\nb,later\n")
    with pytest.raises(SourceError, match="'soon' is no time in a form that is known"):
        desk.load(customer="customer")


def test_times_no_calendar_has(desk: Desk) -> None:
    rows = (
        "a,2024-02-30\na,2024-13-01\na,infinity\na,99999-01-01\na,2024-01-01 25:00\na,2024-01-01\n"
        + "a,2024-01-01\n" * 9
    )
    desk.write("orders.csv", f"customer,time\n{rows}")
    report = desk.load(customer="customer")
    assert report.rejected == {"the time cannot be read": 5}


def test_typed_times(desk: Desk) -> None:
    noon = datetime.fromisoformat("2024-07-01T12:00")
    columns = {
        "naive": pa.array([noon], pa.timestamp("ns")),
        "zoned": pa.array([noon.replace(tzinfo=UTC)], pa.timestamp("ms", tz="America/New_York")),
        "day": pa.array([noon.date()]),
        "epoch": pa.array([1719828672.25]),
        "count": pa.array([20240701]),
        "text": pa.array(["2024-07-01 12:00"]),
        "customer": pa.array(["a"]),
    }
    pq.write_table(pa.table(columns), desk.folder / "orders.parquet")
    meant = {
        "naive": "2024-07-01T11:00:00", "zoned": "2024-07-01T12:00:00", "day": "2024-06-30T23:00:00",
        "epoch": "2024-07-01T10:11:12.250000", "count": "2024-06-30T23:00:00", "text": "2024-07-01T11:00:00",
    }  # fmt: skip
    for column in meant:
        desk.load(name=column, files="orders.parquet", customer="customer", time=column)
    assert dict(desk.rows("SELECT source, time FROM events")) == {name: moment(at) for name, at in meant.items()}
