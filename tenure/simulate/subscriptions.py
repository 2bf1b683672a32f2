"""Subscriptions: trials, terms that are renewed or not, changes of plan, failed payments, the end and the return.

At the end of each term somebody leaves with a chance of their own, drawn from a beta distribution: the shifted
beta-geometric model (P. S. Fader and B. G. S. Hardie, How to project customer retention, Journal of Interactive
Marketing 21, 2007, 76-90). A bad experience during a term adds to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.simulate.calendar import DAY, MINUTE, NEVER, days
from tenure.simulate.catalogue import OFFBOARDING, PLANS
from tenure.simulate.columns import Cents, Coded, Column, Moments, Numbered
from tenure.simulate.comments import DELIGHT, PRICE, SERVICE, USE
from tenure.simulate.draws import Bools, Codes, Draws, Floats, Ints
from tenure.simulate.log import NOBODY
from tenure.simulate.membership import COMPETITORS
from tenure.simulate.setting import Purchases, Setting, logistic, silenced

TRIAL = 14 * DAY
_MONTH, _YEAR = 30 * DAY, 365 * DAY
_PRICES = np.array([plan.price for plan in PLANS], dtype=np.int64)
_NAMES = [plan.name for plan in PLANS]
_CATEGORIES = [plan.category for plan in PLANS]
REASONS = ("no longer needed", "too expensive", "went elsewhere", "hard to use", "payment failed")
_PAYMENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Everybody's trial: when it began (NEVER: none), and whether it led to a subscription in the end."""

    began: Ints
    converts: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Candidates of paid terms in the order of person and time.

    `number` counts the terms of a subscription from 0, `spell` the subscriptions of a person; `last` marks the one
    after which somebody leaves by themselves. `level` is the place of the plan, `before` that of the term before.
    """

    who: Ints
    at: Ints
    ends: Ints
    spell: Ints
    number: Ints
    level: Codes
    before: Codes
    seats: Ints
    yearly: Bools
    last: Bools

    def __len__(self) -> int:
        return len(self.at)

    @property
    def subscription(self) -> Ints:
        """The number of each term's subscription."""
        return self.who * 2 + self.spell


def trials(setting: Setting) -> Trials:
    """The trials that people begin; records them."""
    people, log = setting.people, setting.log
    draws = setting.streams("trials")
    size = len(people)
    tries = draws.chance(size, np.where(people.buys, 0.8, np.where(people.signs_up, 0.6, 0.06)))
    began = np.where(tries, people.first_at + days(0.003 + draws.exponential(size, 5.0)), NEVER)
    priced_out = setting.planted.priced_out(people.country, began + TRIAL, setting.streams("price").uniform(size))
    converts = tries & people.buys & ~priced_out
    trial: dict[str, Column] = {
        "trial_start_date": Moments(began), "trial_end_date": Moments(began + TRIAL),
        "trial_plan_name": Coded(draws.pick(size, [3, 4, 2, 1]), _NAMES),
    }  # fmt: skip
    everybody = np.arange(size)
    log.add("Trial Started", everybody, began, trial, keep=tries, way=people.way)
    log.add("Trial Ended", everybody, began + TRIAL, {"converted": converts, **trial}, keep=tries)
    return Trials(began=began, converts=converts)


def terms(setting: Setting, tried: Trials) -> Terms:
    """The terms that people would pay for."""
    people, calendar = setting.people, setting.calendar
    draws = setting.streams("terms")
    size = len(people)
    yearly = draws.chance(size, 0.22)
    leaves = np.where(yearly, draws.beta(size, 1.1, 4.0), draws.beta(size, 0.8, 9.0))
    start = np.where(
        tried.began < NEVER, tried.began + TRIAL - days(draws.uniform(size, 0.0, 3.0)),
        people.first_at + days(draws.exponential(size, 8.0)),
    )  # fmt: skip
    begins = people.buys & (start < calendar.end)
    level = draws.pick(size, [5, 4, 2, 1])
    seats = 1 + draws.geometric(size, 0.6, 60)
    first = _spell(draws, np.flatnonzero(begins), start, leaves, yearly, level, seats, calendar.end, 0)
    # some come back after a while, and stay as they used to
    over = np.full(size, NEVER, dtype=np.int64)
    over[first.who[first.last]] = first.ends[first.last]
    again = draws.chance(size, 0.22) & (over < NEVER)
    start = np.where(again, over + days(12.0 + draws.exponential(size, 90.0)), NEVER)
    again &= start < calendar.end
    second = _spell(draws, np.flatnonzero(again), start, leaves, yearly, level, seats, calendar.end, 1)
    joined = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in Terms.__slots__}
    order = np.lexsort((joined["at"], joined["who"]))
    return Terms(**{name: values[order] for name, values in joined.items()})


