"""Writes the reference page of the event dictionary: `python -m tenure.events docs/reference/events.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tenure.events import ALIASES, COMMON_PROPERTIES, EVENTS, STANDARD, EventBinding, EventProperty, StandardEvent

_INTRODUCTION = """\
# Events

This page is written by `python -m tenure.events`; do not edit it.

An event has a name, a time, mostly a customer, and properties. A log may hold events of any name. Those below are
known without being declared: a condition counts them by their short names (`count(order)`), and import and library
agree on their properties. A workspace declares further names, or binds these to other events, under `events:`.

Every event may also carry {common}, and `currency` where there is money.
`value` is what `sum(name)`, `avg(name)`, `first(name)`, `last(name)` and the like read; where several properties stand
there, the first that the event has. `activity` follows `purchase` and `usage` where a workspace binds those anew.
"""

_CUSTOMER = {
    "always": "",
    "may lack": "May come as a total that belongs to no customer, with `count` of them a day.",
    "never": "Belongs to no customer.",
}


def page() -> str:
    """The reference page, in Markdown."""
    return "\n".join((*_page(),)).rstrip() + "\n"


def _page() -> Iterator[str]:
    yield _INTRODUCTION.format(common=", ".join(f"`{name}`" for name in COMMON_PROPERTIES if name != "currency"))
    yield "## Short names for several events, or for some of a kind\n"
    yield "| short name | stands for | where | value |"
    yield "|---|---|---|---|"
    single = {entry.short for entry in EVENTS.values()}
    yield from (_binding(STANDARD[name]) for name in sorted(set(STANDARD) - single))
    yield "\n## Names that are read as another\n"
    yield "| event | is read as |"
    yield "|---|---|"
    yield from (f"| {name} | {ALIASES[name]} |" for name in sorted(ALIASES))
    yield "\n## The events\n"
    for entry in sorted(EVENTS.values(), key=lambda entry: entry.short):
        yield from _event(entry)


def _binding(binding: EventBinding) -> str:
    where = f"`{binding.where}`" if binding.where else ""
    return f"| `{binding.name}` | {', '.join(binding.events)} | {where} | {_names(binding.values)} |"


def _event(entry: StandardEvent) -> Iterator[str]:
    yield f"### `{entry.short}`: {entry.name}\n"
    yield f"{entry.means} {_CUSTOMER[entry.customer]}".rstrip() + "\n"
    standard = "Name and properties follow Segment's specification. " if entry.segment else ""
    value = f"Value: {_names(entry.value)}. " if entry.value else ""
    yield f"{standard}{value}Usual sources: {', '.join(entry.sources)}.\n"
    yield "| property | type | |"
    yield "|---|---|---|"
    yield from (_property(field) for field in entry.properties.values())
    yield ""


def _property(field: EventProperty) -> str:
    return f"| `{field.name}` | {field.type} | {field.note} |"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
