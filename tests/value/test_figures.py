"""Figures of value by hand: small cases whose answers are worked out in the text beside them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.metrics.costs import CostsSpec
from tenure.predict.value.contact import Uplift, contact
from tenure.predict.value.payback import MONTH, Bought, groups, together
from tenure.predict.value.people import Valued
from tenure.predict.value.products import drawn, products, shrunk
from tenure.predict.value.saving import saving
from tenure.predict.value.serving import (
    DELIVERY,
    GIVEN_BACK,
    MESSAGE,
    Paid,
    aligned,
    served,
    unprofitable,
    ways,
)
from tenure.predict.value.spread import spread, tenths_of


def numbers(*told: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(told, dtype=np.float64)


def people(**told: object) -> Valued:
    """So many people, of whom only some things matter."""
    given: dict[str, object] = {
        "churn": np.nan, "value": 0.0, "revenue": 0.0, "purchases": 0.0, "bought": 1.0, "paid": 0.0, "margin": 0.0,
        "first": 0,
    } | told  # fmt: skip
    count = max(np.size(one) for one in given.values())  # type: ignore[call-overload]
    whole = {name: np.broadcast_to(np.asarray(one), count) for name, one in given.items()}
    return Valued(
        units=np.arange(count), low=whole["value"], high=whole["value"], as_of=0, own=False, share=0.5, **whole
    )  # type: ignore[arg-type]


def test_the_best_tenth_of_ten_is_the_one_who_is_worth_most():
    found = spread(numbers(10, 20, 30, 40, 50, 60, 70, 80, 90, 550))
    assert (found.people, found.total, found.mean) == (10, 1000, 100)
    assert found.top == pytest.approx(0.55)
    assert [(one.number, one.people, one.total) for one in found.tenths[:2]] == [(1, 1, 550), (2, 1, 90)]
    assert dict(found.quantiles)[0.5] == pytest.approx(55)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_everybody_is_in_one_tenth_and_in_one_bar(values: list[float]):
    found = spread(numbers(*values))
    assert sum(one.people for one in found.tenths) == len(values) == sum(one.people for one in found.bars)
    assert sum(one.total for one in found.tenths) == pytest.approx(sum(values), abs=1e-3)
    sizes = [one.people for one in found.tenths]
    assert max(sizes) - min(sizes) <= 1
    assert all(one.least >= two.most for one, two in zip(found.tenths, found.tenths[1:], strict=False))
    counted = np.bincount(tenths_of(numbers(*values)), minlength=11)
    assert [int(counted[one.number]) for one in found.tenths] == sizes


def test_nobody_is_worth_nothing_and_a_share_of_nothing_is_not_told():
    assert spread(numbers()).people == 0
    assert spread(numbers(0, 0)).top is None


def test_at_stake_is_value_times_chance():
    # 100 x 0.5 + 200 x 0.1 + 40 x 0.25 = 80; who brings nothing or is not told puts nothing at stake
    found = saving(numbers(100, 200, 40, -50, 70), numbers(0.5, 0.1, 0.25, 0.9, np.nan))
    assert (found.people, found.value) == (4, 340)
    assert found.at_stake == pytest.approx(80)
    assert found.half == 1
    assert [(one.least, one.people, one.value) for one in found.bands] == [
        (50, 2, 100), (25, 1, 40), (10, 1, 200), (0, 0, 0)
    ]  # fmt: skip
    assert [one.at_stake for one in found.bands] == pytest.approx([50, 10, 20, 0])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1)), max_size=50))
def test_bands_add_up_and_half_of_it_is_with_no_more_people_than_there_are(rows: list[tuple[float, float]]):
    found = saving(numbers(*(value for value, _ in rows)), numbers(*(chance for _, chance in rows)))
    assert sum(one.people for one in found.bands) == len(rows)
    assert sum(one.at_stake for one in found.bands) == pytest.approx(found.at_stake)
    assert found.half <= len(rows)


def test_an_assumed_uplift_turns_a_share_of_the_chances_around():
    # 100 x 0.5 x 0.1 = 5 and 20 x 0.5 x 0.1 = 1; of the third no chance is told. Each contact costs 2
    found = contact(numbers(100, 20, 500), numbers(0.5, 0.5, np.nan), Uplift(share=0.1), cost=2)
    assert (found.people, found.known, found.value) == (3, 2, 120)
    assert (found.gain, found.cost, found.net) == pytest.approx((6, 6, 0))
    assert (found.worth, found.best, found.low) == (1, pytest.approx(3), None)


def test_a_measured_uplift_holds_for_all_contacted_with_its_limits():
    uplift = Uplift(share=0.05, low=-0.01, high=0.11, action="Win back")
    found = contact(numbers(100, 300), numbers(0.5, 0.1), uplift, cost=1)
    # 400 x 0.05 = 20; 400 x -0.01 - 2 = -6; 400 x 0.11 - 2 = 42
    assert (found.gain, found.net, found.net_low, found.net_high) == pytest.approx((20, 18, -6, 42))


def test_margins_by_month_are_of_those_who_lived_through_it():
    # three months since the first, two, and one: the last has not lived through its second month
    now = 3 * MONTH + 5
    who = people(first=np.array([0, MONTH, 2 * MONTH] * 5), value=10.0, margin=30.0)
    rows = [(one, 0, 10.0) for one in range(15)] + [(one, 1, 8.0) for one in range(0, 15, 3)]
    place, age, margin = (np.array(column) for column in zip(*rows, strict=True))
    (found,) = groups(["all"], np.zeros(15, dtype=np.int64), who, Bought(place=place, age=age, margin=margin),
                      {"all": Decimal(180)}, now=now)  # fmt: skip
    # month 1: 10 each of 15; month 2: 5 x 8 of the 10 who lived through it; month 3: nothing of 5
    assert found.curve == pytest.approx((10, 14, 14))
    assert (found.cac, found.payback, found.each) == (12, 2, 40)
    assert found.ratio == pytest.approx(40 / 12)
    none = groups(["all"], np.zeros(15, dtype=np.int64), who, Bought(place=place, age=age, margin=margin), {}, now=now)
    assert (none[0].cac, none[0].payback, none[0].ratio) == (None, None, None)


def test_all_groups_together_count_spend_that_won_nobody():
    who = people(first=np.zeros(6, dtype=np.int64), value=1.0, margin=2.0)
    bought = Bought(place=np.array([0]), age=np.array([0]), margin=numbers(1))
    of = np.array([0, 0, 0, 1, 1, 1])
    spend = {"a": Decimal(6), "c": Decimal(4)}
    found = groups(["a", "b", "c"], of, who, bought, spend, now=0)
    every = together(found, ())
    assert (every.people, every.spend, every.so_far, every.expected) == (6, Decimal(10), 12, 6)
    assert [one.cac for one in found] == [2, None, None]


def test_costs_come_with_purchases_and_one_average_purchase_more():
    # delivery: 30 for 3 purchases and 2 for 1: 8 for an average one. (30 + 8) / 4 x 2 = 19, (2 + 8) / 2 x 1 = 5
    who = people(
        value=numbers(20, 3), revenue=numbers(40, 6), purchases=numbers(2, 1), bought=numbers(3, 1),
        paid=numbers(60, 20),
    )  # fmt: skip
    costs = [
        Paid(kind=DELIVERY, source="recorded", total=numbers(30, 2)),
        # of messages 3.65 in the last year, of the second in 73 days: 0.05 a day
        Paid(kind=MESSAGE, source="default", total=numbers(3.65, 3.65), each=Decimal("0.05")),
        # a tenth of what was paid was given back: (8 + 2) / (60 + 20) of 20, (0 + 2) / (20 + 20) of 3
        Paid(kind=GIVEN_BACK, source="recorded", total=numbers(8, 0)),
    ]
    found = served(costs, who, known_days=numbers(900, 73), horizon=365)
    assert found.expected[DELIVERY] == pytest.approx([19, 5])
    assert found.expected[MESSAGE] == pytest.approx([3.65, 18.25])
    assert found.expected[GIVEN_BACK] == pytest.approx([2.5, 0.15])
    told = unprofitable(who, found)
    # 20 - 25.15 and 3 - 23.4: both cost more; a tenth of 40 does not make up for 5.15
    assert (told.people, told.count, told.by_price, told.known) == (2, 2, 0, True)
    assert told.cost == pytest.approx(48.55)
    assert [(one.kind, one.cured) for one in told.kinds] == [(DELIVERY, 1), (MESSAGE, 0), (GIVEN_BACK, 0)]
    way = ways(who, found)
    assert way.kind.tolist() == [0, 1]
    # of 19 for delivery 5.15 too much; of the second no cost alone suffices, and no margin of 6 in revenue
    assert way.cut_to == pytest.approx([13.85, np.nan], nan_ok=True)
    assert way.margin == pytest.approx([25.15 / 40, np.nan], nan_ok=True)
    assert way.rise == pytest.approx([5.15 / 40, 20.4 / 6])


def test_costs_of_strangers_are_nobodys():
    assert aligned(np.array([2, 5, 9]), np.array([5, 7, 2]), numbers(1, 2, np.nan)).tolist() == [0, 1, 0]


def test_a_share_of_few_is_drawn_to_the_expected_one():
    count, of = numbers(*([50] * 9), 2, 0), numbers(*([100] * 9), 2, 0)
    rate, low, high = shrunk(count, of, np.full(11, 0.5))
    # all of two came, which says next to nothing beside nine products of which just half did
    assert rate[0] == pytest.approx(0.5)
    assert 0.5 < rate[9] < 0.51
    assert np.isnan(rate[10])
    assert np.all((low[:10] < rate[:10]) & (rate[:10] < high[:10]))


def test_limits_of_a_single_product_hold_what_came():
    rate, low, high = shrunk(numbers(80, 20), numbers(100, 100), numbers(0.5, 0.5))
    assert low[0] > 0.5 > high[1]
    assert 0.5 < rate[0] < 0.8
    assert rate[0] + rate[1] == pytest.approx(1)


def test_means_are_drawn_to_that_of_all():
    # (20 + 5 x 3) / (4 + 5) with a mean of (20 + 10) / 10
    assert drawn(numbers(20, 10, 0), numbers(4, 6, 0)) == pytest.approx([35 / 9, 25 / 11, np.nan], nan_ok=True)


def product_table(*rows: tuple[str, int, int, int, float, int]) -> pa.Table:
    """product, buyers (sold as often), first, again, expected, returned; rated 4 by five each."""
    names = ("product", "buyers", "first", "again", "expected", "returned")
    told = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    alike = [5] * len(rows)
    return pa.table(
        {**told, "sold": told["buyers"], "rated": alike, "rating": [20] * len(rows), "answered": alike, "after": alike}
    )


def test_a_product_is_advised_by_what_surely_differs():
    counts = product_table(
        ("best", 200, 100, 85, 50.0, 4), ("worst", 200, 100, 20, 50.0, 4), ("plain", 200, 100, 50, 50.0, 4),
        ("few", 9, 9, 9, 4.5, 0), ("back", 200, 100, 52, 50.0, 90),
    )  # fmt: skip
    found = products(counts, days=90, people=409, again=216)
    assert {one.product: one.advice for one in found.rows} == {
        "best": "promote", "worst": "discontinue", "plain": "", "few": "", "back": "discontinue"
    }  # fmt: skip
    assert found.again == pytest.approx(216 / 409)
    assert found.returns == pytest.approx(102 / 809)
    best = next(one for one in found.rows if one.product == "best")
    assert (best.first, best.again, best.expected, best.rating) == (100, 85, 0.5, 4)


def test_a_product_that_is_rated_worse_is_not_promoted():
    counts = product_table(("best", 200, 100, 85, 50.0, 4), ("plain", 200, 100, 50, 50.0, 4))
    counts = counts.set_column(counts.column_names.index("rating"), "rating", pa.array([10, 30]))
    found = {one.product: one.advice for one in products(counts, days=90, people=200, again=135).rows}
    assert found == {"best": "", "plain": ""}


def test_what_an_order_costs_is_an_amount_or_a_property():
    assert CostsSpec(order="4.50").order_amount == Decimal("4.50")
    assert CostsSpec(order="delivery_cost").order_property == "delivery_cost"
    assert CostsSpec().order_property is None
    for wrong in ("-3", "4,50", "a b"):
        with pytest.raises(ValueError, match="an amount or a property"):
            CostsSpec(order=wrong)
