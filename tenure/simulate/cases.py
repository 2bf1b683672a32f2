"""Cases: questions, faults and complaints, their replies and resolutions; help that people look up by themselves.

A late or faulty purchase becomes a complaint much more often than a good one. Most cases are settled within days, some
are reopened, a few stay open.
"""

from __future__ import annotations

import numpy as np

from tenure.simulate.calendar import HOUR, MINUTE, days
from tenure.simulate.columns import Cents, Coded, Column, Lists, Numbered
from tenure.simulate.comments import LATE, PRICE, QUALITY
from tenure.simulate.draws import Bools, Draws, Ints
from tenure.simulate.log import NOBODY
from tenure.simulate.names import STAFF
from tenure.simulate.setting import Purchases, Setting, logistic, repeated

TYPES = ("complaint", "fault", "question")
SEVERITIES = ("low", "normal", "high")
_TOPICS = {
    "shop": ("delivery", "quality", "price", "returns", "invoice"),
    "subscription": ("performance", "bug", "billing", "how-to", "access"),
    "b2b": ("performance", "bug", "invoice", "how-to", "integration"),
}
_RESOLUTIONS = ("replaced", "refunded", "explained", "fixed", "apology")
_CAUSES = ("carrier", "production", "price list", "documentation", "software")
_ARTICLES = ("returns", "delivery-times", "change-address", "invoices", "first-steps", "export", "cancel")
_HELP_TOPICS = ("orders", "orders", "account", "billing", "start", "use", "account")
_QUERIES = ("return", "invoice", "where is my order", "cancel", "export", "change password", "discount")
_REPLIES = 4


def care(setting: Setting, bought: Purchases, *, often: float = 1.0) -> None:
    """Nothing; records cases of customers, `often` multiplying how frequent they are, and the help they look up."""
    draws = setting.streams("cases")
    size = len(bought)
    chance = 0.015 + 0.42 * logistic(-2.6 * (bought.experience + 1.9))
    raised = bought.real & draws.chance(size, often * chance)
    complains = draws.chance(
        size, np.where(bought.reason == LATE, 0.85, 0.1 + 0.75 * logistic(-2.5 * (bought.experience + 0.9))),
    )  # fmt: skip
    kind = np.where(complains, 0, np.where(bought.reason == QUALITY, 1, 2))
    topic = np.select(
        [bought.reason == LATE, bought.reason == QUALITY, bought.reason == PRICE], [0, 1, 2], draws.whole(size, 2, 4),
    )  # fmt: skip
    at = bought.served_at + days(0.05 + draws.exponential(size, 3.0))
    _help(setting, bought, raised, at)
    _case(setting, draws, bought, raised, complains, kind, topic, at)


def _case(
    setting: Setting, draws: Draws, bought: Purchases, raised: Bools, complains: Bools, kind: Ints, topic: Ints,
    at: Ints,
) -> None:  # fmt: skip
    log, size, country = setting.log, len(bought), setting.people.country[bought.who]
    number = np.arange(size, dtype=np.int64)
    severity = np.clip(np.where(complains, 1, 0) + draws.whole(size, 0, 1), 0, 2)
    subject: dict[str, Column] = {
        "case_id": Numbered("t", number), "type": Coded(kind, TYPES), "complaint": complains,
        "severity": Coded(severity, SEVERITIES), "topic": Coded(topic, _TOPICS[setting.flavour]),
        "order_id": Numbered(bought.prefix, number if bought.prefix == "o" else np.full(size, NOBODY)),
    }  # fmt: skip
    log.add("Case Opened", bought.who, at, subject, keep=raised)
    replies = 1 + draws.geometric(size, 0.45, _REPLIES - 1)
    answered = setting.calendar.office(at + HOUR, country, draws.uniform(size))
    rows, place = repeated(replies)
    by_agent = place % 2 == 0
    written = answered[rows] + days(place * 0.4 + draws.uniform(len(rows), 0.0, 0.2))
    log.add(
        "Case Replied", bought.who[rows], written,
        {
            "case_id": Numbered("t", rows), "by": Coded(np.where(by_agent, 0, 1), ("agent", "customer")),
            "public": place < 3,
        }, keep=raised[rows], key=rows * _REPLIES + place,
    )  # fmt: skip
    resolved_at = answered + days(0.4 * replies + draws.exponential(size, 2.2))
    resolved = raised & draws.chance(size, 0.93)
    outcome: dict[str, Column] = {
        "case_id": Numbered("t", number), "complaint": complains,
        "resolution": Coded(np.where(kind == 2, 2, draws.whole(size, 0, 4)), _RESOLUTIONS),
        "upheld": draws.chance(size, 0.7), "root_cause": Coded(topic, _CAUSES),
    }  # fmt: skip
    log.add("Case Resolved", bought.who, resolved_at, outcome, keep=resolved)
    again = resolved & draws.chance(size, 0.09)
    reopened = resolved_at + days(0.3 + draws.exponential(size, 4.0))
    log.add("Case Reopened", bought.who, reopened, subject, keep=again)
    settled = again & draws.chance(size, 0.9)
    log.add(
        "Case Resolved", bought.who, reopened + days(1.0 + draws.exponential(size, 2.0)), outcome, keep=settled,
        label="again-",
    )  # fmt: skip
    log.add(
        "Follow-up Done", bought.who, setting.calendar.office(resolved_at + days(2.0), country, draws.uniform(size)),
        {
            "about": "case", "outcome": "settled", "staff": Coded(draws.pick(size, np.ones(len(STAFF))), STAFF),
            "note": "Asked whether all is well now.",
        }, keep=resolved & complains & draws.chance(size, 0.3), label="case-",
    )  # fmt: skip
    worked = np.round(draws.uniform(size, 350, 900) * replies).astype(np.int64) * (8 if setting.flavour == "b2b" else 1)
    log.add(
        "Cost Recorded", bought.who, resolved_at, {"kind": "service", "amount": Cents(worked), "currency": "EUR"},
        keep=raised, label="service-",
    )  # fmt: skip


