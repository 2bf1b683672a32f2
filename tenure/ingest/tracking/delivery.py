"""What one request brought, and the events that it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tenure.events import Event
from tenure.ingest.recording import Unusable
from tenure.ingest.tracking import customerio, native, segment
from tenure.ingest.tracking.body import MOST_EVENT, read_json

Items = Iterator[Event | Unusable]
# a dialect reads the call, the JSON, when that was received, and what ids are made of where the sender gives none;
# the last says whether the whole is larger than one event may be
DIALECTS: Mapping[str, Callable[[str, object, int, str, bool], Items]] = {
    "segment": segment.events, "customerio": customerio.events, "native": native.events,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A body as it was sent: the dialect, which call it was, and when it was received (microseconds UTC).

    `mark` is drawn once: ids of events that have none are made of it, so that they are the same at every reading.
    """

    dialect: str
    call: str
    body: str
    mark: str
    received_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The events of a delivery, and what of it cannot be used, in their order."""

    items: tuple[Event | Unusable, ...]

    @property
    def refused(self) -> tuple[tuple[int, str], ...]:
        """The places, counted from 0, of what cannot be used, each with the reason."""
        return tuple((place, one.reason) for place, one in enumerate(self.items) if isinstance(one, Unusable))


def read(delivery: Delivery) -> Reading:
    """The events of a delivery. Raises NotReadable where it is not even JSON of the right form."""
    told = read_json(delivery.body)
    # an event is written in no more signs than the whole
    large = len(delivery.body) > MOST_EVENT
    dialect = DIALECTS[delivery.dialect]
    return Reading(items=tuple(dialect(delivery.call, told, delivery.received_at, delivery.mark, large)))
