"""Deals of a b2b company: opened, moved along a pipeline, won or lost, and those that follow from a deal that was won.

A contract is renewed after a quarter or a year, enlarged in between, and sometimes won back after it was lost. How it
went since decides whether there is a next deal at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tenure.simulate.calendar import DAY, days
from tenure.simulate.catalogue import SERVICES
from tenure.simulate.columns import Cents, Coded, Column, Lists, Moments, Numbered
from tenure.simulate.comments import DELIGHT, PRICE, SERVICE, USE
from tenure.simulate.draws import Bools, Codes, Draws, Floats, Ints
from tenure.simulate.log import NOBODY
from tenure.simulate.membership import COMPETITORS
from tenure.simulate.names import OWNERS
from tenure.simulate.setting import Purchases, Setting, logistic, silenced

TYPES = ("new", "expansion", "renewal", "win_back")
NEW, EXPANSION, RENEWAL, WIN_BACK = range(len(TYPES))
STAGES = ("qualified", "proposal", "negotiation")
_CRITERIA = ("price", "function", "support", "references", "security")
_WON = np.array([0.48, 0.68, 0.86, 0.4])
_REASONS = ("price", "no decision", "function missing", "went elsewhere", "budget cut")
_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Deals:
    """Candidates of deals in the order of person and time; amounts in cents."""

    who: Ints
    opened: Ints
    closed: Ints
    kind: Codes
    won: Bools
    amount: Ints
    category: Codes

    def __len__(self) -> int:
        return len(self.opened)


def deals(setting: Setting) -> Deals:
    """The deals that sales would work on."""
    people, calendar = setting.people, setting.calendar
    draws = setting.streams("deals")
    size = len(people)
    start = people.first_at + days(3.0 + draws.gamma(size, 2.0, 11.0))
    alive: Ints = np.flatnonzero(people.buys & (start < calendar.end))
    kind: Codes = np.zeros(size, dtype=np.int32)
    volume = 90_000 * setting.accounts.staff[people.account] ** 0.6 * np.exp(draws.normal(size, 0.0, 0.5))
    base = draws.pick(size, [5, 3, 2, 1])
    # some contracts run for a quarter, the others for a year
    term = np.where(draws.chance(size, 0.5), 82.0, 320.0)
    found: list[tuple[Ints | Codes | Bools, ...]] = []
    for _ in range(_MOST):
        number = len(alive)
        opened = calendar.office(start[alive], people.country[alive], draws.uniform(number))
        closed = calendar.office(
            opened + days(6.0 + draws.gamma(number, 2.0, 14.0)), people.country[alive], draws.uniform(number),
        )  # fmt: skip
        now = kind[alive]
        chance = np.clip(_WON[now] + 0.07 * people.mood[alive], 0.05, 0.97)
        won = draws.chance(number, chance)
        part = np.where(now == EXPANSION, 0.45, 1.0) * np.exp(draws.normal(number, 0.0, 0.2))
        amount = np.round(volume[alive] * part / 5_000).astype(np.int64) * 5_000 + 100_000
        other = (base[alive] + draws.whole(number, 0, 3)) % len(SERVICES)
        category = np.where(now == EXPANSION, other, base[alive])
        found.append((alive, opened, closed, now.copy(), won, amount, category))
        alive = _follow(draws, alive, closed, won, now, start, kind, term)
        alive = alive[start[alive] < calendar.end]
        if not len(alive):
            break
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return Deals(**dict(zip(Deals.__slots__, (column[order] for column in columns), strict=True)))


def _follow(
    draws: Draws, alive: Ints, closed: Ints, won: Bools, now: Codes, start: Ints, kind: Codes, term: Floats
) -> Ints:
    """Who has a further deal; sets its start and kind."""
    size = len(alive)
    grows = draws.chance(size, 0.25)
    goes_on = np.where(won | (now == EXPANSION), draws.chance(size, 0.93), draws.chance(size, 0.22))
    customer = won | (now == EXPANSION)
    wait = np.where(grows, 45.0 + draws.exponential(size, 80.0), term[alive] - draws.uniform(size, 0.0, 25.0))
    wait = np.where(customer, wait, 70.0 + draws.exponential(size, 70.0))
    kind[alive] = np.where(customer, np.where(grows, EXPANSION, RENEWAL), np.where(now == NEW, NEW, WIN_BACK))
    start[alive] = closed + days(wait)
    return alive[goes_on]


def close(setting: Setting, worked: Deals, felt: Floats) -> Purchases:
    """The deals that were won, as purchases; records all deals and what their contracts cost.

    `felt` is how much everybody uses the product, in standard deviations.
    """
    people, planted = setting.people, setting.planted
    draws = setting.streams("contracts")
    size, persons = len(worked), len(people)
    country = people.country[worked.who]
    trouble = draws.chance(size, 0.12)
    experience = 0.6 * people.mood[worked.who] + 0.35 * felt[worked.who] + draws.normal(size, 0.0, 0.6) - 1.4 * trouble
    lost = planted.priced_out(country, worked.closed, setting.streams("price").uniform(size))
    won = worked.won & ~lost
    ends = worked.closed + days(draws.uniform(size, 60.0, 280.0))
    disappointed = won & draws.chance(size, 0.02 + 0.55 * logistic(-2.4 * (experience + 1.3)))
    gone = silenced(worked.who, ends, disappointed, persons)
    # what would have followed a deal that the price spoilt does not
    spoilt = silenced(worked.who, worked.closed, worked.won & lost, persons)
    real = (worked.opened < gone[worked.who]) & (worked.opened < spoilt[worked.who]) & people.present[worked.who]
    _record(setting, worked, real, won, lost)
    _serve(setting, worked, real & won, experience)
    other = np.where(
        experience > 0.5, np.where(draws.chance(size, 0.5), DELIGHT, USE),
        np.array([USE, PRICE, SERVICE])[draws.pick(size, [3, 2, 3])],
    )  # fmt: skip
    until = np.full(persons, -1, dtype=np.int64)
    np.maximum.at(until, worked.who, worked.closed + np.where(worked.won, 200 * DAY, 20 * DAY))
    rows = np.flatnonzero(worked.won)
    return Purchases(
        who=worked.who[rows], at=worked.closed[rows], real=(real & won)[rows],
        served_at=(worked.closed + days(draws.uniform(size, 15.0, 90.0)))[rows], experience=experience[rows],
        reason=np.where(trouble, SERVICE, other)[rows].astype(np.int32), gone_at=gone, base_until=until, prefix="d",
    )  # fmt: skip


def _record(setting: Setting, worked: Deals, real: Bools, won: Bools, lost: Bools) -> None:
    log, people = setting.log, setting.people
    draws = setting.streams("pipeline")
    size = len(worked)
    who = worked.who
    amount = np.round(worked.amount * setting.planted.price(people.country[who], worked.closed)).astype(np.int64)
    deal: dict[str, Column] = {
        "deal_id": Numbered("d", np.arange(size, dtype=np.int64)), "type": Coded(worked.kind, TYPES),
        "amount": Cents(amount), "currency": "EUR",
    }  # fmt: skip
    plan: dict[str, Column] = {
        "pipeline": Coded((worked.kind != NEW).astype(np.int32), ("new business", "customers")),
        "owner": Coded(people.owner[who], OWNERS), "expected_close": Moments(worked.opened + 45 * DAY),
    }  # fmt: skip
    log.add(
        "Deal Opened", who, worked.opened, {"probability": np.full(size, 20), **deal, **plan}, keep=real,
        way=people.way[who],
    )  # fmt: skip
    steps = 1 + draws.whole(size, 0, 2)
    span = worked.closed - worked.opened
    for place in range(len(STAGES)):
        at = worked.opened + (span * (place + draws.uniform(size, 0.2, 0.8)) / 3.2).astype(np.int64)
        log.add(
            "Deal Stage Changed", who, at,
            {
                "probability": np.full(size, 30 + 20 * place), "from": ("opened", *STAGES)[place], "to": STAGES[place],
                **deal, **plan,
            }, keep=real & (steps > place), label=f"{place}-",
        )  # fmt: skip
    service = Coded(worked.category, SERVICES)
    criteria = Lists(draws.whole(size, 0, 3), np.full(size, 2), np.arange(len(_CRITERIA)), _CRITERIA)
    why = np.where(lost & worked.won, 0, draws.pick(size, [3, 4, 2, 3, 1]))
    rival = Coded(np.where(draws.chance(size, 0.4), draws.whole(size, 0, len(COMPETITORS) - 1), NOBODY), COMPETITORS)
    reason = Coded(draws.pick(size, [3, 2, 2, 1]), ("function", "support", "price", "knows us"))
    margin = Cents(np.round(amount * np.clip(draws.normal(size, 0.5, 0.12), 0.1, 0.8)).astype(np.int64))
    log.add(
        "Deal Won", who, worked.closed,
        {"margin": margin, "category": service, "criteria": criteria, "competitor": rival, "reason": reason, **deal},
        keep=real & won,
    )  # fmt: skip
    elsewhere = Coded(np.where(why == 3, draws.whole(size, 0, len(COMPETITORS) - 1), NOBODY), COMPETITORS)
    log.add(
        "Deal Lost", who, worked.closed,
        {"category": service, "criteria": criteria, "competitor": elsewhere, "reason": Coded(why, _REASONS), **deal},
        keep=real & ~won,
    )  # fmt: skip
    _tasks(setting, worked, real)


def _serve(setting: Setting, worked: Deals, real: Bools, experience: Floats) -> None:
    """Records what contracts cost, and invoices that are paid late or contested."""
    log = setting.log
    draws = setting.streams("costs of contracts")
    size = len(worked)
    heavy = np.exp(draws.normal(size, -2.3, 1.1))
    for place in range(3):
        cost = np.round(worked.amount * heavy * draws.uniform(size, 0.2, 0.7)).astype(np.int64) + 5_000
        log.add(
            "Cost Recorded", worked.who, worked.closed + days(draws.uniform(size, 20.0, 110.0) + 100.0 * place),
            {"kind": "service", "amount": Cents(cost), "currency": "EUR"}, keep=real, label=f"service{place}-",
        )  # fmt: skip
    log.add(
        "Cost Recorded", worked.who, worked.closed,
        {"kind": "acquisition", "amount": Cents(worked.amount // 12), "currency": "EUR"},
        keep=real & (worked.kind == NEW), label="won-",
    )  # fmt: skip
    due = worked.closed + 30 * DAY
    failed = real & draws.chance(size, 0.07)
    invoice: dict[str, Column] = {
        "invoice": Numbered("i", np.arange(size, dtype=np.int64)), "amount": Cents(worked.amount), "currency": "EUR",
    }  # fmt: skip
    log.add(
        "Payment Failed", worked.who, due,
        {"attempt": np.ones(size, dtype=np.int64), "reason": "not paid in time", **invoice}, keep=failed,
    )  # fmt: skip
    log.add(
        "Payment Recovered", worked.who, due + days(draws.uniform(size, 2.0, 30.0)),
        {"attempt": np.full(size, 2), **invoice}, keep=failed & draws.chance(size, 0.85),
    )  # fmt: skip
    contested = real & draws.chance(size, 0.02 + 0.08 * (experience < -1))
    dispute: dict[str, Column] = {
        "dispute_id": Numbered("x", np.arange(size, dtype=np.int64)), "amount": Cents(worked.amount),
        "reason": "scope of service", "currency": "EUR",
    }  # fmt: skip
    log.add("Dispute Opened", worked.who, due + 5 * DAY, dispute, keep=contested)
    log.add(
        "Dispute Closed", worked.who, due + days(9 + draws.exponential(size, 20.0)),
        {"outcome": Coded(draws.pick(size, [2, 1]), ("credit note", "rejected")), **dispute},
        keep=contested & draws.chance(size, 0.85),
    )  # fmt: skip


def _tasks(setting: Setting, worked: Deals, real: Bools) -> None:
    """Records what the owners of deals have to do."""
    draws = setting.streams("tasks of deals")
    size = len(worked)
    owner = setting.people.owner[worked.who]
    due = worked.opened + days(5.0)
    task: dict[str, Column] = {
        "task_id": Numbered("j", np.arange(size, dtype=np.int64)),
        "title": Coded(
            worked.kind, ("Send the offer", "Show what is new", "Prepare the renewal", "Ask what was missing"),
        ), "owner": Coded(owner, OWNERS), "due_at": Moments(due),
    }  # fmt: skip
    setting.log.add("Task Created", worked.who, worked.opened + DAY // 8, task, keep=real)
    done = setting.calendar.office(
        worked.opened + days(draws.exponential(size, 4.0)) + DAY // 4, setting.people.country[worked.who],
        draws.uniform(size),
    )  # fmt: skip
    setting.log.add(
        "Task Completed", worked.who, done, {"outcome": "done", **task}, keep=real & draws.chance(size, 0.86),
    )  # fmt: skip
