"""The event dictionary: names and properties of standard events, and the short names that conditions count.

    EVENTS["Order Completed"].properties["revenue"].type     # 'money'
    STANDARD["purchase"].events                              # Order Completed, Subscription Started, …
    ALIASES["Email Delivered"]                               # 'Message Delivered'

Events of other names are welcome; a workspace binds them to short names under `events:`.
"""

from __future__ import annotations

from tenure.events.bindings import ALIASES, EVENTS, STANDARD, EventBinding, EventSpec, bindings
from tenure.events.record import Event
from tenure.events.standard import EventProperty, PropertyType, StandardEvent

__all__ = [
    "ALIASES",
    "COMMON_PROPERTIES",
    "EVENTS",
    "STANDARD",
    "Event",
    "EventBinding",
    "EventProperty",
    "EventSpec",
    "PropertyType",
    "StandardEvent",
    "bindings",
]

COMMON_PROPERTIES = ("channel", "source", "medium", "campaign", "account_id", "currency")
