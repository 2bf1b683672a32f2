"""Orders of a shop: who orders when, and what is in the basket.

Orders follow the BG/NBD model (P. S. Fader, B. G. S. Hardie and K. L. Lee, "Counting your customers" the easy way: an
alternative to the Pareto/NBD model, Marketing Science 24, 2005, 275-284): while somebody is a customer, orders come at
random at a rate of their own, drawn from a gamma distribution; after each they leave for good with a chance of their
own, drawn from a beta distribution. Waits are counted in trade days, so that seasons and weekends show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.simulate.calendar import MINUTE, days
from tenure.simulate.catalogue import (
    CATEGORIES,
    CATEGORY_OF,
    COSTS,
    COUPONS,
    PRICES,
    PRODUCT_IDS,
    PRODUCTS,
    WEIGHTS,
)  # fmt: skip
from tenure.simulate.columns import Cents, Coded, Lists, Numbered
from tenure.simulate.draws import Bools, Codes, Draws, Floats, Ints
from tenure.simulate.setting import Setting

# a typical customer orders every six weeks and stays for five orders
RATE_SHAPE, RATE_SCALE = 1.1, 1 / 46
LEAVE_A, LEAVE_B = 0.9, 3.4
_FREE_SHIPPING, _SHIPPING, _TAX = 5_000, 490, 0.2
_MOST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Candidates of orders in the order of person and time; amounts in cents.

    `taken` are those that are placed as far as price goes; `sizes` and `starts` tell which of the `lines` (places of
    products) are in which order; `offline` those that were placed in a store or by telephone.
    """

    who: Ints
    at: Ints
    taken: Bools
    offline: Bools
    country: Codes
    starts: Ints
    sizes: Ints
    lines: Codes
    quantities: Ints
    line_prices: Ints
    subtotal: Ints
    discount: Ints
    shipping: Ints
    tax: Ints
    goods: Ints
    coupon: Codes
    category: Codes

    def __len__(self) -> int:
        return len(self.at)

    @property
    def revenue(self) -> Ints:
        """What is earned: after discounts, without shipping and tax."""
        return self.subtotal - self.discount

    @property
    def total(self) -> Ints:
        """What is paid."""
        return self.revenue + self.shipping + self.tax

    @property
    def margin(self) -> Ints:
        """Revenue without the cost of the goods."""
        return self.revenue - self.goods

    def amounts(self) -> dict[str, Cents | Coded | Lists]:
        """The properties that checkout, order, refund and cancellation share."""
        return {
            "revenue": Cents(self.revenue), "shipping": Cents(self.shipping), "tax": Cents(self.tax),
            "discount": Cents(self.discount), "coupon": Coded(self.coupon, COUPONS),
            "products": Lists(self.starts, self.sizes, self.lines, PRODUCT_IDS),
        }  # fmt: skip


def orders(setting: Setting) -> Orders:
    """The orders that the company's people would place."""
    people, calendar = setting.people, setting.calendar
    draws = setting.streams("orders")
    rate = draws.gamma(len(people), RATE_SHAPE, RATE_SCALE)
    leaves = draws.beta(len(people), LEAVE_A, LEAVE_B)
    wait = np.where(draws.chance(len(people), 0.3), 0.0, draws.exponential(len(people), 9.0))
    who, when = buying(draws, calendar.trade(people.first) + wait, people.buys, rate, leaves, float(calendar.days))
    day = calendar.day(when)
    country = people.country[who]
    at = np.maximum(calendar.moment(day, country, draws.uniform(len(who))), people.first_at[who] + 8 * MINUTE)
    order = np.lexsort((at, who))
    who, at, country = who[order], at[order], country[order]
    offline = draws.chance(len(who), np.where(people.came_by("store", "phone")[who], 0.6, 0.06))
    taken = ~setting.planted.priced_out(country, at, setting.streams("price").uniform(len(who)))
    return _baskets(setting, who, at, taken, offline, country)


def buying(
    draws: Draws, ready: Floats, buys: Bools, rate: Floats, leaves: Floats, horizon: float
) -> tuple[Ints, Floats]:
    """Who buys when (in trade days): everybody who `buys` once from `ready` on, and again until they leave.

    `rate` is the number of purchases a trade day, `leaves` the chance to leave after each.
    """
    alive = np.flatnonzero(buys & (ready < horizon))
    at = ready.copy()
    who, when = [], []
    while len(alive):
        who.append(alive)
        when.append(at[alive])
        stays = ~draws.chance(len(alive), leaves[alive])
        at[alive] += np.minimum(draws.exponential(len(alive)) / np.maximum(rate[alive], 1e-6), 1e5)
        alive = alive[stays & (at[alive] < horizon)]
    return np.concatenate([*who, np.empty(0, np.int64)]), np.concatenate([*when, np.empty(0)])


