"""Who may come in? Users in their roles, API keys, and the log of what was done."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tenure.engage.handed import harmless
from tenure.errors import UsageError
from tenure.server.access import users as access
from tenure.server.access.users import Log, Member
from tenure.server.accounts.models import ApiKey
from tenure.server.accounts.noting import address_of
from tenure.server.accounts.roles import RIGHTS, Right, Role
from tenure.server.pages.page import page
from tenure.server.pages.taken import csv_file
from tenure.server.words import day, offset_of, with_query


@never_cache
@page(Right.ACCESS)
def people_and_access(request: HttpRequest) -> HttpResponse:
    """Users and keys; a POST makes a user, and shows the link by which they set a password."""
    if request.method == "POST":
        return _invited(request)
    return _shown(request)


@never_cache
@page(Right.ACCESS)
def user(request: HttpRequest, number: int) -> HttpResponse:
    """One user: what they may, and what can be done about it."""
    found = access.member(request.user, number)
    if found is None:
        raise Http404
    if request.method != "POST":
        return _user(request, found)
    try:
        return _done(request, found)
    except UsageError as error:
        return _user(request, found, error=error)


@never_cache
@require_POST
@page(Right.ACCESS)
def key_new(request: HttpRequest) -> HttpResponse:
    """The new key, shown this once."""
    try:
        told = request.POST
        key, text = access.make_key(
            request.user, told.get("name", ""), told.get("scope", ""), source=told.get("source", ""),
            origins=told.get("origins", "").split(), server_side=told.get("server_side") == "yes",
            address=address_of(request),
        )  # fmt: skip
    except UsageError as error:
        return _shown(request, key_error=error)
    return _shown(request, key=key, key_text=text)


@require_POST
@page(Right.ACCESS)
def key_revoke(request: HttpRequest, number: int) -> HttpResponse:
    """Nothing; the key opens nothing any more."""
    key = access.revoke_key(request.user, number, address=address_of(request))
    if key is None:
        raise Http404
    messages.success(request, _("The key %(name)s opens nothing any more.") % {"name": key.name})
    return redirect("access")


@page(Right.ACCESS)
def audit(request: HttpRequest) -> HttpResponse:
    """What was done, by whom, and when."""
    asked, offset = _asked(request.GET), offset_of(request.GET)
    count, entries = access.log(request.user, asked, offset=offset)
    more = offset + access.PAGE < count
    told: dict[str, Any] = {
        "entries": entries, "count": count, "asked": asked, "query": with_query(request.GET, offset=None),
        "next_query": with_query(request.GET, offset=offset + access.PAGE) if more else "",
    }  # fmt: skip
    if offset and getattr(request, "htmx", False):
        return render(request, "setup/audit_rows.html", told)
    told["whos"], told["dids"] = access.log_words(request.user)
    return render(request, "setup/audit.html", told)


@page(Right.ACCESS)
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The log as CSV."""
    table = harmless(access.log_table(request.user, _asked(request.GET)))
    return csv_file(table, "log")


def _invited(request: HttpRequest) -> HttpResponse:
    post = request.POST
    try:
        made = access.invite(
            request.user, post.get("name", ""), role=post.get("role", ""), email=post.get("email", ""),
            full_name=post.get("full_name", ""), password=post.get("password", ""), address=address_of(request),
        )  # fmt: skip
    except UsageError as error:
        return _shown(request, error=error)
    messages.success(request, _("%(name)s may come in.") % {"name": made.username})
    if post.get("password"):
        return redirect("access")
    link = _address(request, access.link_of(request.user, made, address=address_of(request)))
    found = access.member(request.user, made.pk)
    assert found is not None
    return _user(request, found, link=link)


def _done(request: HttpRequest, found: Member) -> HttpResponse:
    by, who, where = request.user, found.user, address_of(request)
    match request.POST.get("do"):
        case "keep":
            access.change_user(
                by, who, role=request.POST.get("role", ""), email=request.POST.get("email", ""),
                full_name=request.POST.get("full_name", ""), address=where,
            )  # fmt: skip
            messages.success(request, _("Kept."))
        case "out":
            access.shut_out(by, who, address=where)
            messages.success(request, _("%(name)s cannot come in any more.") % {"name": who.username})
        case "in":
            access.let_in(by, who, address=where)
            messages.success(request, _("%(name)s may come in again.") % {"name": who.username})
        case "factor":
            access.drop_second_factor(by, who, address=where)
            messages.success(request, _("The password alone lets %(name)s in now.") % {"name": who.username})
        case "link":
            return _user(request, found, link=_address(request, access.link_of(by, who, address=where)))
        case _:
            raise UsageError(_("The form is not whole."))
    return redirect("user", number=who.pk) if by.pk != who.pk or by.may(Right.ACCESS) else redirect("home")


def _shown(
    request: HttpRequest, *, error: UsageError | None = None, key: ApiKey | None = None, key_text: str = "",
    key_error: UsageError | None = None,
) -> HttpResponse:  # fmt: skip
    told = {
        "members": access.members(request.user), "keys": access.api_keys(request.user), "roles": _roles(),
        "scopes": ApiKey.Scope.choices, "error": error, "posted": request.POST if error else {}, "key": key,
        "key_text": key_text, "key_error": key_error, "mail": bool(settings.ENVIRONMENT.email_url),
    }  # fmt: skip
    return render(request, "setup/access.html", told, status=400 if error or key_error else 200)


def _user(request: HttpRequest, found: Member, *, error: UsageError | None = None, link: str = "") -> HttpResponse:
    told = {"member": found, "who": found.user, "roles": _roles(), "error": error, "link": link}
    return render(request, "setup/user.html", told, status=400 if error else 200)


def _roles() -> list[tuple[str, str]]:
    words = {
        Role.VIEWER: _("viewer: sees figures, never a person"),
        Role.ANALYST: _("analyst: sees people, takes lists out, changes definitions"),
        Role.MARKETER: _("marketer: as an analyst, and starts actions and has tasks"),
        Role.AGENT: _("agent: sees people and has tasks"),
        Role.ADMINISTRATOR: _("administrator: everything, and who may come in"),
    }
    return [(role.value, words[role]) for role in RIGHTS]


def _address(request: HttpRequest, path: str) -> str:
    public: str = settings.ENVIRONMENT.public_url
    return public + path if public else request.build_absolute_uri(path)


def _asked(query: QueryDict) -> Log:
    return Log(
        who=query.get("who", "")[:150], did=query.get("did", "")[:60], what=query.get("what", "")[:100],
        since=day(query, "from"), until=day(query, "to"),
    )  # fmt: skip
