"""What happened to people, event by event: `ws.timeline`.

ws.timeline.of("c17")                                   # the newest fifty events of somebody
ws.timeline.of("c17", names=["Order Completed"], before=rows[-1].place)
ws.timeline.feed([Named(names=("Survey Answered",), where="survey == 'nps' and score <= 6")], since=monday)
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tenure.lifecycle.periods import day_of, midnight
from tenure.lifecycle.roster import Asked, units
from tenure.lifecycle.timeline import MOST, Happened, Named, Place, newest, of_unit, unanswered

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

__all__ = ["Happened", "Named", "Noted", "Place", "Timeline"]


# what is of nobody, and of everybody
NOTES = ("Noted", "Feature Shipped")
_SAID = ("text", "title", "name", "feature")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A note on the time axis: its number there, the period it falls into, its day, and what it says."""

    number: int
    period: str
    day: date
    text: str


class Timeline:
    """The events of a workspace, newest first, a page at a time. Moments are in microseconds UTC."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def of(
        self, customer: str, names: Sequence[str] | None = None, before: Place | None = None, limit: int = 50, *,
        without: Sequence[str] = (), since: int | None = None, kind: str = "customer", offset: int = 0,
        key: int | None = None,
    ) -> tuple[Happened, ...]:  # fmt: skip
        """The newest events of somebody; ask for what is `before` the `place` of the last one for the next page.

        What is dated later than the workspace speaks of is not there yet. For an account (`kind`), the events that
        name it, whoever's they are. `key` is the person's in the store, where it is known already.
        """
        return of_unit(
            self._ws._store.connection(), customer, kind=kind, names=names, without=without, before=before, since=since,
            until=self._until, limit=limit, offset=offset, key=key,
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

    def notes(
        self, periods: Sequence[tuple[str, date]], *, until: int | None = None, ahead: bool = False
    ) -> tuple[Noted, ...]:
        """What was noted, or released, in periods given by name and first day, oldest first; at most 30, the newest.

        `until` is where the last period ends. With `ahead`, what is noted for days to come is there too.
        """
        if not periods:
            return ()
        ws = self._ws
        starts = [midnight(ws.zone, start) for _, start in periods]
        last = None if until is None else until - 1
        if ahead and last is not None:
            wanted = [Named(names=(one,)) for one in NOTES]
            found = newest(ws._store.connection(), wanted, since=starts[0], until=last, limit=30)
        else:
            found = self.feed(NOTES, limit=30, since=starts[0], until=last)
        rows = sorted(found, key=lambda one: one.time)
        return tuple(
            Noted(
                number=place, period=periods[bisect(starts, one.time) - 1][0], day=day_of(ws.zone, one.time),
                text=str(next((one.properties[key] for key in _SAID if one.properties.get(key)), one.name)),
            )
            for place, one in enumerate(rows, start=1)
        )  # fmt: skip

    def unanswered(
        self, wanted: Named, answers: Sequence[str], *, since: int, same: str | None = None, limit: int = MOST
    ) -> tuple[Happened, ...]:
        """The newest events wanted after which none of the `answers` came (with the same property `same`)."""
        connection = self._ws._store.connection()
        return unanswered(connection, wanted, answers, since=since, until=self._until, same=same, limit=limit)

    @property
    def _until(self) -> int:
        return self._ws.as_of
