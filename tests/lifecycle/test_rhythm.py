from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.documents import parse
from tenure.events import EventBinding
from tenure.ingest.times import Zone
from tenure.lifecycle import library, rhythm
from tenure.lifecycle.rhythm import Integers, Rhythm, fit, with_windows
from tenure.warehouse.duckdb import Store

SHARED = Path(__file__).parents[3] / "shared" / "data"
PURCHASE = EventBinding(name="purchase", events=("Order Completed",), value="revenue")


def fitted(people: dict[int, list[int]], last_day: int) -> Rhythm:
    pairs = sorted((unit, day) for unit, days in people.items() for day in days)
    units, days = (np.array([pair[place] for pair in pairs], dtype=np.int64) for place in (0, 1))
    return rhythm.rhythm(units, days, last_day=last_day)


def by_definition(people: dict[int, list[int]], last_day: int) -> tuple[int, int]:
    """The two quantiles, by the formula and in exact fractions."""
    closed, censored = [], []
    for days in people.values():
        kept = sorted(set(days))
        closed += [later - earlier for earlier, later in pairwise(kept)]
        censored.append(last_day - kept[-1])
    surviving, reached = Fraction(1), {}
    for length in range(max(closed + censored) + 1):
        lasting = sum(gap >= length for gap in closed + censored)
        surviving *= 1 - Fraction(closed.count(length), lasting)
        reached[length] = 1 - surviving
    level = reached[max(reached)]
    at_risk, lapsed = (min(t for t, f in reached.items() if f >= Fraction(q) * level) for q in ("0.75", "0.9"))
    return at_risk, lapsed


def trade(random: Random, people: int = 60) -> dict[int, list[int]]:
    return {unit: [random.randrange(200) for _ in range(random.randint(1, 6))] for unit in range(people)}


@given(st.randoms(use_true_random=False), st.integers(200, 260))
def test_the_quantiles_are_those_of_the_definition(random: Random, last_day: int) -> None:
    people = trade(random)
    found = fitted(people, last_day)
    if found.fitted and found.term is None:
        assert (found.at_risk, found.lapsed) == by_definition(people, last_day)
        assert found.people == len(people)
        assert sum(found.histogram) == found.intervals
        assert found.repeaters == sum(len(set(days)) > 1 for days in people.values())
        assert found.median is not None
        assert 0 < found.median <= found.at_risk < found.lapsed


def test_what_is_bought_twice_on_a_day_is_one_purchase() -> None:
    once = {unit: [day, day + 10 + unit % 30] for unit, day in enumerate(range(80))}
    twice = {unit: days + days for unit, days in once.items()}
    assert fitted(once, 200) == fitted(twice, 200)


def test_open_intervals_make_the_windows_longer() -> None:
    people = {unit: [unit % 60, unit % 60 + 5 + unit % 50] for unit in range(200)}
    soon, late = fitted(people, 120), fitted(people, 1000)
    assert soon.bare == late.bare
    assert soon.at_risk >= late.at_risk == late.bare[0]  # type: ignore[index]


def test_fixed_terms_get_some_days_of_grace() -> None:
    found = fitted({unit: [unit % 9 + 30 * month for month in range(8)] for unit in range(50)}, 260)
    assert (found.term, found.at_risk, found.lapsed) == (30, 37, 60)
    assert "every 30 days" in found.told


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ({}, "nobody has bought anything"),
        ({unit: [unit] for unit in range(500)}, "only 0 of 500 people bought on more than one day"),
        ({unit: [unit, unit + 9] for unit in range(29)}, "only 29 of 29 people"),
        ({1: list(range(0, 900, 9))}, "only 1 of 1 people"),
    ],
)
def test_too_little_to_fit_keeps_the_defaults_and_says_why(people: dict[int, list[int]], reason: str) -> None:
    found = fitted(people, 1000)
    assert (found.at_risk, found.lapsed, found.fitted) == (90, 180, False)
    assert reason in found.told
    assert "90 and 180 days are the defaults" in found.told


