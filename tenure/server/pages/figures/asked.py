"""What the addresses of these pages say, and what every one of them shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.lifecycle.definition import Lifecycle
from tenure.server import holding
from tenure.server.access.lifecycle import Chosen, chosen_period
from tenure.server.pages.lifecycle.overview import chosen_lifecycle, period_of, switches, unit_of
from tenure.server.pages.page import missing

LONGEST = 100


def has_figures() -> bool:
    """Whether anything was loaded and worked out."""
    ws = holding.workspace()
    return bool(ws.definitions.lifecycles) and ws.refreshed_as_of is not None and ws.first_event is not None


def nothing(request: HttpRequest, title: str) -> HttpResponse:
    """The page where nothing was loaded yet."""
    return render(request, "figures/empty.html", {"title": title})


def lifecycle_of(request: HttpRequest) -> Lifecycle:
    """The lifecycle of the address, by default the first. Raises Http404 where there is none."""
    found = chosen_lifecycle(request)
    if found is None:
        raise missing("lifecycle")
    return found


def period(request: HttpRequest) -> Chosen:
    """The period of the address."""
    return chosen_period(unit_of(request), period_of(request))


def at_of(request: HttpRequest, chosen: Chosen) -> str | None:
    """The last day of the period that the address names; None for now."""
    return None if chosen.running or period_of(request) is None else chosen.until


def switched(request: HttpRequest, lifecycle: Lifecycle, chosen: Chosen) -> dict[str, Any]:
    """What the switches of lifecycle and period lead to, as their template takes it."""
    told = switches(request, lifecycle, chosen) | {"measures": (), "lifecycle": lifecycle, "chosen": chosen}
    return told | {"same": kept(request, "lifecycle", "by", "period")}


def kept(request: HttpRequest, *names: str, **changed: object) -> str:
    """The query of the address, of it only what is named, with some of it changed; None takes it away."""
    told = {name: request.GET.get(name, "")[:LONGEST] for name in names} | changed
    return urlencode({name: value for name, value in told.items() if value not in (None, "")})


def choice(request: HttpRequest, name: str, among: Mapping[str, Any] | tuple[str, ...], default: str) -> str:
    """One of some words of the address; the default where it is none of them."""
    asked = request.GET.get(name, "")
    return asked if asked in among else default


def segment_of(request: HttpRequest, lifecycle: Lifecycle) -> str | None:
    """The segment of the address. Raises Http404 where there is none of that name for this lifecycle."""
    name = request.GET.get("segment") or None
    if name is not None and name not in {one.name for one in segments(lifecycle)}:
        raise missing("segment")
    return name


def segments(lifecycle: Lifecycle) -> list[Lifecycle]:
    """The segments that people of a lifecycle can be in."""
    return [one for one in holding.workspace().definitions.lifecycles if one.segment and one.unit == lifecycle.unit]


def stage_of(request: HttpRequest, lifecycle: Lifecycle) -> str | None:
    """The stage of the address. Raises Http404 where the lifecycle has none of that name."""
    name = request.GET.get("stage") or None
    if name is not None and lifecycle.stage(name) is None:
        raise missing("stage")
    return name


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page."""
    return bool(getattr(request, "htmx", False))


def working(request: HttpRequest, again: str) -> HttpResponse:
    """The part that says that it is being worked out, and asks again in a moment."""
    return render(request, "lifecycle/working.html", {"again": again})
