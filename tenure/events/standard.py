"""What a standard event is: its names, its properties with their types, and where it usually comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

PropertyType = Literal["text", "number", "money", "truth", "time", "list"]
Customer = Literal["always", "may lack", "never"]

_MARKS: dict[str, PropertyType] = {"": "text", "#": "number", "$": "money", "?": "truth", "@": "time", "[]": "list"}
_PROPERTY = re.compile(r"\s*(?P<name>\w+)(?:\s+(?P<mark>[#$?@]|\[\]))?(?:\s+\((?P<note>[^)]*)\))?\s*(?:,|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventProperty:
    """A property of a standard event; `note` tells its values or unit where the name does not."""

    name: str
    type: PropertyType
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardEvent:
    """An event that every workspace knows.

    `short` is what conditions call it, `name` what the log holds, `value` the properties that `sum(short)`,
    `last(short)` and the like read (the first that the event has). `segment` marks names and properties of Segment's
    specification, `also` other names read as this one. `customer` tells whether an event may come as a total that
    belongs to nobody, with `count` of them a day.
    """

    short: str
    name: str
    means: str
    properties: Mapping[str, EventProperty]
    sources: tuple[str, ...]
    value: tuple[str, ...] = ()
    segment: bool = False
    also: tuple[str, ...] = ()
    customer: Customer = "always"


def properties(text: str) -> Mapping[str, EventProperty]:
    """The properties written as `order_id, total $, score # (0 to 10)`.

    Marks: `#` number, `$` money, `?` truth, `@` time or date, `[]` list; text without one.
    """
    found: dict[str, EventProperty] = {}
    position = 0
    while position < len(text):
        match = _PROPERTY.match(text, position)
        if match is None:
            raise ValueError(f"not a property: {text[position:]!r}")
        name = match["name"]
        found[name] = EventProperty(name=name, type=_MARKS[match["mark"] or ""], note=match["note"] or "")
        position = match.end()
    return MappingProxyType(found)


def event(
    short: str,
    name: str,
    means: str,
    fields: str,
    sources: str,
    *,
    value: str = "",
    segment: bool = False,
    also: tuple[str, ...] = (),
    customer: Customer = "always",
) -> StandardEvent:
    """A standard event from one row of the dictionary; `value` lists alternatives with blanks between."""
    return StandardEvent(
        short=short,
        name=name,
        means=means,
        properties=properties(fields),
        sources=tuple(sources.split(", ")),
        value=tuple(value.split()),
        segment=segment,
        also=also,
        customer=customer,
    )
