"""The tracking dialects: bodies that clients send become events, or say why they cannot.

    reading = read(Delivery(dialect="segment", call="track", body='{"event": "Signed Up", "userId": "c17"}', …))
    reading.items      # events, and what cannot be used, in the order in which they were sent

Nothing here knows the time, the network or a database: the same delivery always gives the same events.
"""

from __future__ import annotations

from tenure.ingest.tracking.body import MOST_BODY, MOST_EVENT, NotReadable, read_body
from tenure.ingest.tracking.delivery import DIALECTS, Delivery, Reading, read

__all__ = ["DIALECTS", "MOST_BODY", "MOST_EVENT", "Delivery", "NotReadable", "Reading", "read", "read_body"]
