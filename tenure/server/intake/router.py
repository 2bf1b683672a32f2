"""In front of the pages: what clients send goes straight to the intake, past sessions, languages and form tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from tenure.server.intake import customerio, native, segment
from tenure.server.intake.asked import Answer, Asked, as_json, sent
from tenure.server.intake.keeping import NotKept

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
        asked = Asked(environ)
        return sent(_answered(handler, asked), start_response, body=asked.method != "HEAD")


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
    ours = path.startswith("/api/v1/customers/") or path == "/api/v1/merge_customers"
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
