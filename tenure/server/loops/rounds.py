"""What the loops do: read sources, take in events, bring histories and lists up to date."""

from __future__ import annotations

import time

from tenure.server import holding
from tenure.server.environment import Environment
from tenure.server.loops.worker import Loop

# seconds after which figures "as of now" are told anew though nothing happened: sums over windows change by themselves
_RESTATED = 900.0
_SOURCES = 60.0


def all_loops(environment: Environment) -> tuple[Loop, ...]:
    """The loops of this process, in the order of a round."""
    from tenure.server.loops.digest import send_digests
    from tenure.server.loops.inbox import drain

    return (
        Loop(name="sources", every=_SOURCES, work=read_sources),
        Loop(name="inbox", every=environment.tick_seconds, work=drain),
        Loop(name="histories", every=environment.tick_seconds, work=Follow()),
        Loop(name="digest", every=600, work=send_digests),
    )


def read_sources() -> int:
    """0; reads what is new in the files of the sources."""
    with holding.writing:
        holding.workspace().load()
    return 0


class Follow:
    """Brings histories and lists up to date where events arrived, a move came due, or some time went by."""

    def __init__(self) -> None:
        self._last = 0.0
        self._next_due: int | None = None

    def __call__(self) -> int:
        """How many people's histories still wait: none, once it is done."""
        ws = holding.workspace()
        moving = ws.definitions.config.as_of == "now"
        due = moving and (
            time.monotonic() - self._last > _RESTATED or (self._next_due is not None and self._next_due <= ws.as_of)
        )
        if ws.pending or due or not self._last:
            with holding.writing:
                done = holding.workspace().roster.refresh()
            self._last = time.monotonic()
            self._next_due = ws.roster.next_move(done.as_of) if moving else None
        return ws.pending
