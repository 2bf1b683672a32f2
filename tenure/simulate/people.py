"""The people of a company: who they are, when and how they first came, and what they are inclined to do.

People differ: in mood, in the wish to buy, in how much they let themselves be tracked. In a b2b company several of them
belong to one account.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.simulate.calendar import Calendar
from tenure.simulate.causes import Planted
from tenure.simulate.columns import coded, numbered
from tenure.simulate.draws import Bools, Codes, Floats, Ints, Streams
from tenure.simulate.market import APART, COUNTRIES, WAYS, Flavour, Way
from tenure.simulate.names import COMPANY_HEADS, COMPANY_TAILS, FIRST_NAMES, INDUSTRIES, LAST_NAMES

# who had met the company before its first day, and how many days before at most
_EARLIER, _BEFORE = 0.15, 240
_GROWTH = 0.8
_BUYS = {"shop": 0.52, "subscription": 0.62, "b2b": 0.5}
_MEMBERS = {"shop": 0.0, "subscription": 0.0, "b2b": 0.62}


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Columns of people, one row each.

    `first` is the day of the first contact (below zero: before the company's first day), `first_at` its moment; `way`
    the place of the first way among those of the flavour. `present` is false for those whom a planted cause kept away.
    A `stranger` is seen under an anonymous id until they make themselves known; who `refuses` tracking leaves no traces
    on the site. `mood` is how well they think of the company, in standard deviations. `leads` are those who speak for
    their account.
    """

    ids: pa.Array
    anonymous_ids: pa.Array
    emails: pa.Array
    first_name: Codes
    last_name: Codes
    country: Codes
    way: Codes
    ways: tuple[Way, ...]
    first: Floats
    first_at: Ints
    present: Bools
    stranger: Bools
    refuses: Bools
    mood: Floats
    buys: Bools
    signs_up: Bools
    reads: Bools
    account: Ints
    account_ids: pa.Array
    leads: Bools
    role: Codes
    owner: Codes

    def __len__(self) -> int:
        return len(self.first)

    def came_by(self, *channels: str) -> Bools:
        """Whose first way was one of the channels."""
        return np.isin(self.way, [place for place, way in enumerate(self.ways) if way.channel in channels])

    @property
    def apart(self) -> Bools:
        """Who was not seen on the site first."""
        return self.came_by(*APART)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Columns of accounts: name, industry, country, how many people it employs (which sets the size of its deals)."""

    ids: pa.Array
    names: pa.Array
    industry: Codes
    country: Codes
    staff: Ints
    owner: Codes

    def __len__(self) -> int:
        return len(self.staff)


def people(size: int, flavour: Flavour, streams: Streams, calendar: Calendar, planted: Planted) -> People:
    """`size` people of a company."""
    draws = streams("people")
    ways = WAYS[flavour]
    account = _accounts(draws.chance(size, _MEMBERS[flavour]))
    leads = np.ones(size, dtype=np.bool_)
    leads[1:] = account[1:] != account[:-1]
    first = _first_days(size, streams, calendar)
    country = draws.pick(size, [country.share for country in COUNTRIES])
    if flavour == "b2b":
        # colleagues sit in one country, and come within a year of the first
        heads = np.flatnonzero(leads)[account]
        country = country[heads]
        later = np.minimum(draws.exponential(size, 60.0), 360)
        first = np.where(leads, first, np.minimum(first[heads] + later, calendar.days - 1))
    way = draws.pick(size, [way.share for way in ways])
    first_at = calendar.moment(first, country, draws.uniform(size), "office" if flavour == "b2b" else "evening")
    pull = np.array([one.pull for one in ways])[way]
    buys = draws.chance(size, np.minimum(_BUYS[flavour] * pull, 0.95))
    signs_up = draws.chance(size, np.where(buys, 0.75, 0.22))
    reads = draws.chance(size, np.where(signs_up, 0.5, 0.12)) | (np.array([one.medium for one in ways])[way] == "email")
    stays_away = streams("people who stay away").uniform(size)
    present = np.ones(size, dtype=np.bool_)
    for place, one in enumerate(ways):
        present &= ~((way == place) & planted.dried_up(one.channel, first_at, stays_away))
    names = streams("names")
    first_name, last_name = names.pick(size, np.ones(len(FIRST_NAMES))), names.pick(size, np.ones(len(LAST_NAMES)))
    numbers = np.arange(1, size + 1, dtype=np.int64)
    return People(
        ids=numbered("c", 100_000 + numbers), anonymous_ids=_anonymous(numbers),
        emails=_emails(first_name, last_name, numbers), first_name=first_name, last_name=last_name, country=country,
        way=way, ways=ways, first=first, first_at=first_at, present=present, stranger=draws.chance(size, 0.4),
        refuses=draws.chance(size, 0.15), mood=draws.normal(size), buys=buys, signs_up=signs_up, reads=reads,
        account=account, account_ids=_account_ids(int(account[-1]) + 1), leads=leads,
        role=names.pick(size, [3, 2, 2, 2, 1]), owner=names.pick(size, np.ones(8)),
    )  # fmt: skip


def accounts(found: People, streams: Streams) -> Accounts:
    """The accounts that the people belong to."""
    heads = np.flatnonzero(found.leads)
    size = len(heads)
    draws = streams("accounts")
    head, tail = draws.pick(size, np.ones(len(COMPANY_HEADS))), draws.pick(size, np.ones(len(COMPANY_TAILS)))
    names = pc.binary_join_element_wise(
        coded(head, COMPANY_HEADS).cast(pa.string()), coded(tail, COMPANY_TAILS).cast(pa.string()), " "
    )
    return Accounts(
        ids=found.account_ids, names=names, industry=draws.pick(size, np.ones(len(INDUSTRIES))),
        country=found.country[heads], staff=np.ceil(np.exp(draws.normal(size, 4.2, 1.1))).astype(np.int64),
        owner=found.owner[heads],
    )  # fmt: skip


def _account_ids(size: int) -> pa.Array:
    """The ids of the first `size` accounts."""
    return numbered("a", 1_000 + np.arange(1, size + 1, dtype=np.int64))


def _first_days(size: int, streams: Streams, calendar: Calendar) -> Floats:
    """When people first come: more of them in the season, and more every year."""
    draws = streams("first contacts")
    growth = 1 + _GROWTH * np.arange(calendar.days) / 730
    passed = np.concatenate([[0.0], np.cumsum(calendar.weights * growth)])
    found = np.interp(draws.uniform(size) * passed[-1], passed, np.arange(calendar.days + 1))
    before = -draws.uniform(size, 0.0, _BEFORE)
    return np.where(draws.chance(size, _EARLIER), before, np.minimum(found, calendar.days - 0.001))


def _accounts(follows: Bools) -> Ints:
    """The number of everybody's account; who `follows` belongs to the one of the person before."""
    follows = follows.copy()
    follows[:1] = False
    return np.cumsum(~follows) - 1


def _anonymous(numbers: Ints) -> pa.Array:
    spread = (numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(16)
    return numbered("v", spread.astype(np.int64))


def _emails(first: Codes, last: Codes, numbers: Ints) -> pa.Array:
    parts = [coded(first, FIRST_NAMES).cast(pa.string()), coded(last, LAST_NAMES).cast(pa.string())]
    written = pc.utf8_lower(pc.binary_join_element_wise(*parts, pc.cast(pa.array(numbers), pa.string()), "."))
    return pc.binary_join_element_wise(written, "@example.com", "")
