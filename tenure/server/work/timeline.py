"""Events that the application writes: kept in the inbox with the row they tell of, then moved to the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tenure.events import Event
from tenure.server.holding import now, workspace
from tenure.server.loops import hurry
from tenure.server.work.models import InboxEvent


def tell(
    name: str, customer: str | None, properties: Mapping[str, Any], *, by: str, kind: str = "customer",
    time: int | None = None, message_id: str | None = None, traits: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Nothing; the event is on its way to the log.

    Call it in the transaction that writes the row it tells of: either both are there, or neither. `by` is the user who
    did it; `time` is in microseconds UTC, by default now, or the moment as of which the workspace speaks where that
    stands still: what is dated later would not be seen.
    """
    InboxEvent.objects.create(
        # ids in the order of writing: of two events of one moment, the later one counts
        message_id=message_id or f"app-{now():017d}-{uuid4().hex[:12]}",
        body={
            "name": name, "time": time or moment(), "customer_id": customer if kind == "customer" else None,
            "account": customer if kind == "account" else None, "type": "identify" if traits else "track",
            "properties": {**properties, "by": by}, "traits": dict(traits or {}),
        },
    )  # fmt: skip
    hurry("inbox")


def moment() -> int:
    """The moment at which an event that is written now happens, in microseconds UTC; ask once for many of them."""
    ws = workspace()
    return now() if ws.definitions.config.as_of == "now" else ws.as_of


def event_of(row: InboxEvent) -> Event:
    """The event as the log takes it."""
    return Event(message_id=row.message_id, **row.body)
