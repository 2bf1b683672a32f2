"""What did it bring? Actions on lists of people: laid down, looked at, begun, handed over, measured."""

from __future__ import annotations

from concurrent.futures import TimeoutError as StillRunning
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tenure.engage.action import DAYS, SHARE
from tenure.engage.consent import MARKETING
from tenure.engage.words import difference, percent, points, said, worth
from tenure.errors import UsageError
from tenure.server import holding
from tenure.server.access import actions as access
from tenure.server.access import tasks, value
from tenure.server.access.actions import Form
from tenure.server.access.people import people as found
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.value import contact_words
from tenure.server.pages.page import missing, page
from tenure.server.pages.persons.asking import asked_for
from tenure.server.pages.persons.behind import list_behind
from tenure.server.pages.persons.chips import chips
from tenure.server.pages.persons.sides import sides
from tenure.server.pages.taken import csv_file
from tenure.server.words import lifecycle_of, typed, whole
from tenure.wording import day
from tenure.workspace.actions import ActionResult

# how long a page waits for an action to begin; a very long list goes on without it
PATIENCE = 20
# what the form holds before anybody has typed
_TYPED = {
    "name": "", "goal": "purchase", "days": str(DAYS), "share": f"{SHARE * 100:.0f}", "owner": "", "kind": "download",
    "channel": "", "consent": "given", "note": "", "purpose": MARKETING, "cost": "", "uplift": "",
}  # fmt: skip


@page(Right.FIGURES)
def actions(request: HttpRequest) -> HttpResponse:
    """The list of actions, the latest first."""
    shown = [{"found": one, "lift": difference(one.lift), **_state(one)} for one in access.actions(request.user)]
    told = {
        "actions": shown, "may_act": request.user.may(Right.ACT),  # type: ignore[union-attr]
        "may_see_people": request.user.may(Right.PEOPLE),  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "persons/actions.html", told)


@page(Right.FIGURES)
def action(request: HttpRequest, name: str) -> HttpResponse:
    """One action: who was reached, who was held out, what came of it."""
    one = access.action(request.user, name)
    if one is None:
        raise missing(f"There is no action {name[:100]!r}.")
    ws = holding.workspace()
    told: dict[str, Any] = {
        "found": one, "action": one.action, "lift": one.lift, **_state(one),
        "said": said(one.lift, one.verdict, until=day(one.action.ends_at, ws.zone)),
        "worth": worth(one.lift, ws.definitions.config.currency) if one.verdict != "too_early" else "",
        "rates": {"treated": percent(one.lift.treated.rate), "held_out": percent(one.lift.held_out.rate)},
        "difference": difference(one.lift), "points": points(one.lift.difference), "picture": sides(one.lift),
        "share": percent(float(one.action.share)), "tasks": access.tasks_of_action(request.user, name),
        "may_take": request.user.may(Right.ACT) and request.user.may(Right.EXPORT),  # type: ignore[union-attr]
        "may_see_people": request.user.may(Right.PEOPLE),  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "persons/action.html", told)


@page(Right.ACT)
def action_csv(request: HttpRequest, name: str) -> HttpResponse | StreamingHttpResponse:
    """Those whom an action treats as CSV, never those held out."""
    if access.action(request.user, name) is None:
        raise missing(f"There is no action {name[:100]!r}.")
    table = access.handed_over(request.user, name, address=request.META.get("REMOTE_ADDR"))  # type: ignore[arg-type]
    return csv_file(table, name)


@page(Right.ACT)
def action_new(request: HttpRequest) -> HttpResponse:
    """The form of an action on the list that the address asks for; previewed first, then begun."""
    asked, lifecycle = asked_for(request), lifecycle_of(request.GET)
    if asked.kind != "customer":
        raise UsageError(_("An action is for people."), hint=_("Take a list of people."))
    shown = found(request.user, asked, lifecycle=lifecycle, limit=1)
    behind = list_behind(request)
    words = [*([behind.title] if behind else []), *(one.text for one in chips(request.GET, asked))]
    listed = ", ".join(words) or _("everybody")
    problem, previewed, contact, status = None, None, None, 200
    if request.method == "POST":
        try:
            form = _form(request)
            if request.POST.get("do") == "start":
                return _begun(request, form, listed)
            previewed = access.preview(request.user, asked, form, lifecycle=lifecycle, listed=listed)  # type: ignore[arg-type]
            share = _typed(request, "uplift")
            contact = value.contact(
                request.user, asked, lifecycle=lifecycle, goal=form.goal, cost=_typed(request, "cost"),
                uplift=None if share is None else float(share) / 100,
            )  # fmt: skip
        except UsageError as error:
            problem, status = error, 400
    shown_as = {name: request.POST.get(name, default) for name, default in _TYPED.items()}
    told = {
        "typed": shown_as, "problem": problem, "previewed": previewed, "count": shown.count, "money": shown.money,
        "listed": listed, "query": request.GET.urlencode(), "goals": access.goals()[:60],
        "channels": access.channels(request.user), "purposes": access.purposes(request.user),
        "owners": tasks.owners(request.user),  # type: ignore[arg-type]
        "fresh": request.method != "POST", "may_value": value.predicted(request.user),
        "contact": None if contact is None else contact_words(contact),
    }  # fmt: skip
    return render(request, "persons/action_new.html", told, status=status)


def _begun(request: HttpRequest, form: Form, listed: str) -> HttpResponse:
    coming = access.start(
        request.user, asked_for(request), form, lifecycle=lifecycle_of(request.GET), listed=listed,  # type: ignore[arg-type]
        address=request.META.get("REMOTE_ADDR"),
    )  # fmt: skip
    try:
        started = coming.result(timeout=PATIENCE)
    except StillRunning:
        messages.info(request, _("The list is long: the action begins in the background, and stands here soon."))
        return redirect("actions")
    name = started.begun.action.id
    if started.again:
        messages.info(request, _("It had begun before, as it is: nothing was done twice."))
    else:
        messages.success(request, _("“%(name)s” has begun.") % {"name": started.begun.action.name})
    return redirect("action", name)


def _form(request: HttpRequest) -> Form:
    told = request.POST
    written = told.get("share", "10").strip().removesuffix("%").strip() or "0"
    try:
        share = Decimal(written[:10]) / 100
    except InvalidOperation:
        raise UsageError(_("“%(text)s” is no share.") % {"text": written[:20]}, hint=_("Write 10.")) from None
    return Form(
        name=told.get("name", ""), goal=told.get("goal", ""), days=whole(told, "days", most=1095) or 0, share=share,
        owner=told.get("owner", ""), kind="tasks" if told.get("kind") == "tasks" else "download",
        channel=told.get("channel", ""), note=told.get("note", ""),
        purpose=told.get("purpose", "").strip()[:60] or MARKETING,
        consent="not_withdrawn" if told.get("consent") == "not_withdrawn" else "given",
    )  # fmt: skip


def _typed(request: HttpRequest, name: str) -> Decimal | None:
    """A number of the form; None where nothing is typed. Raises UsageError for anything else."""
    written = request.POST.get(name, "").strip().removesuffix("%").strip()
    found = typed(written)
    if written and found is None:
        raise UsageError(_("“%(text)s” is no number.") % {"text": written[:20]}, hint=_("Write 10."))
    return found


def _state(one: ActionResult) -> dict[str, object]:
    zone = holding.workspace().zone
    until = day(one.action.ends_at, zone)
    words = _("ended %(day)s") if one.finished else _("runs until %(day)s")
    return {"state": words % {"day": until}, "begins": day(one.action.started_at, zone)}
