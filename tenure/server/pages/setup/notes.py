"""What happened when? Notes on the time axis, which every chart over time shows."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tenure.errors import UsageError
from tenure.server import holding
from tenure.server.access.notes import LONGEST, all_notes, write_note
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.wording import day


@page(Right.FIGURES)
def notes(request: HttpRequest) -> HttpResponse:
    """The list, and for those who define the form; a POST writes a note."""
    ws = holding.workspace()
    if request.method == "POST":
        try:
            write_note(request.user, request.POST.get("text", ""), request.POST.get("day", ""))
        except UsageError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Noted. Charts show it in a moment."))
        return redirect("notes")
    told = {
        "notes": all_notes(request.user), "longest": LONGEST, "may_write": request.user.may(Right.DEFINE),
        "today": day(ws.as_of, ws.zone),
    }  # fmt: skip
    return render(request, "setup/notes.html", told)
