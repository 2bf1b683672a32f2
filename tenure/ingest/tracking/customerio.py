"""Customer.io's Track API: its calls about one customer (version 1), its entities and batches (version 2).

A call is its method and what follows the version: `PUT customers/c17`, `POST v2/batch`. What takes away (a deletion, a
suppression) is kept as an event that asks for it: a key that may only write does not erase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from urllib.parse import unquote

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
from tenure.ingest.tracking.segment import IDENTIFIED, MERGED, VIEWED

NAMED: Mapping[str, str] = {
    "delete": "Deletion Requested", "suppress": "Suppression Requested", "unsuppress": "Suppression Lifted",
    "add_device": "Device Added", "delete_device": "Device Removed", "add_relationships": "Relationship Added",
    "delete_relationships": "Relationship Removed",
}  # fmt: skip
ACCOUNT_UPDATED, ACCOUNT_REMOVED = "Account Updated", "Account Removed"
_KEYS = ("id", "email", "cio_id")
# before the ids that Customer.io gives, in paths
_OWN_PREFIX = "cio_"


def events(call: str, told: object, received_at: int, mark: str, large: bool) -> Iterator[Event | Unusable]:
    """The events of a call. Raises NotReadable where it is none of the API, or has not the form of one."""
    body = members(told, "body")
    method, _, path = call.partition(" ")
    if (method, path) == ("POST", "v2/batch"):
        batch = batch_of(body.get("batch"), "the batch holds no entities")
        for place, item in enumerate(batch, start=1):
            make = partial(_entity, received_at=received_at, otherwise=f"{mark}-{place}")
            yield event_or_reason(item, make, large=large)
        return
    operation = body if (method, path) == ("POST", "v2/entity") else operation_of(method, path, body)
    make = partial(_entity, received_at=received_at, otherwise=f"{mark}-1")
    yield event_or_reason(operation, make, large=large)


def operation_of(method: str, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """The call of version 1 as an entity of version 2. Raises NotReadable where there is no such call."""
    parts = [unquote(part) for part in path.split("/")]
    match method, parts:
        case "PUT", ["customers", who]:
            own = {key: body[key] for key in ("anonymous_id", "cio_id") if key in body}
            traits = {key: value for key, value in body.items() if key != "_update" and key not in own}
            return {**_person(who), "action": "identify", "attributes": traits, **own}
        case "DELETE", ["customers", who]:
            return {**_person(who), "action": "delete"}
        case "POST", ["customers", who, "events"]:
            return {**_person(who), **_happening(body)}
        case "POST", ["customers", who, ("suppress" | "unsuppress") as action]:
            return {**_person(who), "action": action}
        case "PUT", ["customers", who, "devices"]:
            return {**_person(who), "action": "add_device", "device": body.get("device")}
        case "DELETE", ["customers", who, "devices", device]:
            return {**_person(who), "action": "delete_device", "device": {"id": device}}
        case "POST", ["events"]:
            return {
                "type": "person", "identifiers": {}, "anonymous_id": body.get("anonymous_id"), **_happening(body),
            }  # fmt: skip
        case "POST", ["merge_customers"]:
            return {"type": "person", "action": "merge", **{key: body.get(key) for key in ("primary", "secondary")}}
    raise NotReadable("there is no such call")


def _person(who: str) -> dict[str, object]:
    """The person that a path names: by id, by e-mail, or by what Customer.io calls them itself."""
    kind = "cio_id" if who.startswith(_OWN_PREFIX) else "email" if "@" in who else "id"
    return {"type": "person", "identifiers": {kind: who.removeprefix(_OWN_PREFIX) if kind == "cio_id" else who}}


def _happening(body: Mapping[str, object]) -> dict[str, object]:
    kind = body.get("type") or "event"
    told = {key: body[key] for key in ("name", "id", "timestamp") if key in body}
    return {"action": kind, "attributes": body.get("data"), **told}


def _entity(item: Mapping[str, object], *, received_at: int, otherwise: str) -> Event:
    match item.get("type"):
        case "person":
            return _of_person(item, received_at, otherwise)
        case "object":
            return _of_object(item, received_at, otherwise)
        case "delivery":
            raise NotReadable("what became of deliveries is not taken in")
    raise NotReadable("the type is none of person, object, delivery")


def _of_person(item: Mapping[str, object], received_at: int, otherwise: str) -> Event:
    action = item.get("action")
    if action == "merge":
        primary, secondary = (_who(item.get(key), key) for key in ("primary", "secondary"))
        if primary is None or secondary is None:
            raise NotReadable("a merge needs primary and secondary")
        named = members(item.get("secondary"), "secondary")
        by_own = not (named.get("id") or named.get("email"))
        said = {"previous_id": secondary, **({"previous_kind": "cio_id"} if by_own else {})}
        return _event(item, MERGED, received_at, otherwise, type_="alias", customer_id=primary, properties=said)
    given = members(item.get("identifiers"), "identifiers")
    who, visitor = _who(given, "identifiers"), identifier(
        item.get("anonymous_id") or given.get("anonymous_id"), "anonymous_id"
    )  # fmt: skip
    if who is None and visitor is None:
        raise NotReadable("neither an identifier nor anonymous_id")
    told = members(item.get("attributes"), "attributes")
    kind, traits, account = "track", {}, None
    match action:
        case "identify":
            name, kind, traits, told = IDENTIFIED, "identify", dict(told), {}
            email = given.get("email")
            if email is not None:
                traits.setdefault("email", email)
        case "event":
            name = event_name(item.get("name"))
        case "page" | "screen":
            name, kind, told = VIEWED, str(action), {"name": event_name(item.get("name")), **told}
        case str() if action in NAMED:
            name = NAMED[action]
            told = {key: item[key] for key in ("device", "cio_relationships") if item.get(key) is not None}
            account = _related(item.get("cio_relationships"))
            kind = "group" if action == "add_relationships" and account else kind
        case _:
            raise NotReadable("there is no such action")
    return _event(
        item, name, received_at, otherwise, type_=kind, customer_id=who, anonymous_id=visitor, account=account,
        properties=told, traits=traits, others=_others(given),
    )  # fmt: skip


def _others(given: Mapping[str, object]) -> list[dict[str, str]]:
    """What else an event says of who it is: every identifier but the id."""
    found = ((key, identifier(given.get(key), key)) for key in ("email", "cio_id"))
    return [{"type": key, "id": told, "collection": "users"} for key, told in found if told is not None]


def _related(relationships: object) -> str | None:
    """The account that a person is tied to, the first of several."""
    first = relationships[0] if isinstance(relationships, list) and relationships else None
    held = first.get("identifiers") if isinstance(first, dict) else None
    return identifier(held.get("object_id"), "object_id") if isinstance(held, dict) else None


def _of_object(item: Mapping[str, object], received_at: int, otherwise: str) -> Event:
    given = members(item.get("identifiers"), "identifiers")
    account = identifier(given.get("object_id") or given.get("cio_object_id"), "object_id")
    if account is None:
        raise NotReadable("no object_id")
    told = {"object_type_id": given.get("object_type_id"), **members(item.get("attributes"), "attributes")}
    match item.get("action"):
        case "identify" | "identify_anonymous":
            name = ACCOUNT_UPDATED
        case "delete":
            name = ACCOUNT_REMOVED
        case ("add_relationships" | "delete_relationships") as action:
            name, told = NAMED[action], {**told, "cio_relationships": item.get("cio_relationships")}
        case _:
            raise NotReadable("there is no such action")
    return _event(item, name, received_at, otherwise, type_="group", account=account, properties=told)


def _who(given: object, what: str) -> str | None:
    held = members(given, what)
    return next((found for key in _KEYS if (found := identifier(held.get(key), key)) is not None), None)


def _event(
    item: Mapping[str, object], name: str, received_at: int, otherwise: str, *, type_: str,
    properties: Mapping[str, object], customer_id: str | None = None, anonymous_id: str | None = None,
    account: str | None = None, traits: Mapping[str, object] | None = None,
    others: list[dict[str, str]] | None = None,
) -> Event:  # fmt: skip
    when = happened(item.get("timestamp"), None, received_at)
    context: dict[str, object] = {} if when.original is None else {"originalTimestamp": when.original}
    if others:
        context["externalIds"] = others
    return Event(
        name=name, time=when.time, customer_id=customer_id, anonymous_id=anonymous_id, account=account,
        properties=properties, traits=traits or {}, context=context, type=type_, received_at=received_at,
        message_id=message_id(item.get("id"), otherwise),
    )  # fmt: skip
