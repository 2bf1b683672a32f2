"""Scores as segments and lifecycles see them: against a brute-force reading of what was written when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tenure.errors import DefinitionError, UsageError
from tenure.events import Event
from tenure.predict.reasons import Reason
from tenure.predict.scores import Written, told_reasons, write
from tenure.workspace import Workspace

DAY = 86_400_000_000
START = 1_704_067_200_000_000
PEOPLE = [f"p{number}" for number in range(6)]
FILE = """\
name: Scored
as_of: now
segments:
  going: score.p_churn >= 0.5
  worse: score.p_churn > score.before or not score.p_churn is None and score.before is None
"""
LIFECYCLE = """\
lifecycle: alert
stages:
  - calm: {otherwise: true}
  - warned: {when: "score.p_churn >= 0.5 and count(order) >= 1"}
"""


class Clock:
    def __init__(self) -> None:
        self.now = START + 100 * DAY

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    (tmp_path / "lifecycles").mkdir()
    (tmp_path / "tenure.yaml").write_text(FILE)
    (tmp_path / "lifecycles" / "alert.yaml").write_text(LIFECYCLE)
    with Workspace.open(tmp_path, clock=clock, memory_limit="300MB") as ws:
        ws.record([
            Event(name="Order Completed", time=START + place * DAY, customer_id=who, received_at=START + place * DAY)
            for place, who in enumerate(PEOPLE)
        ])  # fmt: skip
        ws.refresh()
        yield ws


def put(ws: Workspace, name: str, values: dict[str, float], *, day: float, model: str = "m") -> int:
    with ws._store.transaction() as connection:
        keys = dict(connection.execute("SELECT id, key FROM units").fetchall())
        people = sorted(values, key=lambda who: keys[who])
        scores = Written(
            name=name, model=model, as_of=START + int(day * DAY), units=np.array([keys[who] for who in people]),
            value=np.array([values[who] for who in people]),
        )  # fmt: skip
        return write(connection, scores, written_at=ws._clock())


def by_brute_force(written: list[tuple[str, float, dict[str, float]]], who: str, at: float, name: str) -> float | None:
    """The last score of a name written for that moment or an earlier one."""
    told = [(day, values[who]) for named, day, values in written if named == name and day <= at and who in values]
    return max(told)[1] if told else None


def test_a_condition_sees_the_last_score_written_for_the_moment_or_an_earlier_one(workspace: Workspace):
    random, written = np.random.default_rng(3), []
    for day in (10, 20, 20.5, 40, 55):
        for name in ("p_churn", "before"):
            some = [who for who in PEOPLE if random.random() < 0.7]
            values = {who: float(round(random.random(), 2)) for who in some}
            written.append((name, day, values))
            if day >= 40:
                # part of them is written after the histories were worked out
                workspace.refresh()
            put(workspace, name, values, day=day)
    workspace.refresh()
    for at in (5, 10, 19.9, 20, 20.4, 30, 40, 54, 55, 99):
        moment = f"{np.datetime64(START + int(at * DAY), 'us')}Z"
        told = {name: set(workspace.people(name, stage=name, at=moment)["customer_id"].to_pylist())
                for name in ("going", "worse")}  # fmt: skip
        alert = set(workspace.people("alert", stage="warned", at=moment)["customer_id"].to_pylist())
        going, worse = set(), set()
        for who in PEOPLE:
            now, before = (by_brute_force(written, who, at, name) for name in ("p_churn", "before"))
            if now is not None and now >= 0.5:
                going.add(who)
            if now is not None and (before is None or now > before):
                worse.add(who)
        assert told == {"going": going, "worse": worse}, at
        assert alert == {who for who in going if PEOPLE.index(who) <= at}, at
    stored = workspace.history()
    workspace.rebuild()
    assert workspace.history().equals(stored)


def test_a_new_fit_never_moves_the_past(workspace: Workspace, clock: Clock):
    put(workspace, "p_churn", dict.fromkeys(PEOPLE, 0.2), day=50)
    workspace.refresh()
    put(workspace, "p_churn", dict.fromkeys(PEOPLE, 0.9), day=60)
    with pytest.raises(UsageError, match="past does not move"):
        put(workspace, "p_churn", dict.fromkeys(PEOPLE, 0.8), day=55)
    workspace.refresh()
    assert {row["entered_at"].timestamp() for row in workspace.history("going").to_pylist()} == {
        (START + 60 * DAY) / 1e6
    }
    # of the very same moment they are replaced, and no row is left of the old ones
    put(workspace, "p_churn", dict.fromkeys(PEOPLE[:2], 0.95), day=60, model="other")
    workspace.refresh()
    assert sorted(workspace.history("going")["customer_id"].to_pylist()) == PEOPLE[:2]
    assert workspace.predictions.table("p_churn")["value"].to_pylist() == [0.95, 0.95]
    # as known when the first ones were written, nobody was going
    clock.now += DAY
    assert workspace.history("going", known_at="2024-04-09").num_rows == 0


def test_reasons_are_those_of_the_last_scores_and_leave_with_the_person(workspace: Workspace):
    with workspace._store.transaction() as connection:
        for day in (1, 2):
            scores = Written(
                name="lead", model="m", as_of=START + day * DAY, units=np.array([1, 2]), value=np.array([0.5, np.nan]),
                reasoned=[0], reasons=[(Reason(said=f"day {day}", points=0.1),)],
            )  # fmt: skip
            assert write(connection, scores, written_at=START) == 1
        assert [one.said for one in told_reasons(connection, 1)] == ["day 2"]
    ((who,),) = workspace._store.connection().execute("SELECT id FROM units WHERE key = 1").fetchall()
    workspace._store.erase(who)
    for table in ("scores", "score_reasons"):
        assert workspace._store.connection().execute(f"SELECT count(*) FROM {table} WHERE customer = 1").fetchall() == [
            (0,)
        ]


def test_whoever_was_forgotten_while_scores_were_worked_out_has_none(workspace: Workspace):
    with workspace._store.transaction() as connection:
        scores = Written(
            name="lead", model="m", as_of=START, units=np.array([1, 999]), value=np.array([0.5, 0.5]), reasoned=[0, 1],
            reasons=[(Reason(said="x", points=0.1),)] * 2,
        )  # fmt: skip
        assert write(connection, scores, written_at=START) == 1
        assert told_reasons(connection, 999) == ()


def test_scores_may_not_stand_where_they_would_change_every_figure(tmp_path: Path):
    (tmp_path / "tenure.yaml").write_text("name: X\nexclude: score.clv > 1\n")
    with pytest.raises(DefinitionError, match="Scores cannot stand here"):
        Workspace.open(tmp_path, clock=lambda: START)
