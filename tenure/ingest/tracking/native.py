"""Tenure's own dialect: `{"events": [{"event": "Order Completed", "customer_id": "c17", "properties": {…}}]}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from tenure.events import Event
from tenure.ingest.recording import Unusable
from tenure.ingest.tracking.body import (
    NotReadable,
    batch_of,
    event_name,
    event_or_reason,
    identifier,
    members,
    message_id,
)
from tenure.ingest.tracking.moments import happened
from tenure.ingest.tracking.segment import IDENTIFIED

KEYS = (
    "event", "customer_id", "anonymous_id", "account", "time", "sent_at", "message_id", "properties", "traits",
    "context",
)  # fmt: skip


def events(call: str, told: object, received_at: int, mark: str, large: bool) -> Iterator[Event | Unusable]:
    """The events of a body: a list under `events`, or one event alone. Raises NotReadable where it is neither."""
    if not isinstance(told, dict):
        raise NotReadable("the body is no object")
    items = batch_of(told.get("events", [told]), "`events` is no list of events")
    for place, item in enumerate(items, start=1):
        make = partial(
            _event, sent_at=told.get("sent_at"), received_at=received_at, otherwise=f"{mark}-{place}"
        )  # fmt: skip
        yield event_or_reason(item, make, large=large)


def _event(item: Mapping[str, object], *, sent_at: object, received_at: int, otherwise: str) -> Event:
    for key in item:
        if key not in KEYS:
            raise NotReadable(f"there is no key {key[:50]!r}")
    traits = members(item.get("traits"), "traits")
    name = IDENTIFIED if traits and item.get("event") is None else event_name(item.get("event"))
    when = happened(item.get("time"), item.get("sent_at") or sent_at, received_at)
    context = dict(members(item.get("context"), "context"))
    if when.original is not None:
        context["originalTimestamp"] = when.original
    return Event(
        name=name, time=when.time, customer_id=identifier(item.get("customer_id"), "customer_id"),
        anonymous_id=identifier(item.get("anonymous_id"), "anonymous_id"),
        account=identifier(item.get("account"), "account"), properties=members(item.get("properties"), "properties"),
        traits=traits, context=context, message_id=message_id(item.get("message_id"), otherwise),
        type="identify" if traits else "track", received_at=received_at,
    )  # fmt: skip
