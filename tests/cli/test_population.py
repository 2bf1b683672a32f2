"""`tenure population` where somebody is in no stage, and where nobody is known."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.cli.conftest import Invoke


def test_those_in_no_stage_can_be_asked_for(invoke: Invoke, corner: Path) -> None:
    every = csv.DictReader(io.StringIO(invoke("-C", corner, "population", "--format", "csv").stdout))
    outside = [row for row in every if not row["stage"]]
    shown = invoke("-C", corner, "population", "--stage", "none", "--format", "csv").stdout
    assert list(csv.DictReader(io.StringIO(shown))) == outside
    assert invoke("-C", corner, "population", "--stage", "loyalty").stdout.startswith("Loyalty over time\n")


def test_an_empty_workspace_says_what_to_do(invoke: Invoke, corner: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    (empty / "data").mkdir(parents=True)
    (empty / "tenure.yaml").write_text((corner / "tenure.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (first, *_) = (corner / "data" / "orders.csv").read_text(encoding="utf-8").splitlines()
    (empty / "data" / "orders.csv").write_text(f"{first}\n", encoding="utf-8")
    invoke("-C", empty, "run")
    page = invoke("-C", empty, "population").stdout
    assert "Nobody is known yet." in page
    assert "All" not in page
    assert "run\n" in page.split("Next: ")[1]


def test_a_time_without_anybody_leads_back(invoke: Invoke, corner: Path) -> None:
    page = invoke("-C", corner, "population", "--since", "2031-01-01").stdout
    assert "Nobody was there in that time." in page
    assert page.split("Next: ")[1].endswith("population\n")
