"""Simulated companies with causes planted in them, as workspaces of the tables that a question needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import tenure
from tenure.metrics.why.found import Why
from tenure.simulate import (
    Cause,
    ChangedDefinition,
    ChannelDriesUp,
    LateDeliveries,
    PriceRise,
    TrackingOutage,
    simulate,
)
from tenure.workspace import Workspace

SHOP = ("pages", "people", "orders", "searches", "accounts", "parcels", "products")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A company with one cause, the question that shows it, and what must come first in the answer."""

    name: str
    flavour: str
    seed: int
    causes: tuple[Cause, ...]
    metric: str
    one: str
    two: str
    expected: tuple[str, str | None, str | None]
    people: int = 6_000
    only: tuple[str, ...] = ()


def prices(seed: int, country: str, since: date, one: str, two: str) -> Planted:
    cause = PriceRise(country=country, since=since, fewer=0.5)
    return Planted(
        name=f"dearer in {country}, seed {seed}", flavour="shop", seed=seed, causes=(cause,), metric="orders", one=one,
        two=two, expected=("part", "country", country), only=SHOP,
    )  # fmt: skip


def dry(seed: int, channel: str, since: date, one: str, two: str, metric: str = "website_visitors") -> Planted:
    return Planted(
        name=f"{channel} dry, seed {seed}", flavour="shop", seed=seed,
        causes=(ChannelDriesUp(channel=channel, since=since),), metric=metric, one=one, two=two,
        expected=("part", "channel", channel), only=SHOP,
    )  # fmt: skip


def late(seed: int, country: str, since: date, one: str, two: str) -> Planted:
    return Planted(
        name=f"late to {country}, seed {seed}", flavour="shop", seed=seed,
        causes=(LateDeliveries(country=country, since=since),), metric="on_time_delivery_rate", one=one, two=two,
        expected=("part", "country", country), only=SHOP,
    )  # fmt: skip


def outage(
    seed: int, flavour: str, metric: str, since: date, until: date, one: str, two: str, events: Iterable[str] = (),
    size: float = 1.0,
) -> Planted:  # fmt: skip
    cause = TrackingOutage(since=since, until=until, events=tuple(events), size=size)
    return Planted(
        name=f"outage of {metric}, seed {seed}", flavour=flavour, seed=seed, causes=(cause,), metric=metric, one=one,
        two=two, expected=("data", None, None), only=SHOP if flavour == "shop" else (), people=4_000,
    )  # fmt: skip


def rule(seed: int, flavour: str, event: str, metric: str, since: date, one: str, two: str) -> Planted:
    return Planted(
        name=f"another rule for {event}, seed {seed}", flavour=flavour, seed=seed,
        causes=(ChangedDefinition(event=event, since=since),), metric=metric, one=one, two=two,
        expected=("definition", None, None),
    )  # fmt: skip


CASES = (
    prices(201, "DE", date(2025, 1, 1), "2024-Q4", "2025-Q1"),
    prices(202, "GB", date(2025, 4, 1), "2025-Q1", "2025-Q2"),
    prices(203, "DE", date(2024, 10, 1), "2024-Q3", "2024-Q4"),
    prices(204, "FR", date(2025, 1, 1), "2024-Q4", "2025-Q1"),
    dry(205, "paid_search", date(2025, 3, 1), "2025-02", "2025-03"),
    dry(206, "paid_social", date(2024, 11, 1), "2024-10", "2024-11"),
    dry(207, "organic_search", date(2025, 2, 1), "2025-01", "2025-02"),
    dry(208, "paid_search", date(2025, 5, 1), "2025-04", "2025-05", "signups"),
    late(209, "GB", date(2025, 2, 1), "2025-01", "2025-02"),
    late(210, "DE", date(2025, 4, 1), "2025-Q1", "2025-Q2"),
    late(211, "FR", date(2024, 10, 1), "2024-Q3", "2024-Q4"),
    late(212, "GB", date(2024, 12, 1), "2024-11", "2024-12"),
    outage(213, "shop", "website_visits", date(2025, 3, 3), date(2025, 3, 10), "2025-02", "2025-03"),
    outage(214, "shop", "page_views", date(2024, 12, 20), date(2025, 1, 9), "2024-12", "2025-01"),
    outage(
        215, "subscription", "active_people", date(2025, 4, 8), date(2025, 4, 22), "2025-03", "2025-04",
        ["Feature Used"],
    ),
    outage(216, "shop", "orders", date(2025, 2, 14), date(2025, 2, 21), "2025-01", "2025-02", ["Order Completed"]),
    rule(217, "subscription", "Activated", "activation_rate", date(2025, 3, 1), "2025-02", "2025-03"),
    rule(218, "subscription", "Activated", "activation_rate", date(2025, 1, 10), "2024-12", "2025-01"),
    rule(219, "b2b", "Lead Qualified", "mql_rate", date(2025, 2, 1), "2025-01", "2025-02"),
    rule(220, "b2b", "Lead Qualified", "mql_rate", date(2025, 4, 1), "2025-Q1", "2025-Q2"),
)  # fmt: skip

# nothing planted: rates and means, of which the calendar and the season are no part
QUIET = (
    ("average_order_value", "2025-01", "2025-02"),
    ("average_order_value", "2024-10", "2024-11"),
    ("on_time_delivery_rate", "2025-02", "2025-03"),
    ("on_time_delivery_rate", "2024-09", "2024-10"),
    ("checkout_conversion_rate", "2025-03", "2025-04"),
    ("checkout_conversion_rate", "2024-11", "2024-12"),
    ("website_visits", "2025-04", "2025-05"),
    ("orders", "2025-02", "2025-03"),
    ("orders", "2025-04", "2025-05"),
    ("revenue", "2025-03", "2025-04"),
)


def workspace(folder: Path, flavour: str, seed: int, causes: Sequence[Cause], people: int, only: Sequence[str]) -> Path:
    """The folder that now holds the company, with the sources in `only` loaded (none: all)."""
    simulate(flavour, seed=seed, people=people, causes=causes, days=540).write(folder)
    with tenure.open(folder) as ws:
        ws.load(only=[source for source in only if source in ws.sources()])
        ws.refresh()
    return folder


def asked(ws: Workspace, metric: str, one: str, two: str) -> Why:
    return ws.why.metric(metric, since=one, until=two)


def first(found: Why) -> tuple[str, str | None, str | None]:
    """What comes first in the answer."""
    cause = found.causes[0]
    return cause.kind, cause.dimension, cause.part
