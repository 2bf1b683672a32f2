"""Conditions by hand, for rules 1 to 6 of the language's exact meaning."""

from __future__ import annotations

from fractions import Fraction

import pytest

from .by_hand import answer, holds, identify, order, rows, visit, visits
from .evaluate import DAY, Event, Moment, evaluate
from .lifecycle import bindings_of
from .values import Untyped, kind_of_thing, read, time_of

# --- rules 1 and 2: time, ties, windows ------------------------------------------------------------------------------


def test_lengths_are_exact_and_a_day_has_24_hours():
    assert holds("since(order) == days(90)", order(10))
    assert holds("days(1.5) == hours(36)")
    assert not holds("since(order) >= days(90)", order(10), micro=-1)


def test_a_window_excludes_its_beginning_and_includes_its_end():
    assert holds("count(order, within=days(2)) == 1", order(98), order(100))
    assert holds("count(order, within=days(2)) == 2", order(98), order(100), order(99))
    assert holds("count(order, within=days(2)) == 1", order(98), day=100, micro=-1)


def test_a_window_that_ends_exactly_on_an_event_leaves_no_gap():
    assert visits({"active": "count(order, within=days(2)) >= 1"}, order(1), order(3)) == [("active", 1, 5)]


def test_events_of_one_microsecond_take_effect_together():
    stages = {"first": "count(order) >= 1", "second": "count(order) >= 2"}
    assert visits(stages, order(1, "b"), order(1, "a")) == [("second", 1, None)]


def test_order_within_a_microsecond_is_by_the_bytes_of_the_message_id_not_by_arrival():
    assert holds("last(order) == 1", order(1, "é", amount=1), order(1, "z", amount=2))
    assert holds("first(order) == 3", order(1, "a", amount=2), order(1, "Z", amount=3))
    assert holds("last(order) == 4", order(1, "😀", amount=4), order(1, "\uffff", amount=5))  # not as UTF-16
    assert holds("last(order) == 9", order(1, "m9", amount=9), order(1, "m10", amount=10))
    assert holds("gap(order) == days(0)", order(1, "a"), order(1, "b"))


def test_the_state_at_a_moment_counts_the_events_of_that_moment_and_none_after_it():
    assert holds("count(order) == 1", order(100), order(100.5))
    assert not holds("count(order) >= 1", order(100), micro=-1)


def test_a_stage_can_last_one_microsecond():
    late_by_one = Event(message_id="x", name="Order Completed", time=3 * DAY + 1, received_at=0, customer="ada")
    stages = {"buyer": "count(order) >= 1", "silent": "side:since(order) >= days(2)"}
    assert visits(stages, order(1), late_by_one)[1] == ("silent", 3, (3, 1))
    assert [stage for stage, *_ in visits(stages, order(1), order(3))] == ["buyer", "silent"]


# --- rule 3: the unknown ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unknown",
    [
        *(
            "since(order)",
            "since_first(order)",
            "gap(order)",
            "last(order)",
            "first(order)",
            "avg(order)",
            "min(order)",
        ),
        *("max(order)", "last(order.size)", "count(visit, after=order)", "trait.level", "until(trait.renewal)"),
        *("1 / count(order)", "last(order) + 1", "-last(order)", "since_entered(buyer)", "avg(order, within=days(1))"),
    ],
)
def test_no_comparison_with_an_unknown_holds(unknown):
    for comparison in ("< 1", "<= 1", "> 1", ">= 1", "== 1", "!= 1", "in (1, 2)", "not in (1, 2)", "is not None"):
        assert not holds(f"{unknown} {comparison}"), comparison
        assert holds(f"not {unknown} {comparison}"), comparison
    assert not holds(f"0 < {unknown} < 5")
    assert holds(f"{unknown} is None")
    assert holds(f"{unknown} > 1 or count(order) == 0")


