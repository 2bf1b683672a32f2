"""A shop so small that every figure of value can be worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tenure.events import Event
from tenure.predict.scores import Written, write
from tenure.workspace import Workspace

DAY = 86_400_000_000
START = 1_704_067_200_000_000  # 2024-01-01
NOW = START + 200 * DAY
FILE = """\
name: Small
currency: EUR
lifecycles: [classic]
margin: 0.5
costs: {order: 3, case: 10, message: 0.10}
"""


def put(ws: Workspace, name: str, values: dict[str, float], *, as_of: int = NOW) -> None:
    """Writes scores of a name."""
    with ws._store.transaction() as connection:
        keys = dict(connection.execute("SELECT id, key FROM units WHERE kind = 'customer'").fetchall())
        who = sorted(values, key=lambda one: keys[one])
        found = np.array([values[one] for one in who])
        scores = Written(name=name, model="m", as_of=as_of, units=np.array([keys[one] for one in who]), value=found,
                         low=found / 2, high=found * 2)  # fmt: skip
        write(connection, scores, written_at=NOW)


def order(who: str, day: float, revenue: float, *products: str, **told: Any) -> Event:
    """An order on a day after the start."""
    return Event(
        name="Order Completed", time=START + int(day * DAY), received_at=NOW, customer_id=who,
        message_id=f"{who}-{day}", properties={"revenue": revenue, "products": list(products), **told},
    )  # fmt: skip


def event(name: str, who: str | None, day: float, **told: Any) -> Event:
    """Anything else on a day after the start."""
    return Event(
        name=name, time=START + int(day * DAY), received_at=NOW, customer_id=who, message_id=f"{name}-{who}-{day}",
        properties=told,
    )  # fmt: skip


def opened(folder: Path) -> Workspace:
    """The shop of ann (two orders, one refunded in part), bob (one of his two carries its margin) and cleo (one)."""
    (folder / "tenure.yaml").write_text(FILE)
    ws = Workspace.open(folder, clock=lambda: NOW, memory_limit="300MB")
    ws.record([
        event("Page Viewed", "ann", 0, channel="search"), event("Page Viewed", "bob", 0, channel="mail"),
        order("ann", 10, 100, "tea", "cup"), order("ann", 50, 60, "tea"),
        order("bob", 20, 40, "cup", margin=30), order("bob", 120, 40, "pot"),
        order("cleo", 100, 20, "pot"),
        event("Order Refunded", "ann", 55, revenue=20, products=["tea"]),
        event("Case Opened", "bob", 30), event("Message Sent", "cleo", 150),
        event("Product Reviewed", "ann", 60, product_id="tea", rating=5),
        event("Survey Answered", "ann", 60, survey="nps", score=9),
        event("Marketing Spend Recorded", None, 5, amount=30, channel="search"),
        event("Marketing Spend Recorded", None, 95, amount=12),
        event("Cost Recorded", "cleo", 101, kind="acquisition", amount=4),
    ])  # fmt: skip
    ws.refresh()
    put(ws, "clv", {"ann": 80.0, "bob": 10.0, "cleo": 2.0})
    put(ws, "purchases", {"ann": 2.0, "bob": 0.5, "cleo": 0.25})
    put(ws, "p_churn", {"ann": 0.2, "bob": 0.6})
    return ws
