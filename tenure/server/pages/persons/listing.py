"""Who is there? The list of everybody, found, filtered, sorted, taken out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.lifecycle.roster import Asked
from tenure.server import holding
from tenure.server.access.people import PAGE, trait_values
from tenure.server.access.people import people as found
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.words import asked_of, offset_of, with_query

SORTED = ("money", "name", "last_seen", "since", "until")
FILTERED = ("country", "plan", "tier", "owner", "channel", "city", "company")


@page(Right.PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """The list; what htmx asks for is only more of its rows."""
    asked, offset = asked_of(request.GET), offset_of(request.GET)
    part = request.htmx and offset  # type: ignore[attr-defined]
    lifecycle = request.GET.get("lifecycle") or None
    shown = found(request.user, asked, lifecycle=lifecycle, offset=offset, counted=not part)
    told = {
        "found": shown, "asked": asked, "lifecycle": shown.lifecycle,
        "next_query": with_query(request.GET, offset=offset + PAGE) if shown.more else "",
    }  # fmt: skip
    if part:
        return render(request, "persons/people_rows.html", told)
    ws = holding.workspace()
    told |= {
        "lifecycles": [one for one in ws.definitions.lifecycles if not one.segment],
        "segments": [one for one in ws.definitions.lifecycles if one.segment],
        "values": trait_values(request.user, [name for name in FILTERED if name in ws.roster.traits()]),
        "chosen": dict(asked.stages), "chosen_traits": dict(asked.traits),
        "sorts": {name: _sorted_by(request, asked, name) for name in SORTED},
    }  # fmt: skip
    return render(request, "persons/people.html", told)


def _sorted_by(request: HttpRequest, asked: Asked, name: str) -> str:
    """The address of the list sorted by a column; the other way round where it is already."""
    turned = asked.sort == name and asked.descending
    return with_query(request.GET, sort=name if turned else f"-{name}", offset=None)
