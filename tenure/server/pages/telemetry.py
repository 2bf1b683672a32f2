"""How does the server fare? Told to Prometheus where people find the metrics of the company."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenure.server import holding
from tenure.server.access import Denied
from tenure.server.access.reader import KeyHolder
from tenure.server.access.telemetry import telemetry
from tenure.server.accounts.keys import find_key
from tenure.server.http.environ import FORWARDED
from tenure.server.pages.figures.metrics import metrics as for_people

KIND = "text/plain; version=0.0.4; charset=utf-8"
_MACHINES = ("application/openmetrics-text", "version=0.0.4")
_HERE = ("127.0.0.1", "::1")


def metrics(request: HttpRequest) -> HttpResponse:
    """The process's figures for a machine with a key, or on this machine where that is set; the page for people."""
    text = _key(request)
    asks = request.headers.get("Accept", "")
    if not text and not any(sign in asks for sign in _MACHINES):
        return for_people(request)
    key = find_key(text) if text else None
    reader: Any = KeyHolder(name=key.name, scope=key.scope, number=key.pk) if key else None
    near = request.META.get("REMOTE_ADDR") in _HERE and not request.META.get(FORWARDED)
    here = settings.ENVIRONMENT.metrics_here and near
    if reader is None and not here:
        return HttpResponse("A key of the scope read is needed.\n", status=401, content_type=KIND)
    try:
        with holding.bounded():
            return HttpResponse(telemetry(reader), content_type=KIND)
    except Denied:
        return HttpResponse("A key of the scope read is needed.\n", status=403, content_type=KIND)


# people come by the right of the page, machines by their keys
metrics.right = for_people.right  # type: ignore[attr-defined]


def _key(request: HttpRequest) -> str:
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    return told.strip() if kind.lower() == "bearer" else request.headers.get("X-API-Key", "")