def _spell(
    draws: Draws, alive: Ints, start: Ints, leaves: Floats, yearly: Bools, level: Codes, seats: Ints, horizon: int,
    spell: int,
) -> Terms:  # fmt: skip
    """One subscription each for those `alive`, term after term."""
    term = np.where(yearly, _YEAR, _MONTH)
    level, seats = level.copy(), seats.copy()
    found: dict[str, list[np.ndarray]] = {name: [] for name in Terms.__slots__}
    number = 0
    while len(alive) or not number:
        at = start[alive] + number * term[alive]
        before = level[alive]
        if number:
            change = draws.uniform(len(alive))
            step = (change < 0.035).astype(np.int32) - (change > 0.98).astype(np.int32)
            level[alive] = np.clip(before + step, 0, len(PLANS) - 1)
        quits = draws.chance(len(alive), leaves[alive])
        row = {
            "who": alive, "at": at, "ends": at + term[alive], "spell": np.full(len(alive), spell),
            "number": np.full(len(alive), number), "level": level[alive], "before": before, "seats": seats[alive],
            "yearly": yearly[alive], "last": quits,
        }  # fmt: skip
        for name, values in row.items():
            found[name].append(values)
        alive = alive[~quits & (at + term[alive] < horizon)]
        number += 1
    return Terms(**{name: np.concatenate(parts) for name, parts in found.items()})


def pay(setting: Setting, due: Terms, tried: Trials, use: Floats) -> tuple[Purchases, Ints]:
    """The terms as purchases; and when everybody's last subscription was over (NEVER: it was not).

    `use` is how much everybody uses the product, in standard deviations. Records subscriptions, payments and ends.
    """
    people, planted = setting.people, setting.planted
    draws = setting.streams("paid terms")
    size, persons = len(due), len(people)
    country = people.country[due.who]
    incident = draws.chance(size, 0.05)
    experience = 0.6 * people.mood[due.who] + 0.4 * use[due.who] + draws.normal(size, 0.0, 0.6) - 1.4 * incident
    chance = setting.streams("price of terms").uniform(size)
    too_dear = planted.priced_out(country, due.at, np.where(due.number > 0, chance * 8, chance))
    disappointed = draws.chance(size, 0.3 * logistic(-2.4 * (experience + 1.7)))
    unpaid = draws.chance(size, 0.008)
    # gone from a moment on: a term that begins then is not paid any more
    gone = np.minimum(
        silenced(due.who, due.at, too_dear | (~tried.converts & (tried.began < NEVER))[due.who], persons),
        silenced(due.who, due.ends, disappointed | unpaid, persons),
    )
    real = (due.at < gone[due.who]) & people.present[due.who]
    following = np.append((due.subscription[1:] == due.subscription[:-1]) & real[1:], [False])[:size]
    ended = real & ~following & (due.last | (due.ends >= gone[due.who]))
    price = _PRICES[due.level] * planted.price(country, due.at)
    mrr = np.round(price * due.seats * np.where(due.yearly, 0.85, 1.0)).astype(np.int64)
    _record(setting, due, real, mrr)
    over = _end(setting, due, ended, mrr, experience, unpaid)
    other = np.where(
        experience > 0.5, np.where(draws.chance(size, 0.5), DELIGHT, USE),
        np.array([USE, PRICE, SERVICE])[draws.pick(size, [4, 2, 2])],
    )  # fmt: skip
    until = np.full(persons, -1, dtype=np.int64)
    np.maximum.at(until, due.who, np.minimum(due.ends, setting.calendar.end))
    bought = Purchases(
        who=due.who, at=due.at, real=real, served_at=due.at + days(draws.uniform(size, 3.0, 25.0)),
        experience=experience, reason=np.where(incident, USE, other).astype(np.int32), gone_at=gone, base_until=until,
        prefix="s",
    )  # fmt: skip
    last_over = np.full(persons, -1, dtype=np.int64)
    np.maximum.at(last_over, due.who[ended], over[ended])
    paid_up = np.full(persons, -1, dtype=np.int64)
    np.maximum.at(paid_up, due.who[real], due.ends[real])
    return bought, np.where((last_over >= 0) & (paid_up <= last_over), last_over, NEVER)


