"""What the company writes: newsletters on fixed days, thanks after a purchase, a try to win back the silent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tenure.simulate.calendar import DAY, HOUR, MINUTE, NEVER, SECOND, days
from tenure.simulate.columns import Cents, Coded, Column, Numbered
from tenure.simulate.draws import Bools, Draws, Floats, Ints
from tenure.simulate.membership import Members
from tenure.simulate.setting import Purchases, Setting

EVERY = 30
SILENCE = 100.0
_LINKS = ("offer", "article", "account")


def write_to(setting: Setting, bought: Purchases, members: Members) -> None:
    """Nothing; records messages and what became of them."""
    _newsletters(setting, bought, members)
    draws = setting.streams("thanks")
    size = len(bought)
    thanked = bought.real & draws.chance(size, 0.35)
    at = bought.at + days(draws.uniform(size, 0.05, 0.5))
    open_to = np.where(bought.experience > -1, 0.5, 0.35)
    _sent(setting, draws, bought.who, at, thanked, open_to, play="thanks", subject="Thank you")
    draws = setting.streams("win back")
    at = bought.at + days(SILENCE)
    silent = (
        bought.real
        & (_following(bought) > at)
        & (at < members.closed[bought.who])
        & (at < members.unsubscribed[bought.who])
    )
    _sent(
        setting, draws, bought.who, at, silent & draws.chance(size, 0.6), np.full(size, 0.2), play="win_back",
        subject="We miss you",
    )  # fmt: skip
    printed = silent & draws.chance(size, 0.1)
    setting.log.add(
        "Cost Recorded", bought.who, at + DAY,
        {"kind": "message", "amount": Cents(np.full(size, 145)), "currency": "EUR"}, keep=printed, label="message-",
    )  # fmt: skip


def _following(bought: Purchases) -> Ints:
    """The moment of the same person's next purchase; NEVER where there is none."""
    found = np.full(len(bought), NEVER, dtype=np.int64)
    rows = np.flatnonzero(bought.real)
    again = bought.who[rows[1:]] == bought.who[rows[:-1]]
    found[rows[:-1][again]] = bought.at[rows[1:][again]]
    return found


def _newsletters(setting: Setting, bought: Purchases, members: Members) -> None:
    people, calendar = setting.people, setting.calendar
    draws = setting.streams("newsletters")
    issues = calendar.start + 9 * DAY + 8 * HOUR + np.arange(0, calendar.days, EVERY) * DAY
    first = np.searchsorted(issues, members.subscribed)
    # who leaves because of what happened to them gets fewer; drawn are all
    count = np.where(members.subscribed < NEVER, len(issues) - first, 0)
    rows = np.repeat(np.arange(len(people)), count)
    issue = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count) + first[rows]
    at = issues[issue] + (draws.uniform(len(rows)) * 20 * MINUTE).astype(np.int64)
    gone = np.minimum(np.minimum(members.unsubscribed, members.closed), NEVER)
    alive = at < gone[rows]
    # a bought list is written to twice
    alive &= ~people.came_by("list")[rows] | (issue - first[rows] < 2) | (bought.first_at(len(people))[rows] < at)
    interest = np.where(people.buys, 0.34, 0.18) * np.where(people.came_by("list"), 0.25, 1.0)
    tired = np.where(at > bought.gone_at[rows], 0.4, 1.0)
    _sent(
        setting, draws, rows, at, alive, interest[rows] * tired, play="newsletter", subject="News of the month",
        issue=issue, key=rows * 1_000 + issue,
    )  # fmt: skip


def _sent(
    setting: Setting, draws: Draws, who: Ints, at: Ints, sent: Bools, opens: Floats, *, play: str, subject: str,
    issue: Ints | None = None, key: Ints | None = None,
) -> None:  # fmt: skip
    size = len(who)
    number = np.arange(size, dtype=np.int64) if key is None else key
    places = np.zeros(size, dtype=np.int64) if issue is None else issue
    campaigns = [f"{play}-{place + 1}" for place in range(int(places.max(initial=0)) + 1)]
    message: dict[str, Column] = {
        "message_id": Numbered(f"m-{play}-", number), "play": play, "template": f"{play}-1", "subject": subject,
        "campaign_id": Coded(places, campaigns), "campaign_name": play.replace("_", " "), "channel": "email",
    }  # fmt: skip

    def add(name: str, moment: Ints, keep: Bools, more: Mapping[str, Column] | None = None) -> None:
        setting.log.add(name, who, moment, {**message, **(more or {})}, keep=keep, key=number, label=f"{play}-")

    bounces = draws.chance(size, 0.012)
    arrives = sent & ~bounces
    why = Coded(draws.pick(size, [3, 1]), ("no such mailbox", "mailbox full"))
    add("Message Sent", at, sent)
    add("Message Bounced", at + 3 * SECOND, sent & bounces, {"reason": why})
    add("Message Delivered", at + 5 * SECOND, arrives)
    opened = arrives & draws.chance(size, opens)
    opened_at = at + 10 * SECOND + days(draws.exponential(size, 0.4))
    add("Message Opened", opened_at, opened)
    link = draws.pick(size, [3, 2, 1])
    url = Coded(link, [f"https://www.example.com/{name}" for name in _LINKS])
    clicked = opened & draws.chance(size, 0.24)
    add("Message Clicked", opened_at + 20 * SECOND, clicked, {"link_id": Coded(link, _LINKS), "link_url": url})
    add("Message Complained", opened_at + 30 * SECOND, opened & draws.chance(size, 0.006), {"reason": "spam"})