@pytest.mark.parametrize(
    "nothing", ["count(order)", "sum(order)", "distinct(order.plan)", "sum(order, within=days(1))"]
)
def test_counts_and_sums_of_nothing_are_zero(nothing):
    assert holds(f"{nothing} == 0")


def test_division_by_zero_is_unknown():
    assert holds("count(order) / (count(visit) - 1) is None", order(1), visit(1))


# --- rule 4: first, last, times --------------------------------------------------------------------------------------


def test_first_and_last_are_the_value_of_the_event():
    events = order(1, amount=5), order(2, amount=7, plan="pro")
    assert holds("first(order) == 5 and last(order) == 7 and last(order.plan) == 'pro'", *events)
    assert holds("first(order.plan) is None and last(order.size) is None", *events)


def test_last_of_a_property_is_unknown_where_the_last_event_lacks_it():
    assert holds("last(order.plan) is None", order(1, plan="pro"), order(2))
    assert holds("last(order.plan) is None", order(1, plan="pro"), order(2, plan=None))


def test_times_are_asked_by_since_since_first_and_gap():
    events = order(10), order(40), order(70)
    assert holds("since(order) == days(30) and since_first(order) == days(90) and gap(order) == days(30)", *events)
    assert holds("gap(order) is None", order(10))


def test_count_after_is_strictly_after_the_last():
    events = visit(1), order(2), visit(2), visit(3), order(4), visit(4), visit(5)
    assert holds("count(visit, after=order) == 1", *events)
    assert holds("count(visit, after=order) == 0", order(1), visit(1))


# --- rule 5: numbers and texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "number", "text"),
    [
        (5, 5, "5"),
        (5.0, 5, "5"),
        (10.25, Fraction("10.25"), "10.25"),
        (100, 100, "100"),
        (0, 0, "0"),
        ("5.0", 5, "5.0"),
        ("+4", 4, "+4"),
        ("1e1", 10, "1e1"),
        (2.0000005, Fraction("2.000001"), "2.000001"),
        ("-2.0000005", Fraction("-2.000001"), "-2.0000005"),
        ("0.1234564", Fraction("0.123456"), "0.1234564"),
        ("1e-999999999", 0, "1e-999999999"),
        ("999999999999999", 999999999999999, "999999999999999"),
        ("1e15", None, "1e15"),
        *((text, None, text) for text in (" 7", "7 ", "1_000", "NaN", "inf", "0x1A", "", "n/a", "٣")),
        (True, None, "true"),
        (False, None, "false"),
    ],
)
def test_values_as_they_are_loaded(raw, number, text):
    assert read(raw) == Untyped(number, text)


@pytest.mark.parametrize("raw", [None, [5], {"n": 5}, 1e15, -1e300])
def test_values_that_are_unknown(raw):
    assert read(raw) is None


def test_sums_are_exact_and_skip_what_is_no_number():
    dimes = [order(day, amount=0.1) for day in range(10)]
    assert holds("sum(order) == 1 and avg(order) == 0.1", *dimes)
    events = order(1, amount=5), order(2, amount="n/a"), order(3), order(4, amount=True), order(5, amount="2.5")
    assert holds("sum(order) == 7.5 and avg(order) == 3.75 and min(order) == 2.5 and max(order) == 5", *events)
    assert holds("avg(order) * 3 == 1", order(1, amount=0), order(2, amount=0), order(3, amount=1))


def test_distinct_tells_texts_by_text_and_numbers_by_number():
    plans = ["pro", "pro", "free", 5, 5.0, True, "true", None, ["pro"], ""]
    events = [order(day, plan=plan) for day, plan in enumerate(plans)]
    assert holds("distinct(order.plan) == 5", *events)  # pro, free, 5, true and the empty text
    assert kind_of_thing("5") != kind_of_thing(5)


