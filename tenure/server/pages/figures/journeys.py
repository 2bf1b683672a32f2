"""What do people go through? What follows what, the paths to something, the map of stages, personas, and RFM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenure.charts.follows import chosen as drawn_of
from tenure.lifecycle.definition import Lifecycle
from tenure.metrics.journeys.journey_map import MapCell
from tenure.metrics.journeys.paths import Path
from tenure.metrics.rfm import RFM_CELLS, RFM_NAMES, RfmCell
from tenure.server import holding
from tenure.server.access import figures_heavy as heavy
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.asked import (
    choice,
    has_figures,
    is_part,
    lifecycle_of,
    nothing,
    segment_of,
    segments,
    stage_of,
    working,
)
from tenure.server.pages.figures.pictures import follows_picture, paths_picture, personas_picture
from tenure.server.pages.figures.rfm_names import rfm_name
from tenure.server.pages.page import missing, page
from tenure.server.words import whole, with_query

VIEWS = ("follows", "paths", "map", "personas", "rfm")
DAYS = ("30", "90", "180", "365")
ROWS = 60
_LEAST, _MAP_ROWS = 8, 80
_STAGE, _EVENT = "stage:", "event:"
# found at once
_PERSONAS = ("", "2", "3", "4", "5", "6", "8")


@page(Right.FIGURES)
def journeys(request: HttpRequest) -> HttpResponse:
    """The page; for htmx the view that is chosen alone."""
    if not has_figures():
        return nothing(request, _("What do people go through?"))
    lifecycle, view = lifecycle_of(request), choice(request, "show", VIEWS, "follows")
    made = {"follows": _follows, "paths": _paths, "map": _map, "personas": _personas, "rfm": _rfm}[view]
    told = made(request, lifecycle)
    again = f"{reverse('journeys')}?{request.GET.urlencode()}"
    part = f"figures/{view}.html"
    told |= {
        "lifecycle": lifecycle, "view": view, "again": again, "part": part,
        "segments": segments(lifecycle), "segment": request.GET.get("segment", ""),
        "views": [
            (name, title, with_query(request.GET, show=name, k=None, persona=None)) for name, title in _titles()
        ],
        "lifecycles": [
            (one, with_query(request.GET, lifecycle=one.name, stage=None, to=None, **{"from": None}))
            for one in holding.workspace().definitions.lifecycles if not one.segment
        ],
    }  # fmt: skip
    if is_part(request):
        return working(request, again) if told["found"] is None else render(request, part, told)
    return render(request, "figures/journeys.html", told)


def _titles() -> list[tuple[str, str]]:
    return [
        ("follows", _("What follows what?")), ("paths", _("Which ways lead there?")), ("map", _("The journey map")),
        ("personas", _("Who behaves alike?")), ("rfm", _("Who buys how recently, often and much?")),
    ]  # fmt: skip


# --- what follows what


def _follows(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    stage, segment = stage_of(request, lifecycle), segment_of(request, lifecycle)
    found = heavy.follows(request.user, lifecycle.name, stage, segment)
    told: dict[str, Any] = {"found": found, "stage": stage, "stages": lifecycle.stages}
    if found:
        asked = {"lifecycle": lifecycle.name, "stage": stage or "", "segment": segment or ""}
        told |= {
            "picture": follows_picture(lifecycle.name, stage, segment), "drawn": len(drawn_of(found)[0]),
            "rows": [(one, _step(asked, one.source, one.target)) for one in found[:ROWS]],
            "left": max(len(found) - ROWS, 0),
        }  # fmt: skip
    return told


def _step(asked: Mapping[str, str], source: str | None, target: str | None) -> str:
    told = {**asked, "first": source or "begin", "then": target or "end"}
    return f"{reverse('figures_people', args=['follow'])}?{urlencode({key: one for key, one in told.items() if one})}"


# --- paths


def _paths(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    segment = segment_of(request, lifecycle)
    to, start = request.GET.get("to", "")[:150], request.GET.get("from", "")[:150]
    places = occasions(request, lifecycle)
    if not to and not start:
        to = first_of(lifecycle)
    for name in filter(None, (to, start)):
        if name not in places:
            raise missing("occasion")
    days = int(choice(request, "days", DAYS, "90"))
    if start:
        to = ""
    found = heavy.paths(request.user, lifecycle.name, to or None, start or None, days, segment)
    told: dict[str, Any] = {
        "found": found, "to": to, "start": start, "days": days, "all_days": DAYS, "places": places,
        "goal": places[to or start],
    }  # fmt: skip
    if found:
        asked = {"lifecycle": lifecycle.name, "to": to, "from": start, "days": str(days), "segment": segment or ""}
        told["rows"] = [(one, _path(asked, one), _path({**asked, "walked": "1"}, one)) for one in found]
        if to:
            told["picture"] = paths_picture(lifecycle.name, to, places[to], days, segment)
    return told


def _path(asked: Mapping[str, str], one: Path) -> str:
    query = [(key, value) for key, value in asked.items() if value] + [("step", step) for step in one.steps]
    return f"{reverse('figures_people', args=['path'])}?{urlencode(query)}"


def occasions(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, str]:
    """What people can come to: the stages, and the events that happen, each with its title."""
    stages = {f"{_STAGE}{one.name}": one.title for one in lifecycle.stages if not one.otherwise}
    return stages | {f"{_EVENT}{name}": name for name in heavy.events_of(request.user)}


def first_of(lifecycle: Lifecycle) -> str:
    """The occasion that is looked at where none is named: the first stage of customers, or the last of the journey."""
    journey = [one for one in lifecycle.stages if not one.side and not one.otherwise] or list(lifecycle.stages)
    chosen = next((one for one in journey if one.kind == "customer"), journey[-1])
    return f"{_STAGE}{chosen.name}"


# --- the map


def _map(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    segment, persona = segment_of(request, lifecycle), request.GET.get("persona", "")[:40] or None
    if persona is not None:
        segment = None
    found = heavy.journey_map(request.user, lifecycle.name, segment, persona)
    told: dict[str, Any] = {"found": found, "persona": persona or ""}
    if found:
        shown = _busiest(found)
        stages = dict.fromkeys(one.stage for one in shown)
        told |= {
            "groups": [(stage, [one for one in shown if one.stage == stage]) for stage in stages],
            "left": len(found) - len(shown),
            "scored": any(one.csat is not None or one.nps is not None for one in shown),
            "cased": any(one.cases for one in shown), "priced": any(one.cost for one in shown),
        }  # fmt: skip
    return told


def _busiest(cells: Sequence[MapCell]) -> list[MapCell]:
    """The busiest touchpoints of each stage, about so many in all, in the order of the cells."""
    each = max(_MAP_ROWS // max(len({one.stage for one in cells}), 1), _LEAST)
    seen: dict[str | None, int] = {}
    kept = []
    for one in cells:
        seen[one.stage] = seen.get(one.stage, 0) + 1
        if seen[one.stage] <= each:
            kept.append(one)
    return kept


# --- personas


def _personas(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    k = whole(request.GET, "k", most=20)
    found = heavy.personas(request.user, lifecycle.name, k)
    told: dict[str, Any] = {
        "found": found, "k": k, "ks": [(one, with_query(request.GET, k=one or None)) for one in _PERSONAS],
    }  # fmt: skip
    if found is not None and found.personas:
        currency = holding.workspace().definitions.config.currency
        asked = {"lifecycle": lifecycle.name} | ({"k": str(k)} if k else {})
        base = reverse("figures_people", args=["persona"])
        told |= {
            "rows": [
                (one, [trait.words(currency) for trait in one.apart], f"{base}?{urlencode(asked | {'cell': one.name})}",
                 "" if k else f"{reverse('journeys')}?{with_query(request.GET, show='map', persona=one.name, k=None)}")
                for one in found.personas
            ],
            "picture": personas_picture(lifecycle.name, k), "money": sum(one.money for one in found.personas),
        }  # fmt: skip
    return told


# --- RFM


def _rfm(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    asked_days = choice(request, "days", DAYS, "")
    days = int(asked_days) if asked_days else None
    found = heavy.rfm(request.user, lifecycle.name, days)
    told: dict[str, Any] = {
        "found": found, "days": days,
        "spans": [("", _("ever"), with_query(request.GET, days=None)),
                  *((one, _("%(days)s days") % {"days": one}, with_query(request.GET, days=one)) for one in DAYS)],
    }  # fmt: skip
    if found:
        base = {"lifecycle": lifecycle.name} | ({"days": asked_days} if asked_days else {})
        everybody, everything = sum(one.people for one in found), sum((one.money for one in found), Decimal(0))
        told |= {"grid": _grid(found, base), "names": _names(found, base), "people": everybody, "money": everything}
    return told


def _grid(found: Sequence[RfmCell], asked: Mapping[str, str]) -> list[tuple[int, list[dict[str, Any]]]]:
    """The rows of the map from the best down: how much, and its fields by how recently."""
    counted: dict[tuple[int, int], int] = {}
    for one in found:
        at = one.recency, (one.frequency + one.monetary + 1) // 2
        counted[at] = counted.get(at, 0) + one.people
    most = max(counted.values(), default=1)
    return [
        (
            much,
            [
                {
                    "recency": recency, "people": counted.get((recency, much), 0),
                    "name": rfm_name(RFM_CELLS[recency, much, much]),
                    "shade": round(8 * counted.get((recency, much), 0) / most),
                    "link": _cell(asked, f"{recency}-{much}"),
                }
                for recency in range(1, 6)
            ],
        )
        for much in range(5, 0, -1)
    ]  # fmt: skip


def _names(found: Sequence[RfmCell], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    people = {name: sum(one.people for one in found if one.name == name) for name in RFM_NAMES}
    money = {name: sum((one.money for one in found if one.name == name), Decimal(0)) for name in RFM_NAMES}
    return [
        {
            "name": rfm_name(name), "people": people[name], "money": money[name], "each": money[name] / people[name],
            "link": _cell(asked, name),
        }
        for name in RFM_NAMES if people[name]
    ]  # fmt: skip


def _cell(asked: Mapping[str, str], cell: str) -> str:
    return f"{reverse('figures_people', args=['rfm'])}?{urlencode({**asked, 'cell': cell})}"
