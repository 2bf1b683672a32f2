"""Accounts: lists of them, and one with its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.roster import Account, AccountsAsked, AccountsFound, Asked
from tenure.server import holding
from tenure.server.access.happenings import number_of
from tenure.server.access.later import later
from tenure.server.access.people import PAGE, People, people, person
from tenure.server.access.reader import Reader, require
from tenure.server.access.renewals import Renewal, coming
from tenure.server.accounts.roles import Right
from tenure.wording import clean
from tenure.workspace.timeline import Happened

_NEWEST = 20
# the first of these that an event has says most of it
_TEXTS = ("note", "outcome", "title", "comment", "reason", "to")
# what fills a timeline and says little of how a company fares
_QUIET = ("Message Sent", "Message Delivered", "Message Opened", "Page Viewed", "Feature Used", "Cost Recorded",
          "Survey Sent", "Ad Viewed", "Ad Clicked", "Search Referred")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """Something that happened to somebody of an account (`who`, by the best name there is), microseconds UTC."""

    time: int
    name: str
    customer: str
    who: str
    money: Decimal | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """An account with its people (the first page of them), their stages with how many are in each, what is up for
    renewal, what happened last, and what the log knows of the account itself.
    """

    account: Account
    people: People
    mix: tuple[tuple[str | None, int], ...]
    renewals: tuple[Renewal, ...]
    lately: tuple[Lately, ...]
    lifecycle: Lifecycle
    traits: Mapping[str, str]


def accounts(reader: Reader, asked: AccountsAsked, *, offset: int = 0, limit: int = PAGE) -> AccountsFound:
    """The accounts that are asked for, one more than `limit` where there are more."""
    require(reader, Right.PEOPLE)
    return holding.workspace().roster.accounts(asked, offset=offset, limit=limit + 1)


def account_owners(reader: Reader) -> tuple[str, ...]:
    """Everybody who looks after people of accounts."""
    require(reader, Right.PEOPLE)
    return holding.workspace().roster.account_owners()


def account(reader: Reader, identity: str) -> AccountPage:
    """An account. Raises Http404 where there is none of that id."""
    require(reader, Right.PEOPLE)
    ws = holding.workspace()
    found = ws.roster.accounts(AccountsAsked(id=identity), limit=1).rows if identity else ()
    if not found:
        raise Http404
    lifecycle = ws.lifecycle()
    listed = people(reader, Asked(account=identity))
    mix = ws.roster.mix(Asked(account=identity))
    return AccountPage(
        account=found[0], people=listed, mix=mix,
        renewals=tuple(one for one in later(coming) or () if one.account == identity),
        lately=_lately(ws.timeline.of(identity, kind="account", without=_QUIET, limit=_NEWEST), listed),
        lifecycle=lifecycle, traits=_traits(identity),
    )  # fmt: skip


def _traits(identity: str) -> Mapping[str, str]:
    """What was told of the account itself, not of its people."""
    rows = holding.workspace().roster.look(Asked(kind="account", ids=(identity,)), limit=1, counted=False).rows
    told = person(rows[0]).traits if rows else {}
    return {name: value for name, value in sorted(told.items()) if name != "account"}


def _lately(events: Sequence[Happened], listed: People) -> tuple[Lately, ...]:
    names = {one.id: one.name for one in listed.rows}
    return tuple(
        Lately(
            time=one.time, name=one.name, customer=one.customer or "",
            who=names.get(one.customer or "", one.customer or ""), money=number_of(one.properties.get("amount")),
            text=clean(str(next(filter(None, map(one.properties.get, _TEXTS)), "")))[:200],
        )
        for one in events
    )  # fmt: skip


def account_people(reader: Reader, identity: str, *, most: int = 1_000) -> tuple[str, ...]:
    """The ids of the people of an account, at most so many. Raises Http404 where there is no such account."""
    require(reader, Right.PEOPLE)
    found = holding.workspace().roster.look(Asked(account=identity), limit=most, counted=False).rows if identity else ()
    if not found:
        raise Http404
    return tuple(str(row["id"]) for row in found)
