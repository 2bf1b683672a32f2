from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest

import tenure
from tenure.events.care import CARE
from tenure.events.reach import REACH
from tenure.events.sales import SALES
from tenure.simulate import simulate
from tenure.simulate.market import FLAVOURS
from tenure.simulate.write import FILES, TOTALS


def test_every_event_has_a_file() -> None:
    assert {name for names in FILES.values() for name in names} | set(TOTALS["notes"]) | {
        "Marketing Spend Recorded"
    } == {entry.name for entry in (*REACH, *SALES, *CARE)}


@pytest.mark.parametrize("flavour", ["shop", *(pytest.param(name, marks=pytest.mark.slow) for name in FLAVOURS[1:])])
def test_the_written_workspace_runs(tmp_path: Path, flavour: str) -> None:
    made = simulate(flavour, seed=4, people=400)
    folder = made.write(tmp_path / "company")
    with tenure.open(folder) as workspace:
        reports, _ = workspace.run()
        assert sum(sum(report.rejected.values()) for report in reports) == 0
        assert not [warning for report in reports for warning in report.warnings]
        assert sum(report.loaded for report in reports) == made.size
        history = workspace.history("classic")
        as_of = workspace.as_of
        there = history.filter(pc.less_equal(history["entered_at"].cast("int64"), as_of))
        people = len(pc.unique(there["customer_id"]))
        for stage in ("reach", "acquisition", "conversion", "at_risk", "lapsed"):
            reached = len(pc.unique(there.filter(pc.equal(there["stage"], stage))["customer_id"]))
            assert 0.05 < reached / people < 0.95, stage


def test_the_same_company_is_written_over(tmp_path: Path) -> None:
    first = simulate("shop", seed=1, people=60, days=90).write(tmp_path)
    before = {path.name: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    again = simulate("shop", seed=1, people=60, days=90).write(tmp_path)
    assert {path.name: path.read_bytes() for path in again.rglob("*") if path.is_file()} == before
