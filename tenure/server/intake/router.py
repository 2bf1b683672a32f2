"""In front of the pages: what clients send goes straight to the intake, past sessions, languages and form tokens."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from tenure.server.intake import customerio, native, segment
from tenure.server.intake.asked import Answer, Asked, as_json, sent
from tenure.server.intake.keeping import NotKept
from tenure.server.telemetry import add, observe

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Handler = Callable[[Asked], Answer]
_LOG = logging.getLogger("tenure.intake")
_CHANGING = ("POST", "PUT", "DELETE")


class Router:
    """The application: the intake's paths here, all others by the rest."""

    def __init__(self, rest: Application) -> None:
        self._rest = rest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """The answer's body."""
        handler = handler_of(environ)
        if handler is None:
            return self._rest(environ, start_response)
        began, asked = time.perf_counter(), Asked(environ)
        answer = _answered(handler, asked)
        seconds = time.perf_counter() - began
        observe("tenure_request_seconds", seconds, group="intake", status=f"{answer.status // 100}xx")
        if answer.status >= 400:
            add("tenure_intake_refused_total", dialect=handler.__module__.rsplit(".", 1)[-1], status=str(answer.status))
        return sent(answer, start_response, body=asked.method != "HEAD")


def handler_of(environ: dict[str, Any]) -> Handler | None:
    """Who answers a request; None where it is none of the intake's."""
    path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
    if path.startswith(segment.PREFIX):
        return segment.answer
    if not path.startswith("/api/"):
        return None
    if path == native.PATH:
        # Customer.io's anonymous events have the same address, and come with a name and a password
        basic = environ.get("HTTP_AUTHORIZATION", "")[:6].lower() == "basic "
        return customerio.answer if basic else native.answer
    if path.startswith(customerio.SECOND):
        return customerio.answer
    # a consent is written down by the API
    of_customers = path.startswith("/api/v1/customers/") and not path.endswith("/consent")
    ours = of_customers or path == "/api/v1/merge_customers"
    return customerio.answer if ours and method in _CHANGING else None


def _answered(handler: Handler, asked: Asked) -> Answer:
    if settings.ENVIRONMENT.encrypted and settings.ENVIRONMENT.proxies and not asked.secure:
        return as_json(403, {"error": "Events and keys travel by https alone."})
    try:
        return handler(asked)
    except (NotKept, DatabaseError) as error:
        _LOG.warning("a delivery was not kept: %s", error)
    except Exception:
        # never the body: it may hold anything
        _LOG.exception("a request of the intake failed")
    return as_json(503, {"error": "It could not be kept. Send it again."}, ("Retry-After", "1"))
