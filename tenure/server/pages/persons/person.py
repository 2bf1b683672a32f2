"""Who is this? One person: where they stand and why, what they are worth, everything that happened, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tenure.errors import UsageError
from tenure.server import holding
from tenure.server.access import predictions, tasks
from tenure.server.access.consent import HOWS, consent, say, spoken_of
from tenure.server.access.happenings import KINDS, runs
from tenure.server.access.people import PAGE
from tenure.server.access.person import bought, counts, timeline, traits, whole, why, write_note
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.persons.expected import expected
from tenure.server.pages.persons.reasons import reasons
from tenure.server.pages.persons.ribbon import ribbon
from tenure.server.words import day as on_day
from tenure.server.words import offset_of, with_query
from tenure.wording import day

TITLES = {
    "orders": gettext_lazy("Orders and contracts"), "visits": gettext_lazy("Visits"), "cases": gettext_lazy("Cases"),
    "surveys": gettext_lazy("Surveys and reviews"), "messages": gettext_lazy("Messages"),
    "notes": gettext_lazy("Notes and calls"), "loyalty": gettext_lazy("Loyalty"), "other": gettext_lazy("Other"),
}  # fmt: skip
# shown in the head of the page already
_ELSEWHERE = ("name", "full_name", "first_name", "last_name", "email", "owner")


@page(Right.PEOPLE)
def person(request: HttpRequest, customer: str) -> HttpResponse:
    """The page: who they are, where they stand, what they are worth; reasons and all the rest come when it stands."""
    found = whole(request.user, customer, lifecycle=request.GET.get("lifecycle") or None)
    if found.id != customer:
        return redirect("person", found.id)
    ws = holding.workspace()
    told: dict[str, Any] = {
        "person": found, "ribbon": ribbon(found.stays, first_seen=found.first_seen, as_of=found.as_of),
        "legend": list(dict.fromkeys(one.stage for one in found.stays)),
        "lifecycles": [one for one in ws.definitions.lifecycles if one.unit == "customer"],
        "money_words": ws.money_words, "may_privacy": request.user.may(Right.PRIVACY),  # type: ignore[union-attr]
    }  # fmt: skip
    if found.scores:
        told |= {
            "expected": expected(found.scores, predictions.about(request.user)),
            "predicted": predictions.reasons(request.user, customer),
        }
    # without scripts the rest is asked for by the kind of what happened, and stands in the page
    told |= _more(request, customer, found.traits) if "kind" in request.GET else {"kinds": None}
    return render(request, "persons/person.html", told)


@page(Right.PEOPLE)
def person_more(request: HttpRequest, customer: str) -> HttpResponse:
    """What they did and bought, what is known of them, what is to be done: one part, as it is all asked for at once."""
    return render(request, "persons/more.html", _more(request, customer, traits(request.user, customer)))


@page(Right.PEOPLE)
def person_timeline(request: HttpRequest, customer: str) -> HttpResponse:
    """The timeline, of one kind or all, or more of it."""
    template = "persons/timeline_rows.html" if offset_of(request.GET) else "persons/timeline.html"
    told = {} if offset_of(request.GET) else counts(request.user, customer)
    return render(request, template, {"customer": customer} | _timeline(request, customer, told))


@page(Right.PEOPLE)
def person_why(request: HttpRequest, customer: str) -> HttpResponse:
    """Why the person is in their stage, and what would move them."""
    name = request.GET.get("lifecycle") or None
    found = why(request.user, customer, name)
    lifecycle = holding.workspace().lifecycle(found.lifecycle)
    told = {"found": found, "lifecycle": lifecycle, "reasons": reasons(lifecycle, found)}
    return render(request, "persons/why.html", told)


@page(Right.PEOPLE)
def person_consent(request: HttpRequest, customer: str) -> HttpResponse:
    """What the person agreed to, by channel and purpose, how that came about, and a form to write down more."""
    channels, purposes = spoken_of(request.user)
    told = {
        "agreed": consent(request.user, customer), "customer": customer, "channels": channels, "purposes": purposes,
        "hows": HOWS, "may_work": request.user.may(Right.WORK),  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "persons/consent.html", told)


@require_POST
@page(Right.WORK)
def person_do(request: HttpRequest, customer: str) -> HttpResponse:
    """Writes a note, makes a task, logs a call or gives an owner, and goes back to the page."""
    try:
        said = _done(request, customer, request.POST)
    except UsageError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("person", customer)


def _done(request: HttpRequest, customer: str, told: QueryDict) -> str:
    """What was done, in words."""
    user: Any = request.user
    match told.get("do"):
        case "note":
            write_note(user, customer, told.get("text", ""))
            return _("The note is in the timeline.")
        case "task":
            owner = tasks.owner_of(user, told.get("owner", ""))
            tasks.create(user, customer, told.get("title", ""), owner=owner, due_on=on_day(told, "due_on"))
            return _("The task is made.")
        case "call":
            tasks.log_call(user, customer, told.get("outcome", ""), note=told.get("note", ""))
            return _("The call is in the timeline.")
        case "consent":
            say(
                user, customer, given=told.get("given") == "yes", channel=told.get("channel", ""),
                purpose=told.get("purpose", ""), how=told.get("how", ""), reason=told.get("reason", ""),
                text_version=told.get("text_version", ""), address=request.META.get("REMOTE_ADDR"),
            )  # fmt: skip
            return _("It is written down, and counts from now on.")
        case "owner":
            whole(user, customer)
            tasks.assign(user, [customer], tasks.owner_of(user, told.get("owner", "")))
            return _("The owner is set; lists follow within seconds.")
    raise UsageError(_("That cannot be done here."))


def _more(request: HttpRequest, customer: str, known: Mapping[str, str]) -> dict[str, Any]:
    """What stands beside and below somebody's way; `known` are their traits."""
    user: Any = request.user
    told: dict[str, Any] = {
        "customer": customer, "bought": bought(user, customer), "owner": known.get("owner", ""),
        "traits": {name: value for name, value in known.items() if name not in _ELSEWHERE},
        "may_work": user.may(Right.WORK),
    }  # fmt: skip
    if told["may_work"]:
        told |= {
            "tasks": tasks.tasks_of(user, customer, most=20), "owners": tasks.owners(user),
            "outcomes": tasks.OUTCOMES,
        }  # fmt: skip
    return told | _timeline(request, customer, counts(user, customer))


def _timeline(request: HttpRequest, customer: str, counted: Mapping[str, int]) -> dict[str, Any]:
    group, offset = request.GET.get("kind", ""), offset_of(request.GET)
    group = group if group in KINDS else ""
    rows, more = timeline(request.user, customer, group=group, offset=offset)
    zone = holding.workspace().zone
    return {
        "days": runs(rows, {one.time: day(one.time, zone) for one in rows}), "kind": group,
        "kinds": [(one, TITLES[one], counted[one]) for one in KINDS if counted.get(one)],
        "events": sum(counted.values()),
        "next_query": with_query(request.GET, offset=offset + PAGE) if more else "",
    }  # fmt: skip
