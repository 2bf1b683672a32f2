"""Tenure's own endpoint, `POST /api/v1/events`: what was taken in, and what was not, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any
from uuid import uuid4

from tenure.ingest.tracking import Delivery, NotReadable, read
from tenure.server.holding import now
from tenure.server.intake.asked import ELSEWHERE, Answer, Asked, as_json, open_to_browsers, preflight
from tenure.server.intake.keeping import keep
from tenure.server.intake.keys import Sender, sender_of
from tenure.server.intake.refusals import elsewhere, unknown_key, waiting

PATH = "/api/v1/events"
_SHOWN = 100


def answer(asked: Asked) -> Answer:
    """The answer to a request of the endpoint; the key comes as a bearer, or as `X-API-Key`."""
    if asked.method == "OPTIONS":
        return preflight(asked)
    if asked.method != "POST":
        return open_to_browsers(_fault(405, "Events are sent by POST."), asked)
    found = sender_of(asked.credentials[1], asked.header("X-API-Key"))
    if found is None:
        unknown_key("events")
        told = _fault(401, "There is no such write key.", "Make one: `tenure keys create NAME --scope write`.")
        return open_to_browsers(told, asked)
    sender, key = found
    return open_to_browsers(_sent(asked, sender, key), asked, sender)


def _sent(asked: Asked, sender: Sender, key: str) -> Answer:
    if elsewhere(sender, asked.origin):
        return _fault(403, f"{ELSEWHERE[0].upper()}{ELSEWHERE[1:]}.", "Name the site: `tenure keys create --origin …`.")
    if seconds := waiting(sender):
        later = _fault(429, "That is too often.", f"Come again in {seconds} s.")
        return Answer(429, later.body, headers=(("Retry-After", str(seconds)),))
    try:
        told, kept = taken(sender, key, asked.text)
    except NotReadable as error:
        return _fault(413 if error.too_large else 400, f"Nothing was taken in: {error.reason}.")
    return replace(as_json(200 if told["accepted"] else 400, told), kept=kept)


def taken(sender: Sender, key: str, body: str) -> tuple[Mapping[str, Any], Future[None] | None]:
    """What becomes of a body once it is committed, and that commit; None where nothing in it can be used.

    Raises NotReadable.
    """
    received_at, mark = now(), uuid4().hex
    reading = read(Delivery(dialect="native", call="events", body=body, mark=mark, received_at=received_at))
    refused = reading.refused
    accepted = len(reading.items) - len(refused)
    told = {
        "accepted": accepted,
        "refused": [{"position": place, "reason": reason} for place, reason in refused[:_SHOWN]],
    }  # fmt: skip
    if not accepted:
        return told, None
    events = len(reading.items)
    return told, keep(
        sender, "native", "events", body, key=key, events=events, received_at=received_at, mark=mark
    )  # fmt: skip


def _fault(status: int, error: str, hint: str | None = None) -> Answer:
    return as_json(status, {"error": error, "hint": hint})
