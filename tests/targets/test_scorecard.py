"""A scorecard and paces worked out by hand, and periods where clocks and years change."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tenure.errors import DefinitionError, UsageError
from tenure.events import STANDARD
from tenure.metrics import library
from tenure.metrics.definition import define
from tenure.metrics.pace import Shape, adds_up, cut, develops, only_grows, pace, rate_ahead
from tenure.workspace import Workspace

from ..metrics.shop import rows, workspace

PLAIN = """\
lifecycle: plain
stages:
  - {visitor: {when: count(visit) + count(signup) >= 1, kind: prospect, phase: reach}}
  - {customer: {when: count(order) >= 1, kind: customer, phase: conversion, metrics: [nps]}}
  - {regular: {when: count(order) >= 2, kind: customer, phase: retention}}
"""
EVENTS = """
  2024-01-10  ann  Signed Up |
  2024-01-12  bob  Signed Up |
  2024-01-15  cle  Signed Up |
  2024-01-20  ann  Order Completed | revenue=10
  2024-02-03  ann  Order Completed | revenue=30
  2024-02-05  bob  Order Completed | revenue=20
  2024-02-06  dan  Signed Up |
  2024-02-06T12:00  dan  Order Completed | revenue=40
  2024-03-02  eve  Signed Up |
"""
TARGETS = """\
targets:
  - {metric: revenue, value: 95}
  - {metric: average_order_value, value: 28}
  - {metric: orders, min: 1, max: 2}
  - {metric: nps, value: 20}
  - {metric: conversion, stage: visitor, value: 0.6}
  - {metric: inflow, stage: customer, min: 2}
"""


def told(folder: Path, *, as_of: str, events: str = EVENTS, settings: str = "", targets: str = TARGETS) -> Workspace:
    found = workspace(folder, rows(events), as_of=as_of, lifecycle=PLAIN, settings=settings)
    (folder / "targets.yaml").write_text(targets, encoding="utf-8")
    return found


def test_a_month_by_hand(tmp_path: Path) -> None:
    with told(tmp_path, as_of="2024-03-10") as ws:
        card = ws.targets.scorecard(at="2024-02-20")
    assert (card.period.name, card.previous.name, card.over) == ("2024-02", "2024-01", True)
    visitor, customer, regular = card.stages

    def figures(place: int) -> list[Fraction | None]:
        found = card.stages[place].figures.values()
        return [None if one.value is None else Fraction(one.value).limit_denominator(1000) for one in found]

    # bob and cle were there, dan came; bob and dan went on, cle is left; half stay from 10 days (ann) to 24 (bob)
    assert figures(0) == [1, 1, 2, Fraction(2, 3), 10]
    # ann was there, bob and dan came; ann went on
    assert figures(1)[:4] == [2, 2, 1, Fraction(1, 3)]
    assert figures(2) == [1, 1, 0, None, None]
    assert [visitor.figures[name].previous for name in ("population", "inflow", "outflow")] == [2, 3, 1]
    assert (visitor.figures["conversion"].status, customer.figures["inflow"].status) == ("ahead", "on track")
    assert regular.figures["inflow"].status is None
    by_name = {one.name: one for one in customer.metrics}
    assert customer.metrics[0].name == "nps"
    assert by_name["nps"].lacks.startswith("no data: needs")
    assert by_name["nps"].status == "no data"
    # 30 + 20 + 40 of three orders
    assert (by_name["revenue"].value, by_name["revenue"].previous, by_name["revenue"].status) == (90, 10, "missed")
    assert (by_name["average_order_value"].value, by_name["average_order_value"].status) == (30, "ahead")
    assert (by_name["orders"].value, by_name["orders"].status) == (3, "missed")
    assert by_name["buying_customers"].status is None
    assert {one.stage.name: len(one.metrics) > 3 for one in card.stages} == dict.fromkeys(
        ("visitor", "customer", "regular"), True
    )


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    with told(tmp_path, as_of="2024-03-10") as ws:
        with pytest.raises(UsageError, match="later than all"):
            ws.targets.scorecard(at="2025-01-01")
        with pytest.raises(UsageError, match="no period"):
            ws.targets.scorecard(period="fortnight")  # type: ignore[arg-type]
        (tmp_path / "targets.yaml").write_text("targets: [{metric: ordrs, value: 1}]\n", encoding="utf-8")
        del ws.targets
        with pytest.raises(DefinitionError, match="Did you mean 'orders'"):
            ws.targets.scorecard()


def test_the_pace_goes_by_the_shape_of_earlier_months(tmp_path: Path) -> None:
    # each month a fifth of the revenue by the 10th, the rest on the 25th; of two orders one comes back
    lines = [
        f"2024-{month:02}-{day:02}  p{month}  Order Completed | revenue={revenue}"
        for month in range(1, 7)
        for day, revenue in ((5, 20), (25, 80))
    ]
    lines += ["2024-07-05  x  Order Completed | revenue=30", "2023-12-31 z Signed Up |"]
    targets = "targets:\n  - {metric: revenue, value: 140}\n  - {metric: orders, max: 3, min: 1}\n"
    with told(tmp_path, as_of="2024-07-10", events="\n".join(lines), targets=targets) as ws:
        revenue, orders, repeat = ws.targets.judged(["revenue", "orders", "repeat_purchase_rate"])
        assert (revenue.value, revenue.pace, revenue.status, revenue.over) == (30, 150, "ahead", False)
        assert (orders.value, orders.pace, orders.status) == (1, 2, "on track")
        assert repeat.status is None
        earlier = ws.targets.judged(["revenue"], at="2024-06-30")[0]
        assert (earlier.value, earlier.pace, earlier.over, earlier.status) == (100, None, True, "missed")


def test_one_value_of_a_breakdown_has_a_pace_of_its_own(tmp_path: Path) -> None:
    # by the 10th, email has had half of its revenue, ads a tenth
    lines = [
        f"2024-{month:02}-{day:02}  p{month}  Order Completed | revenue={revenue} channel={channel}"
        for month in range(1, 7)
        for channel, early, later in (("email", 50, 50), ("ads", 10, 90))
        for day, revenue in ((5, early), (25, later))
    ]
    lines += [
        "2024-07-05  x  Order Completed | revenue=40 channel=email",
        "2024-07-06  y  Order Completed | revenue=20 channel=ads", "2023-12-31 z Signed Up |",
    ]  # fmt: skip
    targets = """\
