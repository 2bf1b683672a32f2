"""Notes on the time axis: written by those who define, shown by every chart over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_lifecycle_pages import part


@pytest.fixture
def noted(as_: Callable[..., Any], site: Path) -> None:
    """A note of March 2025, in the log."""
    from tenure.server import holding
    from tenure.server.loops.inbox import drain

    answer = as_("marketer").post("/notes", {"day": "2025-03-12", "text": "Prices <b>went</b> up"})
    assert (answer.status_code, answer["Location"]) == (302, "/notes")
    drain()
    holding.workspace().roster.refresh()


def test_a_note_stands_on_charts_over_time(noted: None, as_: Callable[..., Any]) -> None:
    client = as_("viewer")
    assert "Prices &lt;b&gt;went&lt;/b&gt; up" in client.get("/notes").content.decode()
    page = client.get("/stages/classic/at_risk/charts").content.decode()
    assert "Prices &lt;b&gt;went&lt;/b&gt; up" in page
    assert "2025-03-12" in page


@pytest.mark.parametrize(
    "address", ["/cohorts", "/metrics/orders/trend", "/forecast/outlook?lifecycle=classic"],
)  # fmt: skip
def test_charts_and_tables_over_time_have_notes(noted: None, as_: Callable[..., Any], address: str) -> None:
    assert "Prices &lt;b&gt;went&lt;/b&gt; up" in part(as_("viewer"), address)


def test_a_note_falls_into_its_period(noted: None) -> None:
    from datetime import date

    from tenure.server import holding

    quarters = [("2025-Q1", date(2025, 1, 1)), ("2025-Q2", date(2025, 4, 1))]
    told = {one.text: one for one in holding.workspace().timeline.notes(quarters)}
    one = told["Prices <b>went</b> up"]
    assert (one.period, one.day) == ("2025-Q1", date(2025, 3, 12))


@pytest.mark.parametrize(
    ("form", "said"),
    [({"day": "2025-03-12", "text": " "}, "letters"), ({"day": "soon", "text": "x"}, "no day"),
     ({"day": "0001-01-01", "text": "x"}, "where charts go"), ({"day": "9999-12-31", "text": "x"}, "where charts go")],
)  # fmt: skip
def test_what_is_no_note_is_refused(as_: Callable[..., Any], form: dict[str, str], said: str) -> None:
    from tenure.server.work.models import InboxEvent

    answer = as_("analyst").post("/notes", form, follow=True)
    assert said in answer.content.decode()
    assert not InboxEvent.objects.exists()


def test_a_note_does_not_become_the_last_event(as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server import holding
    from tenure.server.work.models import InboxEvent

    ws = holding.workspace()
    config = ws.definitions.config.model_copy(update={"as_of": "last_event"})
    monkeypatch.setattr(ws, "definitions", replace(ws.definitions, config=config))
    behind = (datetime.fromtimestamp(ws.as_of / 1e6, UTC) + timedelta(days=2)).date()
    answer = as_("analyst").post("/notes", {"day": str(behind), "text": "x"}, follow=True)
    assert "where charts go" in answer.content.decode()
    assert not InboxEvent.objects.exists()


def test_only_those_who_define_write_notes(as_: Callable[..., Any]) -> None:
    assert as_("viewer").post("/notes", {"day": "2025-03-12", "text": "x"}).status_code == 403
