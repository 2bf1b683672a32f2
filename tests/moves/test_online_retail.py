"""The wholesaler's year: findings name the loyal customers at risk, and the list has that many."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .test_commands import Invoke, rows

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "online_retail"


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the data set is not here")
def test_loyal_customers_at_risk_are_named(tmp_path: Path, invoke: Invoke) -> None:
    home = tmp_path / "tenure" / "examples" / "online_retail"
    shutil.copytree(ROOT / "examples" / "online_retail", home, ignore=shutil.ignore_patterns(".tenure"))
    (tmp_path / "shared").symlink_to(ROOT.parent / "shared")
    invoke("-C", home, "run")
    found = rows(invoke, home, "findings")
    first = found[0]
    assert first["kind"] == "at risk"
    assert first["sentence"].startswith("52 customers who had come as far as Loyalty are in At risk now, worth £115,8")
    for row in found:
        assert len(rows(invoke, home, row["command"].removeprefix("tenure "))) == int(row["people"])
