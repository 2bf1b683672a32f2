"""What figures are broken down by: what the event itself carries, else what is known of the person.

For channel, source, medium and campaign that is the person's first touch, for anything else the trait of that name.
"""

from __future__ import annotations

from tenure.lifecycle.steps import Step
from tenure.metrics.feed import Feed
from tenure.warehouse.measures import MeasureKind

FIRST_TOUCH = ("channel", "source", "medium", "campaign")
TOUCHES = (
    "Ad Viewed", "Ad Clicked", "Search Referred", "Page Viewed", "Store Visited", "Source Stated", "Form Submitted",
    "Inquiry Sent", "Lead Created", "Signed Up", "Subscribed", "Products Searched", "Product Viewed",
    "Checkout Started", "Order Completed", "Subscription Started", "Deal Opened", "Trial Started",
)  # fmt: skip


def split_kind(by: str) -> MeasureKind:
    """The measures that tell what somebody belongs to."""
    if by in FIRST_TOUCH:
        return MeasureKind(events=TOUCHES, properties=(by,), text=True)
    return MeasureKind(reads="trait", name=by, text=True)


def split_step(feed: Feed) -> Step:
    """The part that each person belongs to: unit, part."""
    by = feed.question.by or ""
    number = feed.number(split_kind(by))
    chosen, words = ("min", "first touch") if by in FIRST_TOUCH else ("max", "last known trait")
    return Step(
        "split", f"What each person belongs to by {by}: the {words}",
        f"SELECT unit, arg_{chosen}(text, (time, tie)) AS part FROM measures AS r "
        f"WHERE kind = {number} AND text IS NOT NULL AND {feed.limits()} GROUP BY unit",
    )  # fmt: skip
