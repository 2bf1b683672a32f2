"""Events that programs send. The intake in front of the pages answers them; this tells the API's description of it."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from tenure.errors import StoreError, UsageError
from tenure.ingest.tracking import NotReadable, read_body
from tenure.server.access import Denied
from tenure.server.access.reader import KeyHolder
from tenure.server.accounts.models import ApiKey
from tenure.server.api.api import api
from tenure.server.intake.asked import ELSEWHERE
from tenure.server.intake.keeping import PATIENCE
from tenure.server.intake.keys import SCOPES, Sender
from tenure.server.intake.native import taken
from tenure.server.intake.refusals import elsewhere

router = Router(tags=["events"])

_TEXT = {"type": "string", "maxLength": 300}
_OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": True}
EVENT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "event": {"type": "string", "maxLength": 200, "description": "The name; needed unless there are traits."},
        "customer_id": {**_TEXT, "description": "Who it is, where that is known."},
        "anonymous_id": {**_TEXT, "description": "The visitor, where it is not."},
        "account": {**_TEXT, "description": "The company they belong to."},
        "time": {"anyOf": [{"type": "string"}, {"type": "number"}],
                 "description": "ISO 8601, or seconds since 1970; where it is absent, when it was received."},
        "sent_at": {"anyOf": [{"type": "string"}, {"type": "number"}],
                    "description": "When it was sent by the same clock as `time`, which is put right by it."},
        "message_id": {**_TEXT, "description": "What makes it the same event when it is sent again."},
        "properties": _OBJECT,
        "traits": {**_OBJECT, "description": "What is known of the person from then on; null makes it unknown."},
        "context": _OBJECT,
    },
}  # fmt: skip
BODY: dict[str, Any] = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "events": {"type": "array", "minItems": 1, "items": EVENT},
        "sent_at": EVENT["properties"]["sent_at"],
    },
}


class RefusedEvent(Schema):
    """An event that cannot be used: its place, counted from 0, and why."""

    position: int
    reason: str


class TakenAnswer(Schema):
    """How many events are committed, and which are not."""

    accepted: int
    refused: list[RefusedEvent]


@router.post(
    "/events", response={200: TakenAnswer, 400: TakenAnswer}, summary="Send events",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}}},
)  # fmt: skip
def events(request: HttpRequest) -> HttpResponse:
    """Events are committed before the answer, and are in the log, and in every stage, a moment later.

    The key has the scope `write`. A body may have 500 kB, an event 32 kB; `Content-Encoding: gzip` is understood. What
    is sent again under the same `message_id` is one event.
    """
    holder = request.auth  # type: ignore[attr-defined]
    if not isinstance(holder, KeyHolder) or holder.scope not in SCOPES:
        raise Denied("Events are sent with a key of the scope write.", hint="Make one: `tenure keys create NAME`.")
    try:
        sender = Sender.of(ApiKey.objects.get(pk=holder.number))
        if elsewhere(sender, request.headers.get("Origin", "")):
            raise Denied(f"{ELSEWHERE[0].upper()}{ELSEWHERE[1:]}.")
        body = read_body(request.body, request.headers.get("Content-Encoding", ""))
        told, kept = taken(sender, "", body)
    except NotReadable as error:
        raise UsageError(f"Nothing was taken in: {error.reason}.") from None
    if kept:
        try:
            kept.result(PATIENCE)
        except (DatabaseError, OSError) as error:
            raise StoreError("It could not be kept.", hint="Send it again.") from error
    return api.create_response(request, told, status=200 if told["accepted"] else 400)
