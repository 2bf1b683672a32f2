"""A page that is not there yet; gone when the last one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page


@page(Right.FIGURES)
def coming(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """A line that says so."""
    return HttpResponse("Not there yet.")
