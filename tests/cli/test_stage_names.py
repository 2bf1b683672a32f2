"""A stage that targets or metrics name is not taken away: plan and run say where it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Invoke

STORE = """lifecycle: store
stages:
  - visitor: {kind: prospect, when: count(visit) >= 1}
  - buyer: {kind: customer, when: count(order) >= 1}
  - regular: {kind: customer, when: count(order) >= 2}
"""
TARGETS = """targets:
  - {metric: orders, value: 3}
  - metric: inflow
    stage: regular
    min: 1
"""
METRICS = """phase: loyalty
metrics:
  made_regular:
    unit: rate
    direction: up
    formula: ratio(entered('regular'), entered('buyer'))
    means: Regulars for each buyer.
"""


@pytest.fixture
def shop(tmp_path: Path, invoke: Invoke) -> Path:
    folder = tmp_path / "shop"
    (folder / "lifecycles").mkdir(parents=True)
    (folder / "metrics").mkdir()
    (folder / "orders.csv").write_text("who,at,amount\na,2024-01-02,10\na,2024-02-02,10\nb,2024-01-05,10\n")
    (folder / "tenure.yaml").write_text(
        "name: Shop\nas_of: 2024-03-01\nlifecycles: [store]\nsources:\n  - {name: orders, files: orders.csv, "
        "event: Order Completed, customer: who, time: at, properties: {revenue: amount}}\n"
    )
    (folder / "lifecycles" / "store.yaml").write_text(STORE)
    (folder / "targets.yaml").write_text(TARGETS)
    (folder / "metrics" / "own.yaml").write_text(METRICS)
    invoke("-C", folder, "run")
    return folder


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "lifecycles" / "store.yaml"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_stage_that_is_named_is_not_taken_away(shop: Path, invoke: Invoke, command: str) -> None:
    change(shop, "  - regular: {kind: customer, when: count(order) >= 2}\n", "")
    said = invoke("-C", shop, command, code=1).output
    told = " ".join(said.split())
    assert "targets.yaml:4:12" in told
    assert "metrics/own.yaml:6" in told
    assert "The stage 'regular' of store would be gone" in told
    assert "renamed_from: regular" in told
    # nothing was applied
    change(shop, "lifecycle: store\n", "lifecycle: store\n")
    (shop / "lifecycles" / "store.yaml").write_text(STORE)
    assert "the files define what is applied" in " ".join(invoke("-C", shop, "plan").output.split())


def test_a_new_name_is_told_where_the_old_one_stands(shop: Path, invoke: Invoke) -> None:
    change(shop, "regular: {kind", "faithful: {renamed_from: regular, kind")
    told = " ".join(invoke("-C", shop, "plan", code=1).output.split())
    assert "is now called 'faithful'" in told
    for path in (shop / "targets.yaml", shop / "metrics" / "own.yaml"):
        path.write_text(path.read_text().replace("regular", "faithful").replace("made_faithful", "made_regular"))
    assert "Nobody would be elsewhere today" in " ".join(invoke("-C", shop, "plan").output.split())
    invoke("-C", shop, "run")
    assert "Faithful" in invoke("-C", shop, "stages").output


def test_a_stage_that_nobody_names_may_go(shop: Path, invoke: Invoke) -> None:
    change(shop, "  - visitor: {kind: prospect, when: count(visit) >= 1}\n", "")
    invoke("-C", shop, "plan")
    invoke("-C", shop, "run")


def test_a_lifecycle_that_goes_takes_its_stages(shop: Path, invoke: Invoke) -> None:
    (shop / "lifecycles" / "store.yaml").unlink()
    (shop / "lifecycles" / "other.yaml").write_text(STORE.replace("store", "other").replace("regular", "frequent"))
    settings = shop / "tenure.yaml"
    settings.write_text(settings.read_text().replace("[store]", "[other]"))
    assert "The stage 'regular' of store would be gone" in " ".join(invoke("-C", shop, "run", code=1).output.split())
