"""What is sold, and what follows from it: which events are a purchase and a use, and which lifecycles fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A kind of trade.

    `purchase` are the events that report each sale once, `value` what a sale is worth; `usage` the events of use, empty
    where people use nothing. `offered` are at most four lifecycles that fit, the best first; `added` the add-on stages
    that a workspace of such a trade gets.
    """

    name: str
    title: str
    purchase: tuple[str, ...]
    value: tuple[str, ...]
    usage: tuple[str, ...]
    offered: tuple[str, ...]
    added: tuple[str, ...] = ("reactivated", "at_risk", "lapsed")


_ENDING = ("reactivated", "at_risk", "lapsed", "deactivated")
_SUBSCRIBED = ("Subscription Started", "Subscription Renewed")

TRADES: Mapping[str, Trade] = MappingProxyType(
    {
        trade.name: trade
        for trade in (
            Trade(
                name="shop", title="Goods, in a shop", purchase=("Order Completed",), value=("revenue",),
                usage=("Order Delivered",), offered=("classic", "commerce", "shopper", "journey"),
            ),
            Trade(
                name="subscription", title="A subscription", purchase=_SUBSCRIBED, value=("mrr",),
                usage=("Feature Used",), offered=("classic", "saas", "onboarding", "dissatisfaction"), added=_ENDING,
            ),
            Trade(
                name="b2b", title="To companies, by sales people (B2B)", purchase=("Deal Won",), value=("amount",),
                usage=("Feature Used", "Order Delivered"),
                offered=("classic", "inbound", "business-process", "crm-cycle"),
            ),
            Trade(
                name="app", title="An app, free to begin with", purchase=("Order Completed", *_SUBSCRIBED),
                value=("revenue", "mrr"), usage=("Feature Used",),
                offered=("pirate", "product-usage", "growth", "engage-first"), added=_ENDING,
            ),
            Trade(
                name="service", title="A service, such as repairs, courses or care", purchase=("Order Completed",),
                value=("revenue",), usage=("Order Delivered",),
                offered=("classic", "around-purchase", "relationship", "retirement"),
            ),
            Trade(
                name="donations", title="Donations", purchase=("Order Completed",), value=("revenue",),
                usage=(), offered=("classic", "commerce", "shopper", "experience"),
            ),
        )
    }
)  # fmt: skip
DEFAULT = "shop"
