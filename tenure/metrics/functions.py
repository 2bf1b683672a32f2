"""The functions and settings of formulas, one record each; parser and reference page are driven from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

EVENT_SETTINGS = ("where", "nth", "then", "after", "within", "later", "same", "due", "aged")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFunction:
    """One function of formulas: how it is written, what it means, an example."""

    name: str
    group: str
    signature: str
    means: str
    example: str
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of functions: how it is written and what it means."""

    name: str
    signature: str
    means: str
    example: str


EVENTS, PEOPLE, STAGES, LEVELS, FORMULAS = "Events", "People", "Stages", "Levels", "Putting together"

_STANDING = ("until", "same", "where")
_LEVEL = (*_STANDING, "at", "over")

_ALL = (
    MetricFunction(
        name="count", group=EVENTS, signature="count(event)", settings=EVENT_SETTINGS, example="count(order)",
        means="How many of the event there were. A daily total that belongs to nobody counts as many as it tells.",
    ),
    MetricFunction(
        name="sum", group=EVENTS, signature="sum(event.property)", settings=EVENT_SETTINGS, example="sum(order)",
        means="The total of the event's value, or of a property of it. Unknown where there were events and "
        "none of them has the value.",
    ),
    MetricFunction(
        name="sum_then", group=EVENTS, signature="sum_then(event, then=event.property)", settings=EVENT_SETTINGS,
        example="sum_then(signup, nth=1, then=order, within=days(365))",
        means="The total of the value, or of a property, of the `then` events that follow, and of those at the same "
        "moment.",
    ),
    MetricFunction(
        name="avg", group=EVENTS, signature="avg(event.property)", settings=EVENT_SETTINGS, example="avg(csat)",
        means="The mean over the events that have the value: `ratio` of their sum and their number.",
    ),
    MetricFunction(
        name="min", group=EVENTS, signature="min(event.property)", settings=("where",), example="min(order)",
        means="The smallest value.",
    ),
    MetricFunction(
        name="max", group=EVENTS, signature="max(event.property)", settings=("where",), example="max(order)",
        means="The largest value.",
    ),
    MetricFunction(
        name="distinct", group=EVENTS, signature="distinct(event.property)", settings=("where",),
        example="distinct(order.category)", means="How many different values there were.",
    ),
    MetricFunction(
        name="median", group=EVENTS, signature="median(event.property)", settings=EVENT_SETTINGS,
        example="median(case, then=case_resolved, same=case_id)",
        means="The middle value; with `then=` or `after=` the middle time, in days, to the event that follows or since "
        "the one before.",
    ),
    MetricFunction(
        name="p90", group=EVENTS, signature="p90(event.property)", settings=EVENT_SETTINGS,
        example="p90(order, then=delivered, same=order_id)",
        means="What nine in ten do not exceed; of values or, in days, of times, like `median`.",
    ),
    MetricFunction(
        name="share", group=EVENTS, signature="share(event, then=event)", settings=EVENT_SETTINGS,
        example="share(signup, then=activated, within=days(14))",
        means="Of the people who did the first, the part who did the second; with `same=` of the events. With "
        "`within=` or `later=` only those for whom that time is over.",
    ),
    MetricFunction(
        name="customers", group=PEOPLE, signature="customers(event), customers(condition)", settings=EVENT_SETTINGS,
        example="customers(count(order) >= 2)",
        means="How many different people did it; or of how many the events of the period meet a condition.",
    ),
    MetricFunction(
        name="people", group=PEOPLE, signature="people(event), people(condition)", settings=EVENT_SETTINGS,
        example="people(visit)", means="The same, for people who need not be customers.",
    ),
    MetricFunction(
        name="returning", group=PEOPLE, signature="returning(event)", settings=("where",),
        example="returning(activity)",
        means="How many people did it in this period and in the one before.",
    ),
    MetricFunction(
        name="active_days", group=PEOPLE, signature="active_days(event)", settings=("where",),
        example="active_days(usage)", means="On how many days each person did it, added up over all people.",
    ),
    MetricFunction(
        name="entered", group=STAGES, signature="entered(stage)", settings=("kind", "phase", "nth"),
        example="entered(kind=customer, nth=1)",
        means="How often somebody came into the stage, or into any stage of a kind or phase; with `nth=1` those who "
        "came for the first time.",
    ),
    MetricFunction(
        name="left", group=STAGES, signature="left(stage)", settings=("kind", "phase"), example="left(kind=customer)",
        means="How often somebody left the stage, or all stages of a kind or phase.",
    ),
    MetricFunction(
        name="in_stage", group=STAGES, signature="in_stage(stage)", settings=("kind", "phase", "at"),
        example="in_stage(kind=customer, at=start)",
        means="How many were there when the period ended, or as far as it goes; with `at=start` when it began.",
    ),
    MetricFunction(
        name="stayed", group=STAGES, signature="stayed(stage)", settings=("kind", "phase"),
        example="stayed(kind=customer)",
        means="How many were there both when the period began and when it ended, whatever lay between.",
    ),
    MetricFunction(
        name="level", group=LEVELS, signature="level(event.property, until=event)",
        settings=_LEVEL, example="level(raised, until=case_resolved, same=case_id)",
        means="What stands at the end of the period: the last value that the event told, until the other ends it; 1 "
        "where no property is named. Of a metric that is such a level: `level(mrr, at=start)`.",
    ),
    MetricFunction(
        name="so_far", group=LEVELS, signature="so_far(event.property)", settings=("where",),
        example="so_far(points_earned) - so_far(points_redeemed)",
        means="The total of the event's value, or of a property, of everybody from the beginning to the end of the "
        "period.",
    ),
    MetricFunction(
        name="holders", group=LEVELS, signature="holders(level)", settings=_LEVEL, example="holders(mrr)",
        means="How many people hold some of it.",
    ),
    MetricFunction(
        name="moved", group=LEVELS, signature="moved(level, move)", settings=_STANDING, example="moved(mrr, expansion)",
        means="By how much it changed through people who hold some for the first time (`new`), hold more (`expansion`) "
        "or less (`contraction`), none any more (`churn`), or some again (`reactivation`). What one person changes "
        "within an hour is one change.",
    ),
    MetricFunction(
        name="movers", group=LEVELS, signature="movers(level, move)", settings=_STANDING, example="movers(mrr, churn)",
        means="How often that happened.",
    ),
    MetricFunction(
        name="kept", group=LEVELS, signature="kept(level)", settings=(*_STANDING, "over", "capped"),
        example="kept(mrr, over=days(365), capped=True)",
        means="What those who held some at the start hold at the end; with `capped=True` at most what each held then.",
    ),
    MetricFunction(
        name="keepers", group=LEVELS, signature="keepers(level)", settings=(*_STANDING, "over"), example="keepers(mrr)",
        means="How many of those who held some at the start hold some at the end.",
    ),
    MetricFunction(
        name="ratio", group=FORMULAS, signature="ratio(a, b)", example="ratio(sum(order), count(order))",
        means="a divided by b, unknown where b is 0. As the whole formula, both are shown beside the value.",
    ),
    MetricFunction(
        name="previous", group=FORMULAS, signature="previous(a)", example="previous(customers(order))",
        means="What it was in the period before.",
    ),
    MetricFunction(
        name="days_in_period", group=FORMULAS, signature="days_in_period()", example="count(order) / days_in_period()",
        means="How many days the period has; of one that is not over, has had.",
    ),
)  # fmt: skip

