"""In front of the pages: what clients send goes straight to the intake, past sessions, languages and form tokens."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError

from tenure.ingest.tracking import MOST_BODY, NotReadable
from tenure.server.http.bodies import Receive, Share, in_memory
from tenure.server.http.environ import with_body
from tenure.server.intake import customerio, native, segment
from tenure.server.intake.asked import Answer, Asked, as_json
from tenure.server.intake.keeping import PATIENCE
from tenure.server.telemetry import add, observe

Handler = Callable[[Asked], Answer]
_LOG = logging.getLogger("tenure.intake")
_CHANGING = ("POST", "PUT", "DELETE")
# bytes of a body that is read at once: what takes longer than a moment keeps the others waiting
_SMALL = 32 * 1024
_hands = ThreadPoolExecutor(4, thread_name_prefix="tenure-read")


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


async def answer(handler: Handler, environ: dict[str, Any], receive: Receive, share: Share) -> Answer:
    """The answer to a request whose body has not been read yet, once what it brings is committed.

    Raises Gone and Refused.
    """
    body = await in_memory(receive, MOST_BODY, share)
    began, asked = time.perf_counter(), Asked(with_body(environ, io.BytesIO(body), len(body)))
    told = await _told(handler, asked)
    if told.kept is not None:
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.wrap_future(told.kept)
        except Exception as error:
            told = _not_kept(error)
    observe("tenure_request_seconds", time.perf_counter() - began, group="intake", status=f"{told.status // 100}xx")
    if told.status >= 400:
        add("tenure_intake_refused_total", dialect=handler.__module__.rsplit(".", 1)[-1], status=str(told.status))
    return told


async def _told(handler: Handler, asked: Asked) -> Answer:
    if _small(asked):
        try:
            return answered(handler, asked)
        except SynchronousOnlyOperation:
            # a key that is not remembered is looked up, and a database keeps one waiting; nothing was kept so far
            pass
    return await asyncio.get_running_loop().run_in_executor(_hands, answered, handler, asked)


def _small(asked: Asked) -> bool:
    """Whether a body is small, unpacked too: a kilobyte of gzip may be half a megabyte of JSON."""
    try:
        return asked.length <= _SMALL and len(asked.text) <= _SMALL
    except NotReadable:
        return True


def answered(handler: Handler, asked: Asked) -> Answer:
    """The answer, true once its `kept` is done."""
    if not asked.secure and settings.ENVIRONMENT.proxies and settings.ENVIRONMENT.encrypted:
        return as_json(403, {"error": "Events and keys travel by https alone."})
    try:
        return handler(asked)
    except SynchronousOnlyOperation:
        raise
    except DatabaseError as error:
        return _not_kept(error)
    except Exception:
        # never the body: it may hold anything
        _LOG.exception("a request of the intake failed")
        return _UNKEPT


def _not_kept(error: Exception) -> Answer:
    _LOG.warning("a delivery was not kept: %s", str(error) or type(error).__name__)
    return _UNKEPT


_UNKEPT = as_json(503, {"error": "It could not be kept. Send it again."}, ("Retry-After", "1"))
