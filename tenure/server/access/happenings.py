"""Events as a timeline shows them: which kind, in which words, with what beside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from tenure.events.care import CARE
from tenure.events.engagement import ENGAGEMENT
from tenure.events.reach import REACH
from tenure.events.sales import SALES
from tenure.wording import number

# beyond this nothing counts as a number, in figures neither
_TOO_MUCH = Decimal(10) ** 15

# the kinds of a timeline, in the order in which they are offered
KINDS = ("orders", "visits", "cases", "surveys", "messages", "notes", "loyalty", "other")

_NAMES: Mapping[str, tuple[str, ...]] = {
    "visits": (
        "Page Viewed", "Ad Viewed", "Ad Clicked", "Search Referred", "Products Searched", "Product Viewed",
        "Product Added to Wishlist", "Product Added", "Product Shared", "Signed In", "Store Visited", "Product Tested",
        "Feature Used", "Recommendation Shown", "Coupon Applied", "Checkout Started",
    ),
    "cases": (
        "Case Opened", "Case Reopened", "Case Replied", "Case Resolved", "Help Viewed", "Help Searched",
        "Dispute Opened", "Dispute Closed", "Inquiry Sent", "Inquiry Answered",
    ),
    "surveys": ("Survey Sent", "Survey Answered", "Product Reviewed", "Review Posted", "Source Stated"),
    "messages": (
        "Message Sent", "Message Delivered", "Message Opened", "Message Clicked", "Message Bounced",
        "Message Complained", "Subscribed", "Unsubscribed", "Consent Given", "Consent Withdrawn", "Action Started",
    ),
    "notes": (
        "Note Written", "Call Logged", "Meeting Held", "Demo Attended", "Follow-up Done", "Task Created",
        "Task Changed", "Task Completed", "Task Dropped", "Stage Set", "Identified",
    ),
    "loyalty": (
        "Programme Joined", "Tier Changed", "Points Earned", "Points Redeemed", "Points Expired", "Reward Issued",
        "Reward Redeemed", "Referral Shared", "Referral Signed Up", "Referral Qualified", "Invite Sent",
    ),
}  # fmt: skip
_SOLD = ("Activated", "Cost Recorded", "Onboarding Step Completed", "Offboarding Step Completed", "Account Closed")
GROUPS: Mapping[str, str] = MappingProxyType(
    {name: group for group, names in _NAMES.items() for name in names}
    | {
        one.name: "orders"
        for one in SALES
        if one.name not in _SOLD and not any(one.name in names for names in _NAMES.values())
    }
    | {"Deal Opened": "orders", "Deal Stage Changed": "orders", "Deal Won": "orders", "Deal Lost": "orders"}
)
# the properties that say most, in the order in which a line tells them
_FIRST = (
    "text", "revenue", "total", "amount", "mrr", "score", "rating", "comment", "review_body", "subject", "title",
    "topic", "survey", "outcome", "note", "category", "plan", "product_id", "path", "query", "channel", "stage", "to",
    "points", "tier", "staff", "owner", "by",
)  # fmt: skip
# long texts that people wrote: shown whole, on lines of their own
_SAID = ("text", "comment", "review_body", "message", "note")
_MONEY = frozenset(
    name
    for event in (*SALES, *REACH, *CARE, *ENGAGEMENT)
    for name, told in event.properties.items()
    if told.type == "money"
)
_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened: `said` is what somebody wrote, `told` the properties that say most, `rest` the others.

    `time` is in microseconds UTC. Amounts in `told` are Decimals, everything else is text.
    """

    time: int
    name: str
    group: str
    said: str
    told: tuple[tuple[str, str | Decimal], ...]
    rest: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Happenings of one name that follow each other on one day, the newest first."""

    first: Happening
    others: tuple[Happening, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return 1 + len(self.others)


def happening(time: int, name: str, properties: str, context: str | None, source: str) -> Happening:
    """An event as a timeline shows it; `properties` and `context` are JSON objects as text."""
    found: dict[str, object] = json.loads(properties, parse_float=Decimal)
    if context and '"traits"' in context:
        traits = json.loads(context, parse_float=Decimal).get("traits") or {}
        found |= {key: value for key, value in traits.items() if key not in found}
    said = "\n".join(str(found.pop(key)) for key in _SAID if isinstance(found.get(key), str) and found[key])
    ordered = [key for key in _FIRST if key in found] + [key for key in found if key not in _FIRST]
    known = [key for key in ordered if found[key] is not None and found[key] != ""]
    told = [key for key in known if key in _FIRST and not isinstance(found[key], dict | list)][:_SHOWN]
    return Happening(
        time=time, name=name, group=GROUPS.get(name, "other"), said=said, source=source,
        told=tuple((key, _amount(key, found[key])) for key in told),
        rest=tuple((key, _text(found[key])) for key in known if key not in told),
    )  # fmt: skip


def number_of(value: object) -> Decimal | None:
    """A property as a number, where it is one that figures would count; else None."""
    try:
        found = Decimal("NaN") if value is None or isinstance(value, bool) else Decimal(str(value)[:40])
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < _TOO_MUCH else None


def runs(happenings: Iterable[Happening], day: Mapping[int, str]) -> list[tuple[str, list[Run]]]:
    """Happenings by day, those of one name that follow each other together; `day` names the day of a moment."""
    days: list[tuple[str, list[list[Happening]]]] = []
    for one in happenings:
        if not days or days[-1][0] != day[one.time]:
            days.append((day[one.time], []))
        rows = days[-1][1]
        if rows and rows[-1][0].name == one.name and not one.said and not rows[-1][0].said:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [(name, [Run(first=row[0], others=tuple(row[1:])) for row in rows]) for name, rows in days]


def _amount(key: str, value: object) -> str | Decimal:
    if key in _MONEY and isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value)
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | int):
        return number(value)
    if isinstance(value, dict | list):
        return json.dumps(value, default=str, ensure_ascii=False)[:500]
    return str(value)[:500]
