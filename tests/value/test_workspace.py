"""Value of a small shop: every figure beside its working, and each list with exactly the people of its figure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tenure.errors import UsageError
from tenure.workspace import Workspace
from tests.value.shop import DAY, FILE, NOW, START, opened, order, put

# bob's own orders kept 30 of 40 and half of 40: 50 of 80. His 10 are 20 in revenue, of which 5/8 is margin
VALUES = {"ann": 80.0, "bob": 12.5, "cleo": 2.0}


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with opened(tmp_path_factory.mktemp("small")) as workspace:
        yield workspace


def ids(ws: Workspace, which: str, part: str = "", **told: object) -> list[str]:
    found: list[str] = ws.value.people(which, part, **told)["customer_id"].to_pylist()  # type: ignore[arg-type]
    return found


def test_value_is_by_the_margin_of_ones_own_orders(ws: Workspace):
    rows = ws.value.people("everybody").to_pylist()
    assert [(one["customer_id"], float(one["value"])) for one in rows] == list(VALUES.items())
    assert [float(one["value_low"]) for one in rows] == [40, 6.25, 1]
    basis = ws.value.basis()
    assert (basis.people, basis.horizon, basis.churn_days, basis.own) == (3, 365, None, True)
    # 80 + 30 + 20 + 10 of 260
    assert basis.margin == pytest.approx((80 + 50 + 10) / 260)


def test_spread_and_its_lists(ws: Workspace):
    found = ws.value.spread()
    assert (found.people, found.total) == (3, 94.5)
    assert {one.number: ids(ws, "tenth", str(one.number)) for one in found.tenths} == {
        1: ["ann"],
        4: ["bob"],
        7: ["cleo"],
    }


def test_cohorts_cost_what_was_spent_in_their_time(ws: Workspace):
    found = ws.value.cohorts(unit="quarter")
    first, second = found.groups
    # january to march: 30 for ann and bob, who kept 80 and 50 so far; april on: 12 and the 4 for cleo
    assert (first.part, first.people, first.spend, first.cac) == ("2024-Q1", 2, Decimal(30), 15)
    assert (first.so_far, first.expected, first.each) == (130, 92.5, 111.25)
    assert (second.part, second.people, second.spend) == ("2024-Q2", 1, Decimal(16))
    assert (found.all.people, found.all.spend) == (3, Decimal(46))
    assert ids(ws, "cohort", "2024-Q1", unit="quarter") == ["ann", "bob"]


def test_channels_are_first_touches_and_costs_of_somebody_are_theirs(ws: Workspace):
    found = {one.part: one for one in ws.value.channels().groups}
    assert (found["search"].people, found["search"].spend, found["search"].cac) == (1, Decimal(30), 30)
    assert (found["mail"].people, found["mail"].spend) == (1, None)
    assert (found["(unknown)"].people, found["(unknown)"].spend) == (1, Decimal(16))
    for part, one in found.items():
        assert len(ids(ws, "channel", str(part))) == one.people


def test_what_is_at_stake_and_whose(ws: Workspace):
    found = ws.value.saving()
    # 80 x 0.2 and 12.5 x 0.6; cleo's chance is not told
    assert (found.people, found.value) == (2, 92.5)
    assert found.at_stake == pytest.approx(23.5)
    assert {one.least: one.people for one in found.bands} == {50: 1, 25: 0, 10: 1, 0: 0}
    for one in found.bands:
        assert len(ids(ws, "saving", str(one.least))) == one.people
    assert ids(ws, "saving") == ["ann", "bob"]


def test_costs_to_serve_and_where_they_are_known_from(ws: Workspace):
    found = ws.value.unprofitable()
    told = {one.kind: one for one in found.kinds}
    assert {name: one.source for name, one in told.items()} == {
        "delivery": "default", "service": "default", "return": "none", "message": "default", "incentive": "none",
        "given back": "recorded",
    }  # fmt: skip
    # 3 an order, whoever bought how often: 2.75 purchases to come
    assert told["delivery"].expected == pytest.approx(3 * 2.75)
    # 10 for bob's case, 2 for an average purchase: 2/3 x 2, 12/3 x 0.5, 2/2 x 0.25
    assert told["service"].expected == pytest.approx(2 / 3 * 2 + 12 / 3 * 0.5 + 2 / 2 * 0.25)
    # one message to cleo, known for 100 days
    assert told["message"].expected == pytest.approx(0.1 / 100 * 365)
    # 20 given back: 4 for an average purchase of 52
    given = (20 + 4) / (160 + 52) * 80 + 4 / (80 + 52) * 12.5 + 4 / (20 + 52) * 2
    assert told["given back"].expected == pytest.approx(given)
    assert (found.people, found.count) == (3, len(ids(ws, "unprofitable")))
    assert sum(one.expected for one in found.kinds) == pytest.approx(found.cost)


def test_keeping_beside_winning(ws: Workspace):
    found = ws.value.retaining(days=150)
    # within 150 days of 200 cleo was won, 12 were spent on that and 4 on her; ann was a customer then
    assert (found.won, found.acquiring) == (1, 16)
    assert found.spent is not None


def test_products_and_who_came_back(ws: Workspace):
    found = ws.value.products(days=90)
    rows = {one.product: one for one in found.rows}
    # ann came back after 40 days, bob after 100; cleo bought 100 days ago and did not
    assert (found.people, found.again) == (3, pytest.approx(1 / 3))
    assert {name: (one.first, one.again) for name, one in rows.items()} == {"tea": (1, 1), "cup": (2, 1), "pot": (1, 0)}
    # both of january: half of them
    assert (rows["cup"].expected, rows["pot"].expected) == (0.5, 0)
    assert (rows["tea"].sold, rows["tea"].returned, rows["tea"].rated, rows["tea"].answered) == (2, 1, 1, 1)
    assert (found.survey, rows["tea"].rating, rows["tea"].after) == ("nps", 5, 9)
    assert {one.advice for one in found.rows} == {""}
    for name, one in rows.items():
        assert len(ids(ws, "product", name)) == one.first
        assert len(ids(ws, "product", f"again:{name}")) == one.again


def test_contacts_are_worth_what_they_turn_around_less_their_cost(ws: Workspace):
    found = ws.value.contact(["ann", "bob", "cleo", "nobody"], uplift=0.1)
    # 10 % of 16 and of 7.5; a message costs 0.10
    assert (found.people, found.known, found.worth) == (4, 2, 2)
    assert (found.gain, found.cost) == (pytest.approx(2.35), pytest.approx(0.4))
    assert ws.value.contact(["ann"]).uplift.share == 0.1
    assert ws.value.contact(["ann"], goal="order").uplift.measured is False


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"uplift": 1.5}, "no uplift"), ({"cost": -1}, "no cost"), ({"chance": "p_chrn"}, "no chance"),
        ({"action": "none"}, "no action"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(ws: Workspace, told: dict[str, object], says: str):
    with pytest.raises(UsageError, match=says):
        ws.value.contact(["ann"], **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("which", "part"),
    [("tenth", "11"), ("cohort", "1999"), ("channel", "x"), ("saving", "7"), ("product", "x"), ("x", "")],
)
def test_a_list_that_does_not_exist_is_told(ws: Workspace, which: str, part: str):
    with pytest.raises(UsageError, match="There is no"):
        ws.value.people(which, part)


def test_without_predictions_it_says_what_to_do(tmp_path: Path):
    (tmp_path / "tenure.yaml").write_text(FILE)
    with Workspace.open(tmp_path, clock=lambda: NOW, memory_limit="300MB") as empty:
        empty.refresh()
        with pytest.raises(UsageError, match="predicted") as told:
            empty.value.spread()
    assert "tenure predict --write" in str(told.value.hint)


def test_the_last_hold_out_of_the_goal_tells_the_uplift(tmp_path: Path):
    with opened(tmp_path) as ws:
        crowd = [f"p{number:03}" for number in range(200)]
        ws.record([order(who, 120, 10, "tea") for who in crowd])
        ws.refresh()
        begun = ws.actions.start("Win back", crowd, goal="order", days=30, share="0.5", at="2024-05-15").begun
        assert begun.treated + begun.held_out == 200
        # everybody treated orders, nobody held out does
        treated = ws.actions.members("Win back")
        ws.record([order(who, 150, 10, "tea") for who in treated])
        ws.refresh()
        put(ws, "clv", dict.fromkeys(crowd, 10.0), as_of=START + 200 * DAY)
        put(ws, "p_churn", dict.fromkeys(crowd, 0.5), as_of=START + 200 * DAY)
        for told in ({"goal": "order"}, {"action": "Win back"}):
            found = ws.value.contact(crowd, cost=1, **told)  # type: ignore[arg-type]
            assert (found.uplift.action, found.uplift.share) == ("Win back", 1.0)
            # all of 200 x 10, less 200; the limits are those of the lift
            assert found.net == pytest.approx(1800)
            assert found.net_low is not None and found.net_high is not None and found.net_low < 1800 <= found.net_high
        assert ws.value.contact(crowd, goal="visit").uplift.measured is False
