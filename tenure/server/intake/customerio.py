"""Customer.io's Track API over HTTP: real errors, and 207 where a batch is taken in part."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from tenure.ingest.tracking import Delivery, NotReadable, read
from tenure.server.holding import now
from tenure.server.intake.asked import ELSEWHERE, Answer, Asked, as_json
from tenure.server.intake.keeping import keep
from tenure.server.intake.keys import sender_of
from tenure.server.intake.refusals import elsewhere, unknown_key, waiting

FIRST, SECOND = "/api/v1/", "/api/v2/"


def answer(asked: Asked) -> Answer:
    """The answer to a request of the Track API. The key is the API key, or the site id where there is none."""
    second = asked.path.startswith(SECOND)
    name, password = asked.credentials
    found = sender_of(password, name)
    if found is None:
        unknown_key("customer.io")
        return _wrong("Unauthorized request", 401, second=second)
    sender, key = found
    if elsewhere(sender, asked.origin):
        return _wrong(ELSEWHERE, 403, second=second)
    if seconds := waiting(sender):
        return as_json(429, {"meta": {"error": "too many requests"}}, ("Retry-After", str(seconds)))
    path = asked.raw_path
    call = f"{asked.method} {'v2/' + path.removeprefix(SECOND) if second else path.removeprefix(FIRST)}".rstrip("/")
    received_at, mark = now(), uuid4().hex
    try:
        body = asked.text.strip() or "{}"
        items = read(Delivery(dialect="customerio", call=call, body=body, mark=mark, received_at=received_at))
    except NotReadable as error:
        return _wrong(error.reason, 404 if error.reason == "there is no such call" else 400, second=second)
    refused = items.refused
    if len(refused) == len(items.items):
        return _errors(refused, 400) if second else _wrong(refused[0][1], 400, second=False)
    kept = keep(sender, "customerio", call, body, key=key, events=len(items.items), received_at=received_at, mark=mark)
    return replace(_errors(refused, 207) if refused else as_json(200, {}), kept=kept)


def _wrong(reason: str, status: int, *, second: bool) -> Answer:
    return _errors(((0, reason),), status) if second else as_json(status, {"meta": {"error": reason}})


def _errors(refused: tuple[tuple[int, str], ...], status: int) -> Answer:
    errors = [{"batch_index": place, "reason": "invalid", "field": "", "message": said} for place, said in refused]
    return as_json(status, {"errors": errors})