METRIC_FUNCTIONS: Mapping[str, MetricFunction] = MappingProxyType({one.name: one for one in _ALL})

SETTINGS = (
    Setting(
        name="where", signature="where=condition", example="count(survey, where=score >= 9)",
        means="Only events whose own properties meet it.",
    ),
    Setting(
        name="nth", signature="nth=number", example="customers(order, nth=1)",
        means="Only the n-th of each person, of all there ever were; -1 is the last. With `same=` of each value.",
    ),
    Setting(
        name="then", signature="then=event", example="share(lead, then=deal_won)",
        means="Only those that this event follows, at the same moment or later. A second one of the same event is the "
        "next.",
    ),
    Setting(
        name="after", signature="after=event", example="customers(order, after=order)",
        means="Only those that this event went before, at the same moment or earlier.",
    ),
    Setting(
        name="within", signature="within=length", example="share(signup, then=order, within=days(30))",
        means="How far off `then` or `after` may be; the end is not included.",
    ),
    Setting(
        name="later", signature="later=length", example="share(signup, then=visit, later=days(7), within=days(8))",
        means="How far off `then` must be at least.",
    ),
    Setting(
        name="same", signature="same=property", example="median(deal_won, after=deal, same=deal_id)",
        means="Both events carry the same value of this property; where neither has it, they are matched by person.",
    ),
    Setting(
        name="due", signature="due=property", example="count(task, due=due_at, then=task_done, same=task_id)",
        means="The event counts at the moment that this property tells, and `then` must come by that moment, or "
        "`within` so long after it. A date means its last moment in the workspace's "
        "time zone.",
    ),
    Setting(
        name="aged", signature="aged=length", example="customers(order, nth=1, aged=days(30))",
        means="Only events that lie back at least so long; `share` does so by itself.",
    ),
    Setting(
        name="kind", signature="kind=prospect, customer or former", example="in_stage(kind=customer)",
        means="Any stage of that kind, in the lifecycle that is asked about.",
    ),
    Setting(
        name="phase", signature="phase=phase", example="in_stage(phase=loyalty)",
        means="Any stage of that phase, in the lifecycle that is asked about.",
    ),
    Setting(
        name="at", signature="at=start or end", example="level(mrr, at=start)",
        means="The moment: before the first of the period, or after its last.",
    ),
    Setting(
        name="until", signature="until=event", example="level(deal.amount, until=deal_won, same=deal_id)",
        means="What ends a level.",
    ),
    Setting(
        name="over", signature="over=length", example="keepers(mrr, over=days(365))",
        means="The start is so long before the end of the period, in place of the period's own.",
    ),
    Setting(
        name="capped", signature="capped=True", example="kept(mrr, capped=True)",
        means="Nobody counts for more than at the start.",
    ),
)  # fmt: skip

MOVES = ("new", "expansion", "contraction", "churn", "reactivation")
KINDS = ("prospect", "customer", "former")
