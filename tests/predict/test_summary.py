"""The summary of purchases against counting them one by one: zones, days before 1970, values that are not told."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest

from tenure.predict.summary import DAY, summary

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Bought = list[tuple[int, int, float | None]]


def store(bought: Bought) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE measures (unit BIGINT, kind SMALLINT, time BIGINT, value DECIMAL(38, 6))")
    if bought:
        connection.executemany("INSERT INTO measures VALUES (?, 1, ?, ?)", bought)
    return connection


def local(zone: ZoneInfo, time: int) -> int:
    there = (EPOCH + timedelta(microseconds=time)).astimezone(zone)
    return there.date().toordinal() - EPOCH.date().toordinal()


@pytest.mark.parametrize("begin", [-150, 19_000])
@pytest.mark.parametrize("since", [None, 40])
@pytest.mark.parametrize("zone", [ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")])
def test_the_summary_is_counting(begin: int, since: int | None, zone: ZoneInfo):
    random = np.random.default_rng(begin + 200)
    bought: Bought = [
        (int(unit), begin * DAY + int(time), None if unit % 7 == time % 7 else round(float(value), 2))
        for unit, time, value in zip(
            random.integers(1, 40, 300), random.integers(0, 300 * DAY, 300), random.normal(20, 30, 300), strict=True
        )
    ]
    until, held_out = begin * DAY + 290 * DAY + 12_345, 60
    later = None if since is None else (begin + since) * DAY
    found = summary(store(bought), 1, zone, until=until, held_out=held_out, since=later)
    days: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for unit, time, value in bought:
        if time <= until:
            days[unit][local(zone, time)] += value or 0.0
    end = local(zone, until)
    units = sorted(unit for unit, own in days.items() if later is None or min(own) >= local(zone, later))
    assert found.units.tolist() == units
    assert (found.begin, found.end, found.until) == (min(min(days[one]) for one in units), end - held_out, end)
    for by, known in ((end - held_out, found.before), (end, found.after)):
        for row, unit in enumerate(units):
            own = days[unit]
            first, there = min(own), sorted(day for day in own if day <= by)
            values = [own[day] for day in there[1:]]
            assert known.frequency[row] == len(there) - 1
            assert known.recency[row] == (there[-1] - first if there else 0)
            assert known.T[row] == by - first
            assert known.value[row] == pytest.approx(np.mean(values) if values else 0.0, abs=1e-9)
            assert known.lately[row] == sum(day > by - held_out for day in there)


def test_nobody_bought():
    found = summary(store([]), 1, ZoneInfo("UTC"), until=100 * DAY, held_out=30)
    assert (len(found.units), len(found.after.frequency), found.begin, found.end) == (0, 0, 70, 70)
