"""The demo without a file: a shop that is simulated, with everything that a customer's timeline may hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tenure.cli.demo_screen import Shown, day, worked
from tenure.cli.progress import importing, working
from tenure.wording import Money, several

if TYPE_CHECKING:
    from tenure.lifecycle.totals import Total

SEED, PEOPLE, END = 1, 4_000, date(2025, 6, 30)
# the events that tell most of a shop, and what they are called
_TOLD = (
    ("Page Viewed", "page view"), ("Message Sent", "message"), ("Order Delivered", "delivery", "deliveries"),
    ("Case Opened", "case"), ("Survey Answered", "survey answer"), ("Product Reviewed", "review"),
    ("Referral Shared", "referral"),
)  # fmt: skip


def worked_out(folder: Path) -> Shown:
    """Everything that the demo shows; on the way the workspace in `folder` is made, loaded and run."""
    import tenure
    from tenure.lifecycle.totals import totals
    from tenure.simulate import simulate
    from tenure.warehouse.duckdb import Store
    from tenure.workspace.windows import fit_windows, store_of

    with working("Simulating a shop"):
        simulate("shop", seed=SEED, people=PEOPLE, end=END).write(folder)
    with tenure.open(folder) as ws, importing() as progress:
        ws.load(progress)
        zone, as_of, currency = ws.zone, ws.as_of, ws.definitions.config.currency
    with working("Fitting the windows"):
        fitted = fit_windows(folder, "classic", clock=lambda: time.time_ns() // 1000)
        fitted.path.parent.mkdir(exist_ok=True)
        fitted.path.write_text(fitted.text, encoding="utf-8")
        with Store.open(store_of(folder)) as store, store.transaction() as connection:
            held = totals(connection, as_of=as_of)
    events = sum(total.events for total in held.values())
    return worked(
        folder, heading="A shop that is simulated", beside=several(events, "event"),
        told=tuple(_told(held, zone, currency)), rhythm=fitted.rhythm, money="Ordered, 365 days",
        note="Those in no stage have done nothing yet that a stage asks for.",
    )  # fmt: skip


def _told(held: dict[str, Total], zone: ZoneInfo, currency: str | None) -> Iterator[tuple[str, str]]:
    sold = held["Order Completed"]
    yield "Company", "nobody in it is real; two years of a shop, made anew with the same seed (tenure.simulate)"
    yield (
        "Orders",
        (
            f"{several(sold.events, 'order')} of {several(sold.people, 'person', 'people')}, "
            f"{day(sold.first, zone)} to {day(sold.last, zone)}, {Money(currency, [])(sold.revenue)}"
        ),
    )
    yield "Besides", ", ".join(several(held[name].events, *words) for name, *words in _TOLD if name in held)
    yield "Sources", "the files in data/, as a shop, a mail tool, a help desk and the rest would export them"
