"""Stage histories by hand, for rules 7 to 11 of the language's exact meaning."""

from __future__ import annotations

import pytest

from .by_hand import EVENTS, holds, identify, order, rows, set_by_hand, staged, visit, visits
from .evaluate import DAY
from .history import NeverQuietError, Row, oracle_history, stage_at

# --- rules 7 to 9: rows, as of, as known at --------------------------------------------------------------------------

TWO = {"buyer": "count(order) >= 1", "silent": "side:since(order) >= days(5)"}


def test_where_no_condition_holds_there_is_no_row_and_previous_is_null_after_the_gap():
    assert rows({"active": "count(order, within=days(2)) >= 1", "big": "last(order) > 5"}, order(1), order(9)) == [
        Row("store", "ada", 1 * DAY, "active", None, 3 * DAY),
        Row("store", "ada", 9 * DAY, "active", None, 11 * DAY),
    ]


def test_a_unit_has_no_stage_before_its_first_event_of_any_name():
    stages = {"new": "count(order) == 0", "buyer": "count(order) >= 1"}
    unnamed = order(2, name="Email Opened")
    assert visits(stages, unnamed, order(4)) == [("new", 2, 4), ("buyer", 4, None)]
    assert visits(stages, order(4)) == [("buyer", 4, None)]
    assert visits({"rest": None}, unnamed) == [("rest", 2, None)]


def test_left_at_is_the_next_move_scheduled_or_not():
    assert rows(TWO, order(1), day=2) == [
        Row("store", "ada", 1 * DAY, "buyer", None, 6 * DAY),
        Row("store", "ada", 6 * DAY, "silent", "buyer", None),
    ]


def test_a_stage_is_asked_of_the_rows():
    told = rows({"active": "count(order, within=days(2)) >= 1", "late": "side:since(order) >= days(5)"}, order(1))
    asked = [stage_at(told, "store", "ada", int(day * DAY)) for day in (0.5, 1, 2.9, 3, 5.9, 6, 99)]
    assert asked == [None, "active", "active", None, None, "late", "late"]


def test_as_of_leaves_out_what_happened_later_and_known_at_what_was_heard_of_later():
    events = order(1), order(3, late=7), order(30)
    assert visits(TWO, *events, day=20) == [("buyer", 1, 8), ("silent", 8, None)]
    assert visits(TWO, *events, day=20, known=9) == [("buyer", 1, 6), ("silent", 6, None)]
    assert visits(TWO, *events, day=30)[-2:] == [("buyer", 30, 35), ("silent", 35, None)]
    assert visits(TWO, *events, day=0.5) == []


def test_a_message_counts_once():
    assert visits({"twice": "count(order) >= 2"}, order(1, "a"), order(1, "a")) == []


def test_every_customer_and_every_account_has_a_history_of_its_own():
    events = [order(1, account_id="x"), order(2, account_id="y"), order(3, account_id="x"), order(4)]
    twice = {"twice": "count(order) >= 2"}
    assert visits(twice, *events) == [("twice", 2, None)]
    assert [(row.unit, row.entered_at) for row in rows(twice, *events, unit="account_id")] == [("x", 3 * DAY)]


# --- rule 10: precedence, forward, clear, Stage Set ------------------------------------------------------------------


def test_the_last_stage_that_holds_wins_and_side_stages_win_over_all_others():
    stages = {"silent": "side:since(order) >= days(5)", "buyer": "count(order) >= 1", "fan": "count(order) >= 2"}
    assert visits(stages, order(1), order(2)) == [("buyer", 1, 2), ("fan", 2, 7), ("silent", 7, None)]


def test_otherwise_holds_when_nothing_else_does_wherever_it_stands():
    active = {"active": "count(order, within=days(2)) >= 1"}
    expected = [("rest", 0, 1), ("active", 1, 3), ("rest", 3, None)]
    assert visits({**active, "rest": None}, visit(0), order(1)) == expected
    assert visits({"rest": None, **active}, visit(0), order(1)) == expected


FORWARD = {"one": "count(order, within=days(2)) >= 1", "two": "count(order, within=days(2)) >= 2"}


def test_forward_never_falls_back_and_side_stages_leave_the_mark_alone():
    stages = {**FORWARD, "late": "side:since(order) >= days(5)"}
    events = order(1), order(2), order(9)
    assert visits(stages, *events, direction="forward") == [
        ("one", 1, 2),
        ("two", 2, 7),
        ("late", 7, 9),
        ("two", 9, 14),
        ("late", 14, None),
    ]


def test_otherwise_does_not_raise_the_mark():
    assert visits({**FORWARD, "rest": None}, order(1), direction="forward") == [("one", 1, None)]


def test_clear_acts_when_it_becomes_true_and_only_then():
    events = order(1), order(2), visit(2.5), order(2.75), visit(9), order(10), order(10.5), visit(11)
    clear = {"direction": "forward", "clear": "count(visit, after=order) >= 1"}
    # day 2.5: both orders are in the window still, the mark becomes `two` again; day 9: none is, so it becomes none
    assert visits(FORWARD, *events, **clear) == [("one", 1, 2), ("two", 2, 9), ("one", 10, 10.5), ("two", 10.5, None)]
    held = {"direction": "forward", "clear": "count(order) >= 2"}
    assert visits(FORWARD, order(1), order(2), **held) == [("one", 1, 2), ("two", 2, None)]


