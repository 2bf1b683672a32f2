"""The short list of metrics that a company looks at first, where it has not chosen its own."""

from __future__ import annotations

from collections.abc import Collection

COUNT = 10

# what the company lives on, whether customers come and stay, whether they are content, then what leads there
PREFERENCE = (
    "mrr", "revenue", "new_customers", "customer_retention_rate", "nrr", "average_order_value",
    "repeat_purchase_rate", "customer_churn_rate", "win_rate", "activation_rate", "customer_acquisition_cost",
    "nps", "csat", "on_time_delivery_rate", "at_risk_rate", "win_back_rate", "referral_rate", "lead_conversion_rate",
    "checkout_conversion_rate", "first_contact_resolution_rate", "resolution_time", "signups", "website_visits",
    "historic_customer_lifetime_value", "grr", "quick_ratio", "orders", "active_people", "new_leads", "cases",
)  # fmt: skip


def key_metrics(ready: Collection[str], count: int = COUNT) -> tuple[str, ...]:
    """The first `count` metrics in the order of preference among those that have figures."""
    return tuple(name for name in PREFERENCE if name in ready)[:count]
