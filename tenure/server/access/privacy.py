"""How nothing is left of what is held on one person.

An erasure names nobody: what must stay of the person (the log of what users did) says a word that was drawn for them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.http import Http404

from tenure.server import holding, loops
from tenure.server.access import kept
from tenure.server.access.held import contacts, tasks
from tenure.server.access.mentions import mentions, rename
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.intake.models import Delivery
from tenure.server.work.models import InboxEvent, LoopRun, SavedView
from tenure.warehouse.erasing import Erasure
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


def going(reader: Reader, customer: str) -> Going:
    """What an erasure would take out. Raises Http404 for nobody."""
    require(reader, Right.PRIVACY)
    persons = Persons(holding.workspace())
    if persons.find(customer) is None:
        raise Http404
    events, stays = persons.erasing(customer)
    return Going(
        events=events, stays=stays, tasks=tasks([customer]).count(),
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
    # people are searched for by their mail or name, and what was searched for is kept
    called = contacts(dict(persons.traits(known)))

    def erased() -> Erasure:
        word = f"erased-{secrets.token_hex(6)}"
        with holding.writing:
            held = Persons(holding.workspace())
            # before the log: who is in it no more is nobody, and could not be asked for again after an end in between
            with transaction.atomic():
                _forget(tuple(dict.fromkeys((*held.ids(customer), *called))), word)
            done = held.erase(customer)
        with transaction.atomic():
            # what was written about them meanwhile
            _forget(tuple(dict.fromkeys((*done.ids, *called))), word)
            record(user, "erased a person", word, address=address, events=done.events, mentions=done.mentions)
        # pages that were drawn with their name, and lists that they were on
        cache.clear()
        kept.forget()
        return done

    return loops.ask("erases a person", erased)


def _forget(ids: Sequence[str], word: str) -> None:
    """Takes the ids out of the operational database; what has to stay says `word` in their place."""
    InboxEvent.objects.filter(Q(body__customer_id__in=ids) | Q(body__anonymous_id__in=ids)).delete()
    tasks(ids).delete()
    for found in mentions(ids):
        match found.row:
            # the search that found them; a fault of a loop
            case SavedView():
                found.row.delete()
            case LoopRun():
                LoopRun.objects.filter(pk=found.row.pk).update(error="")
            # what clients sent goes through the log's gate, which refuses those erased and lets the others pass
            case Delivery():
                pass
            case _:
                rename(found, ids, word)
