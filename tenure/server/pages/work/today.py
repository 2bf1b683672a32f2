"""What needs doing today? Tasks, and what the log says that somebody should look at; the most money first."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.errors import UsageError
from tenure.server.access import tasks, todo
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.work.lines import menus
from tenure.server.words import day, offset_of, with_query

# each line has all that can be done with it
PAGE = 25
_MOST_DAYS = 31


@page(Right.WORK)
def today(request: HttpRequest) -> HttpResponse:
    """The page; what htmx asks for is only more of its lines."""
    whose = "all" if request.GET.get("whose") == "all" else "mine"
    show = request.GET.get("show", "")
    show = show if show in todo.SORTS else ""
    offset = offset_of(request.GET)
    found = todo.today(request.user, whose=whose, since=_since(request), show=show)
    rows = found.rows[offset : offset + PAGE]
    told = {
        "rows": rows, "found": found, "whose": whose, "show": show, "here": request.get_full_path(),
        "next_query": with_query(request.GET, offset=offset + PAGE) if len(found.rows) > offset + PAGE else "",
    } | menus(request)  # fmt: skip
    if request.htmx and offset:  # type: ignore[attr-defined]
        return render(request, "work/todo_rows.html", told)
    told |= {
        "switches": [
            {"sort": sort, "count": found.counts[sort], "query": with_query(request.GET, show=sort, offset=None)}
            for sort in todo.SORTS
        ],
        "all_query": with_query(request.GET, show=None, offset=None), "all_count": sum(found.counts.values()),
        "mine_query": with_query(request.GET, whose=None, offset=None),
        "everybody_query": with_query(request.GET, whose="all", offset=None),
        "days": (todo.ANSWER_DAYS, todo.RENEWAL_DAYS),
    }  # fmt: skip
    return render(request, "work/today.html", told)


def _since(request: HttpRequest) -> date | None:
    since, now = day(request.GET, "since"), tasks.today()
    if since is not None and not now - timedelta(days=_MOST_DAYS) <= since <= now:
        raise UsageError(f"The list goes back {_MOST_DAYS} days, not to {since}.")
    return since
