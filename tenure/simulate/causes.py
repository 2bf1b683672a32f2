"""Causes that can be planted in a company, so that an analysis has something true to find.

    simulate(flavour="shop", seed=1, causes=[PriceRise(country="DE", since=date(2025, 1, 1), until=date(2025, 4, 1))])

A cause only takes away, delays or changes what would have happened; what is drawn for everything else stays as it was.
`since` is the first day, `until` the first day on which it does not act any more (None: it lasts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tenure.documents import did_you_mean, listing
from tenure.errors import UsageError
from tenure.events import EVENTS
from tenure.simulate.calendar import Calendar
from tenure.simulate.draws import Bools, Floats, Ints
from tenure.simulate.market import COUNTRIES, WAYS, Flavour

Codes = npt.NDArray[np.integer]
Kind = TypeVar("Kind")
# events that are told by a rule of the company's own, and the flavours that have them
RULED: dict[str, tuple[Flavour, ...]] = {"Activated": ("subscription", "b2b"), "Lead Qualified": ("b2b",)}
WEB = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRise:
    """Prices in `country` are higher by `size` (0.12 is 12 %), and the share `fewer` of the purchases there is lost."""

    country: str
    since: date
    until: date | None = None
    size: float = 0.12
    fewer: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDriesUp:
    """The share `size` of those who would have come by `channel` never come."""

    channel: str
    since: date
    until: date | None = None
    size: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDeliveries:
    """The share `size` of the parcels to `country` is late, on top of those that always are."""

    country: str
    since: date
    until: date | None = None
    size: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOutage:
    """The share `size` of the `events` (none named: all that web pages send) is not recorded, though they happen."""

    since: date
    until: date | None
    events: tuple[str, ...] = ()
    size: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDefinition:
    """From `since` on, `event` asks for more: the share `size` of those who passed its rule do not pass any longer."""

    event: str
    since: date
    until: date | None = None
    size: float = 0.5


Cause = PriceRise | ChannelDriesUp | LateDeliveries | TrackingOutage | ChangedDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a planted cause did, beside the same company without it.

    `dimension` and `value` say where it acted. `removed`, `added` and `changed` are numbers of events, `people` of
    those whose events differ, `events` the names of these events; totals that belong to nobody count among the events.
    """

    kind: str
    dimension: str
    value: str
    since: date
    until: date | None
    events: tuple[str, ...]
    removed: int
    added: int
    changed: int
    people: int


def place(cause: Cause) -> tuple[str, str]:
    """The dimension and its value where the cause acts."""
    if isinstance(cause, PriceRise | LateDeliveries):
        return "country", cause.country
    if isinstance(cause, ChannelDriesUp):
        return "channel", cause.channel
    if isinstance(cause, TrackingOutage):
        return ("event", ", ".join(cause.events)) if cause.events else ("source", WEB)
    return "event", cause.event


