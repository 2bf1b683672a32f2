"""Cohort tables on random shops, against one that goes person by person."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tenure.workspace import Workspace

from ..metrics.shop import workspace

AS_OF = date(2024, 7, 20)


def shop(folder: Path, seed: int) -> tuple[Workspace, list[dict[str, str]]]:
    random = np.random.default_rng(seed)
    events = []
    for who in range(40):
        first = date(2023, 11, 1) + timedelta(days=int(random.integers(260)))
        for _ in range(int(random.integers(1, 9))):
            name = ["Page Viewed", "Order Completed", "Signed Up"][int(random.integers(3))]
            told = {"time": first.isoformat(), "customer": f"p{who}", "event": name}
            if name == "Order Completed" and random.random() < 0.9:
                told["revenue"] = f"{int(random.integers(1, 9000)) / 100:.2f}"
            if first <= AS_OF:
                events.append(told)
            first += timedelta(days=int(random.integers(60)))
    return workspace(folder, events, as_of=f"{AS_OF.isoformat()}T12:00:00Z"), events


def month(day: str) -> int:
    year, at, _ = day.split("-")
    return int(year) * 12 + int(at) - 1


@pytest.mark.parametrize("seed", range(3))
def test_tables(tmp_path: Path, seed: int) -> None:
    opened, events = shop(tmp_path, seed)
    with opened as ws:
        for by, names in (
            ("first purchase", ["Order Completed"]), ("first visit", ["Page Viewed"]), ("first event", None),
        ):  # fmt: skip
            begun: dict[str, str] = {}
            for event in events:
                if names is None or event["event"] in names:
                    who = event["customer"]
                    begun[who] = min(begun.get(who, "9999"), event["time"])
            for what in ("retention", "orders", "revenue", "retention:signup"):
                wanted = "Signed Up" if what.endswith("signup") else "Order Completed"
                people, values = defaultdict[int, int](int), defaultdict[tuple[int, int], Decimal](Decimal)
                active = defaultdict[tuple[int, int], set[str]](set)
                for first in begun.values():
                    people[month(first)] += 1
                for event in events:
                    first = begun.get(event["customer"], "9999-12-31")
                    if event["event"] != wanted or event["time"] < first:
                        continue
                    cell = (month(first), month(event["time"]) - month(first))
                    active[cell].add(event["customer"])
                    values[cell] += Decimal(event.get("revenue", "0")) if what == "revenue" else 1
                found = ws.cohorts.table(what, by=by, since="2023-01-01")
                cells = [cell for cell in found if cell.cohort]
                assert cells
                for cell in cells:
                    assert cell.cohort is not None
                    place = (month(cell.cohort.start.isoformat()), cell.age)
                    expected = Decimal(len(active[place])) if what.startswith("retention") else values[place]
                    assert (cell.people, cell.value) == (people[place[0]], expected)
                    assert cell.complete == (place[0] + cell.age < month(AS_OF.isoformat()))
                for whole in (cell for cell in found if not cell.cohort):
                    same = [cell for cell in cells if cell.age == whole.age and cell.complete]
                    assert whole.value == sum(cell.value for cell in same)
                    assert whole.people == sum(cell.people for cell in same)


@pytest.mark.parametrize("seed", [7])
def test_stages(tmp_path: Path, seed: int) -> None:
    """Kept and reached, from the history as it is told to everybody."""
    opened, _ = shop(tmp_path, seed)
    with opened as ws:
        history = ws.history("plain").to_pylist()
        first: dict[str, str] = {}
        for row in history:
            if row["stage"] == "customer":
                at = row["entered_at"].isoformat()
                first[row["customer_id"]] = min(first.get(row["customer_id"], at), at)
        for cell in ws.cohorts.table("kept", by="first customer", since="2023-01-01"):
            if cell.cohort is None:
                continue
            start = cell.cohort.start
            members = {who for who, at in first.items() if month(at[:10]) == month(start.isoformat())}
            end = _months_later(start, cell.age + 1).isoformat() if cell.complete else f"{AS_OF}T12:00:00"
            kept = {
                row["customer_id"] for row in history
                if row["stage"] in ("customer", "at_risk") and row["customer_id"] in members
                and row["entered_at"].isoformat() < end
                and (row["left_at"] is None or row["left_at"].isoformat() >= end)
            }  # fmt: skip
            assert (cell.people, int(cell.value)) == (len(members), len(kept))
        for cell in ws.cohorts.table("reached:lapsed", by="first customer", since="2023-01-01"):
            if cell.cohort is None:
                continue
            members = {who for who, at in first.items() if month(at[:10]) == month(cell.cohort.start.isoformat())}
            end = _months_later(cell.cohort.start, cell.age + 1).isoformat() if cell.complete else f"{AS_OF}T12:00:01"
            came = {
                row["customer_id"] for row in history
                if row["stage"] == "lapsed" and row["customer_id"] in members and row["entered_at"].isoformat() < end
            }  # fmt: skip
            assert int(cell.value) == len(came)


def _months_later(start: date, count: int) -> date:
    months = start.year * 12 + start.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)