def test_a_stage_set_by_hand_is_a_floor_until_a_higher_condition_holds():
    stages = {"buyer": "count(order) >= 1", "fan": "count(order) >= 3", "late": "side:since(order) >= days(5)"}
    assert visits(stages, order(1), set_by_hand(2, "fan")) == [("buyer", 1, 2), ("fan", 2, 6), ("late", 6, None)]
    back = visits(stages, order(1), set_by_hand(2, "fan"), order(9))
    assert back == [("buyer", 1, 2), ("fan", 2, 6), ("late", 6, 9), ("buyer", 9, 14), ("late", 14, None)]
    assert visits(stages, order(1), set_by_hand(7, "fan"))[1:] == [("late", 6, None)]  # it never took effect
    assert visits(stages, visit(1), set_by_hand(2, "late"), order(3)) == [("late", 2, None)]


def test_clear_by_hand_ends_the_floor_and_unknown_stages_are_ignored():
    stages = {"buyer": "count(order) >= 1", "fan": "count(order) >= 3"}
    events = order(1), set_by_hand(2, "fan"), set_by_hand(3, "no such stage"), set_by_hand(4, "clear")
    assert visits(stages, *events) == [("buyer", 1, 2), ("fan", 2, 4), ("buyer", 4, None)]
    both = set_by_hand(2, "fan", "b"), set_by_hand(2, "clear", "a")
    assert visits(stages, order(1), *both) == [("buyer", 1, 2), ("fan", 2, None)]
    assert visits(stages, order(1), set_by_hand(2, "fan"), set_by_hand(3, ["fan"]))[-1] == ("fan", 2, None)


def test_a_floor_of_otherwise_is_no_floor():
    stages = {"rest": None, "buyer": "count(order, within=days(2)) >= 1"}
    events = order(1), set_by_hand(1.5, "rest")
    assert visits(stages, *events) == [("buyer", 1, 3), ("rest", 3, None)]


def test_a_mark_ends_no_floor():
    stages = {"one": "count(order, within=days(1)) >= 1", "two": "count(order, within=days(1)) >= 2", "three": "1 > 2"}
    events = order(1, "a"), order(1, "b"), set_by_hand(3, "one"), set_by_hand(4, "three"), set_by_hand(5, "clear")
    expected = [("two", 1, 4), ("three", 4, 5), ("two", 5, None)]
    assert visits(stages, *events, direction="forward") == expected


# --- was, since_entered, stage ---------------------------------------------------------------------------------------


def test_was_looks_strictly_back():
    stages = {"new": "count(order) >= 1", "old": "was(new)"}
    assert visits(stages, order(1)) == [("new", 1, (1, 1)), ("old", (1, 1), None)]


def test_since_entered_counts_from_the_latest_entry():
    stages = {"buyer": "count(order) >= 1", "won": "since(order) < days(3) and was(lapsed)"}
    stages |= {"lapsed": "side:since(order) >= days(5)", "gone": "side:since_entered(lapsed) >= days(2)"}
    assert visits(stages, order(1), day=2) == [("buyer", 1, 6), ("lapsed", 6, 8), ("gone", 8, None)]
    stages["gone"] = "side:since_entered(lapsed) >= days(2) and since(order) >= days(5)"
    assert visits(stages, order(1), order(7), day=7) == [
        ("buyer", 1, 6),
        ("lapsed", 6, 7),
        ("won", 7, 10),
        ("buyer", 10, 12),
        ("gone", 12, None),  # the latest entry of `lapsed` is still that of day 6: `gone` stands above it
    ]


def test_an_entry_counts_from_the_next_microsecond_on():
    stages = {"buyer": "count(order) >= 1", "here": "side:since_entered(buyer) < days(1)"}
    with pytest.raises(NeverQuietError):  # each way back to `buyer` is an entry again
        visits(stages, order(1))
    stages = {"here": "since_entered(buyer) < days(1)", "buyer": "count(order, within=days(2)) >= 1"}
    assert visits(stages, order(1)) == [("buyer", 1, 3)]
    stages = {"here": "since_entered(buyer) < days(3)", "buyer": "count(order, within=days(2)) >= 1"}
    assert visits(stages, order(1)) == [("buyer", 1, 3), ("here", 3, 4)]


def test_stage_asks_another_lifecycle_in_the_same_microsecond():
    asking = {"lifecycle": "team", "events": EVENTS, "stages": staged({"sales": "stage('store') == 'buyer'"})}
    asking["stages"] += staged({"nobody": "side:stage('store') is None"})
    asked = {"lifecycle": "store", "events": EVENTS, "stages": staged({"buyer": "count(order, within=days(2)) >= 1"})}
    for definitions in ([asking, asked], [asked, asking]):
        told = oracle_history([visit(0), order(1)], definitions, as_of=DAY)
        assert [(row.stage, row.entered_at // DAY) for row in told if row.lifecycle == "team"] == [
            ("nobody", 0),
            ("sales", 1),
            ("nobody", 3),
        ]


def test_lifecycles_that_ask_each_other_are_refused():
    one = {"lifecycle": "one", "events": EVENTS, "stages": staged({"a": "stage('two') is None"})}
    two = {"lifecycle": "two", "events": EVENTS, "stages": staged({"a": "stage('one') is None"})}
    with pytest.raises(ValueError, match="circle"):
        oracle_history([order(1)], [one, two], as_of=DAY)


def test_a_lifecycle_that_turns_in_circles_is_told():
    with pytest.raises(NeverQuietError):
        rows({"rest": None, "on": "since_entered(rest) <= days(1)"}, visit(1))


# --- rule 11: traits -------------------------------------------------------------------------------------------------


def test_a_trait_is_what_the_last_change_says_and_null_forgets():
    events = identify(1, plan="pro", level=2), identify(2, level="3")
    assert holds("trait.plan == 'pro' and trait.level == 3", *events)
    assert holds("trait.plan is None and trait['level'] >= 3", *events, identify(3, plan=None))
    assert holds("trait.plan == 'b'", identify(1, "2", plan="b"), identify(1, "1", plan="a"))
    assert holds("trait.plan is None", identify(1, plan=["pro"]))
