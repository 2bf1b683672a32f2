"""What a reader should know before trusting a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure.workspace import Workspace


def lonely(ws: Workspace) -> list[str]:
    """The warning that the last event stands alone, where it does."""
    from tenure.wording import length, moment
    from tenure.workspace.checkup import silence

    alone = silence(ws)
    if alone is None:
        return []
    last, gap = moment(ws.last_event, ws.zone), length(alone.total_seconds() * 1e6)
    told = f"The last event, of {last}, comes {gap} after the one before it"
    return [
        f"{told}, and `as_of: last_event` takes its time for today. If its date is wrong, write a date as `as_of:`."
    ]


def waiting(ws: Workspace) -> list[str]:
    """The note that events arrived which no history knows of yet, where they did."""
    from tenure.wording import several

    if not ws.pending:
        return []
    waits = "waits" if ws.pending == 1 else "wait"
    return [f"{several(ws.pending, 'person', 'people')} with new events {waits} for the next `tenure run`."]
