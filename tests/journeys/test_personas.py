"""Personas: planted groups are found, noise is not, and neither units nor chance change them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tenure.errors import UsageError
from tenure.metrics.personas.clusters import kmeans, stability
from tenure.metrics.personas.features import Behaviour, Feature
from tenure.metrics.personas.personas import Personas, personas
from tenure.workspace import Workspace

from ..cli.conftest import Invoke

SETTINGS = """name: Shop
currency: EUR
as_of: 2025-01-01
lifecycles: [store]
sources:
  - name: log
    files: log.csv
    event_column: event
    customer: customer
    time: time
    properties: {revenue: amount, category: category}
"""
STORE = """lifecycle: store
stages:
  - visitor: {kind: prospect, phase: reach, when: count(visit) >= 1}
  - buyer: {kind: customer, phase: conversion, when: count(order) >= 1}
"""


def log(*, scale: int = 1) -> str:
    """Two years: 40 who buy tea often and cheaply, 40 who buy gifts in December for much, 40 who once bought."""
    draws = np.random.default_rng(3)
    lines = ["event,customer,time,amount,category"]

    def order(who: str, month: int, amount: float, category: str) -> None:
        day = int(draws.integers(1, 28))
        at = f"{2023 + month // 12}-{month % 12 + 1:02}-{day:02}T10:00:00Z"
        lines.append(f"Order Completed,{who},{at},{round(amount * scale, 2)},{category}")

    for number in range(40):
        for month in sorted(draws.choice(24, size=int(draws.integers(10, 14)), replace=False)):
            order(f"often{number}", int(month), float(draws.uniform(8, 12)), "tea")
        for month in (11, 23):
            for _ in range(2):
                order(f"gifts{number}", month, float(draws.uniform(90, 130)), "gifts")
        order(f"once{number}", int(draws.integers(0, 4)), float(draws.uniform(8, 12)), "coffee")
        lines.append(f"Page Viewed,looks{number},2024-05-01T10:00:00Z,,")
    return "\n".join(lines) + "\n"


def made(folder: Path, text: str) -> Path:
    (folder / "lifecycles").mkdir(parents=True)
    (folder / "tenure.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "lifecycles" / "store.yaml").write_text(STORE, encoding="utf-8")
    (folder / "log.csv").write_text(text, encoding="utf-8")
    return folder


def opened(folder: Path) -> Workspace:
    return Workspace.open(folder, clock=lambda: 1_735_689_600_000_000, memory_limit="500MB")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with opened(made(tmp_path_factory.mktemp("personas") / "shop", log())) as ws:
        ws.run()
        yield ws


@pytest.fixture(scope="module")
def found(shop: Workspace) -> Personas:
    return shop.journeys.personas()


def members(ws: Workspace, persona: str) -> set[str]:
    return set(ws.journeys.persona_people(persona)["customer_id"].to_pylist())


def test_planted_groups_are_found(shop: Workspace, found: Personas) -> None:
    assert found.people == 120
    assert len(found.personas) == 3
    assert all(one.stable and one.stability > 0.9 for one in found.personas)
    groups = [members(shop, name) for name in found.names]
    planted = [{f"{kind}{number}" for number in range(40)} for kind in ("often", "gifts", "once")]
    for one in planted:
        assert max(len(one & group) for group in groups) >= 39
    assert sum(one.share for one in found.personas) == pytest.approx(1)


def test_what_sets_them_apart_is_told_in_words(shop: Workspace, found: Personas) -> None:
    words = {next(iter(members(shop, one.name))).rstrip("0123456789"): one.words("EUR") for one in found.personas}
    assert "buy mostly in December (100 % against" in words["gifts"] or "spend more at a time (€1" in words["gifts"]
    assert "buy more often (11" in words["often"]
    assert "bought longer ago (" in words["once"]


def test_the_same_seed_gives_the_same(shop: Workspace, found: Personas) -> None:
    again = shop.journeys.personas()
    assert again == found
    assert (again.places == found.places).all()
    other = shop.journeys.personas(seed=9)
    assert [one.people for one in other.personas] == [one.people for one in found.personas]


def test_money_in_cents_changes_nothing(tmp_path: Path, found: Personas) -> None:
    with opened(made(tmp_path / "cents", log(scale=100))) as ws:
        ws.run()
        cents = ws.journeys.personas()
    assert (cents.places == found.places).all()
    assert [one.stability for one in cents.personas] == [one.stability for one in found.personas]


def behaviour(orders: np.ndarray, money: np.ndarray, days: np.ndarray) -> Behaviour:
    ones = np.ones(len(orders))
    return Behaviour(
        units=np.arange(len(orders)), money=money * orders,
        features=(Feature(kind="recency"), Feature(kind="frequency"), Feature(kind="money")),
        above=np.stack([days, orders, money * orders], axis=1), below=np.stack([ones, ones, orders], axis=1),
    )  # fmt: skip


def test_one_cloud_has_no_personas() -> None:
    draws = np.random.default_rng(5)
    told = behaviour(
        np.exp(draws.normal(1.5, 0.3, 400)), np.exp(draws.normal(3, 0.3, 400)), np.exp(draws.normal(4, 0.3, 400))
    )
    found = personas(told)
    assert found.personas == ()
    assert found.reason
    assert not any(one.holds for one in found.tried)
    # asked for, people are cut into groups, which say of themselves what they are worth
    assert len(personas(told, k=5).personas) == 5
    assert not all(one.stable for one in personas(told, k=5).personas)


def test_nobody_one_and_all_the_same() -> None:
    same = np.full(50, 3.0)
    assert "did the same" in personas(behaviour(same, same, same)).reason
    assert "too few" in personas(behaviour(same[:1], same[:1], same[:1])).reason
    assert personas(behaviour(same[:0], same[:0], same[:0])).personas == ()
    two = same.copy()
    two[:25] = 30
    assert "2 ways only" in personas(behaviour(two, same, same), k=4).reason
    assert [one.people for one in personas(behaviour(two, same, same)).personas] == [25, 25]


def test_a_shift_and_a_scale_leave_the_points_alone() -> None:
    draws = np.random.default_rng(6)
    told = behaviour(draws.integers(1, 9, 60).astype(float), draws.uniform(1, 90, 60), draws.uniform(1, 300, 60))
    in_hours = replace(told, above=told.above * np.array([24.0, 1, 100]))
    assert told.points()[0] == pytest.approx(in_hours.points()[0])


def test_stability_is_high_for_islands_and_low_for_a_cloud_cut_up() -> None:
    draws = np.random.default_rng(7)
    islands = np.concatenate([draws.normal(at, 0.1, (50, 2)) for at in (0, 3, 6)])
    cloud = draws.normal(0, 1, (150, 2))
    assert stability(islands, kmeans(islands, 3, draws), draws).min() > 0.99
    assert stability(cloud, kmeans(cloud, 5, draws), draws).min() < 0.9


def test_the_map_of_a_persona_is_of_its_people(shop: Workspace, found: Personas) -> None:
    whole = {(one.stage, one.touchpoint): one for one in shop.journeys.map()}
    parts = [shop.journeys.map(persona=name) for name in found.names]
    bought = ("buyer", "Order Completed")
    assert sum(one.people for part in parts for one in part if (one.stage, one.touchpoint) == bought) == 120
    assert whole[bought].people == 120
    with pytest.raises(UsageError, match="no persona 'p9'"):
        shop.journeys.map(persona="p9")
    with pytest.raises(UsageError, match="segment or of a persona"):
        shop.journeys.map(persona="p1", segment="x")


def test_a_change_is_told_by_the_personas_of_before(shop: Workspace) -> None:
    told = shop.why.metric("orders", since="2024-11", until="2024-12", personas=True)
    broken = next(one for one in told.breakdowns if one.dimension == "persona")
    assert "until 2024-10-31" in broken.told
    assert sum(part.contribution for part in broken.parts) + broken.rest == told.change
    # December is that of the gifts
    largest = max(broken.parts, key=lambda one: one.contribution)
    assert largest.after == 80
    people = shop.why.people("orders", "persona", largest.part, since="2024-11", until="2024-12")
    assert {one.rstrip("0123456789") for one in people["customer_id"].to_pylist()} == {"gifts"}


def test_what_cannot_be_asked(shop: Workspace) -> None:
    with pytest.raises(UsageError, match="1 personas cannot be told apart"):
        shop.journeys.personas(k=1)
    with pytest.raises(UsageError, match="no seed"):
        shop.journeys.personas(seed=-1)
    with pytest.raises(UsageError, match="no event 'oder'"):
        shop.journeys.personas(event="oder")


def test_the_command(tmp_path: Path, invoke: Invoke) -> None:
    folder = made(tmp_path / "shop", log())
    invoke("-C", folder, "run")
    page = " ".join(invoke("-C", folder, "personas").stdout.split())
    assert "Persona People Share Money Stability" in page
    assert "very stable" in page
    assert "- p1: " in page
    rows = list(csv.DictReader(io.StringIO(invoke("-C", folder, "personas", "--format", "csv").stdout)))
    assert {row["persona"] for row in rows} == {"p1", "p2", "p3"}
    told = json.loads(invoke("-C", folder, "personas", "--k", "4", "--seed", "2", "--format", "json").stdout)
    assert {row["persona"] for row in told} == {"p1", "p2", "p3", "p4"}
    listed = invoke("-C", folder, "personas", "--people", "p2", "--format", "csv").stdout.splitlines()
    assert len(listed) == 41
    assert "Order Completed" in invoke("-C", folder, "journeys", "--map", "--persona", "p2").stdout
    assert "A persona has a map" in invoke("-C", folder, "journeys", "--persona", "p2", code=2).output
    by = " ".join(
        invoke("-C", folder, "why", "orders", "--from", "2024-11", "--to", "2024-12", "--by", "persona").stdout.split()
    )
    assert "persona: by what people had done until 2024-10-31" in by
    early = invoke("-C", folder, "why", "orders", "--from", "2023-01", "--to", "2023-02", "--by", "persona", code=2)
    assert "There were no personas on 2022-12-31" in " ".join(early.output.split())
