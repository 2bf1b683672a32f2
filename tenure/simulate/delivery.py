"""What follows an order: parcels, late ones among them, cancelled and refunded orders, disputes, costs.

How an order went decides what comes after: whoever waited longer than promised thinks worse of the shop, asks for money
back, complains (`tenure.simulate.cases`) and leaves more often.
"""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import HOUR, days
from tenure.simulate.columns import Cents, Coded, Column, Moments, Numbered
from tenure.simulate.comments import DELIGHT, LATE, PRICE, QUALITY, SERVICE
from tenure.simulate.draws import Bools, Floats, Ints
from tenure.simulate.market import COUNTRIES
from tenure.simulate.orders import Orders, record
from tenure.simulate.setting import Purchases, Setting, logistic, silenced

CARRIERS = ("Parcel One", "Swift Post", "Greenline")
_LATE = np.array([country.late for country in COUNTRIES])


def fulfil(setting: Setting, placed: Orders) -> Purchases:
    """The orders as purchases, with how they went; records orders, parcels and what follows from them."""
    draws = setting.streams("deliveries")
    size, people = len(placed), len(setting.people)
    left = placed.at + days(draws.uniform(size, 0.3, 1.8))
    carrier = draws.pick(size, [5, 4, 2])
    promised = placed.at + days(4.0)
    late = draws.chance(size, _LATE[placed.country])
    late |= setting.planted.late(placed.country, placed.at, setting.streams("late").uniform(size))
    late &= ~placed.offline
    arrived = np.where(
        late, promised + days(1.0 + draws.exponential(size, 4.0)), left + days(draws.uniform(size, 0.7, 2.1))
    )
    arrived = np.where(placed.offline, placed.at + HOUR, arrived)
    faulty = draws.chance(size, 0.045)
    experience = 0.72 * setting.people.mood[placed.who] + draws.normal(size, 0.0, 0.62)
    experience += 0.2 - 1.6 * late - 1.3 * faulty
    # who was disappointed leaves, most of all the disappointed of a bad mood
    leaves = draws.chance(size, 0.01 + 0.6 * logistic(-2.4 * (experience + 1.5)))
    gone = silenced(placed.who, arrived, leaves & placed.taken, people)
    real = placed.taken & (placed.at <= gone[placed.who]) & setting.people.present[placed.who]
    record(setting, placed, real)
    cancelled = real & draws.chance(size, 0.014) & ~placed.offline
    sent = real & ~cancelled
    number = Numbered("o", np.arange(size, dtype=np.int64))
    parcel: dict[str, Column] = {
        "order_id": number,
        "carrier": Coded(carrier, CARRIERS),
        "promised_at": Moments(promised),
    }
    shipped = sent & ~placed.offline
    setting.log.add("Order Shipped", placed.who, left, parcel, keep=shipped)
    setting.log.add("Order Delivered", placed.who, arrived, parcel, keep=shipped & draws.chance(size, 0.985))
    setting.log.add(
        "Order Cancelled", placed.who, placed.at + days(draws.uniform(size, 0.02, 0.3)),
        {
            "order_id": number, "total": Cents(placed.total), "reason": Coded(draws.pick(size, [3, 2, 2]), _WITHDRAWN),
            "currency": "EUR", **placed.amounts(),
        }, keep=cancelled,
    )  # fmt: skip
    returned = _refunds(setting, placed, sent, arrived, faulty, late)
    _disputes(setting, placed, sent, arrived, late)
    _costs(setting, placed, sent, returned, arrived)
    other = draws.pick(size, [3, 2, 3, 0.0])
    good = np.where(experience > 0.6, DELIGHT, np.array([PRICE, SERVICE, QUALITY, PRICE])[other])
    return Purchases(
        who=placed.who, at=placed.at, real=real & ~cancelled, served_at=arrived, experience=experience,
        reason=np.where(late, LATE, np.where(faulty, QUALITY, good)).astype(np.int32), gone_at=gone,
        base_until=_until(placed, people), prefix="o",
    )  # fmt: skip


_WITHDRAWN = ("ordered by mistake", "found it cheaper", "takes too long")
_RETURNED = ("does not suit", "damaged", "arrived too late", "wrong item")
_CONTESTED = ("not received", "not as described", "charged twice")


