"""Short names: what conditions count. The standard ones, and how a workspace or a lifecycle writes its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from tenure.documents import DefinitionModel, Texts
from tenure.events.care import CARE
from tenure.events.engagement import ENGAGEMENT
from tenure.events.reach import REACH
from tenure.events.sales import SALES
from tenure.events.standard import StandardEvent
from tenure.events.work import WORK


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBinding:
    """What a short name stands for: any of `events` for which `where` (a condition over the event's properties) holds.

    `value` is the property that `sum(name)`, `first(name)`, `last(name)` and the like read; of several, the first that
    the event has. None: the name has no value, and a property must be named (`sum(name.price)`).
    """

    name: str
    events: tuple[str, ...]
    where: str | None = None
    value: str | tuple[str, ...] | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The value's properties in their order; empty where there is none."""
        return (self.value,) if isinstance(self.value, str) else self.value or ()


class EventSpec(DefinitionModel):
    """What a short name stands for, as written: an event, a list of events, or a mapping."""

    event: Texts = Field(min_length=1)
    """The event's name as it stands in the log, or a list of names."""
    where: str | None = None
    """A condition over the event's own properties: "survey == 'nps'"."""
    value: Texts = ()
    """The property read by sum(name), last(name) and the like; of a list, the first that the event has."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, written: object) -> object:
        return {"event": written} if isinstance(written, str | list) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The three forms, for editors."""
        mapping = handler.resolve_ref_schema(handler(core))
        return {"anyOf": [*mapping["properties"]["event"]["anyOf"], mapping]}

    def binding(self, name: str) -> EventBinding:
        """What `name` stands for. An event of the dictionary brings its value along unless one is named here."""
        value = self.value
        if not value and len(self.event) == 1 and self.event[0] in EVENTS:
            value = EVENTS[self.event[0]].value
        return EventBinding(name=name, events=self.event, where=self.where, value=_value(value))


def _value(properties: tuple[str, ...]) -> str | tuple[str, ...] | None:
    return properties[0] if len(properties) == 1 else properties or None


EVENTS: Mapping[str, StandardEvent] = MappingProxyType(
    {entry.name: entry for entry in (*REACH, *SALES, *CARE, *ENGAGEMENT, *WORK)}
)
ALIASES: Mapping[str, str] = MappingProxyType({name: entry.name for entry in EVENTS.values() for name in entry.also})

_PURCHASE = ("Order Completed", "Subscription Started", "Subscription Renewed", "Deal Won")
_USAGE = ("Feature Used", "Order Delivered")
_SURVEY = ("Survey Answered",)
_RAISED = ("Case Opened", "Case Reopened")


def _compound() -> Iterator[EventBinding]:
    """The names that stand for several events, or for some of one kind."""
    yield EventBinding(name="purchase", events=_PURCHASE, value=("revenue", "mrr", "amount"))
    yield EventBinding(name="usage", events=_USAGE)
    yield EventBinding(name="activity", events=_PURCHASE + _USAGE)
    seen = ("Ad Viewed", "Ad Clicked", "Search Referred", "Page Viewed", "Store Visited", "Source Stated")
    yield EventBinding(name="seen", events=seen)
    look = ("Product Viewed", "Products Searched", "Product Added to Wishlist", "Product Added", "Product Tested")
    yield EventBinding(name="look", events=look)
    yield EventBinding(name="talk", events=("Call Logged", "Meeting Held", "Demo Attended"))
    yield EventBinding(name="ask", events=("Form Submitted", "Inquiry Sent", "Lead Created"))
    yield EventBinding(name="help", events=("Help Viewed", "Help Searched"))
    yield EventBinding(name="raised", events=_RAISED)
    yield EventBinding(name="complaint", events=_RAISED, where="complaint")
    yield EventBinding(name="complaint_resolved", events=("Case Resolved",), where="complaint")
    for survey in ("nps", "csat", "ces", "rqi"):
        yield EventBinding(name=survey, events=_SURVEY, where=f"survey == '{survey}'", value="score")
    bad = "survey == 'nps' and score <= 6 or survey == 'csat' and score <= 2"
    yield EventBinding(name="bad_score", events=_SURVEY, where=bad, value="score")
    yield EventBinding(name="praise", events=("Product Reviewed", "Review Posted"), where="rating >= 4", value="rating")
    more = ("Subscription Changed", "Deal Won")
    grown = "mrr_delta > 0 or type == 'expansion'"
    yield EventBinding(name="expansion", events=more, where=grown, value=("mrr_delta", "amount"))
    yield EventBinding(name="leaving", events=("Cancellation Requested", "Subscription Cancelled"))
    yield EventBinding(name="mql", events=("Lead Qualified",), where="stage == 'marketing'", value="score")
    yield EventBinding(name="sql", events=("Lead Qualified",), where="stage == 'sales'", value="score")
    yield EventBinding(name="branded_search", events=("Search Referred",), where="branded")
    served = "kind in ('delivery', 'service', 'return', 'message', 'incentive')"
    yield EventBinding(name="serve_cost", events=("Cost Recorded",), where=served, value="amount")
    yield EventBinding(name="inbound_set", events=("Stage Set",), where="lifecycle == 'inbound'", value="stage")


STANDARD: Mapping[str, EventBinding] = MappingProxyType(
    {
        **{
            entry.short: EventBinding(name=entry.short, events=(entry.name,), value=_value(entry.value))
            for entry in EVENTS.values()
        },
        **{binding.name: binding for binding in _compound()},
    }
)


def bindings(*own: Mapping[str, EventBinding]) -> Mapping[str, EventBinding]:
    """Every short name: the standard ones, then each of `own` over those before (the workspace's, the lifecycle's).

    `activity` follows `purchase` and `usage` where they are bound anew and it is not: it takes their events, without
    their filters.
    """
    found = dict(STANDARD)
    for names in own:
        found.update(names)
    if found["activity"] is STANDARD["activity"]:
        events = dict.fromkeys((*found["purchase"].events, *found["usage"].events))
        found["activity"] = EventBinding(name="activity", events=tuple(events))
    return MappingProxyType(found)
