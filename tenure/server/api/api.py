"""The API: who may ask, how often, how long a question may take, and how errors read.

    curl -H "Authorization: Bearer tnr_…" https://tenure.example.com/api/v1/customers?in.classic=at_risk

A key says who asks; a page of the same browser may ask with its session.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import APIKeyHeader, HttpBearer, SessionAuth
from ninja.throttling import AnonRateThrottle, AuthRateThrottle

from tenure import __version__
from tenure.errors import DefinitionError, StoreError, TenureError
from tenure.server import holding
from tenure.server.access import Denied
from tenure.server.access.reader import KeyHolder
from tenure.server.accounts.keys import WRITE, find_key
from tenure.server.accounts.models import User

MOST = 200  # rows a page
EVENTS = "/api/v1/events"


class Bearer(HttpBearer):
    """A key in the header `Authorization: Bearer`."""

    def authenticate(self, request: HttpRequest, token: str) -> KeyHolder | None:
        """Who holds the key; None where there is no such key."""
        return _holder(request, token)


class KeyHeader(APIKeyHeader):
    """A key in the header `X-API-Key`."""

    param_name = "X-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> KeyHolder | None:
        """Who holds the key; None where there is no such key."""
        return _holder(request, key) if key else None


class Session(SessionAuth):
    """Somebody who is logged in; what changes something carries the token of their page."""

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """The user; None for a stranger."""
        return request.user if request.user.is_authenticated else None  # type: ignore[return-value]


def _holder(request: HttpRequest, text: str) -> KeyHolder | None:
    key = find_key(text)
    if key is not None and key.scope == WRITE and not request.path.endswith(EVENTS):
        # before anything of the question is looked at
        raise Denied("This key may only send events.", hint="Take one of the scope read: `tenure keys create`.")
    return KeyHolder(name=key.name, scope=key.scope, number=key.pk) if key else None


class ByReader(AuthRateThrottle):
    """Counts the questions of each key and each user."""

    def get_cache_key(self, request: HttpRequest) -> str:
        """What the count stands under."""
        reader: KeyHolder | User = request.auth  # type: ignore[attr-defined]
        who = f"key-{reader.number}" if isinstance(reader, KeyHolder) else f"user-{reader.pk}"
        return f"throttle-api-{who}"


api = NinjaAPI(
    title="Tenure", version=__version__, urls_namespace="api", docs_url=None, openapi_url="/openapi.json",
    description="Every customer's stage, past, now and scheduled, and what follows from it.",
    auth=[Bearer(), KeyHeader(), Session()], throttle=[AnonRateThrottle("60/m"), ByReader("1200/m")],
)  # fmt: skip


def asked(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operation, given up where it takes longer than a page may."""

    @functools.wraps(operation)
    def answer(*args: Any, **kwargs: Any) -> Any:
        with holding.bounded():
            return operation(*args, **kwargs)

    # the library reads names of types where the function stands, which is not here
    answer.__signature__ = inspect.signature(operation, eval_str=True)  # type: ignore[attr-defined]
    return answer


def _fault(request: HttpRequest, error: TenureError, status: int) -> HttpResponse:
    message = str(error) if isinstance(error, DefinitionError) else error.message
    return api.create_response(request, {"error": message, "hint": error.hint}, status=status)


@api.exception_handler(Denied)
def _denied(request: HttpRequest, error: Denied) -> HttpResponse:
    return _fault(request, error, 403)


@api.exception_handler(StoreError)
def _away(request: HttpRequest, error: StoreError) -> HttpResponse:
    return _fault(request, error, 503)


@api.exception_handler(TenureError)
def _wrong(request: HttpRequest, error: TenureError) -> HttpResponse:
    return _fault(request, error, 400)