def _refunds(setting: Setting, placed: Orders, sent: Bools, arrived: Ints, faulty: Bools, late: Bools) -> Bools:
    """Which orders were returned in full or in part: some people return much, and damaged goods come back."""
    draws = setting.streams("refunds")
    size = len(placed)
    habit = draws.beta(len(setting.people), 0.35, 6.0)
    chance = 0.3 * habit[placed.who] + 0.55 * faulty + 0.06 * late
    returned = sent & draws.chance(size, chance)
    whole = draws.chance(size, 0.7)
    part = np.where(whole, 1.0, draws.uniform(size, 0.2, 0.8))
    revenue = np.round(placed.revenue * part).astype(np.int64)
    tax = np.round(placed.tax * part).astype(np.int64)
    shipping = np.where(whole, placed.shipping, 0)
    reason = np.where(faulty, 1, np.where(late, 2, np.where(draws.chance(size, 0.8), 0, 3)))
    amounts = placed.amounts() | {
        "revenue": Cents(revenue),
        "shipping": Cents(shipping),
        "tax": Cents(tax),
        "total": Cents(revenue + tax + shipping),
    }
    setting.log.add(
        "Order Refunded", placed.who, arrived + days(draws.uniform(size, 2.0, 24.0)),
        {
            "currency": "EUR", "order_id": Numbered("o", np.arange(size, dtype=np.int64)),
            "reason": Coded(reason, _RETURNED), **amounts,
        }, keep=returned,
    )  # fmt: skip
    return returned


def _disputes(setting: Setting, placed: Orders, sent: Bools, arrived: Ints, late: Bools) -> None:
    draws = setting.streams("disputes")
    size = len(placed)
    contested = sent & draws.chance(size, 0.008 + 0.03 * late)
    about = np.where(late, 0, draws.pick(size, [2, 3, 2]))
    opened = arrived + days(draws.uniform(size, 1.0, 30.0))
    dispute: dict[str, Column] = {
        "dispute_id": Numbered("d", np.arange(size, dtype=np.int64)), "amount": Cents(placed.total), "currency": "EUR",
        "order_id": Numbered("o", np.arange(size, dtype=np.int64)), "reason": Coded(about, _CONTESTED),
    }  # fmt: skip
    setting.log.add("Dispute Opened", placed.who, opened, dispute, keep=contested)
    setting.log.add(
        "Dispute Closed", placed.who, opened + days(2.0 + draws.exponential(size, 12.0)),
        {"outcome": Coded(draws.pick(size, [3, 2]), ("refunded", "rejected")), **dispute},
        keep=contested & draws.chance(size, 0.9),
    )  # fmt: skip
    failed = sent & draws.chance(size, 0.02) & ~placed.offline
    tried = placed.at - days(draws.uniform(size, 0.0005, 0.001))
    invoice: dict[str, Column] = {
        "invoice": Numbered("i", np.arange(size, dtype=np.int64)),
        "amount": Cents(placed.total),
    }
    reason = Coded(draws.pick(size, [3, 2]), ("card declined", "card expired"))
    setting.log.add(
        "Payment Failed", placed.who, tried, {"attempt": _ones(size), "reason": reason, **invoice}, keep=failed,
    )  # fmt: skip
    setting.log.add("Payment Recovered", placed.who, placed.at, {"attempt": _ones(size) + 1, **invoice}, keep=failed)


def _costs(setting: Setting, placed: Orders, sent: Bools, returned: Bools, arrived: Ints) -> None:
    draws = setting.streams("costs of orders")
    size = len(placed)
    far = 1 + 0.5 * (placed.country == len(COUNTRIES) - 1)
    parcel = np.round(draws.uniform(size, 380, 720) * far).astype(np.int64)
    label = {"goods": placed.goods, "delivery": parcel, "return": np.round(parcel * 1.6).astype(np.int64) + 250}
    kept = {"goods": sent, "delivery": sent & ~placed.offline, "return": returned}
    after: dict[str, float | Floats] = {"goods": 0.5, "delivery": 1.0, "return": 12.0}
    for kind, amount in label.items():
        at = (arrived if kind == "return" else placed.at) + days(after[kind])
        setting.log.add(
            "Cost Recorded", placed.who, at, {"kind": kind, "amount": Cents(amount), "currency": "EUR"},
            keep=kept[kind], label=f"{kind}-",
        )  # fmt: skip


def _until(placed: Orders, people: int) -> Ints:
    """The last candidate of everybody; -1 without any."""
    found = np.full(people, -1, dtype=np.int64)
    np.maximum.at(found, placed.who, placed.at)
    return found


def _ones(size: int) -> Ints:
    return np.ones(size, dtype=np.int64)
