"""How do events come in? Code to copy that sends them here."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.server.accounts.roles import Right
from tenure.server.intake.snippets import SNIPPETS
from tenure.server.pages.page import page

PLACEHOLDER = "WRITE_KEY"


@page(Right.FIGURES)
def snippets(request: HttpRequest) -> HttpResponse:
    """The code, with this address in it and a place for the key."""
    host = settings.ENVIRONMENT.public_url or request.build_absolute_uri("/").rstrip("/")
    told = {
        "host": host, "may_make_keys": request.user.may(Right.ACCESS),
        "snippets": [
            {"name": one.name, "title": one.title, "install": one.install, "code": one.filled(host, PLACEHOLDER)}
            for one in SNIPPETS
        ],
    }  # fmt: skip
    return render(request, "setup/snippets.html", told)
