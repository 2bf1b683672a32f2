"""Lists behind figures as lists of people: what becomes of `?rows=lists/moved?from=reach`, whoever they are.

So an action begins on those of an RFM field, of a persona, of a cohort, or on those who moved.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from tenure.errors import UsageError
from tenure.server.access.figures_people import ids_behind
from tenure.server.access.moving import ids_listed
from tenure.server.pages.figures import people as figures
from tenure.server.pages.lifecycle import lists

ROWS = "rows"
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBehind:
    """The people of a list by their ids, and its title."""

    ids: tuple[str, ...]
    title: str


def list_behind(request: HttpRequest) -> ListBehind | None:
    """The list that the address names; None where it names none. Raises UsageError for one that does not exist."""
    address = request.GET.get(ROWS, "")[:_LONGEST]
    if not address:
        return None
    path, _, query = address.partition("?")
    room, _, what = path.partition("/")
    told = QueryDict(query)
    if room == "figures" and what in figures.KINDS:
        behind = figures.asked_in(told, what)
        return ListBehind(ids=ids_behind(request.user, behind), title=figures.title_of(behind))
    if room == "lists" and what in lists.KINDS:
        moved, lifecycle = lists.asked_in(told, what)
        return ListBehind(ids=ids_listed(request.user, moved), title=lists.title_of(moved, lifecycle))
    raise UsageError("There is no such list.", hint="Open it anew, and act on it there.")