targets:
  - {metric: revenue, by: {channel: email}, value: 90}
  - {metric: revenue, by: {channel: ads}, value: 100}
  - {metric: revenue, by: {channel: post}, value: 1}
  - {metric: orders, max: 30}
"""
    with told(tmp_path, as_of="2024-07-10", events="\n".join(lines), targets=targets) as ws:
        email, ads, post = ws.targets.judged_parts()
        assert (email.part, email.value, email.previous, email.pace, email.status) == ("email", 40, 100, 80, "behind")
        assert (ads.part, ads.value, ads.previous, ads.pace, ads.status) == ("ads", 20, 100, 200, "ahead")
        assert (post.part, post.value, post.pace, post.status) == ("post", None, None, "no data")
        june = ws.targets.judged_parts(["revenue"], at="2024-06-15")[0]
        assert (june.value, june.pace, june.over, june.status) == (100, None, True, "ahead")
        assert ws.targets.judged_parts(["orders"]) == ()
        table = ws.metrics.values(["revenue"], by="channel", since="2024-06-01").to_pylist()
        stands = {(str(one["period"]), one["part"]): (one["target"], one["status"]) for one in table}
        assert stands == {
            ("2024-06-01", "ads"): (100, "on track"), ("2024-06-01", "email"): (90, "ahead"),
            ("2024-07-01", "ads"): (100, "ahead"), ("2024-07-01", "email"): (90, "behind"),
        }  # fmt: skip


def test_values_tell_target_and_status(tmp_path: Path) -> None:
    with told(tmp_path, as_of="2024-03-15") as ws:
        names = ["revenue", "orders", "new_customers", "nps"]
        table = ws.metrics.values(names, since="2024-01-01").to_pylist()
        assert list(table[0]) == [
            "metric", "period", "part", "value", "numerator", "denominator", "target", "status", "n",
        ]  # fmt: skip
        found = {(one["metric"], one["period"].month): (one["target"], one["status"]) for one in table}
        assert [found["revenue", month] for month in (1, 2, 3)] == [(95, "missed"), (95, "missed"), (95, "behind")]
        # of a range the lower limit
        assert [found["orders", month] for month in (1, 2)] == [(1, "on track"), (1, "missed")]
        assert [found["new_customers", month] for month in (1, 2, 3)] == [(None, None), (None, None), (None, "running")]
        assert found["nps", 1] == (20, "no data: needs `Survey Answered` with survey == 'nps'")


def test_a_pace_without_earlier_periods_is_by_the_time() -> None:
    shape = Shape(reached=(), ended=())
    assert pace(Decimal(10), shape, Decimal("0.25")) == 40
    assert pace(Decimal(10), shape, Decimal("0.04")) is None
    assert pace(None, shape, Decimal("0.5")) is None
    assert rate_ahead(Decimal("0.3"), shape, share=True) == Decimal("0.3")
    grows = Shape(reached=(Decimal(1),) * 3, ended=(Decimal(4),) * 3)
    assert rate_ahead(Decimal("0.1"), grows, share=True) == Decimal("0.4")
    assert rate_ahead(Decimal("0.3"), grows, share=True) == 1
    # nobody leaves on a first day: that says nothing of the month
    late = Shape(reached=(Decimal("0.01"),) * 3, ended=(Decimal("0.4"),) * 3)
    assert rate_ahead(Decimal(0), late, share=True) is None


def test_which_metrics_have_a_pace() -> None:
    metrics = define([(spec, read, False) for spec, read in library.specs()], bindings=STANDARD).metrics
    adding = {name for name, one in metrics.items() if adds_up(one.formula)}
    assert {"orders", "revenue", "net_revenue", "new_customers", "buying_customers", "signups"} <= adding
    assert not adding & {"average_order_value", "nps", "members", "customers", "mrr", "customer_retention_rate"}
    growing = {name for name, one in metrics.items() if only_grows(one.formula)}
    assert {"orders", "new_customers"} <= growing <= adding
    assert "revenue" not in growing
    assert all(not develops(metrics[name].formula) for name in ("orders", "members"))
    assert develops(metrics["customer_churn_rate"].formula)


# --- calendars


def test_a_target_holds_over_a_change_of_clocks(tmp_path: Path) -> None:
    # British clocks: 31 March 2024 has 23 hours, and the day begins at 0:00 UTC; April begins an hour earlier in UTC
    events = """
      2024-03-30T23:30Z  ann  Order Completed | revenue=1
      2024-03-31T22:59Z  bob  Order Completed | revenue=1
      2024-03-31T23:00Z  cle  Order Completed | revenue=1
      2024-04-02T00:00Z  dan  Order Completed | revenue=1
    """
    targets = """\
