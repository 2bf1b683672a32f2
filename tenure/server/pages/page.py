"""What makes a function a page: a right that it asks for, a limit on its questions, and errors that read well."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.errors import TenureError, TookTooLong, UsageError
from tenure.server import holding
from tenure.server.access import Denied, require
from tenure.server.access.later import NotYet
from tenure.server.accounts.roles import Right

View = Callable[..., HttpResponse]


def page(right: Right) -> Callable[[View], View]:
    """The decorator of a view for whoever has a right; everybody else is asked to log in, or told that they may not."""

    def decorated(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            try:
                require(request.user, right)
                _readable(request)
                with holding.bounded():
                    return view(request, *args, **kwargs)
            except Denied as error:
                return fault(request, error, status=403)
            except TookTooLong as error:
                return fault(request, error, status=503)
            except NotYet:
                return _working(request)
            except TenureError as error:
                return fault(request, error, status=400)

        answer.right = right  # type: ignore[attr-defined]
        return answer

    return decorated


def _readable(request: HttpRequest) -> None:
    """Nothing. Raises UsageError for a sign that no text has: databases refuse it, each in its own way."""
    for told in (request.GET, request.POST):
        if any("\0" in value for _, values in told.lists() for value in values):
            raise UsageError("What was sent holds a sign that no text has (U+0000).", hint="Type it anew.")


def open_to_all(view: View) -> View:
    """The view, marked as one that asks for nothing."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def fault(request: HttpRequest, error: TenureError, *, status: int) -> HttpResponse:
    """The page that says what happened and what to do next; only the message where a part of a page was asked for."""
    template = "pages/fault_part.html" if getattr(request, "htmx", False) else "pages/fault.html"
    return render(request, template, {"error": error, "status": status}, status=status)


def _working(request: HttpRequest) -> HttpResponse:
    """The page that says that figures are being worked out; the browser asks for it again by itself."""
    if getattr(request, "htmx", False):
        return render(request, "lifecycle/working.html", {"again": request.get_full_path()})
    answer = render(request, "pages/working.html", status=202)
    answer["Refresh"] = "2"
    return answer


def missing(what: str) -> Http404:
    """The error for something that is not there."""
    return Http404(what)
