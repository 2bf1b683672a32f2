"""From the inbox to the event log: in batches, each event exactly once, as the log refuses what it has."""

from __future__ import annotations

from django.db import connection
from django.db.models import Min

from tenure.server import holding
from tenure.server.intake.handing import hand_over
from tenure.server.intake.keeping import being_kept_since
from tenure.server.intake.models import Delivery, Handover
from tenure.server.work.models import InboxEvent
from tenure.server.work.timeline import event_of

BATCH = 5_000
_ANYTHING = "SELECT " + " OR ".join(
    f"EXISTS (SELECT 1 FROM {model._meta.db_table})" for model in (InboxEvent, Delivery, Handover)
)


def drain() -> tuple[int, int]:
    """How many events still wait, and up to which moment (microseconds UTC) the log has all that was received.

    Batches go to the log: the application's own events, then what clients sent.
    """
    began = min(holding.now(), being_kept_since())
    with connection.cursor() as cursor:
        cursor.execute(_ANYTHING)
        if not cursor.fetchone()[0]:
            return 0, began
    left = _own() + hand_over()
    return left, min(began, _oldest()) if left else began


def _oldest() -> int:
    """A moment before the oldest event that waits was received."""
    own = InboxEvent.objects.aggregate(at=Min("received_at"))["at"]
    sent = Delivery.objects.aggregate(at=Min("received_at"))["at"]
    moments = [] if sent is None else [int(sent)]
    if own is not None:
        moments.append(int(own.timestamp() * 1_000_000))
    return min(moments, default=holding.now()) - 1


def _own() -> int:
    rows = list(InboxEvent.objects.order_by("id")[:BATCH])
    if not rows:
        return 0
    with holding.writing:
        holding.workspace().record([event_of(row) for row in rows])
    # the log has them, whatever happens now; what it has already it does not take again
    InboxEvent.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return InboxEvent.objects.count()
