"""Which companies? The accounts, what their people are worth together, and who looks after them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.lifecycle.roster import AccountsAsked
from tenure.lifecycle.roster.accounts import SORTS
from tenure.server import holding
from tenure.server.access import tasks
from tenure.server.access.accounts import account as found_one
from tenure.server.access.accounts import account_owners
from tenure.server.access.accounts import accounts as found
from tenure.server.access.people import PAGE
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.words import offset_of, with_query


@page(Right.PEOPLE)
def accounts(request: HttpRequest) -> HttpResponse:
    """The list; what htmx asks for is only more of its rows."""
    query, offset = request.GET, offset_of(request.GET)
    sort = query.get("sort", "-money")
    if sort.lstrip("-") not in SORTS:
        sort = "-money"
    asked = AccountsAsked(
        search=query.get("q", "")[:100], owner=query.get("owner", "")[:200], stage=query.get("stage", "")[:100],
        sort=sort.lstrip("-"), descending=sort.startswith("-"),
    )  # fmt: skip
    ws = holding.workspace()
    shown = found(request.user, asked, offset=offset)
    own = next((one for one in ws.definitions.lifecycles if one.unit == "account"), None)
    told = {
        "found": shown, "rows": shown.rows[:PAGE], "asked": asked, "lifecycle": ws.lifecycle(), "own": own,
        "may_work": request.user.may(Right.WORK),
        "next_query": with_query(query, offset=offset + PAGE) if len(shown.rows) > PAGE else "",
    }  # fmt: skip
    if offset and request.htmx:  # type: ignore[attr-defined]
        return render(request, "work/accounts_rows.html", told)
    told |= {
        "users": tasks.owners(request.user) if told["may_work"] else (), "here": request.get_full_path(),
        "owners": account_owners(request.user), "asks": asked.search or asked.owner or asked.stage,
        "sorts": {name: _sorted_by(request, asked, name) for name in SORTS},
    }  # fmt: skip
    return render(request, "work/accounts.html", told)


@page(Right.PEOPLE)
def account(request: HttpRequest, account: str) -> HttpResponse:
    """One account with its people."""
    may_work = request.user.may(Right.WORK)
    told = {
        "page": found_one(request.user, account), "may_work": may_work, "here": request.get_full_path(),
        "owners": tasks.owners(request.user) if may_work else (),
        "tasks": tasks.tasks_of(request.user, account, kind="account") if may_work else (),
    }  # fmt: skip
    return render(request, "work/account.html", told)


def _sorted_by(request: HttpRequest, asked: AccountsAsked, name: str) -> str:
    turned = asked.sort == name and asked.descending
    return with_query(request.GET, sort=name if turned else f"-{name}", offset=None)
