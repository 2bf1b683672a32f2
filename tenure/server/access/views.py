"""Saved views: a list with its filters and sort, kept under a name by somebody, for oneself or for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q

from tenure.errors import UsageError
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import SavedView

MOST = 100
_LONGEST = 2000
# what belongs to a moment of looking, not to the list
_PASSING = ("offset", "trait", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view; `own` where the reader kept it, and may change it."""

    id: int
    name: str
    query: str
    shared: bool
    own: bool
    by: str


def views(reader: Reader, page: str) -> tuple[View, ...]:
    """One's own views of a page and those that others share, by name."""
    require(reader, Right.PEOPLE)
    if not isinstance(reader, User):
        return ()
    found = SavedView.objects.filter(Q(owner=reader) | Q(shared=True), page=page).select_related("owner")
    return tuple(
        View(
            id=one.pk, name=one.name, query=one.query, shared=one.shared, own=one.owner_id == reader.pk,
            by=one.owner.get_full_name(),
        )
        for one in found.order_by("name", "pk")[: 2 * MOST]
    )  # fmt: skip


def keep_view(user: User, page: str, name: str, query: str, *, shared: bool) -> View:
    """The list kept under a name, in the place of one's own view of that name. Raises UsageError for what cannot be."""
    require(user, Right.PEOPLE)
    clean = " ".join(name.split())
    if not clean or len(clean) > 100:
        raise UsageError("A view needs a name of at most 100 letters.", hint="Name it after whom it shows.")
    told = settled(query)
    if len(told) > _LONGEST:
        raise UsageError("These are too many filters to keep.", hint="Take some of them away.")
    own = SavedView.objects.filter(owner=user, page=page)
    if own.count() >= MOST and not own.filter(name=clean).exists():
        raise UsageError(f"Nobody keeps more than {MOST} views of a page.", hint="Delete one that is not used.")
    kept, _ = SavedView.objects.update_or_create(
        owner=user, page=page, name=clean, defaults={"query": told, "shared": shared}
    )
    return View(id=kept.pk, name=clean, query=told, shared=shared, own=True, by=user.get_full_name())


def share_view(user: User, page: str, view: int, *, shared: bool) -> bool:
    """Whether one's own view was there to be shared, or kept to oneself."""
    require(user, Right.PEOPLE)
    return bool(SavedView.objects.filter(owner=user, page=page, pk=view).update(shared=shared))


def delete_view(user: User, page: str, view: int) -> bool:
    """Whether one's own view was there to be deleted."""
    require(user, Right.PEOPLE)
    return bool(SavedView.objects.filter(owner=user, page=page, pk=view).delete()[0])


def settled(query: str) -> str:
    """A query as a view keeps it: what is empty or belongs to the moment is left out."""
    return urlencode([(key, value) for key, value in parse_qsl(query[: 2 * _LONGEST]) if key not in _PASSING])
