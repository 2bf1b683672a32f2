"""What the loops do: begin imports and exports, take in events, bring histories and lists up to date."""

from __future__ import annotations

from tenure.server.environment import Environment
from tenure.server.loops.worker import Loop

_TRANSFERS = 5.0
_WEBHOOKS = 30.0
_SCORES = 3600.0


def quick_loops(environment: Environment) -> tuple[Loop, ...]:
    """What is done at once, in the order of a round."""
    from tenure.server.loops.follow import Tick
    from tenure.server.loops.transfers import transfers
    from tenure.server.webhooks.sending import Sendings

    sendings = Sendings()
    return (
        Loop(name="transfers", every=_TRANSFERS, work=transfers),
        Tick().loop(environment.tick_seconds),
        Loop(name="webhooks", every=_WEBHOOKS, work=sendings, wakes=sendings.seconds_to_next),
    )


def slow_loops() -> tuple[Loop, ...]:
    """What may take long, and is done beside: stages follow events meanwhile."""
    from tenure.server.loops.digest import send_digests
    from tenure.server.loops.scores import write_scores
    from tenure.server.loops.upkeep import EVERY, KeepUp

    return (
        Loop(name="digest", every=600, work=send_digests),
        Loop(name="scores", every=_SCORES, work=write_scores),
        Loop(name="upkeep", every=EVERY, work=KeepUp()),
    )
