"""The feed of moves of a workspace: `ws.feed`.

ws.feed.begin()                          # once; `tenure serve` does it
ws.feed.rows(after=0, limit=1000)        # Arrow, in the order in which it became known
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.errors import UsageError
from tenure.lifecycle.feed import Feed, begin, feed_of, listed

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

MOST = 100_000


class FeedOf:
    """What became known of who moved where, corrections included."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def begin(self) -> None:
        """Nothing; moves are told from the next refresh on. Where they are already, nothing changes."""
        if self.state is None:
            with self._ws._store.transaction() as connection:
                begin(connection)

    @property
    def state(self) -> Feed | None:
        """How far the feed is; None where it never began."""
        return feed_of(self._ws._store.connection())

    def rows(self, *, after: int = 0, limit: int = 1_000, only: Sequence[int] | None = None) -> pa.Table:
        """Rows after the one of number `after`, in order; of the numbers in `only`, where they are named.

        Columns: seq, lifecycle, kind, customer_id, stage, previous, moved_at, recorded_at (microseconds UTC), cause,
        definition, retracts. Raises UsageError where the feed never began.
        """
        if self.state is None:
            raise UsageError(
                "Nobody follows the moves of this workspace yet.",
                hint="`tenure serve` begins the feed, once and for all.",
            )
        if not 0 <= limit <= MOST or after < 0:
            raise UsageError(f"At most {MOST:,} rows are read at a time, after a number from 0 on.")
        return listed(self._ws._store.connection(), after=after, limit=limit, only=only)
