"""From the inbox to the event log: in batches, each event exactly once, as the log refuses what it has."""

from __future__ import annotations

from tenure.server import holding
from tenure.server.intake.handing import hand_over
from tenure.server.work.models import InboxEvent
from tenure.server.work.timeline import event_of

BATCH = 5_000


def drain() -> int:
    """How many events still wait, after batches have gone to the log: the application's own, then what clients sent."""
    return _own() + hand_over()


def _own() -> int:
    rows = list(InboxEvent.objects.order_by("id")[:BATCH])
    if not rows:
        return 0
    with holding.writing:
        holding.workspace().record([event_of(row) for row in rows])
    # the log has them, whatever happens now; what it has already it does not take again
    InboxEvent.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return InboxEvent.objects.count()
