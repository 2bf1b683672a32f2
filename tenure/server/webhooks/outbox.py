"""From the feed to the outbox: which rows each address is to be told, written down once.

An endpoint remembers the number of the last row that was looked at for it, in the transaction that writes what it is to
be told; a tick that ended in between looks again, and finds the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from tenure.server import holding
from tenure.server.webhooks.models import Endpoint, Sending

# rows of the feed that are read at a time, and that one message tells
READ, TOLD = 5_000, 100


def copy() -> int:
    """How many messages were written down, once every address has been looked at."""
    feed = holding.workspace().feed.state
    written = 0
    if feed is None:
        return written
    for endpoint in Endpoint.objects.filter(seq__gt=feed.seq):
        # the feed of another store, made anew or put back: its numbers mean other moves
        with transaction.atomic():
            endpoint.sendings.all().delete()
            Endpoint.objects.filter(pk=endpoint.pk).update(seq=feed.seq)
    for endpoint in Endpoint.objects.filter(on=True, seq__lt=feed.seq):
        while endpoint.seq < feed.seq:
            rows = holding.workspace().feed.rows(after=endpoint.seq, limit=READ).to_pylist()
            told = _write(endpoint, rows, rows[-1]["seq"] if len(rows) == READ else feed.seq)
            if told is None:
                break
            written += told
    return written


def _write(endpoint: Endpoint, rows: Sequence[Mapping[str, Any]], seq: int) -> int | None:
    """How many messages; None where the address was removed, or switched off, since it was looked at."""
    wanted = [row["seq"] for row in rows if wants(endpoint, row)]
    parts = [wanted[place : place + TOLD] for place in range(0, len(wanted), TOLD)]
    now = datetime.now(UTC)
    with transaction.atomic():
        # first, so that whoever switches it waits for the rest
        if not Endpoint.objects.filter(pk=endpoint.pk, on=True, seq=endpoint.seq).update(seq=seq):
            return None
        # what an end between two commits left behind is there already
        Sending.objects.bulk_create(
            [Sending(endpoint=endpoint, last=part[-1], rows=part, due_at=now) for part in parts], ignore_conflicts=True
        )
    endpoint.seq = seq
    return len(parts)


def wants(endpoint: Endpoint, row: Mapping[str, Any]) -> bool:
    """Whether an endpoint is told of a row of the feed; a lifecycle that changed as a whole has no stage to ask for."""
    return (
        (not endpoint.lifecycles or row["lifecycle"] in endpoint.lifecycles)
        and (not endpoint.causes or row["cause"] in endpoint.causes)
        and (not endpoint.stages or row["cause"] == "definition" or row["stage"] in endpoint.stages)
    )
