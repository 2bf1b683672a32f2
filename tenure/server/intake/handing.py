"""From the intake to the event log: in batches, each exactly once, whatever ends this process meanwhile.

A batch has a name, written down with its deliveries before the log takes it. The log keeps the name with the events, in
one transaction; only then are the deliveries deleted. Whoever comes after a crash finds the name: the log says whether
it has the batch. And it refuses every message that it has, so that what clients sent twice is there once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from uuid import uuid4

from django.db import transaction
from django.db.models import Sum

from tenure.errors import DiskFull, TenureError
from tenure.events import Event
from tenure.ingest.recording import Unusable, append
from tenure.ingest.tracking import Delivery as Sent
from tenure.ingest.tracking import NotReadable, read
from tenure.server import holding
from tenure.server.intake.models import Delivery, Handover
from tenure.server.telemetry import add

DELIVERIES, EVENTS, BYTES = 2_000, 20_000, 16 * 2**20
SECONDS = 1.0  # after which other loops have their turn
_SHOWN = 2_000
_LOG = logging.getLogger("tenure.intake")
Items = list[Event | Unusable]


def hand_over(*, seconds: float = SECONDS) -> int:
    """How many events still wait, after batches have gone to the log for some seconds. Raises DiskFull."""
    until = time.monotonic() + seconds
    for begun in Handover.objects.all():
        # this process or one before it ended on the way
        rows = list(Delivery.objects.filter(pk__in=begun.deliveries).order_by("id"))
        _hand(begun, rows, again=True)
    while claimed := _claimed():
        batch, rows, more = claimed
        _hand(batch, rows)
        # a batch costs the log much the same whatever is in it: what came meanwhile waits for the next round
        if not more or time.monotonic() > until:
            return waiting()
    return 0


def waiting() -> int:
    """How many events wait."""
    return int(Delivery.objects.aggregate(events=Sum("events"))["events"] or 0)


def _claimed() -> tuple[Handover, list[Delivery], bool] | None:
    """The batch that the next deliveries make, written down; they; whether more wait. None where nothing does."""
    rows: list[Delivery] = []
    events = size = 0
    # nothing is locked while they are read: this thread alone takes them, and those who write are waited for
    for row in Delivery.objects.order_by("id")[:DELIVERIES].iterator(200):
        rows.append(row)
        events += row.events
        size += len(row.body)
        if events >= EVENTS or size >= BYTES:
            break
    if not rows:
        return None
    more = events >= EVENTS or size >= BYTES or len(rows) == DELIVERIES
    # on PostgreSQL numbers are not in the order of commits: rows are named, not counted
    batch = Handover.objects.create(batch=f"live-{uuid4().hex}", deliveries=[row.pk for row in rows])
    return batch, rows, more


def _hand(batch: Handover, rows: Sequence[Delivery], *, again: bool = False) -> None:
    sources: dict[str, Items] = {}
    for row in rows:
        sources.setdefault(row.source, []).extend(items_of(row))
    with holding.writing:
        for source, items in sources.items():
            if again and holding.workspace()._store.fingerprints(source).get(batch.batch) == batch.batch:
                continue
            _recorded(items, source, batch.batch)
    with transaction.atomic():
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).delete()
        batch.delete()


def items_of(row: Delivery) -> Items:
    """The events of a delivery; what it is instead, where it has none."""
    sent = Sent(dialect=row.dialect, call=row.call, body=row.body, mark=row.mark, received_at=row.received_at)
    try:
        return list(read(sent).items)
    except NotReadable as error:
        reason = error.reason
    except Exception as error:
        _LOG.exception("a delivery could not be read", extra={"delivery": row.mark})
        reason = f"it could not be read: {type(error).__name__}"
    return [Unusable(reason=reason, raw=row.body[:_SHOWN].replace("\x00", ""))]


def _recorded(items: Items, source: str, batch: str) -> None:
    """Nothing; the log has the items. One that makes the log fail goes to the rejected rows, and stops no other."""
    try:
        _append(items, source, batch)
    except DiskFull:
        raise
    except (TenureError, ValueError, TypeError, OverflowError) as error:
        reason = f"the log could not take it: {type(error).__name__}"
        _LOG.warning("the log refused %d events: %s", len(items), error)
    else:
        return
    if len(items) > 1:
        middle = len(items) // 2
        _recorded(items[:middle], source, f"{batch}.0")
        _recorded(items[middle:], source, f"{batch}.1")
        return
    (item,) = items
    raw = item.raw if isinstance(item, Unusable) else f"{item.name} {item.message_id}"
    _append([Unusable(reason=reason, raw=raw)], source, batch)


def _append(items: Items, source: str, batch: str) -> None:
    # a client that sends again says another time of sending: the first stands
    done = append(
        holding.workspace()._store, items, received_at=holding.now(), source=source, batch=batch, on_change="keep"
    )  # fmt: skip
    add("tenure_log_events_total", done.loaded, outcome="loaded")
    add("tenure_log_events_total", done.duplicates + done.changed, outcome="duplicate")
    add("tenure_log_events_total", sum(done.appended.rejected.values()), outcome="rejected")