def _help(setting: Setting, bought: Purchases, raised: Bools, at: Ints) -> None:
    """Records help that was looked up: before a case, and where it spared one."""
    draws = setting.streams("help")
    size = len(bought)
    looked = bought.real & (draws.chance(size, 0.11) | (raised & draws.chance(size, 0.5)))
    before = np.where(raised, at - days(0.02), bought.served_at + days(draws.exponential(size, 6.0)))
    article = draws.pick(size, [4, 4, 2, 3, 3, 2, 1])
    searched = looked & draws.chance(size, 0.6)
    setting.log.add(
        "Help Searched", bought.who, before - 2 * MINUTE,
        {"query": Coded(article, _QUERIES), "results": draws.whole(size, 0, 9)}, keep=searched,
    )  # fmt: skip
    setting.log.add(
        "Help Viewed", bought.who, before,
        {"article": Coded(article, _ARTICLES), "topic": Coded(article, _HELP_TOPICS)}, keep=looked,
    )  # fmt: skip


def inquire(setting: Setting) -> None:
    """Nothing; records forms and questions of people who have not bought yet, and the answers."""
    people, log = setting.people, setting.log
    draws = setting.streams("inquiries")
    size = len(people)
    everybody = np.arange(size)
    b2b = setting.flavour == "b2b"
    asks = draws.chance(size, np.where(people.buys, 0.16, 0.05) * (2.2 if b2b else 1.0)) | (
        people.came_by("phone") & draws.chance(size, 0.5)
    )
    at = people.first_at + days(0.002 + draws.exponential(size, 2.0))
    topic = draws.pick(size, [3, 3, 2, 2])
    log.add(
        "Inquiry Sent", everybody, at,
        {
            "topic": Coded(topic, ("price", "delivery", "function", "terms")),
            "message": Coded(
                topic,
                (
                    "What does it cost for several?", "How long does it take?", "Can it do what we need?",
                    "What are your terms?",
                ),
            ),
        }, keep=asks, way=people.way,
    )  # fmt: skip
    answered = setting.calendar.office(at + HOUR // 2, people.country, draws.uniform(size))
    log.add(
        "Inquiry Answered", everybody, answered,
        {
            "answered_within": np.clip((answered - at) // 1_000_000, 0, 2**31 - 1),
            "staff": Coded(draws.pick(size, np.ones(len(STAFF))), STAFF),
        }, keep=asks & draws.chance(size, 0.92),
    )  # fmt: skip
    forms = draws.chance(size, np.where(people.buys, 0.2, 0.07) * (2.0 if b2b else 0.6)) & ~people.came_by("list")
    form = draws.pick(size, [3, 2, 1])
    log.add(
        "Form Submitted", everybody, people.first_at + days(0.004 + draws.exponential(size, 3.0)),
        {
            "form": Coded(form, ("contact", "whitepaper", "quotation")),
            "page": Coded(form, ("/contact", "/guide", "/offer")),
            "fields": Lists(
                np.zeros(size, dtype=np.int64), 2 + form, np.arange(4), ("name", "email", "company", "phone"),
            ),
        }, keep=forms, way=people.way,
    )  # fmt: skip
