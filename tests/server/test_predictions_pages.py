"""The cards of models in the browser: before and after scores were written, and why on a person's page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

As = Callable[..., Any]


def test_cards_and_reasons_are_shown_once_scores_are_written(site: Path, as_: As):
    from tenure.server import holding

    client = as_("analyst")
    assert b"Nothing is predicted yet" in client.get("/predictions").content
    assert client.get("/predictions/churn").status_code == 404
    ws = holding.workspace()
    done = ws.predictions.write(["purchases", "churn"])
    assert [one.why for one in done] == ["", ""]
    listed = client.get("/predictions").content.decode()
    assert "/predictions/purchases" in listed
    assert "score.p_churn" in listed
    for name, words in (("purchases", "Week by week"), ("churn", "Do chances keep what they say?")):
        shown = client.get(f"/predictions/{name}").content.decode()
        assert words in shown
        assert shown.count("<svg") >= 4
    who = ws.predictions.table("p_churn")["customer_id"][0].as_py()
    assert "Why these predictions?" in client.get(f"/people/{who}").content.decode()
