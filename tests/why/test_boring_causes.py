"""Data that breaks off is told from a quiet season, from bursts and from another rule; and days are counted."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from tenure.metrics.formula import Figure, Level, LevelFigure, Part, Ratio, Rows
from tenure.metrics.why.activity import Activity
from tenure.metrics.why.calendar import calendar_effect
from tenure.metrics.why.data_faults import Fault, faults

FIRST = date(2025, 1, 6)
DAYS = 140
WEEK = np.array([1.0, 1.0, 1.0, 1.0, 1.2, 0.6, 0.5])
LOOKED = (date(2025, 3, 1), date(2025, 4, 30))
Floats = npt.NDArray[np.float64]


def usual(rng: np.random.Generator, level: float) -> Floats:
    return rng.poisson(level * WEEK[np.arange(DAYS) % 7]).astype(float)


def company(seed: int = 1) -> dict[str, Floats]:
    """Visits, orders and others, day by day."""
    rng = np.random.default_rng(seed)
    levels = {"Page Viewed": 80, "Order Completed": 12, "Signed Up": 9, "Case Opened": 6, "Signed In": 30}
    return {name: usual(rng, level) for name, level in levels.items()}


def looked(counts: dict[str, Floats], *names: str) -> tuple[Fault, ...]:
    activity = Activity(FIRST, DAYS, counts, {name: (name.lower().replace(" ", "_"),) for name in counts})
    return faults(activity, names, *LOOKED)


def stretch(first: date, last: date) -> slice:
    return slice((first - FIRST).days, (last - FIRST).days + 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_quiet_company_has_no_faults(seed: int) -> None:
    assert looked(company(seed), "Page Viewed", "Order Completed", "Signed Up", "Case Opened") == ()


def test_days_without_any_event() -> None:
    counts = company()
    counts["Page Viewed"][stretch(date(2025, 3, 10), date(2025, 3, 13))] = 0
    (fault,) = looked(counts, "Page Viewed", "Order Completed")
    assert (fault.kind, fault.first, fault.last, fault.found) == ("outage", date(2025, 3, 10), date(2025, 3, 13), 0)
    assert 300 < fault.usual < 400 and fault.sources == ("page_viewed",) and not fault.open


def test_events_that_broke_off_together_are_one_fault() -> None:
    counts = company()
    for name in ("Page Viewed", "Signed In"):
        counts[name][stretch(date(2025, 3, 10), date(2025, 3, 16))] = 0
    (fault,) = looked(counts, "Page Viewed", "Signed In", "Order Completed")
    assert set(fault.events) == {"Page Viewed", "Signed In"}


def test_a_source_that_has_stopped() -> None:
    counts = company()
    counts["Order Completed"][stretch(date(2025, 4, 20), FIRST + timedelta(days=DAYS - 1))] = 0
    (fault,) = looked(counts, "Order Completed")
    assert fault.kind == "outage" and fault.first == date(2025, 4, 20) and fault.open


def test_a_season_that_all_share_is_no_fault() -> None:
    counts = company()
    for name in counts:
        counts[name][stretch(date(2025, 4, 1), date(2025, 4, 30))] //= 3
    assert looked(counts, "Page Viewed", "Order Completed") == ()


def test_what_comes_in_bursts_is_no_fault() -> None:
    """A newsletter on the first of each month, and little in between."""
    counts = company()
    rng = np.random.default_rng(2)
    counts["Message Sent"] = rng.poisson(2.0, DAYS).astype(float)
    for month in range(1, 6):
        place = (date(2025, month, 10) - FIRST).days
        counts["Message Sent"][place] += 900
    assert looked(counts, "Message Sent") == ()


def test_another_rule_from_one_day_on() -> None:
    counts = company()
    counts["Signed Up"][(date(2025, 3, 15) - FIRST).days :] //= 2
    (fault,) = looked(counts, "Signed Up", "Order Completed")
    assert fault.kind == "step" and abs((fault.first - date(2025, 3, 15)).days) <= 5
    counts = company()
    counts["Signed Up"][(date(2025, 3, 15) - FIRST).days :] *= 2
    (fault,) = looked(counts, "Signed Up", "Order Completed")
    assert fault.kind == "step" and fault.found > fault.usual


def test_the_calendar_by_hand() -> None:
    """Ten a weekday, none at the weekend. February 2025 has 20 weekdays in 28 days, March 21 in 31: 5 % more."""
    counts = {"Order Completed": np.array([10.0 if (day % 7) < 5 else 0.0 for day in range(DAYS)])}
    activity = Activity(FIRST, DAYS, counts, {"Order Completed": ("orders",)})
    orders = Figure(function="count", rows=Rows(part=Part(event="order")))
    february = (activity.place(date(2025, 2, 1)), activity.place(date(2025, 3, 1)))
    march = (february[1], activity.place(date(2025, 4, 1)))
    found = calendar_effect(orders, activity, ("Order Completed",), february, march, Fraction(200))
    assert found is not None
    assert (found.days_before, found.days_after) == (28, 31)
    assert found.factor == pytest.approx(1.05) and found.effect == pytest.approx(10)
    assert dict(found.more) == {"Monday": 1, "Saturday": 1, "Sunday": 1}
    for standing in (Ratio(numerator=orders, denominator=orders),
                     LevelFigure(function="level", level=Level(part=Part(event="case")))):  # fmt: skip
        assert calendar_effect(standing, activity, ("Order Completed",), february, march, Fraction(200)) is None
