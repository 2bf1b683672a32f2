"""Whose an id is: the ids of a person with how they came together, people who are likely one, and what is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenure.server import holding
from tenure.server.access.person import known_person
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.warehouse.identity.asking import Shown
from tenure.warehouse.identity.duplicates import Duplicate
from tenure.workspace.identities import Line, told

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The ids of a person, by what is said of each; `likely` are people who are likely the same."""

    shown: Shown
    lines: tuple[Line, ...]
    likely: tuple[Duplicate, ...]

    @property
    def ids(self) -> Sequence[Line]:
        """The ids themselves."""
        return [one for one in self.lines if one.what == "id"]

    @property
    def refused(self) -> Sequence[Line]:
        """The links that did not count."""
        return [one for one in self.lines if one.what == "refused"]

    @property
    def merges(self) -> Sequence[Line]:
        """The merges, each with the event that brought it."""
        return [one for one in self.lines if one.what == "merge"]


def ids(reader: Reader, customer: str) -> Ids:
    """The ids of a person. Raises Http404 where there is nobody of that id."""
    require(reader, Right.PEOPLE)
    known_person(customer)
    room = holding.workspace().identities
    shown = room.show(customer)
    return Ids(shown=shown, lines=told(shown), likely=room.duplicates(customer, limit=5))


def queue(reader: Reader, *, limit: int = MOST) -> tuple[Duplicate, ...]:
    """People who are likely one, the likeliest first."""
    require(reader, Right.PEOPLE)
    return holding.workspace().identities.duplicates(limit=limit)


def merge(user: User, kept: str, gone: str, *, reason: str = "", address: str | None = None) -> str:
    """The id by which both are called now. Raises UsageError where they cannot be one, Http404 where nobody is."""
    require(user, Right.WORK)
    for one in (kept, gone):
        known_person(one)
    ws = holding.workspace()
    made = ws.identities.merge(kept, gone, reason=reason, by=user.username)
    record(user, "merged people", f"{kept} and {gone}: {made}", address=address)
    ws.roster.refresh()
    return ws.identities.find(kept) or kept


def undo(user: User, merged: str, *, reason: str = "", address: str | None = None) -> None:
    """Nothing; both people are as they were. Raises UsageError where there is no such merge."""
    require(user, Right.WORK)
    ws = holding.workspace()
    ws.identities.undo(merged, reason=reason, by=user.username)
    record(user, "took a merge back", merged, address=address)
    ws.roster.refresh()


def dismiss(user: User, first: str, second: str, *, reason: str = "", address: str | None = None) -> None:
    """Nothing; the two are not proposed as one again. Raises UsageError, Http404 where nobody is."""
    require(user, Right.WORK)
    for one in (first, second):
        known_person(one)
    holding.workspace().identities.dismiss(first, second, reason=reason, by=user.username)
    record(user, "told people apart", f"{first} and {second}", address=address)
