"""Who moved, who is due, who was there: the lists behind the figures of moves."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.server import holding
from tenure.server.access.moving import MOST, Listed, listed, listed_table
from tenure.server.access.people import PAGE
from tenure.server.accounts.audit import record
from tenure.server.accounts.roles import Right
from tenure.server.pages.lifecycle.addresses import act_on, page_of
from tenure.server.pages.lifecycle.pictures import column
from tenure.server.pages.page import page
from tenure.server.pages.taken import csv_file
from tenure.server.words import offset_of, whole, with_query

KINDS = ("moved", "due", "stage", "stuck", "entered")
_WRITTEN = re.compile(r"[0-9T:+.Z-]{8,35}")


@page(Right.PEOPLE)
def rows(request: HttpRequest, what: str) -> HttpResponse | StreamingHttpResponse:
    """The list; what htmx asks for is only more of its rows, and `as=csv` is all of it to be taken out."""
    if what not in KINDS:
        raise Http404(what)
    asked, lifecycle = asked_in(request.GET, what)
    if request.GET.get("as") == "csv":
        return _csv(request, asked)
    offset = offset_of(request.GET)
    found = listed(request.user, asked, offset=offset)
    told = {
        "found": found, "money": column(row.money for row in found.rows), "asked": asked, "lifecycle": lifecycle,
        "dated": _dated(what),
        "rows": [(row, page_of(lifecycle, row.person.id)) for row in found.rows],
        "next_query": with_query(request.GET, offset=offset + PAGE) if found.more else "",
    }  # fmt: skip
    if offset and getattr(request, "htmx", False):
        return render(request, "lifecycle/list_rows.html", told)
    told |= {
        "title": title_of(asked, lifecycle), "when": _when(asked),
        "csv_query": with_query(request.GET, **{"as": "csv"}),
        "may_export": request.user.may(Right.EXPORT), "act": act_on(request, lifecycle),
    }  # fmt: skip
    return render(request, "lifecycle/list.html", told)


def asked_in(get: QueryDict, what: str) -> tuple[Listed, Lifecycle]:
    """The list that an address asks for, and its lifecycle. Raises UsageError for what does not exist."""
    lifecycle = holding.workspace().lifecycle(get.get("lifecycle") or None)
    asked = Listed(
        what=what,  # type: ignore[arg-type]
        lifecycle=lifecycle.name, stages=_names(get, "from"), to=_names(get, "to"),
        since=_written(get, "since"), until=_written(get, "until"),
        days=whole(get, "days", most=3650), highest=get.get("highest", "")[:64] or None,
    )  # fmt: skip
    return asked, lifecycle


def _names(get: QueryDict, name: str) -> tuple[str, ...]:
    found = tuple(one[:64] for one in get.getlist(name) if one)
    if len(found) > MOST:
        raise UsageError(f"At most {MOST} stages are asked for at once.")
    return found


def _written(query: Mapping[str, str], name: str) -> str | None:
    written = (query.get(name) or "").strip()
    if written and not _WRITTEN.fullmatch(written):
        raise UsageError(f"{written[:40]!r} is no date or time.", hint="Write 2025-06-30.")
    return written or None


def _csv(request: HttpRequest, asked: Listed) -> StreamingHttpResponse:
    table = listed_table(request.user, asked)
    record(
        request.user, "took out a list", f"{asked.what}, {table.num_rows:,} rows",
        address=request.META.get("REMOTE_ADDR"), query=request.GET.urlencode()[:500],
    )  # fmt: skip
    return csv_file(table, asked.what)


def _titles(lifecycle: Lifecycle, names: tuple[str, ...]) -> str:
    known = {stage.name: stage.title for stage in lifecycle.stages}
    outside = {"none": _("no stage"), "new": _("not known before")}
    return " / ".join(known.get(one) or outside.get(one, one) for one in names)


def title_of(asked: Listed, lifecycle: Lifecycle) -> str:
    """The question that the list answers."""
    here, there = _titles(lifecycle, asked.stages), _titles(lifecycle, asked.to)
    match asked.what, bool(here), bool(there):
        case "moved", True, True:
            return _("Who moved from %(here)s to %(there)s?") % {"here": here, "there": there}
        case "moved", True, False:
            return _("Who left %(here)s?") % {"here": here}
        case "moved", False, True:
            return _("Who came to %(there)s?") % {"there": there}
        case "moved", _, _:
            return _("Who moved?")
        case "due", True, True:
            return _("Who is about to move from %(here)s to %(there)s?") % {"here": here, "there": there}
        case "due", True, False:
            return _("Who is about to leave %(here)s?") % {"here": here}
        case "due", False, True:
            return _("Who is about to come to %(there)s?") % {"there": there}
        case "due", _, _:
            return _("Who is about to move?")
        case "stage", _, _:
            return _("Who is in %(here)s?") % {"here": here}
        case "stuck", _, _:
            return _("Who stays long in %(here)s?") % {"here": here}
        case _:
            return _("Who first came to %(here)s?") % {"here": here}


def _when(asked: Listed) -> str:
    """The time that the list is of, in words."""
    if asked.what == "due":
        if asked.days is not None:
            return _("within %(days)s days, if nothing happens") % {"days": asked.days}
        if asked.since and asked.since == asked.until:
            return _("on %(day)s, if nothing happens") % {"day": asked.since}
    if asked.since and asked.until:
        since, until = asked.since[:10], asked.until[:10]
        return _("from %(since)s to %(until)s") % {"since": since, "until": until}
    if asked.until:
        return _("at the end of %(day)s") % {"day": asked.until}
    if asked.since:
        return _("since %(day)s") % {"day": asked.since[:10]}
    return _("so far") if asked.what in ("moved", "entered") else _("now")


def _dated(what: str) -> str:
    return {"due": _("Moves on"), "moved": _("Moved on")}.get(what, _("Came on"))
