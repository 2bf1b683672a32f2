"""Accounts and lists: who signs up, signs in, joins or leaves the newsletter, and closes the account in the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tenure.simulate.calendar import NEVER, SECOND, days
from tenure.simulate.columns import Coded, Column, Numbered, coded
from tenure.simulate.draws import Bools, Ints
from tenure.simulate.log import NOBODY
from tenure.simulate.market import COUNTRIES
from tenure.simulate.names import FIRST_NAMES, LAST_NAMES, OWNERS, ROLES
from tenure.simulate.setting import Purchases, Setting
from tenure.simulate.visits import Visits

COMPETITORS = ("Northwind", "Contoso", "Globex")
REASONS = ("no longer needed", "too expensive", "went elsewhere", "dissatisfied", "moved away")


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """When everybody signed up, joined and left the newsletter, and closed the account; NEVER where they did not."""

    signed_up: Ints
    subscribed: Ints
    unsubscribed: Ints
    closed: Ints


def join(
    setting: Setting, bought: Purchases, visits: Visits, *, needed: Ints | None = None, over: Ints | None = None,
    closing: float = 0.07,
) -> Members:  # fmt: skip
    """What became of everybody's account and newsletter.

    `needed` is when somebody cannot do without an account any longer (NEVER: they can); `over` when there is nothing
    left to keep it for (default: 40 days after the last purchase), after which the share `closing` close it.
    """
    size = len(setting.people)
    first, last = bought.first_at(size), bought.last_at(size)
    signed_up = _sign_up(setting, first, np.full(size, NEVER) if needed is None else needed)
    subscribed, unsubscribed = _listed(setting, bought)
    over = np.where(last >= 0, last + days(40.0), NEVER) if over is None else over
    closed = _close(setting, bought, (signed_up < NEVER) & (first < NEVER), over, closing)
    _sign_ins(setting, visits, signed_up, closed)
    return Members(signed_up=signed_up, subscribed=subscribed, unsubscribed=unsubscribed, closed=closed)


def _sign_up(setting: Setting, first: Ints, needed: Ints) -> Ints:
    people = setting.people
    draws = setting.streams("sign-ups")
    size = len(people)
    everybody = np.arange(size)
    soon = people.first_at + days(0.004 + draws.exponential(size, 6.0))
    at_till = draws.chance(size, 0.55) & (first < NEVER)
    willing = people.signs_up & ~(people.came_by("list") & ~people.buys)
    wanted = np.where(at_till, first - 90 * SECOND, np.minimum(soon, first - 30 * SECOND))
    found = np.minimum(np.where(willing, wanted, NEVER), np.where(needed < NEVER, needed - 30 * SECOND, NEVER))
    setting.log.add(
        "Signed Up", everybody, found,
        {"type": "email", "title": Coded(people.role, ROLES), **person(setting, everybody)}, keep=found < NEVER,
        way=people.way,
    )  # fmt: skip
    return found


def _listed(setting: Setting, bought: Purchases) -> tuple[Ints, Ints]:
    """When everybody joined the newsletter, and when they left it."""
    people = setting.people
    draws = setting.streams("lists")
    size = len(people)
    everybody = np.arange(size)
    imported = people.came_by("list")
    listed = people.reads | draws.chance(size, 0.05)
    joined = np.where(listed, people.first_at + days(0.002 + draws.exponential(size, 15.0)), NEVER)
    joined = np.where(imported, people.first_at, joined)
    entry: dict[str, Column] = {"list_id": "l1", "list_name": "Newsletter", "email_id": Coded(everybody, people.emails)}
    setting.log.add("Subscribed", everybody, joined, entry, keep=(joined < NEVER) & ~imported, way=people.way)
    leaves = draws.chance(size, 0.22)
    left = np.where(leaves & (joined < NEVER), joined + days(5 + draws.exponential(size, 200.0)), NEVER)
    angry = (bought.gone_at < NEVER) & (joined < NEVER) & draws.chance(size, 0.4)
    in_anger = np.maximum(bought.gone_at, joined) + days(draws.exponential(size, 20.0))
    left = np.where(angry, np.minimum(left, in_anger), left)
    setting.log.add("Unsubscribed", everybody, left, entry, keep=left < NEVER)
    return joined, left


def _close(setting: Setting, bought: Purchases, has: Bools, over: Ints, closing: float) -> Ints:
    """When everybody who `has` an account and bought closed it."""
    draws = setting.streams("closed accounts")
    size = len(has)
    chance = draws.uniform(size)
    driven = has & (bought.gone_at < NEVER) & (chance < 0.35)
    tired = has & ~driven & (over < NEVER) & (chance > 1 - closing)
    after = np.where(driven, np.maximum(bought.gone_at, bought.last_at(size)), over)
    closed = np.where(driven | tired, after + days(2.0 + draws.exponential(size, 30.0)), NEVER)
    reason = np.where(driven, 3, draws.pick(size, [4, 3, 2, 0.0, 1]))
    rival = np.where(reason == 2, draws.whole(size, 0, 2), NOBODY)
    everybody = np.arange(size)
    setting.log.add(
        "Account Closed", everybody, closed,
        {
            "account_name": Coded(everybody, setting.people.emails), "reason": Coded(reason, REASONS),
            "competitor": Coded(rival, COMPETITORS), "voluntary": draws.chance(size, 0.97),
        }, keep=closed < NEVER,
    )  # fmt: skip
    return closed


def person(setting: Setting, who: npt.NDArray[np.integer]) -> dict[str, Column]:
    """The name and the addresses of people."""
    people = setting.people
    return {
        "first_name": Coded(people.first_name[who], FIRST_NAMES), "last_name": Coded(people.last_name[who], LAST_NAMES),
        "email": Coded(who, people.emails), "phone": Numbered("+44 20 7946 0", who % 1000),
        "username": Coded(who, people.emails),
    }  # fmt: skip


def _sign_ins(setting: Setting, visits: Visits, signed_up: Ints, closed: Ints) -> None:
    """Records who signed in on a visit."""
    draws = setting.streams("sign-ins")
    size = len(visits)
    known = visits.real & (visits.at > signed_up[visits.who]) & (visits.at < closed[visits.who])
    setting.log.add(
        "Signed In", visits.who, visits.at + 15 * SECOND, {"username": Coded(visits.who, setting.people.emails)},
        keep=known & draws.chance(size, 0.3),
    )  # fmt: skip


def traits(setting: Setting) -> dict[str, pa.Array]:
    """What is known of everybody who is known."""
    people = setting.people
    found = {
        "first_name": coded(people.first_name, FIRST_NAMES), "last_name": coded(people.last_name, LAST_NAMES),
        "email": people.emails, "country": coded(people.country, [country.code for country in COUNTRIES]),
    }  # fmt: skip
    if setting.flavour == "b2b":
        found |= {"role": coded(people.role, ROLES), "owner": coded(people.owner, OWNERS)}
    return found
