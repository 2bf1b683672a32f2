"""Predictions of a workspace: the summary, the choice of a rule, and `tenure predict`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from typer.testing import CliRunner

import tenure
from tenure import predict
from tenure.cli.commands import app
from tenure.errors import UsageError
from tenure.events import STANDARD
from tenure.predict.choice import choose, naive
from tenure.predict.summary import Known, Summary
from tenure.simulate import simulate
from tenure.workspace import Workspace

from .published import simulated


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predict") / "shop"
    simulate("shop", seed=3, people=250).write(folder)
    result = CliRunner().invoke(app, ["-C", str(folder), "run"])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def workspace(shop: Path) -> Iterator[Workspace]:
    with tenure.open(shop) as ws:
        yield ws


def by_hand(ws: Workspace, held_out: int) -> dict[str, tuple[float, ...]]:
    """Frequency, recency, T, mean value, and what was bought in the hold-out, counted event by event."""
    zone, now = ZoneInfo(ws.zone.key), ws.moment(None)
    days: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    company = simulate("shop", seed=3, people=250)
    epoch = date(1970, 1, 1).toordinal()
    for name in STANDARD["purchase"].events:
        if name not in company.tables:
            continue
        for row in company.tables[name].to_pylist():
            if row["customer"] is None or row["time"].timestamp() * 1e6 > now:
                continue
            day = row["time"].astimezone(zone).date().toordinal() - epoch
            value = next((row[key] for key in STANDARD["purchase"].values if row.get(key) is not None), 0)
            days[row["customer"]][day] += float(value)
    end = ws.predictions.summary().until - held_out
    found = {}
    for customer, bought in days.items():
        known = sorted(day for day in bought if day <= end)
        if known:
            values = [bought[day] for day in known[1:]]
            found[customer] = (
                len(known) - 1, known[-1] - known[0], end - known[0], np.mean(values) if values else 0.0,
                len(bought) - len(known),
            )  # fmt: skip
    return found


@pytest.mark.parametrize("held_out", [0, 90])
def test_the_summary_is_what_counting_gives(workspace: Workspace, held_out: int) -> None:
    summary = workspace.predictions.summary(held_out=held_out)
    told = by_hand(workspace, held_out)
    names = workspace._store.connection().sql("SELECT key, id FROM units").to_arrow_table()
    ids = dict(zip(names["key"].to_pylist(), names["id"].to_pylist(), strict=True))
    before, after = summary.before, summary.after
    there = np.flatnonzero(before.frequency >= 0)
    assert {ids[int(summary.units[row])] for row in there} == set(told)
    for row in there:
        frequency, recency, known_for, value, later = told[ids[int(summary.units[row])]]
        assert (before.frequency[row], before.recency[row], before.T[row]) == (frequency, recency, known_for)
        assert before.value[row] == pytest.approx(value, abs=1e-6)
        assert after.frequency[row] - before.frequency[row] == later
    assert summary.held_out == held_out


def test_the_card_tells_what_was_tried(workspace: Workspace) -> None:
    card = workspace.predictions.purchases(horizon=90)
    assert {one.name for one in card.choice.trials} == {
        "pareto_nbd", "mbg_nbd", "bg_nbd", "last_period", "mean_rate",
    }  # fmt: skip
    scores = [one.score for one in card.choice.trials if one.score is not None]
    assert [round(one, 3) for one in scores] == sorted((round(one, 3) for one in scores), reverse=True)
    assert card.used == card.choice.trials[0]
    assert card.total is not None and card.total.low[0] < card.expected < card.total.high[0]
    rows = workspace.predictions.rows(card)
    assert rows.num_rows == len(card.known.units)
    assert sum(rows["purchases"].to_pylist()) == pytest.approx(card.expected)
    again = workspace.predictions.purchases(horizon=90)
    assert again.total is not None and again.total.low == card.total.low


def test_what_customers_bring_is_discounted_and_after_the_margin(workspace: Workspace) -> None:
    predictions, config = workspace.predictions, workspace.definitions.config
    card = predictions.purchases(horizon=180, model="mbg_nbd")
    assert card.fitted is not None and card.spend.source is not None
    written = {one.name: one for one in predictions._of_purchases(card, 0)}
    now = card.known.after
    told = predict.clv(
        card.fitted, card.spend.source, now.frequency, now.recency, now.T, monetary_value=now.value, horizon=180.0,
        discount=predict.discount(float(config.discount)), margin=float(config.margin or 1),
    )  # fmt: skip
    clv, alive = written["clv"], written["p_alive"]
    assert clv.value == pytest.approx(told)
    assert clv.low is not None and clv.high is not None
    # together the limits hold what is expected of all
    assert clv.low.sum() < clv.value.sum() < clv.high.sum()
    assert alive.low is not None and alive.high is not None
    assert np.all(alive.low <= alive.value + 0.01) and np.all(alive.value <= alive.high + 0.01)
    assert any("discounted by 0.1 a year" in note for note in predictions.purchases_card(card).notes)


def test_what_cannot_be_predicted(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="no model 'pareto' of purchases"):
        workspace.predictions.purchases(model="pareto")
    with pytest.raises(UsageError, match="0 days"):
        workspace.predictions.purchases(horizon=0)


def summary_of(frequency: np.ndarray, recency: np.ndarray, T: np.ndarray, later: np.ndarray, days: int) -> Summary:  # noqa: N803
    value = np.full(len(T), 10.0)
    before = Known(frequency=frequency, recency=recency, T=T, value=value, lately=np.minimum(frequency, 2))
    after = Known(
        frequency=frequency + later, recency=np.where(later > 0, T + days - 1, recency), T=T + days, value=value,
        lately=later,
    )  # fmt: skip
    return Summary(units=np.arange(len(T)), begin=0, end=100, until=100 + days, before=before, after=after)


def test_a_naive_rule_may_win() -> None:
    """Customers of two kinds who change places: what was is no guide, and no model of lasting rates can see it."""
    random = np.random.default_rng(2)
    x, t_x, T = (np.ceil(one) for one in simulated(800, seed=2))  # noqa: N806
    t_x, T = np.maximum(t_x, x), np.maximum(T, np.maximum(t_x, x) + 1)  # noqa: N806
    known = summary_of(x, t_x, T, random.poisson(0.98 * np.minimum(x, 2) + 0.02), 30)
    choice = choose(known)
    assert choice.best is not None
    assert choice.best.name == "last_period"
    assert choice.best_model is not None and choice.best_model.score is not None


def test_models_that_fail_say_why() -> None:
    nobody = np.zeros(50)
    choice = choose(summary_of(nobody, nobody, np.full(50, 60.0), nobody, 30))
    assert all("Nobody has bought again" in one.why for one in choice.trials if not one.naive)
    assert choice.best is not None and choice.best.naive
    assert naive("mean_rate", choice_known(), 30).tolist() == [0, 3]


def choice_known() -> Known:
    zeros = np.zeros(2)
    return Known(frequency=np.array([0.0, 1]), recency=zeros, T=np.array([0.0, 10]), value=zeros, lately=zeros)


def test_what_a_purchase_is_worth_is_told_and_written(workspace: Workspace) -> None:
    found = workspace.predictions.spend(horizon=180)
    rows = workspace.predictions.spend_rows(found).to_pylist()
    assert len(rows) == len(found.known.units)
    assert [row["order_value"] for row in rows] == sorted((row["order_value"] for row in rows), reverse=True)
    learned = workspace.predictions.learn("spend", horizon=180)
    assert learned.card is not None and learned.card.used == (found.used.title if found.used else "")
    assert [one.name for one in learned.scores] == ["order_value"]


def test_the_command(shop: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.close()
    monkeypatch.setenv("COLUMNS", "80")
    runner = CliRunner()
    shown = runner.invoke(app, ["-C", str(shop), "predict", "--horizon", "60"], prog_name="tenure")
    assert shown.exit_code == 0, shown.output
    assert "Score is the mean log-likelihood" in " ".join(shown.output.split())
    lines = shown.output.split("\nNext:")[0].splitlines()
    assert max(map(len, lines)) <= 80
    listed = runner.invoke(app, ["-C", str(shop), "predict", "--model", "mbg_nbd", "--format", "json"])
    rows = json.loads(listed.output)
    assert list(rows[0])[:5] == ["customer_id", "frequency", "recency_days", "known_days", "p_alive"]
    assert all(row["purchases_low"] <= row["purchases_high"] for row in rows)
    wrong = runner.invoke(app, ["-C", str(shop), "predict", "--model", "parto_nbd"])
    assert wrong.exit_code == 2
    assert "Did you mean 'pareto_nbd'" in wrong.output
    worth = runner.invoke(app, ["-C", str(shop), "predict", "spend", "--horizon", "180", "--card"])
    assert worth.exit_code == 0, worth.output
    assert "Own mean before" in worth.output and "correlation with frequency" in worth.output


def test_a_workspace_without_purchases_says_so(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["init", str(tmp_path / "empty")])
    with tenure.open(tmp_path / "empty") as ws, pytest.raises(UsageError, match="No history has been computed"):
        ws.predictions.purchases()
