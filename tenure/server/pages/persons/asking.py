"""The list that an address asks for: its filters, and the side of an action where one is named."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest

from tenure.lifecycle.roster import Asked
from tenure.server.access.actions import members
from tenure.server.pages.persons.behind import list_behind
from tenure.server.words import asked_of


def asked_for(request: HttpRequest) -> Asked:
    """The filters of the address; ?action=<id>&arm=treated or held_out, &converted=1, keeps those of an action.

    ?rows=lists/moved?from=reach keeps those of another list.
    """
    asked = asked_of(request.GET)
    if name := request.GET.get("action", ""):
        ids = members(
            request.user, name, request.GET.get("arm", "treated"), converted=bool(request.GET.get("converted"))
        )
        asked = replace(asked, ids=ids)
    if behind := list_behind(request):
        asked = replace(asked, ids=behind.ids)
    return asked
