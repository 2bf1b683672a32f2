"""Populations, money and forecasts are sums over the history, and the same question gets the same answer later on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tenure.workspace import Workspace

from . import shop
from .shop import TODAY, Clock, Line, iso, micro

LOG = shop.lines()
STAFF = {line.customer for line in LOG if line.staff}
MOMENTS = [
    TODAY,
    TODAY - timedelta(days=1, microseconds=1),
    TODAY - timedelta(days=200),
    LOG[len(LOG) // 2].time,
    LOG[len(LOG) // 2].time - timedelta(microseconds=1),
    LOG[0].time - timedelta(days=1),
    TODAY + timedelta(days=120),
]
LIFECYCLES = ["classic", "gentle", "best"]

Row = dict[str, Any]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with shop.opened(shop.make(tmp_path_factory.mktemp("shops") / "small", LOG)) as opened:
        opened.run()
        yield opened


def rows(workspace: Workspace, name: str, **options: Any) -> list[Row]:
    return workspace.history(name, **options).to_pylist()


def at(told: list[Row], moment: datetime) -> list[Row]:
    return [row for row in told if row["entered_at"] <= moment and (row["left_at"] is None or row["left_at"] > moment)]


def money(customer: str, moment: datetime) -> Decimal:
    """What somebody paid in the 365 days up to a moment."""
    return sum(
        (
            line.amount
            for line in LOG
            if line.amount is not None
            and line.customer == customer
            and moment - timedelta(days=365) < line.time <= moment
        ),
        Decimal(0),
    )


def test_the_shop_is_worth_a_look(workspace: Workspace):
    told = rows(workspace, "classic")
    assert len(STAFF) >= 3
    assert {row["stage"] for row in told} >= {"acquisition", "conversion", "retention", "loyalty", "at_risk", "lapsed"}
    assert sum(row["entered_at"] > TODAY for row in told) > 20


@pytest.mark.parametrize("name", LIFECYCLES)
@pytest.mark.parametrize("moment", MOMENTS, ids=iso)
def test_people_and_money_of_a_stage_are_those_of_its_rows(workspace: Workspace, name: str, moment: datetime):
    told = workspace.stages(name, at=iso(moment))
    stays = {row["customer_id"]: row["stage"] for row in at(rows(workspace, name), moment)}
    seen = {line.customer for line in LOG if line.time <= moment} - STAFF
    people = Counter(stays.get(customer) for customer in seen)
    assert {count.stage: count.people for count in told if count.people} == dict(people)
    for count in told:
        wanted = sum((money(one, moment) for one in seen if stays.get(one) == count.stage), Decimal(0))
        assert count.money == wanted


@pytest.mark.parametrize("moment", MOMENTS, ids=iso)
def test_the_people_of_a_stage_are_listed_with_their_money(workspace: Workspace, moment: datetime):
    for count in workspace.stages("classic", at=iso(moment)):
        if count.stage is None:
            continue
        listed = workspace.people("classic", stage=count.stage, at=iso(moment)).to_pylist()
        assert len(listed) == count.people
        assert sum((row["money"] for row in listed), Decimal(0)) == count.money
        assert all(row["money"] == money(row["customer_id"], moment) for row in listed)
        assert [row["money"] for row in listed] == sorted((row["money"] for row in listed), reverse=True)
        assert not STAFF & {row["customer_id"] for row in listed}


@pytest.mark.parametrize("name", LIFECYCLES)
@pytest.mark.parametrize("days", [1, 30, 400])
def test_the_forecast_is_the_scheduled_rows(workspace: Workspace, name: str, days: int):
    told = rows(workspace, name)
    entered = {(row["customer_id"], row["entered_at"]): row["stage"] for row in told}
    due = [
        (row["customer_id"], row["stage"], entered.get((row["customer_id"], row["left_at"])), row["left_at"])
        for row in told
        if row["left_at"] is not None
        and TODAY < row["left_at"] <= TODAY + timedelta(days=days)
        and row["customer_id"] not in STAFF
    ]
    listed = workspace.due(name, days=days).to_pylist()
    assert sorted((row["customer_id"], row["stage"], row["to"], row["moves_at"]) for row in listed) == sorted(
        due, key=lambda move: (move[0], move[1])
    )
    assert [row["money"] for row in listed] == [money(row["customer_id"], TODAY) for row in listed]
    assert [row["moves_at"] for row in listed] == sorted(row["moves_at"] for row in listed)
    moves = workspace.forecast(name, days=days)
    assert {(move.stage, move.to): move.people for move in moves} == dict(Counter(move[1:3] for move in due))
    for move in moves:
        those = [one for one in due if one[1:3] == (move.stage, move.to)]
        assert move.money == sum((money(customer, TODAY) for customer, *_ in those), Decimal(0))
        assert (move.earliest, move.latest) == (micro(min(m[3] for m in those)), micro(max(m[3] for m in those)))


@pytest.mark.parametrize("days", [1, 45, 200, 1000])
def test_if_nothing_happens_the_forecast_comes_true(workspace: Workspace, days: int):
    later = iso(TODAY + timedelta(days=days))
    for name in LIFECYCLES:
        assert rows(workspace, name, as_of=later) == rows(workspace, name)


@pytest.mark.parametrize("moment", MOMENTS[1:5], ids=iso)
def test_the_history_as_of_a_moment_knows_nothing_of_what_came_after(
    workspace: Workspace, tmp_path: Path, moment: datetime
):
    early = [line for line in LOG if line.time <= moment]
    with shop.opened(shop.make(tmp_path / "early", early), Clock(moment)) as before:
        before.run()
        for name in LIFECYCLES:
            assert rows(workspace, name, as_of=iso(moment)) == rows(before, name)


def test_what_was_known_on_a_day_can_be_told_again(tmp_path: Path):
    half = LOG[::2]
    clock = Clock(TODAY)
    with shop.opened(shop.make(tmp_path / "shop", half), clock) as workspace:
        workspace.run()
        first = {name: rows(workspace, name) for name in LIFECYCLES}
        known = iso(clock.now)
        # late lines arrive, and the days go by
        clock.now += timedelta(days=40)
        fresh = Line("new", "Order Completed", LOG[0].customer, TODAY + timedelta(days=3), Decimal(5))
        shop.write(tmp_path / "shop", [*LOG[1::2], fresh], name="second")
        workspace.run()
        for name in LIFECYCLES:
            assert rows(workspace, name, as_of=iso(TODAY), known_at=known) == first[name]
            # known then, but as of now: the same, as nothing later was known
            assert rows(workspace, name, known_at=known) == first[name]
        assert rows(workspace, "classic", as_of=iso(TODAY)) != first["classic"]


def test_whoever_is_left_out_is_in_no_figure(workspace: Workspace, tmp_path: Path):
    """The figures are those of a shop whose log has nothing of the staff."""
    others = [line for line in LOG if line.customer not in STAFF]
    settings = shop.SETTINGS.replace("exclude: trait.staff == 'yes'\n", "")
    assert "exclude" not in settings
    with shop.opened(shop.make(tmp_path / "others", others, settings)) as without:
        without.run()
        for name in LIFECYCLES:
            for moment in MOMENTS:
                assert workspace.stages(name, at=iso(moment)) == without.stages(name, at=iso(moment))
            assert workspace.forecast(name, days=60) == without.forecast(name, days=60)
            assert workspace.people(name).equals(without.people(name))
            assert workspace.due(name, days=60).equals(without.due(name, days=60))
    assert workspace.excluded == len(STAFF)


def test_a_day_is_its_last_microsecond_in_the_time_zone_of_the_workspace(tmp_path: Path):
    midnight = datetime.fromisoformat("2024-06-30T23:00:00+00:00")  # the first of July in London
    log = [Line("a", "Order Completed", "a", midnight, Decimal(1)), Line("b", "Page Viewed", "b", shop.OPENED)]
    settings = shop.SETTINGS.replace("timezone: UTC", "timezone: Europe/London")
    with shop.opened(shop.make(tmp_path / "london", log, settings)) as workspace:
        workspace.run()

        def buyers(day: str) -> int:
            return next(count.people for count in workspace.stages("classic", at=day) if count.stage == "conversion")

        assert (buyers("2024-06-30"), buyers("2024-07-01")) == (0, 1)
        assert (buyers("2024-07-01T00:00"), buyers("2024-06-30T23:59:59.999999")) == (1, 0)
        assert (buyers("2024-06-30T23:00Z"), buyers("2024-06-30T22:59:59.999999Z")) == (1, 0)