def _baskets(setting: Setting, who: Ints, at: Ints, taken: Bools, offline: Bools, country: Codes) -> Orders:
    draws = setting.streams("baskets")
    size = len(who)
    sizes = 1 + draws.geometric(size, 0.45, _MOST - 1)
    total = int(sizes.sum())
    rows = np.repeat(np.arange(size), sizes)
    lines = draws.pick(total, WEIGHTS)
    # everybody has a category that they come back to
    favourite = (who * 7919 + 13) % len(PRODUCTS)
    lines = np.where(draws.chance(total, 0.35), favourite[rows], lines).astype(np.int32)
    quantities = 1 + draws.geometric(total, 0.3, 9)
    factor = setting.planted.price(country, at)
    prices = np.round(PRICES[lines] * factor[rows]).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    worth = prices * quantities
    subtotal = np.add.reduceat(worth, starts) if size else np.empty(0, np.int64)
    goods = np.add.reduceat(COSTS[lines] * quantities, starts) if size else np.empty(0, np.int64)
    reduced = draws.chance(size, 0.16)
    coupon = np.where(reduced, draws.pick(size, [4, 3, 2]), -1)
    share = np.array([0.10, 0.15, 0.05, 0.0])[coupon]
    discount = np.round(subtotal * share).astype(np.int64)
    shipping = np.where(offline | (subtotal - discount >= _FREE_SHIPPING), 0, _SHIPPING)
    tax = np.round((subtotal - discount) * _TAX).astype(np.int64)
    # the largest item: the last of the lines in the order of their worth
    by_worth = np.lexsort((worth, rows))
    largest = lines[by_worth[starts + sizes - 1]] if size else lines
    return Orders(
        who=who, at=at, taken=taken, offline=offline, country=country, starts=starts, sizes=sizes, lines=lines,
        quantities=quantities, line_prices=prices, subtotal=subtotal, discount=discount, shipping=shipping, tax=tax,
        goods=goods, coupon=coupon.astype(np.int32), category=CATEGORY_OF[largest],
    )  # fmt: skip


def record(setting: Setting, placed: Orders, real: Bools) -> None:
    """Nothing; records checkouts, coupons and orders."""
    log, size = setting.log, len(placed)
    draws = setting.streams("checkouts")
    number = Numbered("o", np.arange(size, dtype=np.int64))
    checkout = Numbered("k", np.arange(size, dtype=np.int64))
    amounts = placed.amounts()
    affiliation = Coded(placed.offline.astype(np.int32), ("web shop", "store"))
    way = setting.streams("ways of orders").pick(size, [5, 2, 1])
    online = real & ~placed.offline
    before = placed.at - days(draws.uniform(size, 0.001, 0.006))
    log.add(
        "Checkout Started", placed.who, before,
        {"order_id": number, "affiliation": affiliation, "value": Cents(placed.total), "currency": "EUR", **amounts},
        keep=online,
    )  # fmt: skip
    log.add(
        "Coupon Applied", placed.who, before + MINUTE // 2,
        {
            "order_id": number, "cart_id": Numbered("b", np.arange(size, dtype=np.int64)),
            "coupon_id": Coded(placed.coupon, COUPONS),
            "coupon_name": Coded(placed.coupon, ("Welcome", "Season", "Friends")), "discount": Cents(placed.discount),
        }, keep=online & (placed.coupon >= 0),
    )  # fmt: skip
    own = setting.people.way[placed.who]
    way = np.where(way == 0, own, np.where(way == 1, setting.way("direct"), setting.way("email")))
    way = np.where(placed.offline, setting.way("store"), way)
    log.add(
        "Order Completed", placed.who, placed.at,
        {
            "checkout_id": checkout, "order_id": number, "affiliation": affiliation, "subtotal": Cents(placed.subtotal),
            "total": Cents(placed.total), "currency": "EUR", "margin": Cents(placed.margin),
            "category": Coded(placed.category, CATEGORIES), **amounts,
        }, keep=real, way=way,
    )  # fmt: skip
