"""What waits in the outbox is sent: each address by a thread of its own, so that a slow one keeps nobody waiting.

What does not arrive is tried again, after seconds at first and hours at last, and is parked after three days.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.db.models import Min

from tenure.errors import TenureError, UsageError
from tenure.server import holding
from tenure.server.outward import post
from tenure.server.webhooks.models import Endpoint, Sending
from tenure.server.webhooks.signing import signed

FIRST, FACTOR, LONGEST = 5.0, 4.0, 8 * 3600.0  # seconds
PATIENCE = timedelta(days=3)
# how long it is kept what became of them
KEPT, PARKED_KEPT = timedelta(days=7), timedelta(days=30)
_AT_ONCE = 16
_OURS = "an error of this server, told by its log"
# what an attempt writes down
_TOLD = ("state", "attempts", "due_at", "tried_at", "code", "fault", "seconds")
_TIDIED = 3600.0
_GONE = 410
_LOG = logging.getLogger("tenure.webhooks")


class Sendings:
    """Has every address that something is due for told by a thread."""

    def __init__(self) -> None:
        self._threads: dict[int, threading.Thread] = {}
        self._tidied = 0.0

    def __call__(self) -> int:
        """How many messages wait."""
        now = datetime.now(UTC)
        self._threads = {number: thread for number, thread in self._threads.items() if thread.is_alive()}
        due = _waiting().filter(due_at__lte=now).values_list("endpoint", flat=True).distinct()
        for number in due:
            if number not in self._threads and len(self._threads) < _AT_ONCE:
                thread = threading.Thread(target=_tell, args=(number,), name=f"tenure-webhook-{number}", daemon=True)
                self._threads[number] = thread
                thread.start()
        if time.monotonic() - self._tidied > _TIDIED:
            self._tidied = time.monotonic()
            Sending.objects.filter(state=Sending.State.SENT, made_at__lt=now - KEPT).delete()
            Sending.objects.filter(state=Sending.State.PARKED, made_at__lt=now - PARKED_KEPT).delete()
        return _waiting().count()

    def seconds_to_next(self) -> float | None:
        """In how many seconds the next message is due; None where none waits."""
        soonest = _waiting().exclude(endpoint__in=self._threads).aggregate(at=Min("due_at"))["at"]
        return None if soonest is None else (soonest - datetime.now(UTC)).total_seconds()


def _waiting() -> Any:
    return Sending.objects.filter(state=Sending.State.WAITING, endpoint__on=True)


def _tell(number: int) -> None:
    """Nothing; sends what is due for an endpoint, one message after the other."""
    try:
        close_old_connections()
        while True:
            sending = (
                _waiting()
                .filter(endpoint=number, due_at__lte=datetime.now(UTC))
                .select_related("endpoint")
                .order_by("due_at", "last")
                .first()
            )
            if sending is None:
                return
            try:
                send(sending)
            except Exception:
                # it rests as one does that did not arrive, so that the others have their turn
                late = Sending.objects.filter(pk=sending.pk)
                late.update(attempts=sending.attempts, due_at=datetime.now(UTC) + pause(sending), fault=_OURS)
                raise
    except Exception:
        _LOG.exception("a webhook could not be sent", extra={"endpoint": number})
    finally:
        close_old_connections()


def send(sending: Sending, *, body_of: Callable[[Sending], bytes | None] | None = None) -> None:
    """Nothing; one attempt, with what came of it written down."""
    began = time.perf_counter()
    sending.attempts += 1
    sending.tried_at = datetime.now(UTC)
    sending.code, sending.fault = None, ""
    body = (body_of or message)(sending)
    if body is None:
        # whom it told of was erased meanwhile
        sending.state, sending.fault = Sending.State.SENT, "nothing is left of it"
    else:
        _attempt(sending, body)
    sending.seconds = time.perf_counter() - began
    # not `save`, which would bring back one whose address was removed meanwhile
    told = {name: getattr(sending, name) for name in _TOLD}
    Sending.objects.filter(pk=sending.pk).update(**told)


def _attempt(sending: Sending, body: bytes) -> None:
    endpoint = sending.endpoint
    headers = signed(body, id_=f"msg_{endpoint.pk}_{sending.pk}", at=int(time.time()), secret=endpoint.secret)
    try:
        sending.code = post(endpoint.url, body, headers, private=settings.ENVIRONMENT.private_addresses)
    except TenureError as error:
        sending.fault = error.message[:300]
        lasting = isinstance(error, UsageError)
    else:
        if 200 <= sending.code < 300:
            sending.state = Sending.State.SENT
            return
        lasting = sending.code == _GONE
    if sending.code == _GONE:
        Endpoint.objects.filter(pk=endpoint.pk).update(on=False)
    tried = datetime.now(UTC)
    if lasting or tried - sending.made_at > PATIENCE:
        sending.state = Sending.State.PARKED
    sending.due_at = tried + pause(sending)


def pause(sending: Sending) -> timedelta:
    """How long it rests after a failed attempt: longer each time, and not at the same moment for all."""
    seconds = min(FIRST * FACTOR ** (sending.attempts - 1), LONGEST)
    chance = random.Random(f"{sending.pk}-{sending.attempts}")
    return timedelta(seconds=seconds * chance.uniform(1.0, 1.25))


def message(sending: Sending) -> bytes | None:
    """The body: the rows of the feed as they are now; None where none is left."""
    ws = holding.workspace()
    rows = ws.feed.rows(only=sending.rows).to_pylist() if sending.rows else []
    return told("moves", ws.definitions.config.name, [row_told(row) for row in rows]) if rows else None


def told(kind: str, name: str, moves: Sequence[Mapping[str, Any]]) -> bytes:
    """A message as JSON; `name` is the workspace's."""
    return json.dumps({"type": kind, "workspace": name, "moves": moves}, ensure_ascii=False).encode()


def row_told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the feed as it is told outside: times as ISO 8601."""
    return {**row, **{name: _iso(row[name]) for name in ("moved_at", "recorded_at")}}


def _iso(moment: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).isoformat().replace("+00:00", "Z")
