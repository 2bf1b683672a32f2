"""Short names of events as nouns, one and several, for phrases that people read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tenure.expressions.names import is_plain

_NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "account_closed": "closed account",
        "activated": "activation",
        "ask": "request",
        "bad_score": "bad score",
        "cancel_requested": "cancellation request",
        "cart": "item* in the cart",
        "case": "support case",
        "case_reopened": "reopened case",
        "case_replied": "answered case",
        "case_resolved": "resolved case",
        "ces": "CES answer",
        "click": "ad click",
        "complaint_resolved": "resolved complaint",
        "csat": "CSAT answer",
        "deal_lost": "lost deal",
        "deal_stage": "stage* of a deal",
        "deal_won": "won deal",
        "delivered": "delivery",
        "dispute_closed": "closed dispute",
        "feature_shipped": "shipped feature",
        "feature_used": "use* of a feature",
        "followup": "follow-up",
        "form": "submitted form",
        "help": "visit* to the help pages",
        "help_searched": "help search",
        "help_viewed": "viewed help page",
        "identified": "identification",
        "impression": "ad view",
        "inbound_set": "stage* set by hand",
        "inquiry_answered": "answered inquiry",
        "joined": "programme* joined",
        "lead_qualified": "qualified lead",
        "leaving": "notice* of leaving",
        "look": "look* at a product",
        "message_bounced": "bounced message",
        "message_clicked": "clicked message",
        "message_complained": "message* marked as spam",
        "message_delivered": "delivered message",
        "message_opened": "opened message",
        "mql": "marketing-qualified lead",
        "noted": "note",
        "nps": "NPS answer",
        "order_cancelled": "cancelled order",
        "payment_failed": "failed payment",
        "payment_recovered": "recovered payment",
        "points_earned": "credit* of points",
        "points_redeemed": "redemption* of points",
        "praise": "good review",
        "product_viewed": "product view",
        "raised": "case* raised",
        "referral_qualified": "qualified referral",
        "referral_signup": "referred sign-up",
        "reward_redeemed": "redeemed reward",
        "rqi": "RQI answer",
        "seen": "contact",
        "serve_cost": "cost* of serving",
        "shared": "share",
        "shipped": "shipment",
        "signin": "sign-in",
        "signup": "sign-up",
        "source_stated": "stated source",
        "spend": "spending",
        "sql": "sales-qualified lead",
        "stage_set": "stage* set by hand",
        "sub_cancelled": "cancelled subscription",
        "sub_changed": "changed subscription",
        "sub_ended": "ended subscription",
        "sub_renewed": "renewed subscription",
        "sub_started": "started subscription",
        "subscribe": "subscription",
        "survey": "survey answer",
        "survey_sent": "sent survey",
        "task_done": "done task",
        "tested": "product test",
        "tier": "tier change",
        "trial_ended": "ended trial",
        "unsubscribe": "unsubscription",
        "usage": "use",
        "wishlist": "wish",
    }
)
"""Names that are no nouns by themselves; * marks where the plural's ending goes, by default the end."""


def noun(name: str) -> str:
    """One of the event: `order`, `sign-up`, `'Order Completed' event`."""
    if not is_plain(name):
        return f"'{_flat(name)}' event"
    return _NOUNS.get(name, plain(name)).replace("*", "")


def nouns(name: str) -> str:
    """Several of the event: `orders`, `looks at a product`, `'Order Completed' events`."""
    if not is_plain(name):
        return f"'{_flat(name)}' events"
    front, mark, back = _NOUNS.get(name, plain(name)).partition("*")
    return plural(front) + (back if mark else "")


def plain(name: str) -> str:
    """A name in words: `renewal date`; in quotes where it holds more than letters and digits."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words if words.replace(" ", "").isalnum() else f"'{_flat(name)}'"


def _flat(name: str) -> str:
    return " ".join(name.split())


def with_article(words: str) -> str:
    """`an order`, `a purchase`."""
    return f"{'an' if words[:1].lower() in 'aeio' or words[:3] in ('NPS', 'RQI') else 'a'} {words}"


def plural(word: str) -> str:
    """Several of `word`: `categories`."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"