targets:
  - {metric: orders, period: day, value: 1}
  - {metric: orders, period: month, value: 2}
  - {metric: orders, period: week, value: 2}
"""
    settings = "timezone: Europe/London\nweek_start: sunday"
    with told(tmp_path, as_of="2024-04-10", events=events, settings=settings, targets=targets) as ws:

        def judged(period: str, at: str) -> tuple[object, ...]:
            one = ws.targets.judged(["orders"], period=period, at=at)[0]  # type: ignore[arg-type]
            return one.period.start.isoformat(), one.value, one.status

        assert judged("day", "2024-03-30") == ("2024-03-30", 1, "on track")
        assert judged("day", "2024-03-31") == ("2024-03-31", 1, "on track")
        assert judged("day", "2024-04-01") == ("2024-04-01", 1, "on track")
        assert judged("month", "2024-03-31") == ("2024-03-01", 2, "on track")
        assert judged("month", "2024-04-09T12:00") == ("2024-04-01", 2, "ahead")
        # weeks begin on Sunday, the 31st
        assert judged("week", "2024-04-03") == ("2024-03-31", 3, "ahead")


def test_quarters_follow_the_fiscal_year(tmp_path: Path) -> None:
    events = """
      2024-01-31  ann  Order Completed | revenue=5
      2024-02-01  ann  Order Completed | revenue=7
      2024-04-30  bob  Order Completed | revenue=11
      2024-05-01  bob  Order Completed | revenue=13
    """
    targets = "targets: [{metric: revenue, period: quarter, value: 18}]\n"
    with told(tmp_path, as_of="2024-06-01", events=events, settings="year_start: february", targets=targets) as ws:
        one = ws.targets.judged(["revenue"], period="quarter", at="2024-03-15")[0]
        assert (one.period.name, one.value, one.previous, one.status) == ("2024/25-Q1", 18, 5, "on track")
        assert ws.targets.scorecard(period="quarter", at="2024-03-15").period.name == "2024/25-Q1"
        told_points = ws.metrics.points(["revenue"], period="quarter", since="2024-02-01", until="2024-04-30")
        assert [(each.period, each.value) for each in told_points] == [("2024/25-Q1", 18)]
        assert cut((one.period,), one.period, one.period.ends - 2)[0].begins == one.period.begins
