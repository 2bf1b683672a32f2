"""Visits to the company's site: where they come from, what is looked at, searched and put aside.

Somebody comes for the first time by their own way, later by mixed ones; visits come at random at a rate of everybody's
own (gamma), until some time after the last purchase, or soon after the first contact where nothing is bought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.simulate.calendar import DAY, MINUTE, SECOND, days
from tenure.simulate.catalogue import WEIGHTS, product_columns
from tenure.simulate.columns import Cents, Coded, Column, Numbered
from tenure.simulate.comments import band, comments
from tenure.simulate.draws import Bools, Codes, Floats, Ints
from tenure.simulate.names import STAFF, STORES
from tenure.simulate.orders import Orders
from tenure.simulate.setting import Purchases, Setting, repeated
from tenure.simulate.surveys import ratings

_PAGES = {
    "shop": ("/", "/coffee", "/tea", "/kitchen", "/gifts", "/journal", "/about"),
    "subscription": ("/", "/features", "/pricing", "/templates", "/blog", "/security", "/customers"),
    "b2b": ("/", "/platform", "/services", "/pricing", "/cases", "/guide", "/contact"),
}
_TITLES = ("Home", "First", "Second", "Third", "Fourth", "Journal", "About")
_QUERIES = ("coffee", "tea", "grinder", "gift", "cup", "chocolate", "decaf", "kettle")
_RATE = {"shop": 0.022, "subscription": 0.010, "b2b": 0.014}
_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Visits: whose, when, by which way, with how many pages; `real` are those that took place."""

    who: Ints
    at: Ints
    way: Codes
    pages: Ints
    real: Bools

    def __len__(self) -> int:
        return len(self.at)


def visit(setting: Setting, bought: Purchases) -> Visits:
    """The visits to the site that lead to no purchase; records them, with the clicks and searches before them."""
    people, calendar = setting.people, setting.calendar
    draws = setting.streams("visits")
    size = len(people)
    curious = draws.gamma(size, 0.8, _RATE[setting.flavour] / 0.8)
    until = np.maximum(
        bought.base_until + days(draws.exponential(size, 45.0)), people.first_at + days(draws.exponential(size, 26.0)),
    )  # fmt: skip
    until = np.minimum(until, calendar.end)
    # who does not buy looks around for a short time, whoever stands on a bought list hardly at all
    eager = np.where(people.buys, 1.0, np.where(people.came_by("list"), 0.6, 2.4))
    span = np.maximum(until - people.first_at, 0)
    more = np.minimum(draws.poisson(curious * eager * span / DAY), 400)
    more = np.where(people.came_by("list"), np.minimum(more, 1), more)
    rows, _ = repeated(more)
    began = calendar.trade((people.first_at - calendar.start) / DAY)
    trade = calendar.trade((people.first_at + span - calendar.start) / DAY) - began
    day = calendar.day(began[rows] + draws.uniform(len(rows)) * trade[rows])
    hours = "office" if setting.flavour == "b2b" else "evening"
    at = np.maximum(
        calendar.moment(day, people.country[rows], draws.uniform(len(rows)), hours), people.first_at[rows] + MINUTE,
    )  # fmt: skip
    gone = at > bought.gone_at[rows]
    real = ~gone | draws.chance(len(rows), 0.12)
    first = np.flatnonzero(~people.apart)
    who = np.concatenate([first, rows])
    way = np.concatenate([people.way[first], _ways(setting, rows)])
    found = Visits(
        who=who, at=np.concatenate([people.first_at[first], at]), way=way,
        pages=1 + draws.geometric(len(who), 0.42, _MOST - 1),
        real=np.concatenate([np.ones(len(first), dtype=np.bool_), real]),
    )  # fmt: skip
    kept = setting.streams("traffic").uniform(len(who))
    found.real[:] &= _flowing(setting, found, kept)
    arrive(setting, found, "visit")
    return found


def _flowing(setting: Setting, found: Visits, kept: Floats) -> Bools:
    """Which visits take place although a way may have dried up; first ones are decided with their person."""
    flowing = np.ones(len(found), dtype=np.bool_)
    later = found.at > setting.people.first_at[found.who]
    for place, way in enumerate(setting.people.ways):
        here = (found.way == place) & later
        if here.any():
            flowing[here] = kept[here] < setting.planted.flow(way.channel, found.at[here])
    return flowing


def _ways(setting: Setting, who: Ints) -> Codes:
    """By which way everybody comes again."""
    people = setting.people
    draws = setting.streams("ways of visits")
    kind = draws.pick(len(who), [0.42, 0.22, 0.2, 0.16])
    own = np.where(people.apart, setting.way("direct"), people.way)[who]
    mail = np.where(people.reads[who], setting.way("email"), setting.way("direct"))
    way = np.select(
        [kind == 0, kind == 1, kind == 2], [np.full(len(who), setting.way("direct")), own, mail],
        setting.way("organic_search"),
    )  # fmt: skip
    return way.astype(np.int32)


