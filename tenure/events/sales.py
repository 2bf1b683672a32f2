"""Standard events of the sale and what was bought: orders, payment, subscriptions, use."""

from __future__ import annotations

from tenure.events.standard import StandardEvent, event

_PLAN = "subscription_id, plan, category, quantity #, interval, mrr $, margin $, period_end @, on_time ?"
_END = "subscription_id, plan, mrr $, effective_at @, reason, competitor, voluntary ?"
_STEP = "step, position #, steps #, required ?"
_DISPUTE = "dispute_id, order_id, amount $, reason"
_PAYMENT = "invoice, amount $, attempt #, reason"
_REFUND = "order_id, total $, revenue $, shipping $, tax $, discount $, coupon, products [], reason"

SALES: tuple[StandardEvent, ...] = (
    event(
        "checkout", "Checkout Started", "Somebody went to the till.",
        "order_id, affiliation, value $, revenue $, shipping $, tax $, discount $, coupon, products []",
        "web, shop", value="value revenue", segment=True, also=("Started Order",),
    ),
    event(
        "coupon", "Coupon Applied", "A coupon was used on a cart or order.",
        "order_id, cart_id, coupon_id, coupon_name, discount $", "web, shop", value="discount", segment=True,
    ),
    event(
        "order", "Order Completed", "An order was placed.",
        "checkout_id, order_id, affiliation, subtotal $, total $, "
        "revenue $ (after discounts, without shipping and tax), shipping $, tax $, discount $, coupon, products [], "
        "margin $ (where absent: revenue times the workspace's margin), category (of the largest item)",
        "shop, billing", value="revenue", segment=True, also=("Completed Order",),
    ),
    event(
        "refund", "Order Refunded", "Money of an order was given back.", _REFUND,
        "shop, billing", value="revenue", segment=True,
    ),
    event(
        "order_cancelled", "Order Cancelled", "An order was withdrawn before it was fulfilled.", _REFUND,
        "shop, billing", value="revenue", segment=True,
    ),
    event("shipped", "Order Shipped", "An order left the house.", "order_id, carrier, promised_at @", "shop"),
    event("delivered", "Order Delivered", "An order arrived.", "order_id, carrier, promised_at @", "shop"),
    event(
        "dispute", "Dispute Opened", "A payment or an order is contested.",
        _DISPUTE, "billing, shop", value="amount",
    ),
    event(
        "dispute_closed", "Dispute Closed", "A dispute came to an end.",
        f"{_DISPUTE}, outcome", "billing, shop", value="amount",
    ),
    event(
        "payment_failed", "Payment Failed", "A charge did not go through.",
        _PAYMENT, "billing", value="amount",
    ),
    event(
        "payment_recovered", "Payment Recovered", "A charge that had failed went through.",
        _PAYMENT, "billing", value="amount",
    ),
    event(
        "sub_started", "Subscription Started", "A paid subscription began.",
        _PLAN, "billing", value="mrr",
    ),
    event(
        "sub_renewed", "Subscription Renewed", "A subscription went into its next term.",
        _PLAN, "billing", value="mrr",
    ),
    event(
        "sub_changed", "Subscription Changed", "A subscription became larger or smaller.",
        "subscription_id, from_plan, to_plan, mrr $, mrr_delta $", "billing", value="mrr_delta",
    ),
    event(
        "sub_cancelled", "Subscription Cancelled", "Notice was given; the subscription still runs.",
        _END, "billing", value="mrr",
    ),
    event(
        "sub_ended", "Subscription Ended", "A subscription is over.",
        _END, "billing", value="mrr",
    ),
    event(
        "cancel_requested", "Cancellation Requested", "Somebody asked to cancel.",
        "subscription_id, reason, competitor, offer_shown, offer_accepted ?", "web, help desk",
    ),
    event(
        "onboarding_step", "Onboarding Step Completed", "A step of setting up was done.",
        _STEP, "web, CRM", value="step",
    ),
    event(
        "offboarding_step", "Offboarding Step Completed", "A step of winding up was done.",
        _STEP, "web, CRM", value="step",
    ),
    event(
        "activated", "Activated", "The first real benefit was reached, by the rule named.",
        "rule", "web",
    ),
    event(
        "feature_used", "Feature Used", "Something in the product was used.",
        "feature, quantity #", "web", value="quantity",
    ),
    event(
        "account_closed", "Account Closed", "The account was closed.",
        "account_name, reason, competitor, voluntary ?", "web, billing, CRM", also=("Account Deleted",),
    ),
    event(
        "cost", "Cost Recorded", "What a customer cost.",
        "kind (goods, delivery, service, return, message, incentive or acquisition), amount $",
        "billing, help desk, shop", value="amount",
    ),
)  # fmt: skip
