"""Charts: figures in, one picture out, in the page's colours, at both widths, without a warning."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest

from tenure import charts
from tenure.charts.follows import chosen, ordered
from tenure.lifecycle.periods import Period
from tenure.metrics.attribution.side_by_side import METHODS, Attribution, ChannelCredit
from tenure.metrics.cohorts import CohortCell
from tenure.metrics.figures import MetricPoint
from tenure.metrics.journeys.follows import Follow
from tenure.metrics.journeys.paths import Path
from tenure.metrics.personas.features import Feature
from tenure.metrics.personas.personas import Persona
from tenure.metrics.personas.words import Trait
from tenure.metrics.rfm import RFM_CELLS, RfmCell
from tenure.metrics.targets import Limits

Draw = Callable[[int], Any]


def month(number: int) -> Period:
    return Period(begins=number, ends=number + 1, name=f"2024-{number:02}", start=date(2024, number, 1))


def point(number: int, value: str | None, status: str | None = None) -> MetricPoint:
    return MetricPoint(
        metric="revenue", period=f"2024-{number:02}", start=date(2024, number, 1), status=status,
        value=None if value is None else Decimal(value),
    )  # fmt: skip


def follow(source: str | None, target: str | None, times: int) -> Follow:
    return Follow(stage=None, source=source, target=target, times=times, of=max(times, 1), median=None)


FOLLOWS = (
    follow(None, "View", 90), follow("View", "Cart", 60), follow("Cart", "Order", 40), follow("Order", "View", 25),
    follow("Order", None, 20), follow("View", None, 30), follow("View", "View", 200),
)  # fmt: skip
REVENUE = charts.Trend(
    title="Revenue", unit="money", pace=Decimal(150), limits=(None, Limits(low=Decimal(90)), Limits(low=Decimal(120))),
    points=(point(1, "80"), point(2, None), point(3, "60", "running")),
)  # fmt: skip
RATE = charts.Trend(title="Rate", unit="rate", points=(point(1, "0.25"), point(2, "0.5")))
COHORTS = tuple(
    CohortCell(
        cohort=month(1), age=age, people=10, value=Decimal(10 - 4 * age), base=Decimal(10), complete=age < 2
    )
    for age in range(3)
)  # fmt: skip
CREDITS = Attribution(
    channels=tuple(
        ChannelCredit(channel=name, touches=3, credits=dict.fromkeys(METHODS, Fraction(part, 4)), spend=None)
        for name, part in (("email", 3), (None, 1))
    ),
    conversions=1, touched=1, others=0, probability=0.5, removal={}, spend=None,
)  # fmt: skip
RFM = tuple(
    RfmCell(recency=r, frequency=f, monetary=m, name=name, people=r + f, money=Decimal(m))
    for (r, f, m), name in RFM_CELLS.items()
    if r != 2
)
PERSONAS = tuple(
    Persona(
        name=name, people=10, share=0.5, money=Decimal(10), stability=0.9,
        traits=(Trait(feature=Feature(kind="frequency"), difference=sign, inside=3 + sign, others=3 - sign),),
    )
    for name, sign in (("p1", 1.0), ("p2", -1.0))
)  # fmt: skip
PATHS = (Path(steps=("View", "Cart"), people=5, of=8, median=None), Path(steps=(), people=3, of=8, median=None))

DRAWN: dict[str, tuple[Draw, tuple[str, ...]]] = {
    "trend": (lambda width: charts.trend(REVENUE, width=width, currency="EUR"), ("EUR", "2024-01")),
    "trends": (lambda width: charts.trends([REVENUE, RATE], width=width, currency="EUR"), ("50.0 % in 2024-02",)),
    "retained": (lambda width: charts.retained(COHORTS, width=width, unit="month"), ("months after the first",)),
    "follows": (lambda width: charts.follows(FOLLOWS, width=width), ("(begin)", "View  ↺ 200", "(end)")),
    "paths": (lambda width: charts.paths(PATHS, to="Order", width=width, noun="people"), ("View → Cart → Order",)),
    "rfm": (lambda width: charts.rfm_map(RFM, width=width, noun="people"), ("champion", "–")),
    "credited": (lambda width: charts.credited(CREDITS, width=width), ("email", "not known", "Shapley", "75")),
    "personas": (lambda width: charts.personas(PERSONAS, width=width, currency="EUR"), ("p1", "purchases", "4", "2")),
}


@pytest.mark.parametrize("width", [860, 330])
@pytest.mark.parametrize("name", DRAWN)
def test_drawn(name: str, width: int) -> None:
    draw, texts = DRAWN[name]
    drawn = charts.svg(draw(width), name="it")
    root = ElementTree.fromstring(drawn)
    assert root.get("viewBox")
    # no wider than asked, but for a little of labels
    assert float(root.get("viewBox", "").split()[2]) <= width * 1.08
    assert "#0102" not in drawn
    told = "".join(root.itertext()) + "".join(one.get("aria-label") or "" for one in root.iter())
    for text in texts:
        assert all(part in told for part in text.split()), text
    assert "NaN" not in drawn
    assert "undefined" not in drawn


@pytest.mark.parametrize("name", DRAWN)
def test_a_page_takes_the_same_as_data(name: str) -> None:
    told = DRAWN[name][0](860).to_dict()
    assert "vega-lite" in told["$schema"]
    json.dumps(told, allow_nan=False)


def test_what_is_not_complete_has_a_broken_frame() -> None:
    drawn = charts.svg(charts.retained(COHORTS, width=860, unit="month"), name="it")
    assert drawn.count('stroke-dasharray="2,2"') == 1


def test_touchpoints_stand_in_the_order_in_which_people_come_to_them() -> None:
    shown, again = chosen(FOLLOWS)
    assert ordered(shown) == ["(begin)", "View", "Cart", "Order", "(end)"]
    assert again == {"View": 200}
    assert all(one.source != one.target for one in shown)


def test_a_target_of_every_period_is_a_band() -> None:
    drawn = charts.svg(charts.trend(REVENUE, width=860, currency="EUR"), name="it")
    # the first month has no target
    assert drawn.count('aria-roledescription="bar"') == 2
