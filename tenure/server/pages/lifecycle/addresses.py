"""The addresses of lists behind figures."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from tenure.lifecycle.definition import Lifecycle
from tenure.server.accounts.roles import Right

CUSTOMER = "customer"


def people_in(lifecycle: Lifecycle, stage: str | None) -> str:
    """The list of those who are in a stage now."""
    query = {"lifecycle": lifecycle.name, f"in.{lifecycle.name}": stage or "none"}
    return f"{reverse('people')}?{urlencode(query)}"


def listed(
    what: str, lifecycle: Lifecycle, *, stages: Sequence[str] = (), to: Sequence[str] = (), **told: object
) -> str:
    """A list of moves or of people in a stage; `told` are since, until, days and highest."""
    query = [("lifecycle", lifecycle.name), *(("from", one) for one in stages), *(("to", one) for one in to)]
    query += [(name, str(value)) for name, value in told.items() if value is not None]
    return f"{reverse('list', args=[what])}?{urlencode(query)}"


def act_on(request: HttpRequest, lifecycle: Lifecycle) -> str:
    """Where an action on the list that is shown begins; empty for whoever may not begin one, and for other units."""
    if not request.user.may(Right.ACT) or lifecycle.unit != CUSTOMER:
        return ""
    query = urlencode([(key, one) for key in request.GET for one in request.GET.getlist(key) if key != "offset"])
    return f"{reverse('action_new')}?{urlencode({'rows': f'{request.path[1:]}?{query}'})}"


def page_of(lifecycle: Lifecycle, known: str) -> str:
    """The page of somebody, or of an account; empty where there is none."""
    for name in ("person",) if lifecycle.unit == CUSTOMER else (lifecycle.unit,):
        try:
            return reverse(name, args=[known])
        except NoReverseMatch:
            continue
    return ""


def stage_page(lifecycle: Lifecycle, stage: str) -> str:
    """The page of a stage."""
    return reverse("stage", args=[lifecycle.name, stage])
