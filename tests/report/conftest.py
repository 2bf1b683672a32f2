from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenure.workspace import Workspace

SETTINGS = """\
name: "Corner <b>shop</b>"
currency: GBP
as_of: last_event
lifecycles: [store]
sources:
  - {name: log, files: log.csv, event_column: event, customer: customer, time: time, properties: {revenue: amount}}
"""

STORE = """\
lifecycle: store
title: The & store
stages:
  - visitor: {kind: prospect, phase: reach, when: count(visit) >= 1, means: "has <script>alert(1)</script> looked"}
  - buyer: {kind: customer, phase: conversion, when: count(order) >= 1}
  - regular: {kind: customer, phase: retention, when: count(order) >= 3}
  - at_risk: {kind: customer, phase: risk, side: true, when: "since(order) >= days(60)"}
"""

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


def log() -> str:
    """A year of visits and orders of two hundred people, the same every time."""
    rng = random.Random(7)
    lines = ["event,customer,time,amount"]
    for person in range(200):
        came = BEGAN + timedelta(days=rng.randrange(0, 200), hours=rng.randrange(24))
        lines.append(f"Page Viewed,c{person},{came:%Y-%m-%dT%H:%MZ},")
        for _ in range(rng.choice([0, 0, 1, 2, 4, 7])):
            came += timedelta(days=rng.randrange(1, 70))
            if came < BEGAN + timedelta(days=366):
                lines.append(f"Order Completed,c{person},{came:%Y-%m-%dT%H:%MZ},{rng.randrange(5, 90)}.50")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "lifecycles").mkdir()
    (folder / "lifecycles" / "store.yaml").write_text(STORE, encoding="utf-8")
    (folder / "log.csv").write_text(log(), encoding="utf-8")
    with Workspace.open(folder, clock=lambda: 1_735_689_600_000_000, memory_limit="500MB") as workspace:
        workspace.run()
        yield workspace


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose sources have nothing in them yet."""
    (tmp_path / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "lifecycles").mkdir()
    (tmp_path / "lifecycles" / "store.yaml").write_text(STORE, encoding="utf-8")
    (tmp_path / "log.csv").write_text("event,customer,time,amount\n", encoding="utf-8")
    with Workspace.open(tmp_path, clock=lambda: 1_735_689_600_000_000, memory_limit="500MB") as workspace:
        workspace.run()
        yield workspace


@pytest.fixture
def acted(empty: Workspace) -> Workspace:
    """The shop with an action on all of its people."""
    (empty.folder / "log.csv").write_text(log(), encoding="utf-8")
    empty.run()
    begun = empty.actions.start(
        "Win <b>them</b> back", [f"c{number}" for number in range(200)], goal="order.revenue", days=30, share="0.4",
        owner="ann", at="2024-07-15",
    )  # fmt: skip
    assert begun.begun.action.id
    return empty