def _record(setting: Setting, due: Terms, real: Bools, mrr: Ints) -> None:
    """Records starts, renewals, changes and failed payments."""
    log, people = setting.log, setting.people
    draws = setting.streams("payments")
    size = len(due)
    number = Numbered("s", due.subscription)
    renewed = real & (due.number > 0)
    failed = renewed & draws.chance(size, 0.045)
    paid_at = np.where(failed, due.at + days(draws.uniform(size, 0.5, 6.0)), due.at)
    months = np.where(due.yearly, 12, 1)
    plan: dict[str, Column] = {
        "subscription_id": number, "plan": Coded(due.level, _NAMES), "category": Coded(due.level, _CATEGORIES),
        "quantity": due.seats, "interval": Coded(due.yearly.astype(np.int32), ("month", "year")), "mrr": Cents(mrr),
        "margin": Cents(np.round(mrr * months * 0.78).astype(np.int64)), "period_end": Moments(due.ends),
        "currency": "EUR",
    }  # fmt: skip
    log.add(
        "Subscription Started", due.who, due.at, {"on_time": True, **plan}, keep=real & (due.number == 0),
        way=people.way[due.who],
    )  # fmt: skip
    log.add("Subscription Renewed", due.who, paid_at, {"on_time": ~failed, **plan}, keep=renewed)
    step = np.round(mrr - _PRICES[due.before] * due.seats * np.where(due.yearly, 0.85, 1.0)).astype(np.int64)
    log.add(
        "Subscription Changed", due.who, due.at - 5 * MINUTE,
        {
            "subscription_id": number, "from_plan": Coded(due.before, _NAMES), "to_plan": Coded(due.level, _NAMES),
            "mrr": Cents(mrr), "mrr_delta": Cents(step), "currency": "EUR",
        }, keep=renewed & (due.level != due.before),
    )  # fmt: skip
    invoice: dict[str, Column] = {
        "invoice": Numbered("i", np.arange(size, dtype=np.int64)), "amount": Cents(mrr * months), "currency": "EUR",
    }  # fmt: skip
    reason = Coded(draws.pick(size, [3, 2, 1]), ("card expired", "card declined", "account empty"))
    log.add(
        "Payment Failed", due.who, due.at, {"attempt": np.ones(size, dtype=np.int64), "reason": reason, **invoice},
        keep=failed,
    )  # fmt: skip
    log.add("Payment Recovered", due.who, paid_at - MINUTE, {"attempt": np.full(size, 2), **invoice}, keep=failed)
    served = np.round(120 + mrr * months * draws.gamma(size, 0.7, 0.45)).astype(np.int64)
    log.add(
        "Cost Recorded", due.who, due.at + 3 * DAY, {"kind": "service", "amount": Cents(served), "currency": "EUR"},
        keep=real & draws.chance(size, 0.4), label="term-",
    )  # fmt: skip
    won = np.round(mrr * draws.uniform(size, 0.5, 4.0)).astype(np.int64)
    log.add(
        "Cost Recorded", due.who, due.at, {"kind": "acquisition", "amount": Cents(won), "currency": "EUR"},
        keep=real & (due.number + due.spell == 0), label="won-",
    )  # fmt: skip


def _end(setting: Setting, due: Terms, ended: Bools, mrr: Ints, experience: Floats, unpaid: Bools) -> Ints:
    """When each term that is a subscription's last is over; records the request, the notice and the end."""
    log = setting.log
    draws = setting.streams("cancellations")
    size = len(due)
    voluntary = ~unpaid
    over = np.where(unpaid, due.ends + 9 * DAY, due.ends)
    asked = due.ends - np.minimum(days(draws.uniform(size, 0.3, 26.0)), (due.ends - due.at) // 2)
    why = np.where(
        unpaid, _PAYMENT, np.where(experience < -1, draws.pick(size, [1, 3, 2, 4]), draws.pick(size, [4, 3, 2, 1])),
    )  # fmt: skip
    rival = Coded(np.where(why == 2, draws.whole(size, 0, len(COMPETITORS) - 1), NOBODY), COMPETITORS)
    number = Numbered("s", due.subscription)
    stays = ~ended & draws.chance(size, 0.008)
    offer = draws.pick(size, [3, 2, 2])
    log.add(
        "Cancellation Requested", due.who, asked,
        {
            "subscription_id": number, "reason": Coded(why, REASONS), "competitor": rival,
            "offer_shown": Coded(offer, ("a month free", "a smaller plan", "a pause")), "offer_accepted": stays,
        }, keep=((ended & voluntary) | stays) & (due.at < setting.calendar.end),
    )  # fmt: skip
    end: dict[str, Column] = {
        "subscription_id": number, "plan": Coded(due.level, _NAMES), "mrr": Cents(mrr), "effective_at": Moments(over),
        "reason": Coded(why, REASONS), "competitor": rival, "voluntary": voluntary, "currency": "EUR",
    }  # fmt: skip
    log.add("Subscription Cancelled", due.who, asked + 7 * MINUTE, end, keep=ended & voluntary)
    log.add("Subscription Ended", due.who, over, end, keep=ended)
    invoice: dict[str, Column] = {
        "invoice": Numbered("i", np.arange(size, dtype=np.int64)), "amount": Cents(mrr), "currency": "EUR",
    }  # fmt: skip
    for attempt in (1, 2):
        log.add(
            "Payment Failed", due.who, due.ends + (attempt - 1) * 4 * DAY,
            {"attempt": np.full(size, attempt), "reason": "card expired", **invoice}, keep=ended & unpaid,
            label=f"last{attempt}-",
        )  # fmt: skip
    for place, step in enumerate(OFFBOARDING):
        log.add(
            "Offboarding Step Completed", due.who, asked + place * 2 * DAY + days(draws.uniform(size, 0.0, 1.0)),
            {
                "step": step, "position": np.full(size, place + 1), "steps": np.full(size, len(OFFBOARDING)),
                "required": place == 0,
            }, keep=ended & voluntary & draws.chance(size, 0.55 - 0.12 * place), label=f"{step}-",
        )  # fmt: skip
    return over
