"""A seeded company: people who come, buy, use, complain, praise and leave over two years, and what was planted in it.

    company = simulate("shop", seed=1, events=200_000)
    company.tables["Order Completed"]            # Arrow: id, customer, anonymous, account, time, properties …
    company.write(Path("shop"))                  # a workspace that `tenure run` imports

Nothing is fitted to a real company. The same arguments give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from tenure.documents import did_you_mean, listing
from tenure.errors import UsageError
from tenure.simulate import (
    cases,
    deals,
    delivery,
    desk,
    leads,
    loyalty,
    membership,
    messages,
    orders,
    people,
    referrals,
    subscriptions,
    surveys,
    totals,
    usage,
    visits,
)  # fmt: skip
from tenure.simulate.calendar import DAY, NEVER, Calendar, days
from tenure.simulate.causes import Cause, Effect, Planted
from tenure.simulate.columns import coded
from tenure.simulate.draws import Floats, Ints, Streams
from tenure.simulate.effects import effects
from tenure.simulate.log import Log
from tenure.simulate.market import COUNTRIES, FLAVOURS, SEASON, WEEK, Flavour
from tenure.simulate.names import INDUSTRIES, OWNERS
from tenure.simulate.setting import Setting
from tenure.simulate.timeline import timeline
from tenure.simulate.write import write

PEOPLE = 5_000
DAYS = 730
END = date(2025, 6, 30)
# how many people a trial run has that tells how many events a person has
_PILOT = 3_000


@dataclass(frozen=True, kw_only=True)
class Company:
    """What happened in a company.

    `tables` has a table for each name of an event of people: id, customer (null while nobody knows who it is),
    anonymous (null unless seen on a page), account (null outside b2b), time (UTC, microseconds), then the properties
    in the types of the event dictionary. `totals` has the facts that belong to nobody, `traits` what is known of people
    once they are known, `accounts` what is known of accounts.
    """

    flavour: Flavour
    seed: int
    people: int
    end: date
    days: int
    causes: tuple[Cause, ...]
    tables: Mapping[str, pa.Table]
    totals: Mapping[str, pa.Table]
    traits: pa.Table
    accounts: pa.Table

    @cached_property
    def events(self) -> pa.Table:
        """All events in one table: event, customer, anonymous, account, time, message_id, properties (JSON)."""
        return timeline(self.tables, self.totals)

    @property
    def size(self) -> int:
        """The number of events."""
        return sum(table.num_rows for named in (self.tables, self.totals) for table in named.values())

    @cached_property
    def truth(self) -> tuple[Effect, ...]:
        """What each planted cause did, found by simulating the company once more without it."""
        return tuple(effects(self, self._without))

    def write(self, folder: Path) -> Path:
        """The folder, in which the company now is a workspace: tenure.yaml, data/*.parquet, data/accounts.csv."""
        return write(self, folder)

    def _without(self, cause: Cause) -> Company:
        left = tuple(one for one in self.causes if one is not cause)
        return _company(self.flavour, self.seed, self.people, self.end, self.days, left)


def simulate(
    flavour: str = "shop", *, seed: int = 1, people: int | None = None, events: int | None = None, end: date = END,
    days: int = DAYS, causes: Sequence[Cause] = (),
) -> Company:  # fmt: skip
    """A company of `people` (default 5,000), or of about as many as make `events`, over `days` up to and with `end`.

    `flavour` is shop, subscription or b2b. Raises UsageError where a cause does not fit the company.
    """
    kind = _flavour(flavour)
    if people is not None and events is not None:
        raise UsageError("A company has a number of people or of events.", hint="Give one of `people` and `events`.")
    if (people is not None and people < 1) or (events is not None and events < 1) or days < 1:
        raise UsageError("A company needs people, events and days.", hint="Give numbers above 0.")
    if events is not None:
        pilot = min(_PILOT, events)
        tried = _company(kind, seed, pilot, end, days, tuple(causes))
        nobody = sum(table.num_rows for table in tried.totals.values())
        people = max(round((events - nobody) / max((tried.size - nobody) / pilot, 0.1)), 1)
    return _company(kind, seed, people or PEOPLE, end, days, tuple(causes))


def _flavour(name: str) -> Flavour:
    for flavour in FLAVOURS:
        if flavour == name:
            return flavour
    raise UsageError(
        f"There is no flavour '{name}'.", hint=did_you_mean(name, FLAVOURS) or f"There are {listing(FLAVOURS, 'and')}."
    )


def _company(flavour: Flavour, seed: int, size: int, end: date, days: int, causes: tuple[Cause, ...]) -> Company:
    calendar = Calendar(
        end=end, days=days, season=SEASON[flavour], week=WEEK[flavour], zones=[country.zone for country in COUNTRIES]
    )
    streams = Streams(seed)
    planted = Planted(causes, flavour, calendar)
    everybody = people.people(size, flavour, streams, calendar, planted)
    accounts = people.accounts(everybody, streams)
    log = Log(calendar, everybody, planted)
    setting = Setting(
        flavour=flavour, streams=streams, calendar=calendar, planted=planted, people=everybody, accounts=accounts,
        log=log,
    )  # fmt: skip
    _HAPPENS[flavour](setting)
    totals.total(setting)
    tables, nobody = log.tables()
    known = pa.table({"customer": everybody.ids, **membership.traits(setting)})
    return Company(
        flavour=flavour, seed=seed, people=size, end=end, days=days, causes=causes, tables=tables, totals=nobody,
        traits=known, accounts=_accounts(accounts) if flavour == "b2b" else _accounts(accounts).slice(0, 0),
    )  # fmt: skip


def _shop(setting: Setting) -> None:
    placed = orders.orders(setting)
    bought = delivery.fulfil(setting, placed)
    seen = visits.visit(setting, bought)
    visits.look(setting, seen)
    visits.shop_for(setting, placed, bought)
    members = membership.join(setting, bought, seen, closing=0.08)
    cases.inquire(setting)
    cases.care(setting, bought)
    surveys.ask(setting, bought)
    surveys.review(setting, bought)
    loyalty.reward(setting, placed, bought, members)
    referrals.refer(setting, bought, members)
    messages.write_to(setting, bought, members)
    leads.calls(setting)
    desk.work(setting, bought)


def _subscription(setting: Setting) -> None:
    size = len(setting.people)
    tried = subscriptions.trials(setting)
    due = subscriptions.terms(setting, tried)
    rate, felt = usage.keenness(setting, 0.2)
    bought, over = subscriptions.pay(setting, due, tried, felt)
    seen = visits.visit(setting, bought)
    began = np.minimum(tried.began, bought.first_at(size))
    members = membership.join(setting, bought, seen, needed=began, over=over, closing=0.3)
    usage.set_up(setting, began, began < NEVER, felt)
    trying = np.flatnonzero(tried.began < NEVER)
    start = tried.began[trying]
    everyone = np.ones(len(trying), dtype=np.bool_)
    looking = ~setting.people.buys[trying]
    usage.use(setting, trying, start, start + subscriptions.TRIAL, everyone, rate * 1.5, "trial-", last=looking)
    usage.use(setting, due.who, due.at, due.ends, bought.real, rate, "term-", last=due.last)
    cases.inquire(setting)
    cases.care(setting, bought, often=0.8)
    surveys.ask(setting, bought, asked=0.3)
    surveys.review(setting, bought, more=0.5)
    referrals.refer(setting, bought, members, often=0.5)
    messages.write_to(setting, bought, members)
    leads.calls(setting)
    desk.work(setting, bought)


def _b2b(setting: Setting) -> None:
    size = len(setting.people)
    leads.lead(setting)
    leads.calls(setting)
    worked = deals.deals(setting)
    rate, felt = usage.keenness(setting, 0.16)
    bought = deals.close(setting, worked, felt)
    seen = visits.visit(setting, bought)
    first, last = bought.first_at(size), bought.last_at(size)
    over = np.where(last >= 0, last + days(370.0), NEVER)
    members = membership.join(setting, bought, seen, needed=first, over=over, closing=0.6)
    usage.set_up(setting, first, first < NEVER, felt)
    stop = np.minimum(bought.gone_at, NEVER - 60 * DAY) + 60 * DAY
    usage.use(setting, bought.who, bought.at, bought.at + 300 * DAY, bought.real, rate, "term-", stop=stop)
    _colleagues(setting, bought.who, bought.at, first, rate)
    cases.inquire(setting)
    cases.care(setting, bought, often=4.0)
    surveys.ask(setting, bought, asked=1.6)
    surveys.review(setting, bought, more=1.5)
    referrals.refer(setting, bought, members, often=1.6)
    messages.write_to(setting, bought, members)
    desk.work(setting, bought)


def _colleagues(setting: Setting, who: Ints, at: Ints, first: Ints, rate: Floats) -> None:
    """Records that those who did not buy themselves use what their account has bought."""
    everybody = setting.people
    begins = np.full(len(setting.accounts), NEVER, dtype=np.int64)
    np.minimum.at(begins, everybody.account[who], at)
    has = np.zeros(len(setting.accounts), dtype=np.bool_)
    np.logical_or.at(has, everybody.account, first < NEVER)
    users = setting.streams("colleagues").chance(len(everybody), 0.5) & (begins[everybody.account] < NEVER)
    chosen = np.flatnonzero(users)
    account = everybody.account[chosen]
    real = has[account] & (first[chosen] == NEVER)
    start = np.maximum(begins[account], everybody.first_at[chosen]) + 3 * DAY
    usage.use(setting, chosen, start, start + 200 * DAY, real, rate * 0.6, "colleague-")


def _accounts(found: people.Accounts) -> pa.Table:
    columns = {
        "account": found.ids, "name": found.names, "industry": coded(found.industry, INDUSTRIES),
        "country": coded(found.country, [country.code for country in COUNTRIES]), "staff": pa.array(found.staff),
        "owner": coded(found.owner, OWNERS),
    }  # fmt: skip
    return pa.table(columns)


_HAPPENS: Mapping[Flavour, Callable[[Setting], None]] = {"shop": _shop, "subscription": _subscription, "b2b": _b2b}
