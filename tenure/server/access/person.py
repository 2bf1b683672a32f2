"""Somebody's own page: who they are, where they stand and stood, what they did, what they agreed to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import Http404

from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.explain import Explanation
from tenure.lifecycle.roster.person import Bought, Score, Stay
from tenure.server import holding
from tenure.server.access.happenings import GROUPS, Happening, happening
from tenure.server.access.kept import kept
from tenure.server.access.people import PAGE, called
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import InboxEvent
from tenure.server.work.timeline import tell
from tenure.warehouse.identity.asking import Unit
from tenure.workspace.persons import Persons

LONGEST_NOTE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A person with what their page begins with; times in microseconds UTC."""

    id: str
    name: str
    email: str
    owner: str
    traits: Mapping[str, str]
    first_seen: int
    last_seen: int | None
    excluded: bool
    money: Decimal
    lifecycle: Lifecycle
    stays: tuple[Stay, ...]
    stage: str | None
    since: int | None
    until: int | None
    next: str | None
    elsewhere: tuple[tuple[Lifecycle, str | None], ...]
    scores: tuple[Score, ...]
    as_of: int


def whole(reader: Reader, customer: str, *, lifecycle: str | None = None) -> Whole:
    """The person of that id, with the stays in a lifecycle. Raises Http404 where there is none."""
    require(reader, Right.PEOPLE)
    ws, persons, known = _known(customer)
    shown = ws.lifecycle(lifecycle or _first_of_people())
    listed = persons.listed(known)
    traits = _traits(persons, known, customer)
    stays = persons.stays(known, shown.name)
    as_of = ws.refreshed_as_of or ws.as_of
    here = next(
        (one for one in stays if one.entered_at <= as_of and (one.left_at is None or one.left_at > as_of)), None
    )
    after = next((one for one in stays if here is not None and one.entered_at == here.left_at), None)
    others = [one for one in ws.definitions.lifecycles if one.name != shown.name and one.unit == "customer"]
    return Whole(
        id=known.id, name=called(traits) or known.id, email=traits.get("email", ""),
        owner=traits.get("owner", ""),
        traits=traits, first_seen=known.first_seen, last_seen=listed.last_seen if listed else None,
        excluded=listed is None, money=listed.money if listed else Decimal(0), lifecycle=shown, stays=stays,
        stage=here.stage if here else None, since=here.entered_at if here else None,
        until=here.left_at if here else None, next=after.stage if after else None,
        elsewhere=tuple((one, listed.stages.get(one.name) if listed else None) for one in others),
        scores=persons.scores(known), as_of=as_of,
    )  # fmt: skip


def traits(reader: Reader, customer: str) -> Mapping[str, str]:
    """What is known of the person, by name. Raises Http404 where there is nobody of that id."""
    require(reader, Right.PEOPLE)
    _, persons, known = _known(customer)
    return _traits(persons, known, customer)


def counts(reader: Reader, customer: str) -> Mapping[str, int]:
    """How many events of each group there are. Raises Http404 where there is nobody of that id."""
    require(reader, Right.PEOPLE)
    _, persons, known = _known(customer)
    groups: dict[str, int] = {}
    for name, count in persons.counts(known, until=holding.workspace().as_of).items():
        group = GROUPS.get(name, "other")
        groups[group] = groups.get(group, 0) + count
    return groups


def bought(reader: Reader, customer: str) -> Bought:
    """What the person bought. Raises Http404 where there is nobody of that id."""
    require(reader, Right.PEOPLE)
    _, persons, known = _known(customer)
    return persons.bought(known)


def timeline(
    reader: Reader, customer: str, *, group: str = "", offset: int = 0, limit: int = PAGE
) -> tuple[tuple[Happening, ...], bool]:
    """What happened, the newest first, from `offset` on, and whether more follows; `group` keeps one kind of it.

    What was written just now and is not in the log yet stands first. Raises Http404 where there is nobody of that id.
    """
    require(reader, Right.PEOPLE)
    ws, _, known = _known(customer)
    only: list[str] | None = None
    but: list[str] = []
    if group == "other":
        but = list(GROUPS)
    elif group:
        only = [name for name, one in GROUPS.items() if one == group]
        if not only:
            raise UsageError(f"There is no kind of events {group[:40]!r}.")
    rows = ws.timeline.of(customer, only, limit=limit + 1, without=but, offset=offset, key=known.key)
    found = [happening(one.time, one.name, one.raw, one.context, one.source) for one in rows[:limit]]
    if not offset:
        found = [one for one in map(_arriving, waiting_events(customer)) if not group or one.group == group] + found
    return tuple(found), len(rows) > limit


def why(reader: Reader, customer: str, lifecycle: str | None = None) -> Explanation:
    """Why the person is in their stage. Raises Http404 where there is nobody of that id."""
    require(reader, Right.PEOPLE)
    ws, _, _ = _known(customer)
    return ws.explain(customer, ws.lifecycle(lifecycle or _first_of_people()).name)


def write_note(user: User, customer: str, text: str) -> None:
    """Nothing; the note is in the timeline. Raises UsageError for an empty one."""
    require(user, Right.WORK)
    _known(customer)
    clean = text.strip()
    if not clean or len(clean) > LONGEST_NOTE:
        raise UsageError(f"A note has from 1 to {LONGEST_NOTE:,} letters.")
    with transaction.atomic():
        tell("Note Written", customer, {"text": clean}, by=user.username)
        record(user, "wrote a note", customer)


def _traits(persons: Persons, known: Unit, customer: str) -> dict[str, str]:
    """The traits of the log, and what is on its way to it."""
    found = dict(persons.traits(known))
    for event in reversed(waiting_events(customer)):
        for name, value in event.get("traits", {}).items():
            if value is None:
                found.pop(name, None)
            else:
                found[name] = str(value)
    return found


def _known(customer: str) -> tuple[Any, Persons, Unit]:
    ws = holding.workspace()
    known = _found(customer)
    if known is None:
        raise Http404(f"There is nobody of the id {customer[:100]!r}.")
    return ws, Persons(ws), known


@kept(512)
def _found(customer: str) -> Unit | None:
    return Persons(holding.workspace()).find(customer)


def _first_of_people() -> str | None:
    defined = holding.workspace().definitions.lifecycles
    return next((one.name for one in defined if one.unit == "customer" and not one.segment), None)


def known_person(customer: str) -> tuple[Persons, Unit]:
    """The person of that id, for functions that have asked who wants to know. Raises Http404 where there is none."""
    _, persons, known = _known(customer)
    return persons, known


def waiting_events(customer: str) -> Sequence[dict[str, Any]]:
    """The events on their way to the log, the newest first."""
    rows = InboxEvent.objects.filter(body__customer_id=customer).order_by("-id")[:PAGE]
    return [dict(row.body) for row in rows]


def _arriving(body: Mapping[str, Any]) -> Happening:
    traits = body.get("traits") or None
    context = json.dumps({"traits": traits}) if traits else None
    return happening(body["time"], body["name"], json.dumps(body["properties"]), context, "tenure")
