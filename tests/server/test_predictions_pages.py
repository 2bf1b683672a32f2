"""The cards of models in the browser, why on a person's page, in the report, and the loop that makes them anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tenure.predict.card import ModelCard, Parameter, Trial, ValueBand, Week
from tenure.predict.judged import deciles_of_counts, reliability
from tenure.predict.reasons import Reason
from tenure.predict.scores import Written
from tenure.workspace.scored import Learned

As = Callable[..., Any]
DAY = 86_400_000_000


def learned(model: str, as_of: int, units: list[int]) -> Learned:
    """What a model might say of people."""
    chance = np.linspace(0.05, 0.9, 200)
    came = np.random.default_rng(1).random(200) < chance
    card = ModelCard(
        name=model, title="Who is lost", used="Boosted trees", verdict="Boosted trees did best.", lifecycle="classic",
        as_of=as_of, horizon=60, window=(as_of - 400 * DAY, as_of), held_out=60, people=200, came=int(came.sum()),
        judged_by=(("log score", True),), bins=reliability(chance, came),
        tenths=deciles_of_counts(chance, came.astype(np.float64)),
        trials=(Trial(title="Boosted trees", naive=False, used=True, figures=(-0.2,)),), scores=("p_churn",),
        weeks=(Week(day="2025-01-06", came=4, expected=3.5, held_out=False),
               Week(day="2025-01-13", came=5, expected=None, held_out=True)) if model == "purchases" else (),
        values=(ValueBand(least=5.0, most=9.0, people=200, expected=8.25, naive=7.5, came=8.75),) if model == "spend"
        else (),
        parameters=(Parameter(name="r", value=0.24, error=None),), notes=("A note.",),
    )  # fmt: skip
    scores = Written(
        name="p_churn" if model == "churn" else "purchases", model="m", as_of=as_of, units=np.array(units),
        value=np.full(len(units), 0.5), reasoned=[0], reasons=[(Reason(said="silent", points=0.1),)],
    )  # fmt: skip
    return Learned(model=model, card=card, scores=(scores,))


def test_cards_and_reasons_are_shown_once_scores_are_written(
    site: Path, as_: As, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from tenure.server import holding
    from tenure.server.loops.scores import EVERY_DAYS, write_scores

    client = as_("analyst")
    assert b"Nothing is predicted yet" in client.get("/predictions").content
    assert client.get("/predictions/churn").status_code == 404
    # nothing is begun by itself
    assert write_scores() == 0
    ws = holding.workspace()
    assert ws.predictions.cards() == ()
    as_of, (unit, who) = ws.moment(None), ws._store.connection().execute("SELECT key, id FROM units").fetchall()[0]
    for model in ("purchases", "churn"):
        done = ws.predictions.keep(learned(model, as_of - EVERY_DAYS * DAY, [unit]))
        assert [count for _, count in done.written] == [1]
    listed = client.get("/predictions").content.decode()
    assert "/predictions/purchases" in listed
    assert "score.p_churn" in listed
    for name, words in (("purchases", "Week by week"), ("churn", "Do chances keep what they say?")):
        shown = client.get(f"/predictions/{name}").content.decode()
        assert words in shown
        assert shown.count("<svg") >= 2
    theirs = client.get(f"/people/{who}").content.decode()
    assert "Why these predictions?" in theirs
    assert '<td>Chance to be lost within 60 days</td><td class="number">50 %</td>' in theirs
    for query, found in (("from.p_churn=0.5", 1), ("from.p_churn=0.6", 0), ("to.p_churn=0.5&from.p_churn=0.1", 1)):
        listed = client.get(f"/people?{query}").content.decode()
        assert listed.count(f"/people/{who}") > 0 if found else f"/people/{who}" not in listed
        assert "p churn ≥" in listed
    # a week later each is learned anew, while others may write, and asked for as it was
    asked = []

    def learn(_: object, model: str, name: str, *, horizon: int, days: int) -> Learned:
        asked.append((model, name, horizon, days))
        return learned(model, as_of, [unit]) if model == "churn" else replace(learned(model, as_of, []), card=None)

    monkeypatch.setattr(type(ws.predictions), "learn", learn)
    assert write_scores() == 0
    assert asked == [("purchases", "classic", 60, 60), ("churn", "classic", 60, 60)]
    assert [card.as_of for card in ws.predictions.cards()] == [as_of - EVERY_DAYS * DAY, as_of]
    assert write_scores() == 0
    assert [model for model, *_ in asked[2:]] == ["purchases"]
    ws.predictions.keep(learned("spend", as_of, [unit]))
    shown = client.get("/predictions/spend").content.decode()
    assert "Do values come as expected?" in shown
    assert all(f">{value}<" in shown for value in ("8.25", "7.50", "8.75"))


def test_the_report_has_a_section_for_each_card():
    from tenure.report.sections.predictions import _chances, _values, _weeks

    weeks, chances = learned("purchases", 0, []).card, learned("churn", 0, []).card
    assert weeks is not None and chances is not None
    tracking, curve = _weeks(weeks), _chances(chances)
    assert tracking is not None and curve is not None
    assert (_chances(weeks), _weeks(chances)) == (None, None)
    assert [row[0] for row in tracking.rows] == ["2025-01-06", "2025-01-13"]
    assert sum(int(row[1]) for row in curve.rows) == 200
    assert curve.listed == ("A note.",)
    values = learned("spend", 0, []).card
    assert values is not None
    bands = _values(values)
    assert bands is not None and bands.rows == (("5.00 to 9.00", "200", "8.25", "7.50", "8.75"),)
    assert all(sketch.draw(600) for sketch in (tracking, curve, bands) if sketch.draw is not None)
