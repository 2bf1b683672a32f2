"""Lists of people: found, filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pyarrow as pa
from django.core.cache import cache

from tenure.engage.handed import harmless
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.roster import Asked
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import soon
from tenure.server.access.reader import Denied, Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.warehouse.measures import CUSTOMER
from tenure.wording import Money

PAGE = 25
# how far into a list somebody looks who may not take lists out of the house, and how many people they see a day
LOOKED_AT = 1_000
A_DAY = 10_000
_FEW = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as a list shows them; times in microseconds UTC. `name` is the best there is to call them by."""

    id: str
    name: str
    email: str
    stage: str | None
    since: int | None
    until: int | None
    next: str | None
    money: Decimal
    last_seen: int | None
    owner: str
    traits: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A page of a list: how many there are in all, what they are worth, these of them, and whether more follow."""

    count: int
    money: Decimal
    rows: tuple[Person, ...]
    lifecycle: Lifecycle
    more: bool

    @property
    def worth(self) -> Money:
        """Writes the amounts of this page."""
        return Money(holding.workspace().definitions.config.currency, [row.money for row in self.rows])


def people(
    reader: Reader,
    asked: Asked,
    *,
    lifecycle: str | None = None,
    offset: int = 0,
    limit: int = PAGE,
    counted: bool = True,
) -> People:
    """The people that are asked for, from `offset` on; uncounted ones come without numbers, quicker.

    Raises Denied for whoever may not export and has looked through so much that it comes to the same.
    """
    require(reader, Right.PEOPLE)
    limit = looked_through(reader, offset, limit)
    found = _page(asked, lifecycle, offset, limit, counted)
    return found if goes_on(reader, offset, limit) else replace(found, more=False)


@kept(128)
def _page(asked: Asked, lifecycle: str | None, offset: int, limit: int, counted: bool) -> People:
    ws = holding.workspace()
    # one more than is shown tells whether there are more
    found = ws.roster.look(asked, lifecycle, limit=limit + 1, offset=offset, counted=counted)
    rows = tuple(person(row) for row in found.rows[:limit])
    return People(
        count=found.people,
        money=found.money,
        rows=rows,
        lifecycle=ws.lifecycle(lifecycle),
        more=len(found.rows) > limit,
    )


def looked_through(reader: Reader, offset: int, limit: int) -> int:
    """How many rows of a list somebody may see from `offset` on, at most `limit`; those who may not export see less.

    Raises Denied at the end of what they see of one list, or of all in a day.
    """
    if reader.may(Right.EXPORT):
        return limit
    left = LOOKED_AT - offset
    if left <= 0:
        raise Denied(
            f"You see the first {LOOKED_AT:,} of a list.", hint="Filter it, or ask an administrator for the whole."
        )
    key = f"looked-at-{getattr(reader, 'pk', 0)}-{holding.now() // DAY}"
    cache.add(key, 0, 86_400)
    before = cache.get(key, 0)
    if before >= A_DAY:
        raise Denied(f"You have looked at {A_DAY:,} people today.", hint="Go on tomorrow, or ask an administrator.")
    shown = min(limit, left)
    cache.set(key, before + shown, 86_400)
    if before + shown >= A_DAY and isinstance(reader, User):
        record(reader, "looked at very many people", str(A_DAY))
    return shown


def goes_on(reader: Reader, offset: int, limit: int) -> bool:
    """Whether somebody may see what follows on a page of a list."""
    return reader.may(Right.EXPORT) or offset + limit < LOOKED_AT


def people_table(reader: Reader, asked: Asked, *, lifecycle: str | None = None) -> pa.Table:
    """All of them as Arrow, to be taken out of the house: times as UTC timestamps, texts harmless in spreadsheets."""
    require(reader, Right.PEOPLE)
    require(reader, Right.EXPORT)
    found = holding.workspace().roster.rows(asked, lifecycle)
    for name in ("first_seen", "last_seen", "since", "until"):
        at = found.column_names.index(name)
        found = found.set_column(at, name, found.column(at).cast(pa.timestamp("us", tz="UTC")))
    return harmless(found)


def ids_of(reader: Reader, asked: Asked, *, lifecycle: str | None = None) -> list[str]:
    """The ids of all of them, the first of the list first."""
    require(reader, Right.PEOPLE)
    found: list[str] = holding.workspace().roster.rows(asked, lifecycle)["id"].to_pylist()
    return found


def people_of(
    ids: Iterable[str], *, lifecycle: str | None = None, kind: str = CUSTOMER
) -> dict[str, Person]:  # fmt: skip
    """The people of these ids, as lists show them, by id; with a `lifecycle`, whatever that counts.

    For functions that have asked who wants them.
    """
    wanted = frozenset(ids)
    if not wanted:
        return {}
    ws = holding.workspace()
    if lifecycle is not None:
        kind = ws.lifecycle(lifecycle).unit
    # beyond so many, reading all is quicker than naming each
    asked = Asked(kind=kind, ids=tuple(sorted(wanted)) if len(wanted) <= _FEW else None, sort="id")
    return {row["id"]: person(row) for row in ws.roster.rows(asked, lifecycle).to_pylist() if row["id"] in wanted}


def stranger(customer: str) -> Person:
    """Somebody of whom nothing but the id is known, such as who was left out of every figure."""
    return Person(
        id=customer, name=customer, email="", stage=None, since=None, until=None, next=None, money=Decimal(0),
        last_seen=None, owner="", traits={},
    )  # fmt: skip


def trait_values(reader: Reader, names: Sequence[str]) -> dict[str, tuple[tuple[str, int], ...]]:
    """The commonest values of traits, each with how many people have it."""
    require(reader, Right.PEOPLE)
    return {name: found for name in names if (found := soon(_values, name))}


@kept(64)
def _values(name: str) -> tuple[tuple[str, int], ...]:
    return holding.workspace().roster.values(name)


def person(row: Mapping[str, object]) -> Person:
    """A row of the roster as a list shows it."""
    own = {"id", "kind", "money", "first_seen", "last_seen", "events", "stage", "since", "until", "next"}
    traits = {
        name: str(value)
        for name, value in row.items()
        if name not in own and value is not None and not name.startswith("in ")
    }
    return Person(
        id=str(row["id"]), name=called(traits) or str(row["id"]), email=traits.get("email", ""),
        stage=row["stage"], since=row["since"], until=row["until"], next=row["next"], money=row["money"],  # type: ignore[arg-type]
        last_seen=row["last_seen"], owner=traits.get("owner", ""), traits=traits,  # type: ignore[arg-type]
    )  # fmt: skip


def called(traits: Mapping[str, str]) -> str:
    """What a person is called, from their traits; empty where they say nothing."""
    whole = traits.get("name") or traits.get("full_name") or ""
    return whole or " ".join(filter(None, (traits.get("first_name"), traits.get("last_name"))))
