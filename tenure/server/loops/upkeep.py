"""Once a day: what is past its period leaves the log, and files that still hold what was taken out are written anew.

Every hour: stays that lie far apart, as a rebuild leaves them, are put in order.
"""

from __future__ import annotations

import time
from pathlib import Path

from django.core.cache import cache
from django.db import connection

from tenure.server import holding
from tenure.server.accounts.audit import record
from tenure.warehouse.compaction import compact_sqlite

EVERY = 3_600.0
_DAY = 86_400.0


class KeepUp:
    """Takes out what is past its period and writes files anew, once a day; what failed is tried again an hour later."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self) -> int:
        """0."""
        if time.monotonic() >= self._next:
            forget()
            compact()
            self._next = time.monotonic() + _DAY
        with holding.writing:
            holding.workspace().upkeep.sort()
        return 0


def forget() -> None:
    """Nothing; takes out what is past its period, and notes how much it was."""
    with holding.writing:
        ws = holding.workspace()
        done = ws.upkeep.forget()
        if not (done.left or done.bared or done.rejected):
            return
        ws.roster.refresh()
    record(None, "took out what is past its period", "", left=done.left, bared=done.bared, rejected=done.rejected)
    cache.clear()


def compact() -> None:
    """Nothing; writes the files anew where they still hold what was taken out, and notes it."""
    if not holding.workspace().upkeep.compaction_due:
        return
    if connection.vendor == "sqlite":
        # what was erased from the operational database; before the store, which knows whether anything is due
        compact_sqlite(Path(str(connection.settings_dict["NAME"])))
    with holding.writing:
        done = holding.workspace().upkeep.compact()
    record(None, "wrote the store anew", "", before=done.before, after=done.after)
