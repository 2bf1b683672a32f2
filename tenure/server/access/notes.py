"""Notes on the time axis: what happened to everybody, read by whoever reads a chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from tenure.errors import UsageError
from tenure.lifecycle.periods import day_of, midnight
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.timeline import tell
from tenure.workspace.timeline import NOTES, Noted

LONGEST = 300
_AHEAD = timedelta(days=366)


def notes_of(
    reader: Reader, periods: Sequence[tuple[str, date]], *, until: int | None = None, ahead: bool = False
) -> tuple[Noted, ...]:
    """What was noted in periods given by name and first day, oldest first; `until` is where the last one ends.

    With `ahead`, also what is noted for days to come.
    """
    require(reader, Right.FIGURES)
    return _notes(tuple(periods), until, ahead)


@kept(64)
def _notes(periods: tuple[tuple[str, date], ...], until: int | None, ahead: bool) -> tuple[Noted, ...]:
    return holding.workspace().timeline.notes(periods, until=until, ahead=ahead)


def all_notes(reader: Reader) -> tuple[Noted, ...]:
    """The newest notes, newest first."""
    require(reader, Right.FIGURES)
    ws = holding.workspace()
    found = ws.timeline.notes([("", date(1970, 1, 2))]) if ws.first_event is not None else ()
    return tuple(reversed(found))


def write_note(user: User, text: str, day: str) -> None:
    """Nothing; the note is on its way to the log, at midnight of its day. Raises UsageError for what is none."""
    require(user, Right.DEFINE)
    clean = " ".join(text.split())
    if not clean or len(clean) > LONGEST:
        raise UsageError(f"A note has from 1 to {LONGEST:,} letters.")
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"{day[:40]!r} is no day.", hint="Write it as 2025-06-30.") from None
    ws = holding.workspace()
    # a note before the log would begin it, and with it every chart and cohort
    first, last = ws.first_event, day_of(ws.zone, ws.as_of)
    # and one behind it would be the last event, which some workspaces end with
    last += timedelta(0) if ws.definitions.config.as_of == "last_event" else _AHEAD
    if first is None or not day_of(ws.zone, first) <= chosen <= last:
        since = f" from {day_of(ws.zone, first)} to {last}" if first is not None else " once there are events"
        raise UsageError(f"Notes stand where charts go:{since}.", hint="Take another day.")
    with transaction.atomic():
        tell(NOTES[0], None, {"text": clean}, by=user.username, time=midnight(ws.zone, chosen))
        record(user, "wrote a note on the time axis", clean)
