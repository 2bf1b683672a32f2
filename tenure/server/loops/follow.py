"""A tick: what waits goes to the log, histories and lists follow, and what moved is told. In that order.

A move that comes by itself is told when the log has all that was received before it: an event that would have kept
somebody where they are may still wait. Between two ticks nothing is looked for: when the next move is due is known from
the last one.
"""

from __future__ import annotations

import time

from tenure.server import holding
from tenure.server.intake.keys import sent_at_all
from tenure.server.loops.inbox import drain
from tenure.server.loops.worker import Loop, hurry
from tenure.server.webhooks.outbox import copy

# seconds after which figures "as of now" are told anew though nothing happened: sums over windows change by themselves
_RESTATED = 900.0
# seconds between two ticks however much arrives: each costs much the same whatever is in it, and pages want their turn
_BREATH = 0.2


class Tick:
    """The steps of a tick, and what one leaves for the next."""

    def __init__(self) -> None:
        self._expecting = False
        self._complete = 0
        self._refreshed_at: float | None = None
        self._next: int | None = None

    def loop(self, every: float) -> Loop:
        """The loop; it runs at once where something arrives, else when the next move is due."""
        then = (("histories", self.follow), ("announcements", announce))
        return Loop(
            name="inbox", every=every, work=self.drain, then=then, breath=_BREATH, wakes=self.seconds_to_next
        )  # fmt: skip

    def drain(self) -> int:
        """How many events still wait, after batches have gone to the log."""
        if not self._expecting and sent_at_all():
            with holding.writing:
                holding.workspace()._store.expect()
            self._expecting = True
        waiting, self._complete = drain()
        return waiting

    def follow(self) -> int:
        """How many people's histories still wait, once those of all to whom something happened are up to date."""
        ws = holding.workspace()
        moving = ws.definitions.config.as_of == "now"
        late = self._refreshed_at is None or (moving and time.monotonic() - self._refreshed_at > _RESTATED)
        due = moving and self._next is not None and self._next <= self._complete
        if late or due or ws.pending:
            with holding.writing:
                done = holding.workspace().roster.refresh(until=self._complete)
            self._refreshed_at = time.monotonic()
            self._next = holding.workspace().roster.next_move(done.as_of) if moving else None
        return ws.pending

    def seconds_to_next(self) -> float | None:
        """In how many seconds somebody moves by themselves; None where nobody ever does."""
        return None if self._next is None else (self._next - holding.now()) / 1_000_000


def announce() -> int:
    """0; what moved is in the outbox of every address that asks for it."""
    if copy():
        hurry("webhooks")
    return 0
