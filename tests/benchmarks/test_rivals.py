"""The rivals give the rows that the definitions mean, on a small company full of ties and windows ending on events."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("pandas")

from benchmarks import company, definitions, rows
from benchmarks.check import differences
from benchmarks.rivals import DAILY, LIFECYCLES, RIVALS
from benchmarks.rows import COST, KINDS, NPS, ORDER, REFUND, SIGNUP, VISIT

DAY = company.DAY
SMALL = company.Company(events=4_000, customers=200, seed=5, till_share=0.6, split_share=0.05)

Event = tuple[int, int, int | None, int | None, int | None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = company.write(tmp_path_factory.mktemp("company"), SMALL)
    rows.write(made)
    return made


@pytest.fixture(scope="module")
def histories(folder: Path) -> dict[str, Path]:
    people: dict[int, list[Event]] = {}
    for row in pq.read_table(folder / "rows.parquet").to_pylist():
        event = tuple(row[name] for name in ("time", "kind", "amount", "margin", "category"))
        people.setdefault(row["customer"], []).append(event)
    written = {}
    for name, stage_at in (("simple", simple), ("hard", hard)):
        found = [
            {"customer": customer, **move}
            for customer, events in people.items()
            for move in history([event for event in events if event[1] in KINDS[name]], stage_at)
        ]
        schema = pa.schema([(key, pa.int64()) for key in ("customer", "stage", "previous", "entered_at", "left_at")])
        written[name] = folder / f"by-definition-{name}.parquet"
        pq.write_table(pa.Table.from_pylist(found, schema), written[name])
    return written


def history(events, stage_at):
    """The visits by definition: the stage at every moment at which anything could change."""
    moments = sorted({event[0] + days * DAY for event in events for days in (0, 90, 180, 365)})
    visits, before = [], 0
    for moment in moments:
        stage = stage_at([event for event in events if event[0] <= moment], moment)
        if stage != before:
            if before:
                visits[-1]["left_at"] = moment
            if stage:
                visits.append({"stage": stage, "previous": before or None, "entered_at": moment, "left_at": None})
            before = stage
    return visits


def stage_of(when):
    holding = [number for number, holds in enumerate(when, 1) if holds]
    return holding[-1] if holding else 0


def measures(events, now):
    orders = [event for event in events if event[1] == ORDER]
    answers = [event[2] for event in events if event[1] == NPS]
    promoter = bool(answers) and answers[-1] is not None and answers[-1] >= 9_000_000
    silent = now - orders[-1][0] if orders else -1
    seen = [any(event[1] == kind for event in events) for kind in (VISIT, SIGNUP)]
    frequent = sum(1 for order in orders if order[0] > now - 365 * DAY) >= 5
    return orders, [*seen, len(orders) >= 1, len(orders) >= 2], promoter or frequent, silent


def simple(events, now):
    _, base, loyal, silent = measures(events, now)
    return stage_of([*base, loyal, silent >= 90 * DAY, silent >= 180 * DAY])


def hard(events, now):
    orders, base, loyal, silent = measures(events, now)

    def total(kind, field, days):
        return sum(event[field] or 0 for event in events if event[1] == kind and event[0] > now - days * DAY)

    categories = {order[4] for order in orders if order[0] > now - 180 * DAY} - {None}
    return stage_of([
        *base,
        len(categories) >= 3,
        loyal,
        len(orders) >= 2 and orders[-1][0] - orders[-2][0] >= 180 * DAY and silent < 90 * DAY,
        silent >= 90 * DAY,
        total(REFUND, 2, 180) * 2 > total(ORDER, 2, 180),
        bool(orders) and now - orders[0][0] >= 365 * DAY and total(COST, 2, 365) > total(ORDER, 3, 365),
        silent >= 180 * DAY,
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("who", "name"), [(who, name) for who, names in LIFECYCLES.items() if who != "roofline" for name in names]
)
@pytest.mark.parametrize("people", [0, 100])
def test_rival_gives_the_rows_of_the_definition(who, name, people, folder, histories, tmp_path):
    ran = RIVALS[who](folder, name, tmp_path / "rows.parquet", people)
    count, apart = differences(histories[name], tmp_path / "rows.parquet", daily=who in DAILY, stride=ran.stride)
    assert apart == 0
    assert count > 200 / ran.stride
    assert ran.seconds > 0


@pytest.mark.parametrize("name", ["simple", "hard"])
def test_roofline_runs(name, folder, tmp_path):
    assert RIVALS["roofline"](folder, name, tmp_path / "roofline.parquet", 0).seconds > 0
    assert list(tmp_path.iterdir()) == []


def test_every_stage_is_met(histories):
    for name, path in histories.items():
        met = set(pq.read_table(path)["stage"].to_pylist())
        assert met == set(range(1, len(definitions.stages(name)) + 1))


def test_company_has_ties_and_windows_that_end_on_events(folder):
    orders = {}
    for row in pq.read_table(folder / "rows.parquet").to_pylist():
        if row["kind"] == ORDER:
            orders.setdefault(row["customer"], []).append(row["time"])
    assert any(len(set(times)) < len(times) for times in orders.values())
    for days in (90, 180, 365):
        assert any(time + days * DAY in times for times in orders.values() for time in times)


def test_company_is_what_its_seed_says(folder, tmp_path):
    again = company.write(tmp_path / "again", SMALL)
    one, two = (pq.read_table(path / "events") for path in (folder, again))
    assert one.equals(two)
    assert len(one) == SMALL.events
    assert len(set(one["message_id"].to_pylist())) == SMALL.events
    other = company.write(tmp_path / "other", company.Company(events=4_000, customers=200, seed=6))
    assert not one.equals(pq.read_table(other / "events"))


def test_arrivals_are_new_events_of_known_people(folder):
    known = pq.read_table(folder / "events")
    batch = company.arrivals(folder, 0, people=50)
    assert batch.schema.names == known.schema.names
    assert len(set(batch["customer_id"].to_pylist())) == 50
    assert not set(batch["message_id"].to_pylist()) & set(known["message_id"].to_pylist())
    assert company.arrivals(folder, 0, people=50).equals(batch)


def test_ten_lifecycles_differ():
    texts = definitions.ten()
    assert len(texts) == 10
    bodies = {text.replace(name, "") for name, text in texts.items()}
    assert len(bodies) == 10
