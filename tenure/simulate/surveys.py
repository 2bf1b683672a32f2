"""Surveys, reviews and what customers answer: scores that follow from how it went, with comments that fit.

NPS from 0 to 10 (F. F. Reichheld, The one number you need to grow, Harvard Business Review, December 2003), CSAT from
1 to 5, CES from 1 to 7 (M. Dixon, K. Freeman and N. Toman, Stop trying to delight your customers, Harvard Business
Review, July 2010), RQI from 0 to 100. A bad experience lowers all of them, and is answered more often than a middling
one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.simulate.calendar import days
from tenure.simulate.columns import Coded, Column, Lists, Numbered
from tenure.simulate.comments import band, comments
from tenure.simulate.draws import Floats, Ints
from tenure.simulate.names import STAFF
from tenure.simulate.setting import Purchases, Setting

SITES = ("trust-stars", "shop-check", "maps")
_HEARD = ("a friend", "a search engine", "social media", "an advertisement", "a trade fair", "I do not remember")
_ANSWERS = ("would buy again", "would recommend", "too expensive", "took too long", "easy to order")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A survey: its lowest and highest score, where the middle lies, how far a deviation goes, when it is asked."""

    name: str
    low: int
    high: int
    middle: float
    spread: float
    bad: int
    good: int
    asked: float
    after: float


SCALES = (
    Scale(name="nps", low=0, high=10, middle=7.7, spread=1.9, bad=6, good=9, asked=0.34, after=10.0),
    Scale(name="csat", low=1, high=5, middle=4.0, spread=0.95, bad=2, good=4, asked=0.30, after=2.0),
    Scale(name="ces", low=1, high=7, middle=5.2, spread=1.3, bad=3, good=6, asked=0.12, after=3.0),
    Scale(name="rqi", low=0, high=100, middle=66.0, spread=17.0, bad=45, good=70, asked=0.10, after=30.0),
)


def ask(setting: Setting, bought: Purchases, *, asked: float = 1.0) -> None:
    """Nothing; records surveys, their answers and the calls back; `asked` multiplies how often somebody is asked."""
    for scale in SCALES:
        _survey(setting, bought, scale, asked)
    _stated(setting)


def _survey(setting: Setting, bought: Purchases, scale: Scale, asked: float) -> None:
    draws = setting.streams(f"survey {scale.name}")
    size, log = len(bought), setting.log
    sent = bought.real & draws.chance(size, scale.asked * asked)
    at = bought.served_at + days(scale.after + draws.uniform(size, 0.0, 0.4))
    felt = scale.middle + scale.spread * (bought.experience + draws.normal(size, 0.0, 0.35))
    score = np.clip(np.round(felt), scale.low, scale.high).astype(np.int64)
    mood = band(score, scale.bad, scale.good)
    answers = draws.chance(size, np.array([0.6, 0.32, 0.5])[mood])
    survey: dict[str, Column] = {
        "survey": scale.name,
        "invitation_id": Numbered(f"q{scale.name}-", np.arange(size, dtype=np.int64)),
    }
    log.add("Survey Sent", bought.who, at, survey, keep=sent, label=f"{scale.name}-")
    answered_at = at + days(draws.exponential(size, 1.4) + 0.004)
    chosen = 1 + draws.whole(size, 0, 1)
    log.add(
        "Survey Answered", bought.who, answered_at,
        {
            "score": score, "comment": comments(draws, bought.reason, mood, draws.chance(size, 0.55)),
            "answers": Lists(draws.whole(size, 0, 3), chosen, np.arange(len(_ANSWERS)), _ANSWERS), **survey,
        }, keep=sent & answers, label=f"{scale.name}-",
    )  # fmt: skip
    called = sent & answers & (mood == 0) & draws.chance(size, 0.6)
    staff = draws.pick(size, np.ones(len(STAFF)))
    log.add(
        "Follow-up Done", bought.who,
        setting.calendar.office(answered_at, setting.people.country[bought.who], draws.uniform(size)),
        {
            "about": "survey", "staff": Coded(staff, STAFF),
            "outcome": Coded(draws.pick(size, [5, 2, 2]), ("settled", "not reached", "still unhappy")),
            "note": Coded(mood, ("Called after a low score.", "", "")),
        }, keep=called, label=f"{scale.name}-",
    )  # fmt: skip


def review(setting: Setting, bought: Purchases, *, more: float = 1.0) -> None:
    """Nothing; records reviews of the company: the delighted and the furious write."""
    draws = setting.streams("reviews")
    size = len(bought)
    chance, rating = ratings(bought.experience + draws.normal(size, 0.0, 0.4))
    written = bought.real & draws.chance(size, 0.5 * more * chance)
    setting.log.add(
        "Review Posted", bought.who, bought.served_at + days(0.5 + draws.exponential(size, 9.0)),
        {
            "site": Coded(draws.pick(size, [4, 2, 3]), SITES),
            "review_id": Numbered("r", np.arange(size, dtype=np.int64)),
            "review_body": comments(draws, bought.reason, band(rating, 2, 4), draws.chance(size, 0.9)),
            "rating": rating,
        }, keep=written,
    )  # fmt: skip


def ratings(felt: Floats) -> tuple[Floats, Ints]:
    """How often somebody who feels like that writes, and how many stars of 5 they give."""
    rating = np.clip(np.round(3.9 + 1.1 * felt), 1, 5).astype(np.int64)
    return np.array([0.0, 0.16, 0.08, 0.03, 0.05, 0.13])[rating], rating


def _stated(setting: Setting) -> None:
    """Records what people say about how they heard of the company: mostly what is true."""
    people = setting.people
    draws = setting.streams("stated sources")
    size = len(people)
    told = draws.chance(size, np.where(people.signs_up | people.buys, 0.2, 0.02))
    friend, ads = people.came_by("referral"), people.came_by("paid_search", "paid_social", "display")
    search, fair = people.came_by("organic_search", "paid_search"), people.came_by("fair")
    true = np.select([friend, fair, search, people.came_by("social", "paid_social"), ads], [0, 4, 1, 2, 3], 5)
    answer = np.where(draws.chance(size, 0.75), true, draws.whole(size, 0, 5))
    at = people.first_at + days(0.2 + draws.exponential(size, 8.0))
    setting.log.add(
        "Source Stated", np.arange(size), at,
        {
            "answer": Coded(answer, _HEARD),
            "detail": Coded(
                np.where(draws.chance(size, 0.3), answer, -1),
                [
                    "mentioned it at work", "searched for the name", "saw a post", "saw it twice", "met you there",
                    "long ago",
                ],
            ),
        }, keep=told,
    )  # fmt: skip