def test_days_are_those_of_the_time_zone() -> None:
    def local(zone: str, *moments: datetime) -> list[int]:
        times = np.array([int(moment.timestamp()) * 1_000_000 for moment in moments], dtype=np.int64)
        days: Integers = rhythm.local_days(Zone.named(zone), times)
        return [int(day) for day in days]

    evening = datetime(2024, 7, 1, 23, 30, tzinfo=UTC)
    assert local("UTC", evening) == local("America/New_York", evening) == [19905]
    assert local("Europe/London", evening, evening - timedelta(days=182)) == [19906, 19723]


def test_fit_reads_the_purchases_of_a_store(tmp_path: Path) -> None:
    people = trade(Random(7), 80)
    day = 86_400_000_000
    rows = [
        (unit, at * day + 3_600_000_000 * n, n, name)
        for unit, days in people.items()
        for n, at in enumerate(days)
        for name in ("Order Completed", "Page Viewed")
    ]
    with Store.open(tmp_path / "store.duckdb") as store, store.transaction() as connection:
        connection.execute(
            "INSERT INTO events (message_hash, message_id, customer, type, name, time, received_at, source, properties)"
            " SELECT 0, unit || '-' || n, unit, 'track', name, day, 0, 'orders', '{}' FROM "
            "(SELECT unnest(?) AS unit, unnest(?) AS day, unnest(?) AS n, unnest(?) AS name)",
            [list(column) for column in zip(*rows, strict=True)],
        )
        assert fit(connection, PURCHASE, as_of=230 * day) == fitted(people, 230)
        early = {unit: kept for unit, days in people.items() if (kept := [at for at in days if at < 150])}
        assert fit(connection, PURCHASE, as_of=150 * day - 1) == fitted(early, 149)


def test_windows_stand_in_the_definition_with_their_reason() -> None:
    text = library.document("classic").text
    found = Rhythm(at_risk=83, lapsed=174, people=4339, repeaters=2790, intervals=12427, level=0.94, bare=(58, 110))
    written = with_windows(text, found)
    assert "days(90)" not in written
    assert "days(180)" not in written
    assert "gap(purchase) >= days(174) and since(purchase) < days(83)" in written
    assert "when: since(purchase) >= days(83)\n" in written
    assert "\nwindows:\n  at_risk: 83\n  lapsed: 174\n" in written
    reason, _, _ = written.partition("\nwindows:")
    assert "within 83 days and nine in ten within 174" in " ".join(reason.replace("#", "").split())
    assert parse(written, file="classic.yaml").data != parse(text, file="classic.yaml").data
    assert parse(with_windows(text, Rhythm(refusal="no orders")), file="a").data == parse(text, file="a").data


def by_customer(customers: list[int], days: list[int]) -> dict[int, list[int]]:
    people: dict[int, list[int]] = defaultdict(list)
    for customer, day in zip(customers, days, strict=True):
        people[customer].append(day)
    return people


@pytest.mark.skipif(not SHARED.exists(), reason="the data sets are not there")
def test_online_retail() -> None:
    table = pq.read_table(
        SHARED / "online_retail" / "online_retail.parquet", columns=["CustomerID", "InvoiceDate", "Quantity"]
    )
    table = table.filter(pc.and_(pc.greater(table["Quantity"], 0), pc.is_valid(table["CustomerID"])))
    days = table["InvoiceDate"].to_numpy().astype("M8[D]").astype(np.int64)
    units = table["CustomerID"].to_numpy().astype(np.int64)
    order = np.lexsort((days, units))
    found = rhythm.rhythm(units[order], days[order], last_day=int(days.max()))
    assert (found.at_risk, found.lapsed, found.bare) == (83, 174, (58, 110))
    assert (found.people, found.repeaters, found.intervals) == (4_339, 2_790, 12_427)


@pytest.mark.skipif(not SHARED.exists(), reason="the data sets are not there")
def test_cdnow() -> None:
    rows = [
        line.split() for line in (SHARED / "cdnow" / "CDNOW_master.txt").read_text().splitlines()[1:] if line.strip()
    ]
    dates = np.array([f"{row[1][:4]}-{row[1][4:6]}-{row[1][6:]}" for row in rows], dtype="M8[D]").astype(np.int64)
    people = by_customer([int(row[0]) for row in rows], dates.tolist())
    found = fitted(people, int(dates.max()))
    assert (found.at_risk, found.lapsed, found.bare) == (108, 232, (94, 200))
    # without the division by the level there is no p75
    assert found.level < rhythm.AT_RISK
