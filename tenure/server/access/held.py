"""All that is held on one person, to be handed out: in the event log, in the operational database, and on its way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from tenure.events import Event
from tenure.server import holding
from tenure.server.access.consent import consent
from tenure.server.access.mentions import mentions, mentions_in, written
from tenure.server.access.person import known_person
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import AuditEntry, User
from tenure.server.accounts.roles import Right
from tenure.server.intake.handing import items_of
from tenure.server.intake.models import Delivery
from tenure.server.work.models import InboxEvent, Task
from tenure.workspace.persons import Persons

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TASK = ("id", "title", "state", "due_on", "money", "source", "reference", "note", "outcome", "created_at", "done_at")


def held(reader: Reader, customer: str) -> dict[str, Any]:
    """Everything that is held on a person, as JSON knows it: times in ISO 8601 UTC. Raises Http404 for nobody."""
    require(reader, Right.PRIVACY)
    persons, known = known_person(customer)
    ws = holding.workspace()
    ids = ids_of(persons, customer)
    agreed = consent(reader, customer)
    traits = dict(persons.traits(known))
    named = (*ids, *contacts(traits))
    return {
        "id": customer, "ids": list(ids), "first_seen": iso(known.first_seen), "as_of": iso(ws.refreshed_as_of),
        "identity": persons.identity(known),
        "traits": traits,
        "traits_over_time": [
            {"time": iso(time), "name": name, "value": json.loads(value)}
            for time, name, value in persons.trait_changes(known)
        ],
        "consent": [
            {"channel": one.channel, "purpose": one.purpose, "given": one.given,
             "since": iso(one.word.time) if one.word else None}
            for one in agreed.standing
        ],
        "consent_over_time": [{**asdict(one), "time": iso(one.time)} for one in agreed.words],
        "stages": {
            one.name: [
                {"stage": stay.stage, "from": iso(stay.entered_at), "until": iso(stay.left_at)}
                for stay in persons.stays(known, one.name)
            ]
            for one in ws.definitions.lifecycles
            if one.unit == "customer"
        },
        "scores": [{**asdict(one), "as_of": iso(one.as_of)} for one in persons.all_scores(known)],
        "events": persons.event_rows(known, iso),
        "derived": persons.derived(known),
        "waiting": [
            *(row.body for row in InboxEvent.objects.filter(_of(ids))), *map(_told, deliveries(named)),
        ],
        "tasks": [_plain(row) for row in tasks(ids).values(*_TASK)],
        "rejected": [
            {"source": source, "reason": reason, "row": raw}
            for source, reason, raw in dict.fromkeys(row for one in named for row in persons.rejected(one))
        ],
        "done_by_users": [
            {key: one.plain()[key] for key in ("at", "who", "did", "what", "detail")}
            for one in mentions_in(AuditEntry, named)
        ],
        "elsewhere": [
            {"table": one.table, "row": one.plain()}
            for one in mentions(named, without=(Delivery, AuditEntry))
            if not _theirs(one.row, ids)
        ],
    }  # fmt: skip


def handed_out(reader: Reader, customer: str, *, form: str, address: str | None = None) -> dict[str, Any]:
    """Everything that is held on a person; that it was handed out is noted."""
    found = held(reader, customer)
    record(
        reader if isinstance(reader, User) else None, "handed out all on a person", customer, address=address,
        form=form, events=len(found["events"]),
    )  # fmt: skip
    return found


def ids_of(persons: Persons, customer: str) -> tuple[str, ...]:
    """Every id under which the log knows a person, their own first."""
    return tuple(dict.fromkeys((customer, *persons.ids(customer))))


def contacts(traits: dict[str, str]) -> tuple[str, ...]:
    """By what else they are looked for: mail, telephone, and their name where it is more than one word."""
    name = traits.get("name") or " ".join(filter(None, (traits.get("first_name"), traits.get("last_name"))))
    found = [traits.get("email", ""), traits.get("phone", ""), name if " " in name.strip() else ""]
    return tuple(one for one in found if len(one) > 4)


def tasks(ids: Sequence[str]) -> Any:
    """The tasks about a person."""
    return Task.objects.filter(customer__in=ids, kind="customer")


def deliveries(ids: Sequence[str]) -> Iterator[Event]:
    """The events that clients sent about a person, and that the log does not have yet."""
    wanted = Q()
    for form in written(ids):
        wanted |= Q(body__contains=form) | Q(call__contains=form)
    for row in Delivery.objects.filter(wanted).order_by("id").iterator(100):
        for item in items_of(row):
            if isinstance(item, Event) and not {item.customer_id, item.anonymous_id}.isdisjoint(ids):
                yield item


def iso(time: int | None) -> str | None:
    """A moment in ISO 8601, UTC."""
    if time is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=time)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return str(time)


def _theirs(row: object, ids: Sequence[str]) -> bool:
    """Whether a row is about the person, and told elsewhere; others only name them."""
    match row:
        case Task():
            return row.customer in ids and row.kind == "customer"
        case InboxEvent():
            return row.body.get("customer_id") in ids or row.body.get("anonymous_id") in ids
    return False


def _of(ids: Sequence[str]) -> Q:
    return Q(body__customer_id__in=list(ids)) | Q(body__anonymous_id__in=list(ids))


def _told(event: Event) -> dict[str, object]:
    return {key: value for key, value in asdict(event).items() if value not in (None, {})}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value if value is None or isinstance(value, str | int) else str(value) for key, value in row.items()}
