"""Facts that belong to nobody: impressions, clicks, searches and spend by day and campaign, releases, notes."""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import DAY, HOUR
from tenure.simulate.columns import UNKNOWN, Cents, Coded, Column, Moments
from tenure.simulate.setting import Setting

_RELEASES = ("search", "export", "gift cards", "mobile app", "reports", "single sign-on", "calendar", "dark mode")
_NOTES = (
    "New prices", "Spring campaign", "Moved to the new warehouse", "Fair", "Black Friday", "Holiday opening hours",
)  # fmt: skip
_CLICK_RATE = {"paid_search": 0.042, "paid_social": 0.011, "display": 0.0035}


def total(setting: Setting) -> None:
    """Nothing; records the daily totals of every paid way, searches, releases and notes."""
    _advertise(setting)
    _search(setting)
    draws = setting.streams("releases")
    days = setting.calendar.days
    releases = (np.arange(len(_RELEASES)) + draws.uniform(len(_RELEASES))) * days / len(_RELEASES)
    at = setting.calendar.start + np.floor(releases).astype(np.int64) * DAY + 10 * HOUR
    everything = np.arange(len(_RELEASES))
    title = [f"New: {name}" for name in _RELEASES]
    url = [f"https://www.example.com/news/{name.replace(' ', '-')}" for name in _RELEASES]
    setting.log.add_total(
        "Feature Shipped", at,
        {"feature": Coded(everything, _RELEASES), "title": Coded(everything, title), "url": Coded(everything, url)},
    )  # fmt: skip
    places = (np.arange(len(_NOTES)) + draws.uniform(len(_NOTES))) * days / len(_NOTES)
    at = setting.calendar.start + np.floor(places).astype(np.int64) * DAY + 9 * HOUR
    until = np.where(np.arange(len(_NOTES)) % 2 == 0, at + 14 * DAY, UNKNOWN)
    setting.log.add_total("Noted", at, {"text": Coded(np.arange(len(_NOTES)), _NOTES), "until": Moments(until)})


def _advertise(setting: Setting) -> None:
    people, calendar = setting.people, setting.calendar
    ways = people.ways
    paid = [place for place, way in enumerate(ways) if way.click]
    draws = setting.streams("totals of advertising")
    way = np.repeat(np.array(paid, dtype=np.int32), calendar.days)
    day = np.tile(np.arange(calendar.days), len(paid))
    at = calendar.start + day * DAY
    growth = 1 + 0.8 * day / 730
    share = np.array([one.share for one in ways])[way]
    flow = np.ones(len(way))
    for place in paid:
        here = way == place
        flow[here] = setting.planted.flow(ways[place].channel, at[here])
    mean = 9.0 * len(people) / calendar.days * share * calendar.weights[day] * growth
    clicks = np.floor(draws.poisson(mean) * flow).astype(np.int64)
    rate = np.array([_CLICK_RATE.get(one.channel, 0.01) for one in ways])[way] * np.exp(
        draws.normal(len(way), 0.0, 0.12)
    )
    shown = np.round(clicks / rate).astype(np.int64)
    price = np.array([one.click for one in ways])[way] * np.exp(draws.normal(len(way), 0.0, 0.1))
    spent = np.round(clicks * price).astype(np.int64)
    columns = _of(way, setting)
    log = setting.log
    log.add_total(
        "Ad Viewed", at, {"count": shown, "cost": Cents(np.zeros(len(way), dtype=np.int64)), **columns}, keep=shown > 0,
    )  # fmt: skip
    log.add_total("Ad Clicked", at, {"count": clicks, "cost": Cents(spent), **columns}, keep=clicks > 0)
    log.add_total(
        "Marketing Spend Recorded", at + 23 * HOUR,
        {"amount": Cents(spent), "fully_loaded": False, "currency": "EUR", **columns}, keep=spent > 0,
    )  # fmt: skip
    months = np.arange(0, calendar.days, 30)
    wages = np.full(len(months), 20 * len(people), dtype=np.int64)
    log.add_total(
        "Marketing Spend Recorded", calendar.start + months * DAY,
        {"amount": Cents(wages), "fully_loaded": True, "currency": "EUR"}, label="wages-",
    )  # fmt: skip


def _search(setting: Setting) -> None:
    """What the search engine reports: how often the company was shown and clicked, for its name and for the rest."""
    calendar = setting.calendar
    draws = setting.streams("totals of searches")
    day = np.repeat(np.arange(calendar.days), 2)
    branded = np.tile(np.array([True, False]), calendar.days)
    at = calendar.start + day * DAY
    mean = len(setting.people) / calendar.days * np.where(branded, 0.5, 3.0) * calendar.weights[day] * (1 + day / 730)
    clicks = np.floor(draws.poisson(mean) * setting.planted.flow("organic_search", at)).astype(np.int64)
    shown = np.round(clicks * np.where(branded, 2.6, 21.0) * np.exp(draws.normal(len(day), 0.0, 0.1))).astype(np.int64)
    setting.log.add_total(
        "Search Referred", at,
        {
            "query": Coded(np.where(branded, 0, 1), ("the company", "everything else")), "branded": branded,
            "impressions": shown, "clicks": clicks, "count": clicks, "channel": "organic_search", "source": "google",
            "medium": "organic",
        }, keep=shown > 0,
    )  # fmt: skip
    seen = np.round(len(setting.people) / calendar.days * 30 * calendar.weights).astype(np.int64)
    setting.log.add_total("Page Viewed", calendar.start + np.arange(calendar.days) * DAY, {"count": seen, "path": "/"})


def _of(way: np.ndarray[tuple[int], np.dtype[np.int32]], setting: Setting) -> dict[str, Column]:
    """The way of each total as columns."""
    found: dict[str, Column] = {}
    for name in ("channel", "source", "medium", "campaign"):
        texts = [getattr(one, name) or "" for one in setting.people.ways]
        distinct = sorted(set(texts))
        found[name] = Coded(np.array([distinct.index(text) for text in texts])[way], distinct)
    return found
