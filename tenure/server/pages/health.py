"""Whether all is well, for machines that ask."""

from __future__ import annotations

import logging

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from tenure.server import holding, loops
from tenure.server.accounts.roles import Right
from tenure.server.accounts.users import no_users
from tenure.server.pages.page import open_to_all

_LOG = logging.getLogger("tenure.health")


@open_to_all
def healthz(request: HttpRequest) -> HttpResponse:
    """200 where both stores answer and all loops run, else 503 with which does not."""
    stopped = [*_silent(), *loops.stopped()]
    return JsonResponse({"ok": not stopped, "stopped": stopped}, status=503 if stopped else 200)


def _silent() -> list[str]:
    """The stores that do not answer."""
    found = []
    for name, ask in (("operational database", _ask_operations), ("event store", _ask_events)):
        try:
            ask()
        except Exception:
            _LOG.exception("a store does not answer", extra={"store": name})
            found.append(name)
    return found


def _ask_operations() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_events() -> None:
    holding.workspace().received_until  # noqa: B018 asks the store itself


@open_to_all
def home(request: HttpRequest) -> HttpResponse:
    """The page where everybody begins: what to do for those who have tasks, the overview for the others."""
    if not request.user.is_authenticated:
        return redirect("welcome" if no_users() else "account_login")
    ws = holding.workspace()
    if request.user.may(Right.SOURCES) and not ws.definitions.config.sources and ws.last_event is None:
        # nothing comes in yet: that is where to begin
        return redirect("upload")
    return redirect("today" if request.user.role == "agent" and request.user.may(Right.WORK) else "overview")


@open_to_all
def shut(request: HttpRequest) -> HttpResponse:
    """Never anything: a page of the account library that makes no sense here."""
    raise Http404
