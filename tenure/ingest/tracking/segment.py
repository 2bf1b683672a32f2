"""Segment's dialect: identify, track, page, screen, group, alias, and batches of them."""

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

BATCH = "batch"
CALLS = ("identify", "track", "page", "screen", "group", "alias")
VIEWED, IDENTIFIED, JOINED, MERGED = "Page Viewed", "Identified", "Account Joined", "Identities Merged"


def events(call: str, told: object, received_at: int, mark: str, large: bool) -> Iterator[Event | Unusable]:
    """The events of a call, of which `batch` holds many. Raises NotReadable where it has not the form of one."""
    if not isinstance(told, dict):
        raise NotReadable("the body is no object")
    if call != BATCH:
        yield event_or_reason(
            told, lambda item: _event(call, item, {}, None, received_at, f"{mark}-1"), large=large
        )  # fmt: skip
        return
    batch = batch_of(told.get("batch"), "the batch holds no events")
    outer = told.get("context")
    shared: Mapping[str, object] = outer if isinstance(outer, dict) else {}
    sent_at = told.get("sentAt")
    for place, item in enumerate(batch, start=1):
        otherwise = f"{mark}-{place}"
        make = partial(_of_batch, shared=shared, sent_at=sent_at, received_at=received_at, otherwise=otherwise)
        yield event_or_reason(item, make, large=large)


def _of_batch(
    item: Mapping[str, object], *, shared: Mapping[str, object], sent_at: object, received_at: int, otherwise: str
) -> Event:
    return _event(item.get("type") or item.get("action"), item, shared, sent_at, received_at, otherwise)


def _event(
    kind: object, item: Mapping[str, object], shared: Mapping[str, object], sent_at: object, received_at: int,
    otherwise: str,
) -> Event:  # fmt: skip
    user = identifier(item.get("userId"), "userId")
    visitor = identifier(item.get("anonymousId"), "anonymousId")
    if user is None and visitor is None:
        raise NotReadable("neither userId nor anonymousId")
    context = {**shared, **members(item.get("context"), "context")}
    original = item.get("originalTimestamp") or item.get("timestamp")
    when = happened(original, item.get("sentAt") or sent_at, received_at)
    if when.original is not None:
        context["originalTimestamp"] = when.original
    account = identifier(context.get("groupId"), "groupId")
    traits: Mapping[str, object] = {}
    match kind:
        case "track":
            name, properties = event_name(item.get("event")), members(item.get("properties"), "properties")
        case "identify":
            name, properties, traits = IDENTIFIED, {}, members(item.get("traits"), "traits")
        case "page" | "screen":
            own = {key: item[key] for key in ("name", "category") if item.get(key) is not None}
            name, properties = VIEWED, {**own, **members(item.get("properties"), "properties")}
        case "group":
            account = identifier(item.get("groupId"), "groupId")
            if account is None:
                raise NotReadable("no groupId")
            # the traits are the account's, not the person's
            name, properties = JOINED, members(item.get("traits"), "traits")
        case "alias":
            previous = identifier(item.get("previousId"), "previousId")
            if previous is None or user is None:
                raise NotReadable("an alias needs userId and previousId")
            name, properties = MERGED, {"previous_id": previous}
        case _:
            raise NotReadable(f"the type is none of {', '.join(CALLS)}")
    return Event(
        name=name, time=when.time, customer_id=user, anonymous_id=visitor, account=account, properties=properties,
        traits=traits, context=context, message_id=message_id(item.get("messageId"), otherwise), type=str(kind),
        received_at=received_at,
    )  # fmt: skip
