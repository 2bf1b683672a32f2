"""Who is there? The list of everybody, found, filtered, sorted, kept as a view, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenure.lifecycle.roster import Asked
from tenure.server import holding
from tenure.server.access.people import PAGE, people_table, trait_values
from tenure.server.access.people import people as found
from tenure.server.access.views import delete_view, keep_view, settled, share_view, views
from tenure.server.accounts.audit import record
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.persons.asking import asked_for
from tenure.server.pages.persons.chips import chips
from tenure.server.pages.taken import csv_file
from tenure.server.words import lifecycle_of, offset_of, with_query

SORTED = ("money", "name", "last_seen", "since", "until")
# what people ask for most has a list of its values; every other trait is asked for by name
FILTERED = ("country", "plan", "tier", "owner", "channel", "city", "company")
_FEW = 40  # a trait with more values than that is typed, not chosen
VIEWS = "people"


@page(Right.PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    """The list; what htmx asks for is only more of its rows."""
    if trait := request.GET.get("trait", "").strip():
        # the one form that asks for any trait by its name
        told = [(key, one) for key in request.GET for one in request.GET.getlist(key) if one]
        kept = [(key, one) for key, one in told if key not in ("trait", "value", "offset")]
        return redirect(f"{request.path}?{urlencode([*kept, (f'is.{trait}', request.GET.get('value') or 'none')])}")
    asked, offset = asked_for(request), offset_of(request.GET)
    part = request.htmx and offset  # type: ignore[attr-defined]
    lifecycle = lifecycle_of(request.GET)
    shown = found(request.user, asked, lifecycle=lifecycle, offset=offset, counted=not part)
    ws = holding.workspace()
    told_of = {
        "now": ws.refreshed_as_of or ws.as_of, "found": shown, "asked": asked, "lifecycle": shown.lifecycle,
        "next_query": with_query(request.GET, offset=offset + PAGE) if shown.more else "",
    }  # fmt: skip
    if part:
        return render(request, "persons/people_rows.html", told_of)
    return render(request, "persons/people.html", told_of | _around(request, asked))


def _around(request: HttpRequest, asked: Asked) -> dict[str, object]:
    """What stands around the rows: filters, views, ways to sort."""
    ws = holding.workspace()
    known = ws.roster.traits()
    values = trait_values(request.user, [name for name in FILTERED if name in known])
    values = {name: counted for name, counted in values.items() if len(counted) <= _FEW}
    query, set_filters = settled(request.GET.urlencode()), chips(request.GET, asked)
    shown_views = views(request.user, VIEWS)
    return {
        "lifecycles": [one for one in ws.definitions.lifecycles if not one.segment and one.unit == asked.kind],
        "segments": [one for one in ws.definitions.lifecycles if one.segment and one.unit == asked.kind],
        "values": values, "other_traits": [name for name in known if name not in values],
        "chosen": dict(asked.stages),
        "chosen_traits": dict(asked.traits),
        "sorts": {name: _sorted_by(request, asked, name) for name in SORTED},
        "chips": set_filters, "query": query, "views": shown_views,
        "own_views": [one for one in shown_views if one.own],
        "hidden": _others(request, values), "money_words": ws.money_words,
        "here": next((one for one in shown_views if one.query == query), None),
        "in_words": ", ".join(one.text for one in set_filters),
        "may_export": request.user.may(Right.EXPORT), "may_act": request.user.may(Right.ACT),  # type: ignore[union-attr]
    }  # fmt: skip


def _others(request: HttpRequest, values: Mapping[str, object]) -> list[tuple[str, str]]:
    """The filters of the address that no field of the form shows, so that the form keeps them."""
    fields = {"q", "sort", "lifecycle", "from", "to", "quiet", "due", "trait", "value", "offset"}
    return [
        (key, one)
        for key in request.GET
        for one in request.GET.getlist(key)
        if one and key not in fields and not key.startswith("in.") and key.removeprefix("is.") not in values
    ]


@page(Right.EXPORT)
def people_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """All rows of the list as CSV; who took how many is noted."""
    table = people_table(request.user, asked_for(request), lifecycle=lifecycle_of(request.GET))
    record(
        request.user, "exported people", settled(request.GET.urlencode()), rows=table.num_rows,
        address=request.META.get("REMOTE_ADDR"),
    )  # type: ignore[arg-type]  # fmt: skip
    return csv_file(table, "people")


@require_POST
@page(Right.PEOPLE)
def change_view(request: HttpRequest) -> HttpResponse:
    """Keeps, shares, unshares or deletes a view, and goes back to the list."""
    user, told = request.user, request.POST
    query = settled(told.get("query", ""))
    do, number = told.get("do", ""), told.get("view", "")
    if do == "keep":
        kept = keep_view(user, VIEWS, told.get("name", ""), query, shared="shared" in told)  # type: ignore[arg-type]
        messages.success(request, _("Kept as “%(name)s”.") % {"name": kept.name})
    elif not (number.isascii() and number.isdigit()):
        raise Http404
    elif do == "delete":
        if not delete_view(user, VIEWS, int(number)):  # type: ignore[arg-type]
            raise Http404
        messages.success(request, _("The view is gone; the people are not."))
    elif do in ("share", "unshare"):
        if not share_view(user, VIEWS, int(number), shared=do == "share"):  # type: ignore[arg-type]
            raise Http404
        messages.success(request, _("Everybody sees it now.") if do == "share" else _("Only you see it now."))
    else:
        raise Http404
    return redirect(f"{reverse('people')}?{query}")


def _sorted_by(request: HttpRequest, asked: Asked, name: str) -> str:
    """The address of the list sorted by a column; the other way round where it is already."""
    turned = asked.sort == name and asked.descending
    return with_query(request.GET, sort=name if turned else f"-{name}", offset=None)
