"""Where is everybody? The lifecycle drawn: people and money by stage, and what moves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.server import holding
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page


@page(Right.FIGURES)
def overview(request: HttpRequest) -> HttpResponse:
    """The page."""
    ws = holding.workspace()
    return render(request, "lifecycle/overview.html", {"stages": ws.stages(), "lifecycle": ws.lifecycle()})
