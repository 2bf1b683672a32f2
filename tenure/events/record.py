"""An event as a program hands it over: notes, calls, actions, whatever happens inside the application.

Event(name="Noted", time=now, properties={"text": "Prices went up"})
Event(name="Call Logged", time=now, customer_id="c17", properties={"duration": 340}, message_id="call-981")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, when, to whom.

    `time` is a moment with a time zone, or microseconds since 1970 UTC. `properties`, `traits` and `context` hold what
    JSON can: texts, numbers (Decimal stays exact), truth values, moments, lists and mappings of these; a property that
    is None is absent, a trait that is None becomes unknown. `message_id` is what makes an event the same when it comes
    again; without one it is made of what the event says, so that two equal events are one. `received_at` (microseconds
    UTC) is when it came in, where that was before it is recorded.
    """

    name: str
    time: datetime | int
    customer_id: str | None = None
    anonymous_id: str | None = None
    account: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    traits: Mapping[str, object] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)
    message_id: str | None = None
    type: str = "track"
    received_at: int | None = None