def arrive(setting: Setting, found: Visits, label: str) -> None:
    """Nothing; records the pages of the visits, and how they came."""
    people, log = setting.people, setting.log
    draws = setting.streams(f"pages of {label}")
    size = len(found)
    clicks = np.array([way.click for way in people.ways])[found.way]
    medium = np.array([way.channel for way in people.ways])
    ad: dict[str, Column] = {
        "ad": Coded(draws.pick(size, [4, 3, 2]), ("first glance", "offer of the month", "come back")),
        "ad_group": Coded(draws.pick(size, [3, 2]), ("new people", "again")), "currency": "EUR",
    }  # fmt: skip
    price = np.round(clicks * draws.uniform(size, 0.6, 1.5)).astype(np.int64)
    seen = found.real & (clicks > 0)
    log.add(
        "Ad Viewed", found.who, found.at - 20 * SECOND, {"cost": Cents(price // 20), **ad},
        keep=seen & draws.chance(size, 0.5), label=label, way=found.way,
    )  # fmt: skip
    log.add(
        "Ad Clicked", found.who, found.at - 2 * SECOND, {"cost": Cents(price), **ad}, keep=seen, label=label,
        way=found.way,
    )  # fmt: skip
    searched = found.real & np.isin(medium[found.way], ["organic_search", "paid_search"])
    branded = draws.chance(size, np.where(found.at > people.first_at[found.who], 0.55, 0.18))
    query = np.where(branded, 0, 1 + draws.whole(size, 0, 3))
    log.add(
        "Search Referred", found.who, found.at - SECOND,
        {
            "branded": branded,
            "query": Coded(query, ("the company", "coffee online", "best tools", "compare prices", "how to choose")),
        }, keep=searched, label=label, way=found.way,
    )  # fmt: skip
    rows, place = repeated(found.pages)
    page = np.where((place == 0) & (draws.uniform(len(rows)) < 0.6), 0, draws.pick(len(rows), [2, 3, 3, 2, 2, 1, 1]))
    paths = _PAGES[setting.flavour]
    at = found.at[rows] + place * 40 * SECOND + (draws.uniform(len(rows)) * 30 * SECOND).astype(np.int64)
    referrer = np.where(place == 0, np.isin(medium[found.way], ["organic_search", "paid_search"])[rows] * 1, -1)
    log.add(
        "Page Viewed", found.who[rows], np.where(place == 0, found.at[rows], at),
        {
            "url": Coded(page, [f"https://www.example.com{path}" for path in paths]), "path": Coded(page, paths),
            "title": Coded(page, _TITLES), "name": Coded(page, _TITLES),
            "referrer": Coded(np.where(referrer > 0, 0, -1), ("https://search.example.net",)),
            "search": Coded(np.where((place == 0) & (found.way[rows] % 3 == 1), 0, -1), ("?utm=1",)),
        }, keep=found.real[rows], key=rows * _MOST + place, label=label, way=found.way[rows],
    )  # fmt: skip


def look(setting: Setting, found: Visits) -> None:
    """Nothing; records what people looked at, searched, put aside and passed on without buying (shop)."""
    log = setting.log
    draws = setting.streams("looks")
    size = len(found)
    looks = np.minimum(draws.poisson(np.full(size, 0.9)), _MOST)
    rows, place = repeated(looks)
    total = len(rows)
    product = draws.pick(total, WEIGHTS)
    real, who = found.real[rows], found.who[rows]
    at = found.at[rows] + 30 * SECOND + place * 50 * SECOND
    key = rows * _MOST + place
    shown = product_columns(product)
    log.add(
        "Products Searched", found.who, found.at + 25 * SECOND,
        {"query": Coded(draws.pick(size, np.ones(len(_QUERIES))), _QUERIES)},
        keep=found.real & draws.chance(size, 0.14),
    )  # fmt: skip
    log.add(
        "Product Viewed", who, at, {"position": 1 + place, "value": shown["price"], "currency": "EUR", **shown},
        keep=real, key=key, label="look-",
    )  # fmt: skip
    aside = draws.uniform(total)
    wish: dict[str, Column] = {"wishlist_id": Numbered("w", who), "wishlist_name": "My list"}
    log.add("Product Added to Wishlist", who, at + 8 * SECOND, {**wish, **shown}, keep=real & (aside < 0.05), key=key)
    log.add(
        "Product Added", who, at + 9 * SECOND, {"quantity": 1 + (place > 3), "cart_id": Numbered("l", rows), **shown},
        keep=real & (aside > 0.9), key=key, label="left-",
    )  # fmt: skip
    via = Coded(draws.pick(total, [3, 2, 1]), ("message", "mail", "post"))
    log.add(
        "Product Shared", who, at + 20 * SECOND,
        {"share_via": via, "share_message": "Have a look at this", "recipient": "friend@example.com", **shown},
        keep=real & (aside > 0.05) & (aside < 0.066), key=key,
    )  # fmt: skip
    place_of = Coded(draws.pick(total, [3, 1]), ("home page", "product page"))
    log.add(
        "Recommendation Shown", who, at + 5 * SECOND,
        {
            "place": place_of, "product_id": shown["product_id"], "model": "bought together", "position": 1 + place,
            "clicked": aside < 0.415,
        }, keep=real & (aside > 0.4) & (aside < 0.5), key=key,
    )  # fmt: skip


def shop_for(setting: Setting, placed: Orders, bought: Purchases) -> None:
    """Nothing; records the visit that led to each order: pages, products, the cart; in a store the visit there."""
    log = setting.log
    draws = setting.streams("visits before orders")
    size = len(placed)
    online = bought.real & ~placed.offline
    early = placed.at - days(draws.uniform(size, 0.007, 0.03))
    found = Visits(
        who=placed.who, at=early, way=_ways(setting, placed.who), pages=1 + draws.geometric(size, 0.3, 4), real=online,
    )  # fmt: skip
    arrive(setting, found, "order-")
    rows, place = repeated(placed.sizes)
    shown = product_columns(placed.lines, price=placed.line_prices)
    at = early[rows] + 40 * SECOND + place * 45 * SECOND
    key = rows * _MOST + place
    log.add(
        "Product Viewed", placed.who[rows], at,
        {"position": 1 + place, "value": shown["price"], "currency": "EUR", **shown}, keep=online[rows], key=key,
        label="order-",
    )  # fmt: skip
    log.add(
        "Product Added", placed.who[rows], at + 20 * SECOND,
        {"quantity": placed.quantities, "cart_id": Numbered("b", rows), **shown}, keep=online[rows], key=key,
        label="order-",
    )  # fmt: skip
    largest = placed.lines[placed.starts] if size else placed.lines
    store: dict[str, Column] = {
        "store": Coded(draws.pick(size, [4, 2, 1, 2]), STORES),
        "staff": Coded(draws.pick(size, np.ones(len(STAFF))), STAFF),
        "product_id": product_columns(largest)["product_id"], "place": "store",
    }  # fmt: skip
    log.add("Store Visited", placed.who, early, {"outcome": "bought", **store}, keep=bought.real & placed.offline)
    log.add(
        "Product Tested", placed.who, early + 9 * MINUTE, {"outcome": "bought", **store},
        keep=bought.real & placed.offline & draws.chance(size, 0.5),
    )  # fmt: skip
    _in_store(setting)
    _product_reviews(setting, placed, bought)


def _in_store(setting: Setting) -> None:
    """Records first visits to a store."""
    people = setting.people
    draws = setting.streams("stores")
    size = len(people)
    came = people.came_by("store")
    store: dict[str, Column] = {
        "store": Coded(draws.pick(size, [4, 2, 1, 2]), STORES),
        "staff": Coded(draws.pick(size, np.ones(len(STAFF))), STAFF),
        "place": Coded(draws.pick(size, [4, 1]), ("store", "sample")),
        "outcome": Coded(draws.pick(size, [2, 1]), ("left", "wants to think")),
        "product_id": product_columns(draws.pick(size, WEIGHTS))["product_id"],
    }  # fmt: skip
    everybody = np.arange(size)
    setting.log.add("Store Visited", everybody, people.first_at, store, keep=came, label="first-")
    tested = (came & draws.chance(size, 0.4)) | draws.chance(size, 0.015)
    setting.log.add("Product Tested", everybody, people.first_at + 12 * MINUTE, store, keep=tested, label="first-")


def _product_reviews(setting: Setting, placed: Orders, bought: Purchases) -> None:
    draws = setting.streams("product reviews")
    size = len(placed)
    chance, rating = ratings(bought.experience + draws.normal(size, 0.0, 0.5))
    product = placed.lines[placed.starts] if size else placed.lines
    setting.log.add(
        "Product Reviewed", placed.who, bought.served_at + days(1.0 + draws.exponential(size, 12.0)),
        {
            "product_id": product_columns(product)["product_id"],
            "review_id": Numbered("v", np.arange(size, dtype=np.int64)), "rating": rating,
            "review_body": comments(draws, bought.reason, band(rating, 2, 4), draws.chance(size, 0.8)),
        }, keep=bought.real & draws.chance(size, chance),
    )  # fmt: skip
