"""What is up for renewal? By month, with what is at risk; every number opens its list."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.errors import UsageError
from tenure.server.access.people import PAGE
from tenure.server.access.renewals import LATE
from tenure.server.access.renewals import renewals as found
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.words import offset_of, whole, with_query


@page(Right.PEOPLE)
def renewals(request: HttpRequest) -> HttpResponse:
    """The months and the list; what htmx asks for is only more rows of the list."""
    query, offset = request.GET, offset_of(request.GET)
    month, risk, owner = _month(query.get("month", "")), bool(query.get("risk")), query.get("owner", "")[:200]
    within = whole(query, "within", most=366)
    shown = found(request.user, month=month, risk=risk, owner=owner, within=within, offset=offset)
    if shown is None:
        return render(request, "work/renewals.html", {"working": True, "here": request.get_full_path()})
    told = {
        "found": shown, "month": month, "risk": risk, "owner": owner, "within": within, "late": LATE,
        "next_query": with_query(query, offset=offset + PAGE) if shown.more else "",
        "months": [
            {
                "one": one, "all": with_query(query, month=one.month, risk=None, within=None, offset=None),
                "risk": with_query(query, month=one.month, risk=1, within=None, offset=None),
            }
            for one in shown.months
        ],
        "all_query": with_query(query, month=None, risk=None, within=None, offset=None),
        "risk_query": with_query(query, month=None, risk=1, within=None, offset=None),
    }  # fmt: skip
    template = "work/renewals_rows.html" if offset and request.htmx else "work/renewals.html"  # type: ignore[attr-defined]
    return render(request, template, told)


def _month(written: str) -> str:
    if not written or written == LATE:
        return written
    try:
        return date.fromisoformat(written[:7] + "-01").isoformat()
    except ValueError:
        raise UsageError(f"{written[:20]!r} is no month.", hint="Write it as 2025-07.") from None
