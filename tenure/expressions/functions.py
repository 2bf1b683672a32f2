"""The functions and operators of the condition language, one record each.

Parser, checker and the reference page are driven from these records. A function's meaning is in its compiler; what a
person has to know about it is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

Takes = Literal["event", "value", "stage", "lifecycle", "date", "trait", "score", "amount"]
"""What stands between the brackets: an event; an event or one of its properties; a stage; a lifecycle; a trait that
holds a date; the name after `trait.` or `score.`; a plain number."""

Gives = Literal["number", "length of time", "text", "number or text", "yes or no"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: how it is written, what it takes and gives, what it means, and when it is unknown.

    `slope` is the change per unit of time between events: 1 for what grows with the clock, -1 for what shrinks, 0 for
    what stays. `unknown` completes "unknown …"; empty where the function always has a value.
    """

    name: str
    group: str
    signature: str
    takes: Takes
    gives: Gives
    means: str
    example: str
    unknown: str = ""
    slope: int = 0
    settings: tuple[Literal["within", "after"], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator: how it is written, what it means, and an example of it."""

    symbol: str
    means: str
    example: str


COUNTS = "Counts and sums"
VALUES = "Values of single events"
TIMES = "Times"
STAGES = "Stages"
PEOPLE = "Traits and scores"
LENGTHS = "Lengths of time"

_ALL = (
    Function(
        name="count",
        group=COUNTS,
        signature="count(event, within=length, after=event)",
        takes="event",
        gives="number",
        means="How many of the event there have been; with `after=`, how many later than the last one of that event.",
        example="count(order, within=days(365)) >= 5",
        unknown="before the first event that `after=` names; never without it",
        settings=("within", "after"),
    ),
    Function(
        name="sum",
        group=COUNTS,
        signature="sum(event.property, within=length)",
        takes="value",
        gives="number",
        means="The total of the event's value, or of a property of it.",
        example="sum(order, within=days(365)) >= 1000",
        settings=("within",),
    ),
    Function(
        name="avg",
        group=COUNTS,
        signature="avg(event.property, within=length)",
        takes="value",
        gives="number",
        means="The mean of the event's value, or of a property of it, over the events that have it.",
        example="avg(order) >= 50",
        unknown="while no event has the value",
        settings=("within",),
    ),
    Function(
        name="min",
        group=COUNTS,
        signature="min(event.property, within=length)",
        takes="value",
        gives="number",
        means="The smallest value among the events.",
        example="min(nps, within=days(365)) >= 7",
        unknown="while no event has the value",
        settings=("within",),
    ),
    Function(
        name="max",
        group=COUNTS,
        signature="max(event.property, within=length)",
        takes="value",
        gives="number",
        means="The largest value among the events.",
        example="max(order.discount) > 20",
        unknown="while no event has the value",
        settings=("within",),
    ),
    Function(
        name="distinct",
        group=COUNTS,
        signature="distinct(event.property, within=length)",
        takes="value",
        gives="number",
        means="How many different values there have been; events without the value are left aside.",
        example="distinct(order.category) >= 2",
        settings=("within",),
    ),
    Function(
        name="first",
        group=VALUES,
        signature="first(event.property)",
        takes="value",
        gives="number or text",
        means="The value of the first event, or a property of it.",
        example="first(order.coupon) == 'WELCOME'",
        unknown="before the first event, and where that event lacks the value",
    ),
    Function(
        name="last",
        group=VALUES,
        signature="last(event.property)",
        takes="value",
        gives="number or text",
        means="The value of the last event, or a property of it.",
        example="last(nps) >= 9",
        unknown="before the first event, and where the last event lacks the value",
    ),
    Function(
        name="since",
        group=TIMES,
        signature="since(event)",
        takes="event",
        gives="length of time",
        means="The time since the last event.",
        example="since(order) >= days(90)",
        unknown="before the first event",
        slope=1,
    ),
    Function(
        name="since_first",
        group=TIMES,
        signature="since_first(event)",
        takes="event",
        gives="length of time",
        means="The time since the first event.",
        example="since_first(order) >= days(365)",
        unknown="before the first event",
        slope=1,
    ),
    Function(
        name="gap",
        group=TIMES,
        signature="gap(event)",
        takes="event",
        gives="length of time",
        means="The time between the last two events; 0 where both came at the same microsecond.",
        example="gap(order) >= days(180)",
        unknown="before the second event",
    ),
    Function(
        name="until",
        group=TIMES,
        signature="until(trait.name)",
        takes="date",
        gives="length of time",
        means="The time left until the date that a trait holds; below 0 once it has passed. A date means midnight UTC.",
        example="until(trait.renewal_date) <= days(90)",
        unknown="while the trait is unknown or is no date",
        slope=-1,
    ),
    Function(
        name="was",
        group=STAGES,
        signature="was(stage)",
        takes="stage",
        gives="yes or no",
        means="Whether the customer was in that stage of this lifecycle at any earlier moment.",
        example="was(loyalty)",
    ),
    Function(
        name="since_entered",
        group=STAGES,
        signature="since_entered(stage)",
        takes="stage",
        gives="length of time",
        means="The time since the latest visit to that stage of this lifecycle began.",
        example="since_entered(at_risk) < days(30)",
        unknown="before the first visit and at its first moment",
        slope=1,
    ),
    Function(
        name="stage",
        group=STAGES,
        signature="stage('lifecycle')",
        takes="lifecycle",
        gives="text",
        means="The name of the stage that the customer is in, in another lifecycle or segment.",
        example="stage('classic') == 'loyalty'",
        unknown="while the customer is in no stage there",
    ),
    Function(
        name="trait",
        group=PEOPLE,
        signature="trait.name",
        takes="trait",
        gives="number or text",
        means="What is known of the customer under that name at the moment; alone it asks whether the trait is true.",
        example="trait.plan == 'pro'",
        unknown="before the first value, and after an explicit empty one",
    ),
    Function(
        name="score",
        group=PEOPLE,
        signature="score.name",
        takes="score",
        gives="number",
        means="The last score of that name written for that moment or an earlier one: a new one leaves the past alone.",
        example="score.clv >= 500",
        unknown="before the first score",
    ),
    Function(
        name="days",
        group=LENGTHS,
        signature="days(number)",
        takes="amount",
        gives="length of time",
        means="So many times 86,400 seconds: an exact length, not calendar days.",
        example="since(order) >= days(90)",
    ),
    Function(
        name="hours",
        group=LENGTHS,
        signature="hours(number)",
        takes="amount",
        gives="length of time",
        means="So many times 3,600 seconds.",
        example="since(checkout) >= hours(1.5)",
    ),
    Function(
        name="minutes",
        group=LENGTHS,
        signature="minutes(number)",
        takes="amount",
        gives="length of time",
        means="So many times 60 seconds.",
        example="count(visit, within=minutes(10)) >= 20",
    ),
    Function(
        name="seconds",
        group=LENGTHS,
        signature="seconds(number)",
        takes="amount",
        gives="length of time",
        means="So many seconds.",
        example="gap(visit) < seconds(0.5)",
    ),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _ALL})
"""Every function of the language by its name, in the order of the reference page."""

OPERATORS = (
    Operator(symbol="and", means="both hold", example="count(order) >= 1 and since(order) < days(90)"),
    Operator(symbol="or", means="one of them holds, or both", example="count(order) >= 5 or last(nps) >= 9"),
    Operator(symbol="not", means="it does not hold", example="not was(loyalty)"),
    Operator(symbol="==", means="is equal to", example="trait.plan == 'pro'"),
    Operator(symbol="!=", means="is known, and not equal to", example="last(order.category) != 'gift'"),
    Operator(symbol="<", means="is less than", example="since(order) < days(90)"),
    Operator(symbol="<=", means="is at most; comparisons may be chained", example="7 <= last(nps) <= 8"),
    Operator(symbol=">", means="is more than", example="sum(order) > 1000"),
    Operator(symbol=">=", means="is at least", example="count(order) >= 5"),
    Operator(symbol="in", means="is one of", example="trait.country in ('GB', 'IE')"),
    Operator(symbol="not in", means="is known, and none of", example="trait.country not in ('GB', 'IE')"),
    Operator(symbol="is None", means="is unknown", example="trait.plan is None"),
    Operator(symbol="is not None", means="is known", example="last(nps) is not None"),
    Operator(symbol="+", means="plus", example="count(order) + count(signup) >= 1"),
    Operator(symbol="-", means="minus; alone, the opposite", example="since_first(order) - since(order) >= days(30)"),
    Operator(symbol="*", means="times", example="gap(order) * 2 < days(30)"),
    Operator(symbol="/", means="divided by; unknown where that is 0", example="sum(order) / count(order) > 50"),
)

MICROSECONDS: Mapping[str, int] = MappingProxyType(
    {"days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000}
)
"""The lengths of time, longest first."""

MAX_CHARACTERS = 2_000
MAX_DEPTH = 50
MAX_NUMBER = Decimal(10) ** 15
MAX_DECIMALS = 6
MAX_DAYS = 36_525
