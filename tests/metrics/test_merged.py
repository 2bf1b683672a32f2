"""Two who turn out to be one after both were counted: figures count them once, and twice again when taken back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from tenure.workspace import Workspace

from .shop import fraction, rows, workspace

EVENTS = """
  2024-01-05  ann  Order Completed | revenue=10
  2024-01-07  bob  Order Completed | revenue=40
  2024-02-10  a.n  Order Completed | revenue=20
  2024-02-11  bob  Order Completed | revenue=5
"""
# January and February; ann and a.n are one: who seemed new in February had come in January
APART = {"orders": [2, 2], "new_customers": [2, 1], "returning_customer_rate": [0, Fraction(1, 2)]}
AS_ONE = {"orders": [2, 2], "new_customers": [2, 0], "returning_customer_rate": [0, 1]}


def told(ws: Workspace) -> dict[str, list[Fraction | None]]:
    ws.refresh()
    found: dict[str, list[Fraction | None]] = {name: [] for name in APART}
    for point in ws.metrics.points(list(APART), since="2024-01-01"):
        found[point.metric].append(None if point.value is None else fraction(point.value))
    return found


def test_customers_merged_later(tmp_path: Path) -> None:
    with workspace(tmp_path / "w", rows(EVENTS), as_of="2024-02-29") as ws:
        assert told(ws) == APART
        merge = ws.identities.merge("ann", "a.n", reason="the same card", by="eve")
        assert told(ws) == AS_ONE
        ws.identities.undo(merge, reason="another card", by="eve")
        assert told(ws) == APART
