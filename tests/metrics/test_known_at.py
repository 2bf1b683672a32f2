"""Figures as they were known: what is received later changes no figure that is told as known before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenure.events import Event
from tenure.metrics.figures import MetricPoint
from tenure.workspace import Workspace

from .shop import rows, workspace

EVENTS = """
  2024-01-05  ann  Page Viewed |
  2024-01-05  bob  Page Viewed |
  2024-01-06  eve  Order Completed | revenue=9
  2024-01-10  ann  Order Completed | revenue=10
  2024-01-25  ann  Order Completed | revenue=12
  2024-02-03  cle  Order Completed | revenue=20
  2024-04-20  cle  Order Completed | revenue=30
"""
SETTINGS = "exclude: count(order_staff) >= 1\nevents: {order_staff: {event: Order Completed, where: revenue == 9}}\n"
KNOWN = "2024-05-01T00:00:00Z"
STAGES = ("customers", "new_customers", "customer_churn_rate", "customer_retention_rate", "lapse_rate", "at_risk_rate")


def late(day: str, who: str, revenue: int) -> Event:
    time = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Event(name="Order Completed", time=time, customer_id=who, properties={"revenue": revenue})


Before = tuple[Workspace, tuple[MetricPoint, ...]]


@pytest.fixture
def received_late(tmp_path: Path) -> Before:
    """A workspace to which, a day after KNOWN, three orders of earlier months came, and its figures before that."""
    with workspace(tmp_path / "w", rows(EVENTS), as_of="2024-04-30", settings=SETTINGS):
        pass
    after = datetime.fromisoformat(KNOWN) + timedelta(days=1)
    moment = (after - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    opened = Workspace.open(tmp_path / "w", clock=lambda: moment, memory_limit="500MB")
    told = opened.metrics.points(since="2024-01-01")
    late_ones = [late("2024-01-20", "bob", 5), late("2024-03-01", "ann", 7), late("2024-02-02", "cle", 9)]
    opened.record(late_ones)
    opened.refresh()
    return opened, told


def test_what_came_late_changes_no_figure_known_before_it(received_late: Before) -> None:
    ws, before = received_late
    with ws:
        known = ws.metrics.points(since="2024-01-01", known_at=KNOWN)
        assert known == before
        now = ws.metrics.points(since="2024-01-01")
        changed = {one.metric for one, other in zip(before, now, strict=True) if one != other}
        # of people in stages as well, and of orders
        assert changed >= {"orders", "customers", "new_customers"}, changed
        figures = {(one.metric, one.period): one.value for one in known}
        assert all((name, "2024-04") in figures for name in STAGES)


def test_stages_as_known_by_hand(received_late: Before) -> None:
    ws, _ = received_late
    with ws:

        def customers(known_at: str | None) -> dict[str, object]:
            points = ws.metrics.points(["new_customers"], since="2024-01-01", known_at=known_at)
            return {one.period: one.value for one in points}

        # ann in January, cle in February; eve is left out
        assert customers(KNOWN) == {"2024-01": 1, "2024-02": 1, "2024-03": 0, "2024-04": 0}
        # bob is known now, and cle is left out
        assert customers(None) == {"2024-01": 2, "2024-02": 0, "2024-03": 0, "2024-04": 0}
        assert customers("2024-05-02") == customers(None)
        told = ws.metrics.values(["new_customers"], since="2024-01-01", known_at=KNOWN)["value"].to_pylist()
        assert told == [1, 1, 0, 0]
