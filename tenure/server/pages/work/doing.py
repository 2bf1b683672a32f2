"""What is done about the lines of lists: done, put off, handed on, called; tasks made; owners given."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenure.errors import UsageError
from tenure.server.access import accounts, tasks, todo
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.work.lines import menus
from tenure.server.spoken import people
from tenure.server.words import day, whole
from tenure.server.work.models import Task

_MOST = 1_000


@page(Right.WORK)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """The line as it is now, or the page that it stood on; what the log says becomes a task when something is done."""
    told = request.POST
    number = whole(told, "task", most=2**62)
    line = None
    if told.get("call"):
        chosen = None if number is None else tasks.task(request.user, number)
        customer, kind = (chosen.customer, chosen.kind) if chosen else (told.get("customer", ""), "customer")
        tasks.log_call(request.user, customer, told["call"], kind=kind, chosen=chosen)
        said = _("Call logged: %(outcome)s.") % {"outcome": told["call"]}
        line = todo.as_line(chosen) if chosen else _as_posted(request)
    else:
        chosen = tasks.task(request.user, number) if number is not None else _become(request)
        said = _do(request, chosen)
        line = todo.as_line(chosen)
    if request.htmx:  # type: ignore[attr-defined]
        shown = {"row": line, "said": said, "here": back(request)} | menus(request)
        return render(request, "work/todo_row.html", shown)
    messages.success(request, said)
    return redirect(back(request))


@page(Right.WORK)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Back to where the task was made."""
    told = request.POST
    kind = "account" if told.get("kind") == "account" else "customer"
    tasks.create(
        request.user, told.get("customer", ""), told.get("title", ""), kind=kind,
        owner=tasks.owner_of(request.user, told.get("owner", "")), due_on=day(told, "due"),
        note=told.get("note", ""),
    )  # fmt: skip
    messages.success(request, _("The task is made."))
    return redirect(back(request))


@page(Right.WORK)
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Back to the list, whose people have an owner now: those chosen, or all of an account."""
    told = request.POST
    owner = tasks.owner_of(request.user, told.get("owner", ""))
    named = told.getlist("account")[:_MOST]
    chosen = [*told.getlist("customer")]
    for account in named:
        chosen += accounts.account_people(request.user, account, most=_MOST + 1)
        if len(chosen) > _MOST:
            break
    if len(chosen) > _MOST:
        raise UsageError(f"At most {_MOST:,} people are given an owner at once.", hint="Choose fewer.")
    count = tasks.assign(request.user, chosen, owner, accounts=named)
    if not count:
        messages.warning(request, _("Nobody was chosen."))
    else:
        name = owner.get_full_name() if owner else _("nobody")
        messages.success(
            request, _("%(people)s belong to %(owner)s now; lists show it in a moment.")
            % {"people": people(count), "owner": name},
        )  # fmt: skip
    return redirect(back(request))


def back(request: HttpRequest) -> str:
    """The page to go back to: the one that asked, where it is one of ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("today")


def _do(request: HttpRequest, chosen: Task) -> str:
    """What was done with the task, in words."""
    told, user = request.POST, request.user
    days = whole(told, "snooze", most=tasks.MOST_DAYS)
    if days is not None:
        tasks.snooze(user, chosen, days)
        return _("Put off until %(day)s.") % {"day": chosen.snoozed_until}
    if "to" in told:
        owner = tasks.owner_of(user, told["to"])
        tasks.reassign(user, chosen, owner)
        return _("%(owner)s has it now.") % {"owner": owner.get_full_name() if owner else _("Nobody")}
    match told.get("do"):
        case "done":
            tasks.done(user, chosen, told.get("outcome", ""))
            return _("Done.")
        case "drop":
            tasks.drop(user, chosen, told.get("outcome", ""))
            return _("Dropped.")
        case "take":
            tasks.take(user, chosen)
            return _("Yours now.")
        case "reassign":
            owner = tasks.owner_of(user, told.get("owner", ""))
            tasks.reassign(user, chosen, owner)
            return _("%(owner)s has it now.") % {"owner": owner.get_full_name() if owner else _("Nobody")}
        case "reopen":
            tasks.reopen(user, chosen)
            return _("Open again.")
        case other:
            raise UsageError(f"Nothing is called {str(other)[:40]!r} here.", hint="Use the buttons of the line.")


def _become(request: HttpRequest) -> Task:
    """The task that a line of the log becomes."""
    line = _as_posted(request)
    return tasks.create(
        request.user, line.customer, line.title, note=line.detail, source=line.source, reference=line.reference,
        owner=request.user, money=line.money if line.sort == "renewal" else None,
    )  # fmt: skip


def _as_posted(request: HttpRequest) -> todo.ToDo:
    """The line of the log that was sent. Raises Http404 where it is none."""
    told = request.POST
    sort = told.get("sort", "")
    if sort not in todo.SOURCES or not told.get("reference") or not told.get("customer"):
        raise Http404
    return todo.line(
        request.user, sort, told["reference"][:300], told["customer"][:300], told.get("title", "")[:200],
        told.get("detail", "")[:300],
    )  # fmt: skip
