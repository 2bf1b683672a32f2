"""Whose is this id, and who is likely one person? A part of a person's page, and the queue of likely duplicates."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenure.errors import UsageError
from tenure.server.access import identities
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page


@page(Right.PEOPLE)
def person_ids(request: HttpRequest, customer: str) -> HttpResponse:
    """Every id of the person: since when, why, by which event; what was refused, and merges with a way back."""
    told = {
        "found": identities.ids(request.user, customer), "customer": customer,
        "may_work": request.user.may(Right.WORK),  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "persons/ids.html", told)


@page(Right.PEOPLE)
def duplicates(request: HttpRequest) -> HttpResponse:
    """People who are likely one, to be merged or told apart."""
    told = {
        "found": identities.queue(request.user), "may_work": request.user.may(Right.WORK)  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "persons/duplicates.html", told)


@require_POST
@page(Right.WORK)
def decide(request: HttpRequest) -> HttpResponse:
    """Merges two people, takes a merge back, or tells two apart, and goes back to where that was asked."""
    customer = request.POST.get("customer", "")
    try:
        customer = _decided(request, customer)
    except UsageError as error:
        messages.error(request, str(error))
    return redirect("person", customer) if customer else redirect("duplicates")


def _decided(request: HttpRequest, customer: str) -> str:
    """The person whose page comes next; empty for the queue."""
    user: Any = request.user
    told, address = request.POST, request.META.get("REMOTE_ADDR")
    first, second, reason = told.get("first", ""), told.get("second", ""), told.get("reason", "")
    match told.get("do"):
        case "merge":
            name = identities.merge(user, first, second, reason=reason, address=address)
            messages.success(request, _("They are one person now, %(name)s.") % {"name": name})
            return name if customer else ""
        case "dismiss":
            identities.dismiss(user, first, second, reason=reason, address=address)
            messages.success(request, _("They stay two people, and are not proposed again."))
            return customer
        case "undo":
            identities.undo(user, told.get("merge", ""), reason=reason, address=address)
            messages.success(request, _("The merge is undone: both have their own history again."))
            return customer
    raise UsageError(_("That cannot be done here."))