class Planted:
    """The causes of a company, asked by those who simulate what happens."""

    def __init__(self, causes: Sequence[Cause], flavour: Flavour, calendar: Calendar) -> None:
        for cause in causes:
            _check(cause, flavour)
        self._causes = tuple(causes)
        self._calendar = calendar
        self._codes = {country.code: code for code, country in enumerate(COUNTRIES)}

    def price(self, country: Codes, at: Ints) -> Floats:
        """By what prices are multiplied."""
        factor = np.ones(len(at))
        for cause in self._of(PriceRise):
            factor *= np.where(self._there(cause, country, at), 1 + cause.size, 1.0)
        return factor

    def priced_out(self, country: Codes, at: Ints, chance: Floats) -> Bools:
        """Which purchases are not made because of the price; `chance` is drawn for each."""
        lost = np.zeros(len(at), dtype=np.bool_)
        for cause in self._of(PriceRise):
            lost |= self._there(cause, country, at) & (chance < cause.fewer)
        return lost

    def late(self, country: Codes, at: Ints, chance: Floats) -> Bools:
        """Which parcels are late because of a cause."""
        late = np.zeros(len(at), dtype=np.bool_)
        for cause in self._of(LateDeliveries):
            late |= self._there(cause, country, at) & (chance < cause.size)
        return late

    def dried_up(self, channel: str, at: Ints, chance: Floats) -> Bools:
        """Which of those who would have come by the channel do not come."""
        lost = np.zeros(len(at), dtype=np.bool_)
        for cause in self._of(ChannelDriesUp):
            if cause.channel == channel:
                lost |= self._when(cause, at) & (chance < cause.size)
        return lost

    def flow(self, channel: str, at: Ints) -> Floats:
        """What is left of the channel's traffic, from 0 to 1."""
        left = np.ones(len(at))
        for cause in self._of(ChannelDriesUp):
            if cause.channel == channel:
                left *= np.where(self._when(cause, at), 1 - cause.size, 1.0)
        return left

    def recorded(self, event: str, at: Ints, key: Ints) -> Bools:
        """Which events of that name are recorded; whether one is lost follows from its key."""
        kept = np.ones(len(at), dtype=np.bool_)
        for cause in self._of(TrackingOutage):
            if event in (cause.events or PAGES):
                kept &= ~(self._when(cause, at) & (_spread(key) < cause.size))
        return kept

    def passes(self, event: str, at: Ints, strength: Floats) -> Bools:
        """Who passes the rule behind the event; `strength` is how well they meet it, evenly from 0 to 1."""
        passed = np.ones(len(at), dtype=np.bool_)
        for cause in self._of(ChangedDefinition):
            if cause.event == event:
                passed &= ~(self._when(cause, at) & (strength < cause.size))
        return passed

    def stricter(self, event: str, at: Ints) -> Bools:
        """When the changed rule of the event was in force."""
        changed = np.zeros(len(at), dtype=np.bool_)
        for cause in self._of(ChangedDefinition):
            changed |= (cause.event == event) & self._when(cause, at)
        return changed

    def _of(self, kind: type[Kind]) -> list[Kind]:
        return [cause for cause in self._causes if isinstance(cause, kind)]

    def _there(self, cause: PriceRise | LateDeliveries, country: Codes, at: Ints) -> Bools:
        return np.asarray((country == self._codes[cause.country]) & self._when(cause, at))

    def _when(self, cause: Cause, at: Ints) -> Bools:
        began = at >= self._calendar.at(cause.since)
        return began if cause.until is None else np.asarray(began & (at < self._calendar.at(cause.until)))


# what web pages send of a visitor who may not be known yet, and what they send besides
ANONYMOUS = frozenset(
    {
        "Page Viewed", "Ad Viewed", "Ad Clicked", "Search Referred", "Products Searched", "Product Viewed",
        "Product Added to Wishlist", "Product Added", "Product Shared", "Checkout Started", "Help Viewed",
        "Help Searched",
    }
)  # fmt: skip
PAGES = ANONYMOUS | {"Form Submitted", "Signed Up", "Signed In"}


def _spread(key: Ints) -> Floats:
    """A number from 0 to 1 that looks random and always is the same for the same key."""
    mixed = key.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)


def _check(cause: Cause, flavour: Flavour) -> None:
    """Raises UsageError where the cause names what this company does not have."""
    if cause.until is not None and cause.until <= cause.since:
        raise UsageError(f"A cause cannot last from {cause.since} until {cause.until}.", hint="Turn the dates round.")
    if isinstance(cause, PriceRise | LateDeliveries):
        _among(cause.country, [country.code for country in COUNTRIES], "country")
    if isinstance(cause, LateDeliveries) and flavour != "shop":
        raise UsageError(f"A company of the flavour '{flavour}' delivers no parcels.", hint="Take the flavour 'shop'.")
    if isinstance(cause, ChannelDriesUp):
        _among(cause.channel, sorted({way.channel for way in WAYS[flavour]}), "channel")
    if isinstance(cause, TrackingOutage):
        for name in cause.events:
            _among(name, sorted(EVENTS), "event")
    if isinstance(cause, ChangedDefinition):
        _among(cause.event, [name for name, flavours in RULED.items() if flavour in flavours], "event with a rule")


def _among(name: str, known: list[str], what: str) -> None:
    if name not in known:
        hint = did_you_mean(name, known) or (f"There are {listing(known, 'and')}." if known else "There is none.")
        raise UsageError(f"This company has no {what} '{name}'.", hint=hint)
