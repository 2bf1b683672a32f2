"""Churn, leads and health of a workspace: no leak, honest choice, and the commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from tenure.cli.commands import app
from tenure.errors import DefinitionError, FitError, UsageError
from tenure.events import Event
from tenure.predict.card import ModelCard
from tenure.predict.chances import Chances
from tenure.predict.features import Question, look_around, panel_of
from tenure.workspace import Workspace

DAY = 86_400_000_000
START = 1_672_531_200_000_000
DAYS = 500
NOW = START + DAYS * DAY
FILE = "name: Club\nas_of: now\nlifecycles: [club]\n"
LIFECYCLE = """\
lifecycle: club
stages:
  - lead: {kind: prospect, when: count(signup) >= 1}
  - member: {kind: customer, when: count(order) >= 1}
  - gone: {kind: former, side: true, when: since(order) >= days(40)}
"""
HEALTH = """\
health: fitness
parts:
  - buys: {weight: 3, good: "since(order) < days(12)", fair: "since(order) < days(25)"}
  - content: {weight: 1, good: "count(case, within=days(30)) == 0"}
bands: {fit: 70, fair: 30, poor: 0}
"""


def club() -> list[Event]:
    """Members buy every ten days until they stop; who stops has had a case some days before, most often."""
    random, found = np.random.default_rng(11), []

    def add(name: str, day: float, who: str, received: float | None = None) -> None:
        found.append(
            Event(name=name, time=START + int(day * DAY), customer_id=who, message_id=f"{len(found)}",
                  received_at=None if received is None else START + int(received * DAY))
        )  # fmt: skip

    for number in range(330):
        who, day = f"m{number:03}", float(random.uniform(0, 430))
        add("Signed Up", day, who)
        end = day + float(random.exponential(170))
        last = day
        while day < min(end, DAYS):
            add("Order Completed", day, who)
            last, day = day, day + float(random.gamma(20, 0.5))
        if end < DAYS:
            if random.random() < 0.8:
                add("Case Opened", max(last - random.uniform(0, 3), 0), who)
            # filed under the last order, but written when they were gone: it came in late
            add("Exit Interview", last, who, received=min(last + 45, DAYS))
            # the same, brought in with the whole history as if it had always been known
            if last + 45 < DAYS:
                add("Reason Filed", last, who)
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("club")
    (folder / "lifecycles").mkdir()
    (folder / "tenure.yaml").write_text(FILE)
    (folder / "lifecycles" / "club.yaml").write_text(LIFECYCLE)
    (folder / "health.yaml").write_text(HEALTH)
    with Workspace.open(folder, clock=lambda: NOW, memory_limit="400MB") as ws:
        # everything but the interviews was imported on the first day
        ws.record([
            one if one.received_at is not None else
            Event(name=one.name, time=one.time, customer_id=one.customer_id, message_id=one.message_id,
                  received_at=START + DAY // 2)
            for one in club()
        ])  # fmt: skip
        ws.refresh()
        yield ws


@pytest.fixture(scope="module")
def lost(workspace: Workspace) -> Chances:
    return workspace.predictions.churn(days=30)


def test_a_panel_of_the_past_holds_nothing_that_came_later(workspace: Workspace):
    scope = workspace.moves.scope(None)
    question = Question(lifecycle=scope.lifecycle, lifecycles=workspace.definitions.lifecycles, stages=(1,))
    events = club()
    with workspace._store.transaction() as connection:
        for day in (200, 350):
            as_of = START + day * DAY
            spec = look_around(connection, question, as_of)
            panel = panel_of(connection, question, spec, as_of)
            keys = dict(connection.execute("SELECT key, id FROM units").fetchall())
            orders: dict[str, list[int]] = {}
            for one in events:
                if one.name == "Order Completed" and one.time <= as_of:
                    orders.setdefault(one.customer_id or "", []).append(int(one.time))
            there = {who: times for who, times in orders.items() if max(times) > as_of - 40 * DAY}
            assert sorted(keys[unit] for unit in panel.units.tolist()) == sorted(there)
            bought = panel.column("purchases").tolist()
            silent = panel.column("days since purchase").tolist()
            for unit, count, days in zip(panel.units.tolist(), bought, silent, strict=True):
                assert count == len(there[keys[unit]])
                assert days == pytest.approx((as_of - max(there[keys[unit]])) / DAY)
            # an interview came in after they were gone, whatever day it is filed under
            assert "Exit Interview" not in spec.signals


def test_a_share_of_people_is_looked_at_as_all_of_them_are(workspace: Workspace):
    scope = workspace.moves.scope(None)
    question = Question(lifecycle=scope.lifecycle, lifecycles=workspace.definitions.lifecycles, stages=(1,))
    with workspace._store.aside() as connection:
        as_of = START + 350 * DAY
        spec = look_around(connection, question, as_of)
        everybody = panel_of(connection, question, spec, as_of)
        some = panel_of(connection, replace(question, share=0.5), spec, as_of)
    assert 0.35 < len(some.units) / len(everybody.units) < 0.65
    rows = np.isin(everybody.units, some.units)
    assert rows.sum() == len(some.units)
    assert np.array_equal(everybody.values[rows], some.values, equal_nan=True)


def test_a_leak_is_left_out_and_said(workspace: Workspace, lost: Chances):
    found = lost
    assert "event:Exit Interview" not in {one.group for one in found.panel.columns}
    assert [one.group for one in found.leaks if one.left_out] == ["event:Reason Filed"]
    assert "event:Reason Filed" not in {one.group for one in found.panel.columns}
    # with the answer in hand it would be all but certain of everybody
    assert found.trials[0].score is not None
    assert found.trials[0].score < -0.02
    assert [gate.met for gate in found.gates] == [True] * 6
    rows = workspace.predictions.chance_rows(found).to_pylist()
    assert rows == sorted(rows, key=lambda row: -row["chance"])
    assert all(row["low"] <= row["chance"] <= row["high"] for row in rows)
    assert all(date + 30 * DAY <= later for date, later in zip(found.dates.all(), found.dates.all()[1:], strict=False))
    assert found.used == found.trials[0]


def test_whoever_writes_need_not_wait_while_something_is_learned(
    workspace: Workspace, lost: Chances, monkeypatch: pytest.MonkeyPatch
):
    def wait(_: object) -> None:
        raise AssertionError("the store is written to")

    # what is read was extracted the first time
    workspace.predictions.health(days=30)
    monkeypatch.setattr(type(workspace._store), "transaction", wait)
    assert len(workspace.predictions.summary().units)
    assert workspace.predictions.learn("health", days=30).why == ""
    # panels were looked at: no lead stays one for long
    assert "Nobody stood there" in workspace.predictions.learn("lead", days=30).why


def test_what_cannot_be_told_is_refused_with_what_is_missing(workspace: Workspace):
    with pytest.raises(FitError, match="too few to judge 300 days ahead"):
        workspace.predictions.churn(days=300)
    with pytest.raises(UsageError, match="no rule 'trees'"):
        workspace.predictions.churn(model="trees")
    with pytest.raises(UsageError, match="no event 'nothing'"):
        workspace.predictions.churn(event="nothing")
    # nobody stays a lead for long: the naive rule is used, and it says why
    leads = workspace.predictions.leads(days=30) if workspace.stages("club")[0].people else None
    assert leads is None or leads.used.naive


def test_health_is_what_its_parts_say_and_its_bands_are_tested(workspace: Workspace):
    found = workspace.predictions.health(days=30)
    with workspace._store.transaction() as connection:
        keys = dict(connection.execute("SELECT key, id FROM units").fetchall())
    last, cases = {}, set()
    for one in club():
        if one.name == "Order Completed":
            last[one.customer_id] = max(last.get(one.customer_id, 0), int(one.time))
        if one.name == "Case Opened" and one.time > NOW - 30 * DAY:
            cases.add(one.customer_id)
    for unit, score in zip(found.units.tolist(), found.score.tolist(), strict=True):
        who = keys[unit]
        silent = (NOW - last[who]) / DAY
        buys = 1.0 if silent < 12 else 0.5 if silent < 25 else 0.0
        assert score == pytest.approx(100 * (3 * buys + (who not in cases)) / 4, abs=1e-5)
    assert [one.band for one in found.tested] == ["fit", "fair", "poor"]
    assert found.told
    assert found.tested[-1].lift > 2
    path = workspace.folder / "health.yaml"
    before = found.definition.id
    path.write_text(HEALTH.replace("days(12)", "days(13)"))
    changed = workspace.predictions.health_definition()
    assert changed is not None
    assert changed.id != before
    path.write_text(HEALTH.replace("since(order) < days(12)", "since(ordr) < days(12)"))
    with pytest.raises(DefinitionError, match="ordr"):
        workspace.predictions.health_definition()
    path.write_text(HEALTH)


def test_scores_and_cards_are_written_and_told(workspace: Workspace, lost: Chances):
    done = {
        one.model: one for one in workspace.predictions.write(["purchases", "churn", "next_offer", "health"], days=30)
    }
    assert done["next_offer"].card is None
    assert "products" in done["next_offer"].why
    assert [name for name, _ in done["purchases"].written][:2] == ["purchases", "p_alive"]
    cards = workspace.predictions.cards()
    assert [card.name for card in cards] == ["purchases", "churn", "health"]
    assert all(ModelCard.from_json(card.to_json()) == card for card in cards)
    card = cards[0]
    assert sum(week.came for week in card.weeks) == int(workspace.predictions.summary().after.frequency.sum())
    churn = workspace.predictions.table("p_churn")
    # what is learned twice is the same
    assert sorted(churn["value"].to_pylist()) == sorted(lost.chance.tolist())
    who = churn["customer_id"][0].as_py()
    assert {one.name for one in workspace.predictions.reasons_of(who)} >= {"p_churn"}


def test_the_commands(workspace: Workspace):
    folder = workspace.folder
    workspace.close()
    run = CliRunner().invoke
    told = run(app, ["-C", str(folder), "predict", "churn", "--days", "30"])
    assert told.exit_code == 0, told.output
    for words in ("Who is lost in the next 30 days", "Reason Filed", "left out", "On the hold-out", "four in five"):
        assert words in told.output
    card = run(app, ["-C", str(folder), "predict", "health", "--days", "30", "--card", "--format", "json"])
    assert json.loads(card.output)["name"] == "health"
    rows = json.loads(run(app, ["-C", str(folder), "predict", "health", "--format", "json"]).output)
    assert set(rows[0]) == {"customer_id", "health", "band", "why"}
    wrong = run(app, ["-C", str(folder), "predict", "lead", "--event", "order"])
    assert wrong.exit_code != 0
