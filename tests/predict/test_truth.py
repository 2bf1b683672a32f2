"""Chances to be lost against what becomes of people in a simulated company after the moment that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import tenure
from tenure.predict.chances import Chances
from tenure.predict.judged import auc
from tenure.simulate import simulate
from tenure.workspace import Workspace

DAYS = 60
AS_OF = datetime(2025, 3, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, datetime]]:
    """A company that goes on after the moment of its figures, and whose subscription ended when after that."""
    folder = tmp_path_factory.mktemp("truth") / "company"
    simulated = simulate("subscription", seed=8, people=4000)
    simulated.write(folder)
    path = folder / "tenure.yaml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("as_of:")]
    path.write_text("\n".join([*lines, f"as_of: {AS_OF.date()}"]) + "\n")
    ended = {row["customer"]: row["time"] for row in simulated.tables["Subscription Ended"].to_pylist()
             if row["customer"] is not None and row["time"] > AS_OF + timedelta(days=1)}  # fmt: skip
    return folder, ended


def truth(ws: Workspace, found: Chances, ended: Mapping[str, datetime]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    ids = dict(ws._store.connection().execute("SELECT key, id FROM units").fetchall())
    until = AS_OF + timedelta(days=DAYS + 1)
    return np.array([ids[unit] in ended and ended[ids[unit]] <= until for unit in found.panel.units.tolist()])


@pytest.mark.slow
def test_chances_find_who_is_lost_in_truth(company: tuple[Path, Mapping[str, datetime]]):
    folder, ended = company
    with tenure.open(folder) as ws:
        ws.run()
        asked = {"churn": ws.predictions.churn(days=DAYS, event="sub_ended"),
                 "renewal": ws.predictions.renewals(days=DAYS)}  # fmt: skip
        for name, found in asked.items():
            lost = truth(ws, found, ended)
            assert lost.sum() >= 30, name
            assert auc(found.chance, lost) > 0.6, name
            # as many are lost as the chances add up to, within half
            assert 0.5 < found.chance.sum() / lost.sum() < 2, name
