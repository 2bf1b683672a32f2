"""Webhooks, as administrators see them: addresses, what was sent there, and what did not arrive."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.lifecycle.feed import CAUSES
from tenure.server import holding, loops
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.outward import allowed
from tenure.server.webhooks import sending
from tenure.server.webhooks.models import Endpoint, Sending
from tenure.server.webhooks.signing import new_secret
from tenure.workspace import Workspace

SHOWN = 50
CHOICES = CAUSES


def endpoints(reader: Reader) -> list[Endpoint]:
    """Every address, with `waiting` and `parked` messages."""
    require(reader, Right.ACCESS)
    found = list(Endpoint.objects.order_by("name"))
    for one in found:
        one.waiting = one.sendings.filter(state=Sending.State.WAITING).count()
        one.parked = one.sendings.filter(state=Sending.State.PARKED).count()
    return found


def endpoint(reader: Reader, number: int) -> tuple[Endpoint, list[Sending]] | None:
    """An address and the last messages; None where there is none."""
    require(reader, Right.ACCESS)
    found = Endpoint.objects.filter(pk=number).first()
    if found is None:
        return None
    return found, list(found.sendings.order_by("-pk")[:SHOWN])


def named(reader: Reader, name: str) -> Endpoint:
    """The address of that name. Raises UsageError where there is none."""
    require(reader, Right.ACCESS)
    found = Endpoint.objects.filter(name=name).first()
    if found is None:
        names = list(Endpoint.objects.order_by("name").values_list("name", flat=True))
        raise UsageError(f"There is no webhook {name!r}.", hint=did_you_mean(name, names) or "`tenure webhooks list`.")
    return found


def make(
    by: User | None, name: str, url: str, *, lifecycles: Sequence[str] = (), stages: Sequence[str] = (),
    causes: Sequence[str] = (), reader: Reader | None = None, address: str | None = None,
    workspace: Workspace | None = None,
) -> tuple[Endpoint, str]:  # fmt: skip
    """A new address, and its secret; it is told of moves from now on.

    `workspace` is the one that this process holds, where none is given; a command gives the one that it asks.
    """
    _may(by, reader)
    ws = workspace or holding.workspace()
    name = name.strip()
    if not name:
        raise UsageError("A webhook needs a name.")
    allowed(url, private=settings.ENVIRONMENT.private_addresses)
    known = {one.name: [stage.name for stage in one.stages] for one in ws.definitions.lifecycles}
    _known("lifecycle or segment", lifecycles, list(known))
    _known("stage", stages, [stage for one in lifecycles or known for stage in known[one]])
    _known("cause", causes, CAUSES)
    state = ws.feed.state
    made = Endpoint(
        name=name[:100], url=url[:500], secret=new_secret(), lifecycles=[*lifecycles], stages=[*stages],
        causes=[*causes], seq=state.seq if state else 0, created_by=by,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save()
            record(by, "made a webhook", made.name, address=address, url=made.url)
    except IntegrityError:
        raise UsageError(f"There is a webhook {name!r} already.", hint="Take another name.") from None
    loops.hurry("announcements")
    return made, made.secret


def switch(
    by: User | None, found: Endpoint, *, on: bool, reader: Reader | None = None, address: str | None = None,
    workspace: Workspace | None = None,
) -> None:  # fmt: skip
    """Nothing; the address is told of moves or not. What happened while it was off is not told."""
    _may(by, reader)
    state = (workspace or holding.workspace()).feed.state
    changed: Mapping[str, Any] = {"on": on, **({"seq": state.seq} if on and not found.on and state else {})}
    with transaction.atomic():
        Endpoint.objects.filter(pk=found.pk).update(**changed)
        record(by, "switched a webhook on" if on else "switched a webhook off", found.name, address=address)
    loops.hurry("webhooks")


def remove(by: User | None, found: Endpoint, *, reader: Reader | None = None, address: str | None = None) -> None:
    """Nothing; the address is gone, with what waits for it."""
    _may(by, reader)
    with transaction.atomic():
        record(by, "removed a webhook", found.name, address=address)
        found.delete()


def probe(
    by: User | None, found: Endpoint, *, reader: Reader | None = None, address: str | None = None,
    workspace: Workspace | None = None,
) -> Sending:  # fmt: skip
    """What came of a message of the type `test`, sent now and once."""
    _may(by, reader)
    made = Sending.objects.create(
        endpoint=found, last=-time.time_ns() // 1000, due_at=datetime.now(UTC), state=Sending.State.PARKED
    )
    record(by, "tried a webhook", found.name, address=address)
    name = (workspace or holding.workspace()).definitions.config.name
    sending.send(made, body_of=lambda _: sending.told("test", name, []))
    if made.state != Sending.State.SENT:
        Sending.objects.filter(pk=made.pk).update(state=Sending.State.PARKED)
    return made


def again(by: User | None, found: Endpoint, *, reader: Reader | None = None, address: str | None = None) -> int:
    """How many parked messages of an address wait again."""
    _may(by, reader)
    now = datetime.now(UTC)
    with transaction.atomic():
        count = found.sendings.filter(state=Sending.State.PARKED, last__gt=0).update(
            state=Sending.State.WAITING, due_at=now, made_at=now, attempts=0
        )
        record(by, "sent a webhook's messages again", found.name, address=address, messages=count)
    loops.hurry("webhooks")
    return int(count)


def _may(by: User | None, reader: Reader | None) -> None:
    """Nothing; a command of the machine's owner comes without either."""
    who = reader or by
    if who is not None:
        require(who, Right.ACCESS)


def _known(what: str, asked: Sequence[str], names: Sequence[str]) -> None:
    for one in asked:
        if one not in names:
            hint = did_you_mean(one, names) or f"There are: {', '.join(dict.fromkeys(names))}."
            raise UsageError(f"There is no {what} {one!r}.", hint=hint)
