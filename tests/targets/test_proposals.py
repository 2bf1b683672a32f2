"""Proposals by hand, and what holds of any: better figures never bring easier targets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tenure.metrics.definition import Direction
from tenure.metrics.proposals import Proposal, propose, quantile, rounded

FIGURES = st.lists(st.decimals(0, 5000, places=2), min_size=4, max_size=12)


def months(values: list[Decimal]) -> list[tuple[date, Decimal | None]]:
    return [(date(2022 + place // 12, place % 12 + 1, 1), value) for place, value in enumerate(values)]


def proposal(values: list[object], direction: Direction = "up", unit: str = "money") -> Proposal | None:
    told = months([Decimal(str(value)) for value in values])
    return propose("x", "month", told, direction=direction, unit=unit, ends=date(2024, 1, 1))  # type: ignore[arg-type]


def test_median_and_best_quarter_by_hand() -> None:
    # in order 1 to 9: the middle is 5, a quarter are 7 or more, a quarter 3 or less
    values: list[object] = [9, 1, 8, 2, 7, 3, 6, 4, 5]
    up, down, neither = (proposal(values, direction) for direction in ("up", "down", "context"))
    assert up is not None
    assert (up.median, up.best, up.periods, up.seasonal) == (5, 7, 9, {})
    assert down is not None
    assert down.best == 3
    assert neither is not None
    assert (neither.best, neither.low, neither.high) == (None, 3, 7)


def test_only_the_last_twelve_count_and_four_are_needed() -> None:
    found = proposal([1000] * 5 + [10] * 12)
    assert found is not None
    assert (found.median, found.best, found.periods) == (10, 10, 12)
    assert proposal([1, 2, 3]) is None


def test_a_season_of_two_years_is_kept() -> None:
    year = [100, 102, 98, 101, 99, 100, 97, 103, 100, 120, 180, 260]
    found = proposal([*year, *(value * 1.1 for value in year)])
    assert found is not None
    assert len(found.seasonal) == 12
    assert found.seasonal[12][1] > 2 * found.seasonal[1][1]
    # December is to be as much better than the middle as it was
    assert abs(found.seasonal[12][0] / found.seasonal[1][0] - Decimal("2.6")) < Decimal("0.1")
    assert proposal([100, 90, 110, 95] * 6) is not None
    assert not proposal([100, 90, 110, 95, 105] * 5).seasonal  # type: ignore[union-attr]


def test_three_digits() -> None:
    assert [str(rounded(Decimal(value), "money")) for value in ("12345.6", "45.678", "0.98765", "0")] == [
        "12300", "45.7", "0.988", "0",
    ]  # fmt: skip
    assert str(rounded(Decimal("7.4"), "count")) == "7"


@given(values=FIGURES, more=st.decimals(0, 100, places=2))
def test_better_figures_never_bring_easier_targets(values: list[Decimal], more: Decimal) -> None:
    for direction in ("up", "down"):
        before = propose("x", "month", months(values), direction=direction, unit="money", ends=date(2024, 1, 1))  # type: ignore[arg-type]
        after = propose(
            "x", "month", months([value + more for value in values]), direction=direction, unit="money",  # type: ignore[arg-type]
            ends=date(2024, 1, 1),
        )  # fmt: skip
        assert before is not None
        assert after is not None
        assert before.best is not None
        assert after.best is not None
        assert after.best >= before.best
        assert after.median >= before.median
        assert before.best >= before.median if direction == "up" else before.best <= before.median


@given(values=FIGURES)
def test_quantiles_lie_among_the_figures(values: list[Decimal]) -> None:
    parts = [quantile(values, Decimal(part) / 10) for part in range(11)]
    assert parts == sorted(parts)
    assert (parts[0], parts[-1]) == (min(values), max(values))
