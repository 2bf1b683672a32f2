"""The addresses of lists behind figures."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from tenure.lifecycle.definition import Lifecycle

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