def test_what_a_property_is_compared_with_decides_how_it_is_read():
    assert holds("last(order.plan) == '5' and last(order.plan) == 5 and last(order.plan) < 10", order(1, plan=5))
    assert holds("last(order.plan) == 5 and last(order.plan) != '5'", order(1, plan="5.0"))
    assert holds("last(order.plan) == True and last(order.plan) == 'true'", order(1, plan=True))
    assert holds("last(order.plan) == True", order(1, plan="true"))
    assert holds("last(order.plan) != True", order(1, plan=1))
    assert holds("last(order.plan) in ('10.25', 'x') and last(order.plan) in (1, 10.25)", order(1, plan=10.25))
    assert not holds("last(order.plan) in (1, 2) or last(order.plan) not in (1, 2)", order(1, plan="pro"))


def test_two_untyped_sides_are_texts_when_equal_and_numbers_when_ordered():
    events = order(1, a="5.0", b=5), order(2, a="5.0", b=5)
    assert holds("last(order.a) != last(order.b) and last(order.a) <= first(order.b)", *events)
    assert holds("last(order.a) == last(order.b)", order(1, a="10.25", b=10.25))


def test_number_literals_are_taken_from_their_text():
    assert holds("last(order) == 0.1 and last(order) * 3 == 0.3", order(1, amount="0.1"))


def test_where_is_a_condition_over_the_events_own_properties():
    assert holds("count(nps) == 1 and last(nps) == 9", answer(1, 9), answer(2, 3, survey="csat"))
    flagged = {"events": {"big": {"event": "Order Completed", "where": "rush and not gift and amount > 5 * 2"}}}
    events = [order(1, rush=True, amount=11), order(2, rush="true", amount="11"), order(3, amount=11)]
    events += [order(4, rush=True, amount=10), order(5, rush=True, amount=11, gift=True), order(6, rush=1, amount=11)]
    moment = Moment(time=10 * DAY, events=events, bindings=bindings_of(flagged))
    assert evaluate("count(big) == 2", moment)


# --- rule 6: what is linear in time ----------------------------------------------------------------------------------


def test_a_comparison_linear_in_time_turns_at_the_exact_microsecond():
    # orders on days 0, 3 and 10: overdue when the silence is longer than twice the mean interval of 5 days
    overdue = "since(order) * (count(order) - 1) > 2 * (since_first(order) - since(order))"
    assert visits({"late": overdue}, order(0), order(3), order(10)) == [("late", (9, 1), 10), ("late", (20, 1), None)]


def test_a_threshold_between_two_microseconds_is_met_at_the_next_one():
    assert rows({"late": "since(order) / 7 >= days(1) / 3"}, order(0))[0].entered_at == -(-7 * DAY // 3)


def test_measures_are_compared_with_measures():
    stages = {"lossy": "sum(order.cost) > sum(order.margin)", "late": "since(order) > since(visit) + days(2)"}
    events = order(1, cost=5, margin=9), order(2, cost=5, margin=0), visit(5)
    assert visits(stages, *events) == [("lossy", 2, 5), ("late", 5, None)]


def test_chains_hold_when_each_link_does():
    assert visits({"due": "days(1) <= since(order) < days(2) < days(3)"}, order(0)) == [("due", 1, 2)]
    assert holds("0 < count(order) <= count(visit)", order(1), visit(1))


def test_until_counts_down_to_a_date_in_utc():
    at = {"soon": "until(trait.renewal) <= days(30)"}
    assert visits(at, identify(1, renewal="1970-03-01"), day=20) == [("soon", 29, None)]
    assert visits(at, identify(1, renewal="1970-03-01T02:00:00+02:00"), day=20) == [("soon", 29, None)]
    assert visits(at, identify(1, renewal="soon"), day=20) == []
    assert time_of("1970-01-02") == time_of("1970-01-02T00:00:00Z") == DAY
    assert [time_of(text) for text in ("2024-02-30", "tomorrow", "5", "2024-W01-1", "20240101")] == [None] * 5
