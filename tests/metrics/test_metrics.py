"""What metrics promise whatever the catalogue: places of faults, time zones, exclusion, sums that add up."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tenure.documents import parse, validate
from tenure.errors import ConditionError, DefinitionError, UsageError
from tenure.events import STANDARD
from tenure.metrics import library
from tenure.metrics.definition import DefinedMetrics, MetricsSpec, define
from tenure.metrics.functions import METRIC_FUNCTIONS, SETTINGS
from tenure.metrics.parse import parse_formula

from .shop import workspace

CONSTANTS = {"margin": Decimal("0.3")}


def event(time: str, who: str, name: str, **properties: str) -> dict[str, str]:
    return {"time": time, "customer": who, "event": name, **properties}


def own(formula: str, *, extra: str = "") -> DefinedMetrics:
    head = "phase: conversion\nmetrics:\n  own:\n    unit: count\n    direction: up\n    means: x\n"
    text = f"{head}    formula: {formula}\n"
    document = parse(text + extra, file="metrics/own.yaml")
    files = [(spec, read, False) for spec, read in library.specs()]
    return define([*files, (validate(MetricsSpec, document), document, True)], bindings=STANDARD, constants=CONSTANTS)


@pytest.mark.parametrize(
    ("formula", "place", "words"),
    [
        ("count(ordr)", 6, "no event 'ordr'"),
        ("cout(order)", 0, "Did you mean 'count'?"),
        ("count(order, wher=revenue > 1)", 13, "Did you mean 'where'?"),
        ("count(order.revenue)", 6, "not a property"),
        ("sum(visit)", 4, "no value of its own"),
        ("order.revenue", 0, "is no figure"),
        ("count(order) >= 2", 0, "customers(count(order) >= 2)"),
        ("ratio(count(order))", 0, "two things"),
        ("share(order)", 0, "what follows"),
        ("count(order, within=days(3))", 20, "then= or after="),
        ("count(order, nth=0)", 17, "from 1"),
        ("entered(kind=custmer)", 13, "Did you mean 'customer'?"),
        ("in_stage(phase=lost)", 15, "There are reach"),
        ("customers(since(order) >= days(3))", 10, "on the events of a period"),
        ("customers(count(order, within=days(3)) >= 1)", 10, "The period is the window"),
        ("customers(1 == 1)", 0, "nothing that people did"),
        ("moved(mrr, newest)", 11, "Did you mean 'new'?"),
        ("moved(arr, new)", 6, "is no level"),
        ("revenu / orders", 0, "Did you mean 'revenue'?"),
        ("own + 1", 0, "made of itself"),
        ("count(order) * 'x'", 15, "with numbers"),
        ("median(order, then=refund, after=order)", 33, "two directions"),
    ],
)
def test_a_fault_has_its_place(formula: str, place: int, words: str) -> None:
    found = own(formula)
    assert found.problems, formula
    problem = found.problems[0]
    assert (problem.file, problem.line) == ("metrics/own.yaml", 7)
    assert problem.column == place + len("    formula: ") + 1, str(problem)
    assert words in str(problem)


def test_faults_of_keys_and_of_several_metrics_come_together() -> None:
    text = "phase: conversion\nmetrics:\n  a: {unit: counts, direction: up, means: x, formula: x}\n  b: {unit: count}\n"
    document = parse(text, file="metrics/own.yaml")
    with pytest.raises(DefinitionError) as raised:
        validate(MetricsSpec, document)
    told = str(raised.value)
    assert "own.yaml:3" in told
    assert "Did you mean 'count'?" in told
    assert "'formula' is missing" in told


@pytest.mark.parametrize("example", [one.example for one in (*METRIC_FUNCTIONS.values(), *SETTINGS)])
def test_every_example_of_the_reference_is_a_formula(example: str) -> None:
    assert own(example).problems == ()


def test_the_library_has_no_fault_and_names_are_titles() -> None:
    files = [(spec, read, False) for spec, read in library.specs()]
    found = define(files, bindings=STANDARD, constants=CONSTANTS)
    assert found.problems == ()
    for metric in found.metrics.values():
        assert metric.means.endswith("."), metric.name
        assert metric.source, metric.name


def test_an_own_metric_takes_the_place_of_the_library_s() -> None:
    found = own("count(order)", extra="  orders:\n    {unit: count, direction: up, means: x, formula: count(refund)}\n")
    assert found.metrics["orders"].own
    assert found.metrics["orders"].text == "count(refund)"


def test_too_long_a_formula_is_refused() -> None:
    with pytest.raises(ConditionError, match="at most"):
        parse_formula("count(order) + " * 200 + "1")


# --- time


def test_periods_follow_the_clocks_through_a_change(tmp_path: Path) -> None:
    # London's clocks went forward on 31 March 2024: 23:30 UTC of the 30th is the 30th, of the 31st it is 1 April
    events = [
        event("2024-03-30T23:30:00Z", "ann", "Order Completed", revenue="1"),
        event("2024-03-31T22:59:59Z", "ann", "Order Completed", revenue="2"),
        event("2024-03-31T23:30:00Z", "ann", "Order Completed", revenue="4"),
        event("2024-10-26T23:30:00Z", "ann", "Order Completed", revenue="8"),
        event("2024-10-27T23:30:00Z", "ann", "Feature Used"),
        event("2024-10-28T00:30:00Z", "ann", "Feature Used"),
    ]
    with workspace(tmp_path / "w", events, as_of="2024-12-31", settings="timezone: Europe/London") as ws:
        days = {
            one.start.isoformat(): one.value for one in ws.metrics.points(["revenue"], period="day", since="2024-03-30")
        }
        assert [days[f"2024-0{day}"] for day in ("3-30", "3-31", "4-01")] == [1, 2, 4]
        assert days["2024-10-27"] == 8
        months = {one.period: one.value for one in ws.metrics.points(["revenue"], since="2024-03-01")}
        assert [months[f"2024-{month}"] for month in ("03", "04", "10")] == [3, 4, 8]
        # half past eleven at night on the 27th, half past midnight on the 28th: two days, in winter time
        (used,) = (one for one in ws.metrics.points(["stickiness"], since="2024-10-01") if one.period == "2024-10")
        assert used.numerator is not None
        # October has 31 days, of which one has 25 hours
        assert Fraction(used.numerator) * 31 == pytest.approx(2)


def test_a_running_period_is_marked_and_counts_what_there_is(tmp_path: Path) -> None:
    events = [event("2024-01-10", "ann", "Order Completed", revenue="1"), event("2024-02-10", "ann", "Order Completed")]
    with workspace(tmp_path / "w", events, as_of="2024-01-15") as ws:
        (point,) = ws.metrics.points(["orders"])
        assert (point.period, point.value, point.status) == ("2024-01", 1, "running")
        with pytest.raises(UsageError, match="is later than"):
            ws.metrics.points(["orders"], since="2024-03-01")


def test_nothing_is_told_of_what_is_to_come(tmp_path: Path) -> None:
    events = [
        event("2024-01-10", "ann", "Order Completed", revenue="1"),
        event("2024-01-11", "ann", "Subscription Started", mrr="1", subscription_id="a"),
    ]
    with workspace(tmp_path / "w", events, as_of="2024-02-15") as ws:
        told = ws.metrics.points(["orders", "nrr"], since="2024-01-01", until="2030-01-01")
        assert [(one.metric, one.period) for one in told] == [
            ("orders", "2024-01"), ("orders", "2024-02"), ("nrr", "2024-01"), ("nrr", "2024-02"),
        ]  # fmt: skip
        for since, until in (("2024-03-01", None), ("2024-03-01", "2030-01-01"), ("2030-01-01", "2031-01-01")):
            with pytest.raises(UsageError, match="is later than the last moment that is known"):
                ws.metrics.points(["orders"], since=since, until=until)
        with pytest.raises(UsageError, match="is later than 2024-01-05"):
            ws.metrics.points(["orders"], since="2024-01-10", until="2024-01-05")
        with pytest.raises(UsageError, match="no calendar for 0001-01-01"):
            ws.metrics.points(["orders"], until="0001-01-01")


def test_a_day_of_23_hours_is_a_day(tmp_path: Path) -> None:
    events = [event(f"2024-{day}T12:00:00Z", "ann", "Feature Used") for day in ("03-31", "10-27")]
    with workspace(tmp_path / "w", events, as_of="2024-12-31", settings="timezone: Europe/London") as ws:
        days = {one.period: one.value for one in ws.metrics.points(["stickiness"], period="day", since="2024-03-31")}
        assert (days["2024-03-31"], days["2024-10-27"]) == (1, 1)
        told = ws.metrics.points(["stickiness"], period="week", since="2024-03-25")
        weeks = {one.start.isoformat(): one.value for one in told}
        assert weeks["2024-03-25"] == weeks["2024-10-21"] == pytest.approx(Decimal(1) / 7)


def test_what_was_received_later_is_left_out(tmp_path: Path) -> None:
    with workspace(tmp_path / "w", [event("2024-01-10", "ann", "Order Completed")], as_of="2024-01-31") as ws:
        assert [one.value for one in ws.metrics.points(["orders"], known_at="1960-01-01")] == [0]
        assert [one.value for one in ws.metrics.points(["orders"], known_at="2024-01-31")] == [1]


# --- who counts


def test_excluded_people_are_in_no_figure(tmp_path: Path) -> None:
    names = ("Order Completed", "Subscription Started", "Case Opened", "Signed Up", "Feature Used")
    events = [
        event(f"2024-0{month}-10", who, name, revenue="10", mrr="5", case_id=who, staff="yes" if who == "eve" else "no")
        for who in ("ann", "eve")
        for name in names
        for month in (1, 2)
    ]  # fmt: skip
    chosen = [
        "orders", "revenue", "buying_customers", "repeat_within_30_days", "mrr", "paying_customers", "customers",
        "backlog",
        "new_customers", "time_between_orders", "stickiness", "returning_active_people", "unprofitable_customers",
        "customer_retention_rate", "cost_to_retain",
    ]  # fmt: skip
    figures = []
    for name, kept in (("with", events), ("without", [one for one in events if one["customer"] != "eve"])):
        settings = "exclude: trait.staff == 'yes'\nmargin: 0.1"
        extra = [event("2024-01-11", "ann", "Cost Recorded", kind="service", amount="1")]
        with workspace(tmp_path / name, [*kept, *extra], as_of="2024-03-31", settings=settings, traits="staff") as ws:
            figures.append([(one.metric, one.period, one.value, one.n) for one in ws.metrics.points(chosen)])
    assert figures[0] == figures[1]


def test_absent_events_are_no_zero(tmp_path: Path) -> None:
    events = [
        event("2024-01-10", "ann", "Order Completed", revenue="1"),
        event("2024-01-11", "ann", "Survey Answered", survey="csat"),
    ]
    with workspace(tmp_path / "w", events, as_of="2024-01-31") as ws:
        asked = ["cases", "nps", "gross_mrr_churn_rate", "contribution_after_cost_to_serve", "cross_sell_rate", "csat"]
        told = {one.metric: (one.value, one.status) for one in ws.metrics.points(asked)}
        lacks = {one.metric.name: one.lacks for one in ws.metrics.catalogue()}
    assert told["cases"] == (None, "no data: needs `Case Opened`")
    assert told["nps"] == (None, "no data: needs `Survey Answered` with survey == 'nps'")
    assert "Subscription Started" in str(told["gross_mrr_churn_rate"][1])
    assert "`margin` in tenure.yaml" in str(told["contribution_after_cost_to_serve"][1])
    assert told["cross_sell_rate"] == (None, "no data: needs `category` of `Order Completed`")
    # there are answers, none of which has a score: unknown, and not for want of events
    assert told["csat"] == (None, None)
    assert lacks["cases"] == told["cases"][1]
    assert lacks["orders"] == ""


# --- sums


def test_parts_and_periods_add_up(tmp_path: Path) -> None:
    draws = random.Random(5)
    first = datetime(2024, 1, 1, tzinfo=UTC)
    events = []
    for _ in range(400):
        time = first + timedelta(seconds=draws.randrange(180 * 86_400))
        who, name = f"c{draws.randrange(40)}", draws.choice(["Order Completed", "Order Completed", "Page Viewed"])
        events.append(
            event(time.isoformat(), who, name, revenue=str(draws.randrange(1, 100)), channel=draws.choice("abc"))
        )
    with workspace(tmp_path / "w", events, as_of="2024-06-28") as ws:
        counted = Counter((one["time"][:7], one["event"]) for one in events)
        months = {one.period: one.value for one in ws.metrics.points(["orders"], since="2024-01-01")}
        assert months == {month: counted[month, "Order Completed"] for month in months}
        for name in ("revenue", "orders", "page_views", "first_time_buyers", "new_customers"):
            whole = {
                unit: sum(one.value for one in ws.metrics.points([name], period=unit, since="2024-01-01"))
                for unit in ("day", "week", "month", "year")
            }  # type: ignore[misc]
            assert len(set(whole.values())) == 1, name
            parts = ws.metrics.points([name], since="2024-01-01", by="channel")
            assert sum(one.value or 0 for one in parts) == whole["month"], name
        standing = ws.metrics.points(
            ["customers", "new_customers", "reactivated_customers", "former_customers"], since="2024-01-01"
        )
        flows = {(one.metric, one.period): one.value or 0 for one in standing}
        for before, after in zip(sorted(months), sorted(months)[1:], strict=False):
            gained = flows["new_customers", after] + flows["reactivated_customers", after]
            lost = flows["former_customers", after] - flows["former_customers", before]
            assert flows["customers", after] == flows["customers", before] + gained - (
                lost + flows["reactivated_customers", after]
            )
        rates = [one for one in ws.metrics.points(since="2024-01-01") if one.metric in SHARES and one.value is not None]
        assert rates
        assert all(0 <= one.value <= 1 for one in rates if one.value is not None)


SHARES = (
    "customer_retention_rate", "repeat_purchase_rate", "returning_customer_rate", "repeat_within_30_days",
    "bounce_rate",
    "engagement_rate", "at_risk_rate",
)  # fmt: skip
