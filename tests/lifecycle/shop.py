"""A small shop in a folder of its own: two years of seeded visits, orders and answers of some sixty people."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tenure.workspace import Workspace

OPENED = datetime(2023, 1, 1, 8, tzinfo=UTC)
TODAY = datetime(2025, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000

SETTINGS = """\
name: Small shop
timezone: UTC
currency: GBP
lifecycles: [classic, gentle]
segments: {best: "sum(order, within=days(365)) >= 300"}
exclude: trait.staff == 'yes'
sources:
  - name: log
    files: data/*.csv
    event_column: event
    customer: customer
    time: time
    id: id
    properties: {revenue: amount, score: score}
    traits: {staff: staff}
    on_change: replace
"""

GENTLE = """\
lifecycle: gentle
direction: forward
clear: since(order) >= days(300)
stages:
  - looking: {when: count(visit) >= 1}
  - buying: {when: count(order) >= 1}
  - often: {when: "count(order, within=days(90)) >= 2"}
  - happy: {when: last(nps) >= 9, side: true}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the shop's log."""

    id: str
    event: str
    customer: str
    time: datetime
    amount: Decimal | None = None
    score: int | None = None
    staff: str = ""


@dataclass
class Clock:
    """What the time is; a test sets it forward."""

    now: datetime = TODAY

    def __call__(self) -> int:
        return micro(self.now)


def micro(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def iso(moment: datetime) -> str:
    return moment.isoformat()


def lines(seed: int = 7, people: int = 60) -> list[Line]:
    """What happened in the shop, in order of time; orders of one person may fall into one second."""
    rng = random.Random(seed)
    told = []
    for person in range(people):
        customer = f"{person:03}"
        staff = "yes" if person % 11 == 3 else ""
        now = OPENED + timedelta(seconds=rng.randrange(0, 500 * 86_400))
        pace = rng.choice([5, 20, 60, 150])
        while now < TODAY:
            event = rng.choice(["Page Viewed", "Order Completed", "Order Completed", "Survey Answered"])
            amount = Decimal(rng.randrange(100, 20_000)) / 100 if event == "Order Completed" else None
            score = rng.randrange(0, 11) if event == "Survey Answered" else None
            told.append(Line(f"{customer}-{len(told)}", event, customer, now, amount, score, staff))
            if rng.random() < 0.9:
                now += timedelta(seconds=int(rng.expovariate(1 / pace) * 86_400))
    return sorted(told, key=lambda line: (line.time, line.id))


def write(folder: Path, told: Iterable[Line], *, name: str = "first") -> None:
    """Puts lines into a file of the shop's folder."""
    (folder / "data").mkdir(exist_ok=True)
    with (folder / "data" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "event", "customer", "time", "amount", "score", "staff"])
        for line in told:
            amount = "" if line.amount is None else line.amount
            score = "" if line.score is None else line.score
            writer.writerow([line.id, line.event, line.customer, iso(line.time), amount, score, line.staff])


def make(folder: Path, told: Sequence[Line], settings: str = SETTINGS) -> Path:
    """The shop's folder."""
    (folder / "lifecycles").mkdir(parents=True)
    (folder / "tenure.yaml").write_text(settings, encoding="utf-8")
    (folder / "lifecycles" / "gentle.yaml").write_text(GENTLE, encoding="utf-8")
    write(folder, told)
    return folder


def opened(folder: Path, clock: Clock | None = None) -> Workspace:
    """The shop, as somebody opens it at the clock's time."""
    return Workspace.open(folder, clock=clock or Clock(), memory_limit="1GB")
