"""The market of a company: its countries with time zones, and the ways on which people come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Flavour = Literal["shop", "subscription", "b2b"]
FLAVOURS: tuple[Flavour, ...] = ("shop", "subscription", "b2b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country by its code, its share of the people, where its clock stands, and how it is called in a name."""

    code: str
    name: str
    share: float
    zone: str
    # how much of the parcels come late there
    late: float = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to the company: what a link says of it, its share of first contacts, and what those people are worth.

    `pull` multiplies the chance to buy; a way with `click` costs that much a click, in cents.
    """

    channel: str
    source: str
    medium: str
    campaign: str | None = None
    share: float
    pull: float = 1.0
    click: int = 0


COUNTRIES = (
    Country(code="GB", name="United Kingdom", share=0.46, zone="Europe/London"),
    Country(code="IE", name="Ireland", share=0.08, zone="Europe/Dublin", late=0.08),
    Country(code="DE", name="Germany", share=0.18, zone="Europe/Berlin", late=0.05),
    Country(code="FR", name="France", share=0.11, zone="Europe/Paris", late=0.07),
    Country(code="NL", name="Netherlands", share=0.07, zone="Europe/Amsterdam", late=0.05),
    Country(code="US", name="United States", share=0.10, zone="America/New_York", late=0.12),
)

DIRECT = Way(channel="direct", source="direct", medium="none", share=0.13)
MAIL = Way(channel="email", source="newsletter", medium="email", campaign="newsletter", share=0.02, pull=1.3)
FRIEND = Way(channel="referral", source="friend", medium="referral", campaign="friends", share=0.06, pull=1.5)
_ADS = (
    Way(channel="paid_search", source="google", medium="cpc", campaign="brand", share=0.06, pull=1.25, click=22),
    Way(channel="paid_search", source="google", medium="cpc", campaign="generic", share=0.12, pull=0.95, click=61),
    Way(channel="paid_search", source="bing", medium="cpc", campaign="generic", share=0.03, click=48),
    Way(channel="paid_social", source="instagram", medium="cpc", campaign="look_here", share=0.10, pull=0.7, click=34),
    Way(channel="paid_social", source="facebook", medium="cpc", campaign="again", share=0.06, pull=0.8, click=29),
    Way(
        channel="display", source="partner_network", medium="display", campaign="season", share=0.05, pull=0.5,
        click=12,
    ),
)  # fmt: skip
_OWN = (
    Way(channel="organic_search", source="google", medium="organic", share=0.24, pull=1.1),
    Way(channel="social", source="instagram", medium="social", share=0.05, pull=0.8),
    Way(channel="affiliate", source="price_compare", medium="affiliate", campaign="listing", share=0.04, pull=0.9),
)
_PERSONAL = (
    Way(channel="store", source="store", medium="offline", share=0.05, pull=1.3),
    Way(channel="phone", source="phone", medium="offline", share=0.03, pull=1.2),
    Way(channel="list", source="bought_list", medium="import", campaign="address_list", share=0.07, pull=0.12),
)
_B2B = (
    Way(channel="paid_search", source="google", medium="cpc", campaign="brand", share=0.06, pull=1.3, click=140),
    Way(channel="paid_search", source="google", medium="cpc", campaign="category", share=0.13, click=420),
    Way(channel="paid_social", source="linkedin", medium="cpc", campaign="whitepaper", share=0.15, pull=0.8, click=610),
    Way(channel="display", source="trade_press", medium="display", campaign="season", share=0.05, pull=0.6, click=180),
    Way(channel="organic_search", source="google", medium="organic", share=0.20, pull=1.1),
    Way(channel="partner", source="reseller", medium="partner", campaign="partner", share=0.05, pull=1.4),
    Way(channel="fair", source="trade_fair", medium="offline", campaign="fair", share=0.08, pull=1.2),
    Way(channel="phone", source="outbound", medium="offline", share=0.06, pull=0.8),
    Way(channel="list", source="bought_list", medium="import", campaign="address_list", share=0.15, pull=0.15),
)

WAYS: dict[Flavour, tuple[Way, ...]] = {
    "shop": (DIRECT, MAIL, FRIEND, *_ADS, *_OWN, *_PERSONAL),
    "subscription": (DIRECT, MAIL, FRIEND, *_ADS, *_OWN, *_PERSONAL[1:]),
    "b2b": (DIRECT, MAIL, FRIEND, *_B2B),
}
# channels on which nobody is seen on the site first
APART = ("store", "phone", "list", "fair")

# trade of the months from January on, and of the days from Monday on
SEASON: dict[Flavour, tuple[float, ...]] = {
    "shop": (0.75, 0.75, 0.85, 0.9, 0.95, 0.85, 0.75, 0.75, 0.95, 1.05, 1.55, 1.65),
    "subscription": (1.25, 1.1, 1.05, 1.0, 0.95, 0.9, 0.8, 0.8, 1.1, 1.1, 1.0, 0.85),
    "b2b": (1.0, 1.1, 1.2, 1.0, 1.05, 1.1, 0.7, 0.6, 1.15, 1.2, 1.15, 0.65),
}
WEEK: dict[Flavour, tuple[float, ...]] = {
    "shop": (1.0, 0.95, 0.95, 0.95, 1.0, 1.15, 1.25),
    "subscription": (1.15, 1.15, 1.1, 1.05, 0.95, 0.75, 0.85),
    "b2b": (1.25, 1.35, 1.3, 1.25, 1.05, 0.15, 0.15),
}
