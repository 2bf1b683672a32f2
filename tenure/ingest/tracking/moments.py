"""When an event happened: what the client says, put right by how far its clock was off.

A client says when the event happened (`original`) and when it sent it (`sent_at`), both by its own clock. That clock is
wrong by sent − received, so the event happened at received − (sent − original). Where the client does not say when it
sent, its clock is taken as right; where it does not say when the event happened, it happened when it was received.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from tenure.ingest.timestamps import EARLIEST, LATEST
from tenure.ingest.tracking.body import NotReadable

FUTURE = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# seconds, milliseconds, microseconds or nanoseconds since 1970, by how large they are
_SCALES = ((10**11, 1_000_000, 1), (10**14, 1_000, 1), (10**17, 1, 1), (10**20, 1, 1_000))


class Happened(NamedTuple):
    """The moment in microseconds UTC; `original` is what the client said, where that is not believed."""

    time: int
    original: str | None = None


def happened(original: object, sent_at: object, received_at: int) -> Happened:
    """When an event happened. Raises NotReadable where what the client says is no time.

    What would lie more than 24 hours ahead happened when it was received.
    """
    said = moment_of(original, "timestamp")
    if said is None:
        return Happened(time=received_at)
    try:
        sent = moment_of(sent_at, "sentAt")
    except NotReadable:
        sent = None
    time = said if sent is None else received_at - (sent - said)
    if time > received_at + FUTURE:
        return Happened(time=received_at, original=str(original))
    if not EARLIEST <= time <= LATEST:
        raise NotReadable("the timestamp cannot be read")
    return Happened(time=time)


def moment_of(value: object, what: str) -> int | None:
    """A time in microseconds UTC: ISO 8601 (UTC where it has no zone), or seconds to nanoseconds since 1970.

    None where it is absent. Raises NotReadable where it is no time.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        text = value.strip()
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            try:
                since = (read if read.tzinfo else read.replace(tzinfo=UTC)) - _EPOCH
                return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
            except OverflowError:
                raise NotReadable(f"the {what} cannot be read") from None
        digits = text.removeprefix("-")
        value = int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise NotReadable(f"the {what} cannot be read")
    for limit, times, by in _SCALES:
        if abs(value) < limit:
            return int(value * times) // by
    raise NotReadable(f"the {what} cannot be read")
