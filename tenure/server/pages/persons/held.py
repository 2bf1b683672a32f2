"""What do we hold on somebody? All of it, to be handed out, and the way to erase it."""

from __future__ import annotations

import json
from concurrent.futures import TimeoutError as StillRunning

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenure.server.access.held import handed_out
from tenure.server.access.person import whole
from tenure.server.access.privacy import erase, going
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.wording import number

PATIENCE = 20


@page(Right.PRIVACY)
def person_held(request: HttpRequest, customer: str) -> HttpResponse:
    """What an erasure would take out, and everything as a file: ?as=json, or ?as=html to read."""
    form = request.GET.get("as", "")
    if form in ("json", "html"):
        address = request.META.get("REMOTE_ADDR")
        found = handed_out(request.user, customer, form=form, address=address)  # type: ignore[arg-type]
        if form == "json":
            text = json.dumps(found, ensure_ascii=False, indent=1, default=str)
            answer = HttpResponse(text, content_type="application/json; charset=utf-8")
        else:
            answer = HttpResponse(render_to_string("persons/held_file.html", {"held": found}))
        answer["Content-Disposition"] = f'attachment; filename="person.{form}"'
        return answer
    return _shown(request, customer)


@require_POST
@page(Right.PRIVACY)
def person_erase(request: HttpRequest, customer: str) -> HttpResponse:
    """Erases the person, for whoever typed the id again."""
    if request.POST.get("sure", "").strip() != customer:
        going(request.user, customer)
        messages.error(request, _("The id was not typed as it is; nothing was erased."))
        return _shown(request, customer, status=400)
    coming = erase(request.user, customer, address=request.META.get("REMOTE_ADDR"))  # type: ignore[arg-type]
    try:
        done = coming.result(timeout=PATIENCE)
    except StillRunning:
        messages.info(request, _("The erasure goes on in the background."))
    else:
        told = _("The person is erased: %(events)s events are gone, and no import brings them back.")
        messages.success(request, told % {"events": number(done.events)})
    return redirect("people")


def _shown(request: HttpRequest, customer: str, *, status: int = 200) -> HttpResponse:
    told = {"person": whole(request.user, customer), "going": going(request.user, customer)}
    return render(request, "persons/held.html", told, status=status)
