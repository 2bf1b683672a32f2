"""What every request goes through: a line in the log, a turn, and a gate: shut where nobody said who may pass."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils import translation

from tenure.server.http.threads import ENDED
from tenure.server.spoken import in_this_language
from tenure.server.telemetry import observe
from tenure.server.turns import turn

_LOG = logging.getLogger("tenure.requests")
# the account library and the API see to themselves who may come
_OWN_GATES = ("allauth.", "django.views.i18n", "ninja.")

Answer = Callable[[HttpRequest], HttpResponse]


def log_requests(get_response: Answer) -> Answer:
    """The handler that writes one line a request: never a query, a body or a name of a customer."""

    def answer(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        seconds = time.perf_counter() - began
        observe("tenure_request_seconds", seconds, group=_group(match), status=f"{response.status_code // 100}xx")
        user = getattr(request, "user", None)
        _LOG.info(
            "request",
            extra={
                "method": request.method,
                "page": match.view_name if match else "",
                "status": response.status_code,
                "ms": round(seconds * 1000, 1),
                "user": getattr(user, "pk", None),
            },
        )
        return response

    return answer


def take_turns(get_response: Answer) -> Answer:
    """The handler that makes pages a few at a time; what somebody sends does not wait, as it may take its time."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.method != "GET":
            return get_response(request)
        with turn():
            return get_response(request)

    return answer


def _group(match: ResolverMatch | None) -> str:
    """The group of views that answered: the package of the view, as bounded in number as the code."""
    if match is None:
        return "none"
    module = getattr(match.func, "__module__", "") or ""
    parts = module.split(".")
    return parts[3] if module.startswith("tenure.server.pages.") else parts[0] if parts[0] != "tenure" else parts[2]


def speak(get_response: Answer) -> Answer:
    """The handler that answers in the language that a user chose, else in one that the browser asks for."""

    def answer(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "")
        if chosen and translation.check_for_language(chosen):
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
        with in_this_language():
            return get_response(request)

    return answer


class Gate:
    """Refuses every view that names no right and is not open on purpose."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the rest."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Nothing; raises PermissionDenied for a view that nobody opened."""
        if hasattr(view, "right") or getattr(view, "open_to_all", False):
            return
        origin = getattr(view, "view_class", getattr(view, "func", view)).__module__
        if not origin.startswith(_OWN_GATES):
            raise PermissionDenied


class Ending:
    """Answers for views that fail because the server has ended: the store that they ask is closed under them."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer of the rest."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """An answer that nobody waits for, and no fault is written down of; None while the server runs."""
        ended = request.META.get(ENDED)
        return HttpResponse(status=204) if ended is not None and ended() else None


gate, ending = Gate, Ending
