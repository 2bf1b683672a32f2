"""What is held on one person, all of it, to be handed out; and how nothing of it is left.

An erasure names nobody: what must stay of the person (the log of what users did) says a word that was drawn for them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import Http404

from tenure.server import holding, loops
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import AuditEntry, User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import InboxEvent, LoopRun, SavedView, Task
from tenure.warehouse.erasing import Erasure, pseudonym
from tenure.workspace.persons import Persons

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TASK = ("id", "title", "state", "due_on", "money", "source", "reference", "note", "outcome", "created_at", "done_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What an erasure takes out: events, stays in stages, tasks, and changes that are on their way to the log."""

    events: int
    stays: int
    tasks: int
    waiting: int


def held(reader: Reader, customer: str) -> dict[str, Any]:
    """Everything that is held on a person, as JSON knows it: times in ISO 8601 UTC. Raises Http404 for nobody."""
    require(reader, Right.PRIVACY)
    ws = holding.workspace()
    persons = Persons(ws)
    known = persons.find(customer)
    if known is None:
        raise Http404
    lifecycles = [one for one in ws.definitions.lifecycles if one.unit == "customer"]
    return {
        "id": customer, "first_seen": _iso(known.first_seen), "as_of": _iso(ws.refreshed_as_of),
        "traits": dict(persons.traits(known)),
        "traits_over_time": [
            {"time": _iso(time), "name": name, "value": json.loads(value)}
            for time, name, value in persons.trait_changes(known)
        ],
        "consent": dict(persons.consent(known)),
        "stages": {
            one.name: [
                {"stage": stay.stage, "from": _iso(stay.entered_at), "until": _iso(stay.left_at)}
                for stay in persons.stays(known, one.name)
            ]
            for one in lifecycles
        },
        "scores": [{**asdict(one), "as_of": _iso(one.as_of)} for one in persons.scores(known)],
        "events": [
            {
                "time": _iso(one.time), "name": one.name, "message_id": one.message_id, "type": one.type,
                "source": one.source, "properties": one.properties,
                "context": json.loads(one.context) if one.context else None,
            }
            for one in persons.events(known)
        ],
        "waiting": [row.body for row in InboxEvent.objects.filter(body__customer_id=customer)],
        "tasks": [_plain(row) for row in _tasks([customer]).values(*_TASK)],
        "rejected": [
            {"source": source, "reason": reason, "row": raw} for source, reason, raw in persons.rejected(customer)
        ],
        "done_by_users": [
            {"at": entry.at.isoformat(), "who": entry.who, "did": entry.did, "what": entry.what}
            for entry in AuditEntry.objects.filter(what=customer)[:1000]
        ],
    }  # fmt: skip


def handed_out(user: User, customer: str, *, form: str, address: str | None = None) -> dict[str, Any]:
    """Everything that is held on a person; that it was handed out is noted."""
    found = held(user, customer)
    record(user, "handed out all on a person", customer, address=address, form=form, events=len(found["events"]))
    return found


def going(reader: Reader, customer: str) -> Going:
    """What an erasure would take out. Raises Http404 for nobody."""
    require(reader, Right.PRIVACY)
    persons = Persons(holding.workspace())
    if persons.find(customer) is None:
        raise Http404
    events, stays = persons.erasing(customer)
    return Going(
        events=events, stays=stays, tasks=_tasks([customer]).count(),
        waiting=InboxEvent.objects.filter(body__customer_id=customer).count(),
    )  # fmt: skip


def erase(user: User, customer: str, *, address: str | None = None) -> Future[Erasure]:
    """The erasure, to come: nothing that is held on the person is left, and no import brings them back.

    It may be asked for again where it was cut short. Raises Http404 for nobody.
    """
    require(user, Right.PRIVACY)
    persons = Persons(holding.workspace())
    known = persons.find(customer)
    if known is None:
        raise Http404
    # people are searched for by their mail, and what was searched for is kept
    mail = persons.traits(known).get("email", "")

    def erased() -> Erasure:
        with holding.writing:
            done = Persons(holding.workspace()).erase(customer)
        word = f"erased-{secrets.token_hex(6)}"
        with transaction.atomic():
            _forget((*done.ids, mail) if mail and mail not in done.ids else done.ids, word)
            record(user, "erased a person", word, address=address, events=done.events, mentions=done.mentions)
        # pages that were drawn with their name
        cache.clear()
        return done

    return loops.ask("erases a person", erased)


def _forget(ids: Sequence[str], word: str) -> None:
    """Takes the ids out of the operational database; the log of what users did says `word` in their place."""
    InboxEvent.objects.filter(Q(body__customer_id__in=ids) | Q(body__anonymous_id__in=ids)).delete()
    _tasks(ids).delete()
    for view in SavedView.objects.all():
        told = unquote_plus(view.query)
        if pseudonym(told, ids) != told:
            view.delete()
    ids = _written(ids)
    for one in ids:
        LoopRun.objects.filter(error__contains=one).update(error="")
        entries = AuditEntry.objects.annotate(told=Cast("detail", TextField()))
        for entry in entries.filter(Q(what__contains=one) | Q(told__contains=one)):
            # an entry is never changed, but for this: the name of somebody who must not be named any more
            AuditEntry.objects.filter(pk=entry.pk).update(
                what=pseudonym(entry.what, ids, word), detail=_renamed(entry.detail, ids, word)
            )


def _written(ids: Sequence[str]) -> tuple[str, ...]:
    """The ids, and as they stand in addresses and in JSON."""
    return tuple(
        dict.fromkeys(form for one in ids for form in (one, quote_plus(one), quote(one), json.dumps(one)[1:-1]))
    )


def _renamed(value: Any, ids: Sequence[str], word: str) -> Any:
    match value:
        case str():
            return pseudonym(value, ids, word)
        case list():
            return [_renamed(one, ids, word) for one in value]
        case dict():
            return {key: _renamed(one, ids, word) for key, one in value.items()}
    return value


def _tasks(ids: Sequence[str]) -> Any:
    return Task.objects.filter(customer__in=ids, kind="customer")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value if value is None or isinstance(value, str | int) else str(value) for key, value in row.items()}


def _iso(time: int | None) -> str | None:
    if time is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=time)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return str(time)
