"""The corner shop of the tests of commands, and a shop whose events a test hands over itself."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tenure.events import Event
from tenure.workspace import Workspace

from ..cli.conftest import Invoke, corner, invoke, plain_terminal

__all__ = ["corner", "invoke", "plain_terminal"]

DAY = 86_400_000_000
# 2024-06-01, midnight UTC
START = 1_717_200_000_000_000
NOW = START + 60 * DAY


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    """A shop of which nothing is known but what the test records; sixty days after the start."""
    (tmp_path / "tenure.yaml").write_text(
        "name: Shop\ncurrency: EUR\nas_of: 2024-07-31T00:00:00Z\nlifecycles: [classic]\n"
        "exclude: trait.staff == 'yes'\n",
        encoding="utf-8",
    )
    with Workspace.open(tmp_path, clock=lambda: NOW) as ws:
        yield ws


def known(ws: Workspace, *people: str, at: int = START - 100 * DAY) -> None:
    """Nothing; makes people known who signed up and bought once, long before the start."""
    ws.record(
        event
        for who in people
        for event in (
            Event(name="Signed Up", time=at, customer_id=who, traits={"email": f"{who}@shop.example"}),
            Event(name="Order Completed", time=at + DAY, customer_id=who, properties={"revenue": 10, "margin": 4}),
        )
    )
    ws.refresh()


def bought(who: str, at: int, revenue: object = 20, **properties: object) -> Event:
    return Event(
        name="Order Completed", time=at, customer_id=who, properties={"revenue": revenue, **properties},
        message_id=f"order-{who}-{at}",
    )  # fmt: skip


MARKET = """\
name: Market
timezone: Europe/London
currency: GBP
as_of: 2024-10-01
lifecycles: [classic]
segments:
  best: sum(order) >= 150
sources:
  - name: log
    files: log.csv
    event_column: event
    customer: customer
    time: time
    properties: {revenue: revenue}
    traits: {name: name, email: email}
"""


@pytest.fixture(scope="session")
def market_run(tmp_path_factory: pytest.TempPathFactory, invoke: Invoke) -> Path:
    """A market of 600 people after its first run; tests only copy it."""
    folder = tmp_path_factory.mktemp("market") / "market"
    folder.mkdir()
    (folder / "tenure.yaml").write_text(MARKET, encoding="utf-8")
    random = Random(12)
    begin, end = datetime(2024, 1, 1), datetime(2024, 10, 1)  # noqa: DTZ001
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["time", "customer", "event", "revenue", "name", "email"])
        for number in range(600):
            who = f"c{number:03}"
            # somebody calls herself what a spreadsheet would run
            name = "=1+1" if number % 50 == 0 else f"Person {number}"
            at = begin + timedelta(days=random.uniform(0, 120))
            joins = "Subscribed" if random.random() < 0.8 else "Signed Up"
            writer.writerow([at.isoformat(), who, joins, "", name, f"{who}@market.example"])
            for _ in range(random.randrange(1, 6)):
                at += timedelta(days=random.expovariate(1 / 30))
                if at < end:
                    revenue = random.randrange(5, 90)
                    writer.writerow([at.isoformat(), who, "Order Completed", revenue, name, f"{who}@market.example"])
    invoke("-C", folder, "run")
    return folder


@pytest.fixture
def market(tmp_path: Path, market_run: Path) -> Path:
    """A market of the test's own."""
    return Path(shutil.copytree(market_run, tmp_path / "market"))
