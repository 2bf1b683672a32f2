"""What happened to people, event by event: `ws.timeline`.

ws.timeline.of("c17")                                   # the newest fifty events of somebody
ws.timeline.of("c17", names=["Order Completed"], before=rows[-1].place)
ws.timeline.feed([Named(names=("Survey Answered",), where="survey == 'nps' and score <= 6")], since=monday)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tenure.lifecycle.roster import Asked, units
from tenure.lifecycle.timeline import MOST, Happened, Named, Place, newest, of_unit, unanswered

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

__all__ = ["Happened", "Named", "Place", "Timeline"]


class Timeline:
    """The events of a workspace, newest first, a page at a time. Moments are in microseconds UTC."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def of(
        self, customer: str, names: Sequence[str] | None = None, before: Place | None = None, limit: int = 50, *,
        without: Sequence[str] = (), since: int | None = None, kind: str = "customer",
    ) -> tuple[Happened, ...]:  # fmt: skip
        """The newest events of somebody; ask for what is `before` the `place` of the last one for the next page.

        What is dated later than the workspace speaks of is not there yet. For an account (`kind`), the events that
        name it, whoever's they are.
        """
        return of_unit(
            self._ws._store.connection(), customer, kind=kind, names=names, without=without, before=before, since=since,
            until=self._until, limit=limit,
        )  # fmt: skip

    def feed(
        self, names: Sequence[str | Named], before: Place | None = None, limit: int = 50, *, since: int | None = None,
        until: int | None = None, asked: Asked | None = None,
    ) -> tuple[Happened, ...]:  # fmt: skip
        """The newest events of these names (or names with a condition) over everybody, or those who are `asked` for."""
        wanted = [Named(names=(one,)) if isinstance(one, str) else one for one in names]
        last = self._until if until is None else min(until, self._until)
        ws = self._ws
        customers = units(ws.roster.kept, ws._held(), asked, lifecycle=ws.lifecycle().name) if asked else None
        return newest(
            ws._store.connection(), wanted, customers=customers, before=before, since=since, until=last, limit=limit
        )

    def unanswered(
        self, wanted: Named, answers: Sequence[str], *, since: int, same: str | None = None, limit: int = MOST
    ) -> tuple[Happened, ...]:
        """The newest events wanted after which none of the `answers` came (with the same property `same`)."""
        connection = self._ws._store.connection()
        return unanswered(connection, wanted, answers, since=since, until=self._until, same=same, limit=limit)

    @property
    def _until(self) -> int:
        return self._ws.as_of
