"""Segment's HTTP API: answers as its clients know them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any
from uuid import uuid4

from tenure.ingest.tracking import MOST_EVENT, Delivery, NotReadable, read
from tenure.ingest.tracking.body import read_json
from tenure.server.accounts.origins import origin_in
from tenure.server.holding import now
from tenure.server.intake.asked import ELSEWHERE, Answer, Asked, as_json, open_to_browsers, preflight
from tenure.server.intake.keeping import keep
from tenure.server.intake.keys import Sender, sender_of
from tenure.server.intake.refusals import elsewhere, unknown_key, waiting

CALLS: Mapping[str, str] = {
    **{name: name for name in ("identify", "track", "page", "screen", "group", "alias", "batch")},
    "import": "batch", "i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias",
    "b": "batch",
}  # fmt: skip
PREFIX = "/v1/"
_NOTHING = ("m", "metrics")
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_DONE = b'{"success": true}'


def answer(asked: Asked) -> Answer:
    """The answer to a request under `/v1/`."""
    first, _, rest = asked.path.removeprefix(PREFIX).strip("/").partition("/")
    if asked.method == "OPTIONS":
        known = sender_of(asked.parameters.get("writeKey"), rest.removesuffix("/settings"))
        return preflight(asked, known[0] if known else None)
    if first == "pixel" and asked.method in ("GET", "HEAD"):
        return Answer(200, _GIF, "image/gif", kept=_pixel(asked, rest))
    if first == "projects" and asked.method == "GET" and rest.endswith("/settings"):
        return _settings(asked, rest.removesuffix("/settings"))
    if asked.method != "POST" or rest or first not in (*CALLS, *_NOTHING):
        return open_to_browsers(_wrong("there is no such call", 404 if asked.method == "POST" else 405), asked)
    if first in _NOTHING:
        return open_to_browsers(Answer(200, _DONE), asked)
    return _sent(asked, CALLS[first])


def _sent(asked: Asked, call: str) -> Answer:
    try:
        told = read_json(asked.text)
    except NotReadable as error:
        return open_to_browsers(_wrong(error.reason), asked)
    if not isinstance(told, dict):
        return open_to_browsers(_wrong("the body is no object"), asked)
    name, password = asked.credentials
    found = sender_of(name, told.get("writeKey"), password, asked.parameters.get("writeKey"), asked.header("X-API-Key"))
    if found is None:
        unknown_key("segment")
        if asked.strict:
            return open_to_browsers(_wrong("the write key is not known", 401), asked)
        told = {"success": True, "message": "the write key is not known: nothing was kept"}
        return open_to_browsers(as_json(200, told), asked)
    return open_to_browsers(_kept(asked, call, told, *found), asked, found[0])


def _kept(asked: Asked, call: str, told: Mapping[str, Any], sender: Sender, key: str) -> Answer:
    if elsewhere(sender, asked.origin):
        return _wrong(ELSEWHERE, 403)
    if seconds := waiting(sender):
        return _later(seconds)
    if call != "batch" and len(asked.text.encode()) > MOST_EVENT:
        return _wrong(f"the event is larger than {MOST_EVENT // 1024} kB")
    batch = told.get("batch") if call == "batch" else None
    count = len(batch) if isinstance(batch, list) else 1
    received_at, mark = now(), uuid4().hex
    if asked.strict and (wrong := _problem(call, asked.text, received_at)):
        return _wrong(wrong)
    kept = keep(sender, "segment", call, asked.text, key=key, events=count, received_at=received_at, mark=mark)
    return Answer(200, _DONE, kept=kept)


def _problem(call: str, body: str, received_at: int) -> str:
    """What is wrong with a call, in words; empty where nothing is."""
    try:
        refused = read(Delivery(dialect="segment", call=call, body=body, mark="", received_at=received_at)).refused
    except NotReadable as error:
        return error.reason
    return "; ".join(f"event {place}: {reason}" for place, reason in refused[:5]) if call == "batch" else (
        refused[0][1] if refused else ""
    )  # fmt: skip


def _pixel(asked: Asked, call: str) -> Future[None] | None:
    """What is kept of what a picture's address tells; None where it tells nothing."""
    told: Any = dict(asked.parameters)
    try:
        data = told.get("data")
        told = _unfolded(told) if data is None else json.loads(base64.urlsafe_b64decode(data + "=="))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(told, dict) or call not in CALLS or CALLS[call] == "batch":
        return None
    found = sender_of(told.get("writeKey"), asked.parameters.get("writeKey"))
    if found is None:
        unknown_key("pixel")
    # a picture is asked for without an origin; the page that shows it may say where it is
    elif not elsewhere(found[0], asked.origin or origin_in(asked.header("Referer"))) and not waiting(found[0]):
        sender: Sender = found[0]
        return keep(sender, "segment", CALLS[call], json.dumps(told), key=found[1], events=1)
    return None


def _unfolded(flat: Mapping[str, str]) -> dict[str, Any]:
    """`properties.subject=Hello` as members of members."""
    told: dict[str, Any] = {}
    for name, value in flat.items():
        *above, last = name.split(".")[:10]
        inner = told
        for part in above:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ValueError(name)  # noqa: TRY004 the sender's fault, as the others are
        inner[last] = value
    return told


def _settings(asked: Asked, key: str) -> Answer:
    """What Segment's browser client asks for before it sends: where to."""
    found = sender_of(key)
    if found is None:
        return open_to_browsers(_wrong("the write key is not known", 404), asked)
    if elsewhere(found[0], asked.origin):
        return open_to_browsers(_wrong(ELSEWHERE, 403), asked, found[0])
    own = {"apiKey": key, "apiHost": f"{asked.header('Host')}/v1", "protocol": "https" if asked.secure else "http"}
    told = {"integrations": {"Segment.io": own}, "plan": {"track": {}}, "edgeFunction": {}}
    return open_to_browsers(as_json(200, told), asked, found[0])


def _wrong(reason: str, status: int = 400) -> Answer:
    return as_json(status, {"success": False, "code": "invalid_request", "message": reason})


def _later(seconds: int) -> Answer:
    return as_json(
        429, {"success": False, "code": "rate_limited", "message": "too many requests"},
        ("Retry-After", str(seconds)), ("X-RateLimit-Reset", str(seconds)),
    )  # fmt: skip
