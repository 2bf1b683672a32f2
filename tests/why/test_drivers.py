"""Behaviours that raise the chance of a move are found, those that do not are not; the ratio is worked out by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tenure.errors import UsageError
from tenure.metrics.drivers import mantel_haenszel
from tenure.workspace import Workspace

from ..metrics.shop import workspace

BEGIN = datetime(2024, 1, 1, 9, tzinfo=UTC)
LIFECYCLE = """\
lifecycle: plain
stages:
  - {visitor: {when: count(visit) >= 1, kind: prospect, phase: reach}}
  - {customer: {when: count(order) >= 1, kind: customer, phase: retention}}
  - {lapsed: {when: "since(order) >= days(60)", kind: former, phase: gone, side: true}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Visitors of whom some look for help, after which they order three times as often; some share a page, idly."""
    rng = random.Random(7)
    events = []
    for person in range(900):
        came = BEGIN + timedelta(days=rng.uniform(0, 300))

        def add(name: str, at: datetime, person: int = person) -> None:
            events.append({"time": at.isoformat(), "customer": f"c{person}", "event": name})

        add("Page Viewed", came)
        for month in range(6):
            at = came + timedelta(days=30 * month + rng.uniform(0, 30))
            helped, shared = rng.random() < 0.25, rng.random() < 0.25
            if helped:
                add("Help Viewed", at)
            if shared:
                add("Product Shared", at)
            if rng.random() < (0.36 if helped else 0.12):
                add("Order Completed", at + timedelta(days=rng.uniform(1, 20)))
    ws = workspace(tmp_path_factory.mktemp("drivers") / "shop", events, as_of="2025-01-31", lifecycle=LIFECYCLE)
    with ws:
        yield ws


def test_a_behaviour_that_raises_the_chance_is_found(shop: Workspace) -> None:
    found = shop.why.drivers("customer")
    by = {one.event: one for one in found.found}
    assert found.found[0].event == "Help Viewed" and found.found[0].sure
    assert 1.3 < by["Help Viewed"].ratio < 4 and by["Help Viewed"].low > 1
    assert not by["Product Shared"].sure and by["Product Shared"].low < 1 < by["Product Shared"].high
    assert by["Help Viewed"].difference > 0
    assert all(one.did + one.others == found.looks and one.moved + one.others_moved == found.moves
               for one in found.found)  # fmt: skip


def test_leaving_looks_at_those_who_are_there(shop: Workspace) -> None:
    found = shop.why.drivers("customer", leave=True, days=30)
    entering = shop.why.drivers("customer")
    assert found.leave and 0 < found.people < entering.people and found.moves > 0
    # who ordered lately cannot lapse as soon
    orders = next(one for one in found.found if one.event == "Order Completed")
    assert orders.ratio < 1 and orders.sure


def test_what_cannot_be_asked(shop: Workspace) -> None:
    with pytest.raises(UsageError, match="no stage 'custmer'"):
        shop.why.drivers("custmer")
    with pytest.raises(UsageError, match="takes a day"):
        shop.why.drivers("customer", days=0)


def test_mantel_and_haenszel_by_hand() -> None:
    """Two strata: 20 of 100 against 10 of 100, and 30 of 50 against 60 of 200.

    Ratio: (20 · 100/200 + 30 · 200/250) / (10 · 100/200 + 60 · 50/250) = (10 + 24) / (5 + 12) = 2.
    Difference: 17 over 100 · 100/200 + 50 · 200/250 = 90.
    """
    exposed = np.array([[[100.0], [20.0]], [[50.0], [30.0]]])
    rest = np.array([[[100.0], [10.0]], [[200.0], [60.0]]])
    ratio, difference = mantel_haenszel(exposed, rest)
    assert ratio[0] == pytest.approx(2) and difference[0] == pytest.approx(17 / 90)
