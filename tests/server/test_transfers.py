"""Imports and exports that run by themselves: when they are due, one beside the other, each with how it fares."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_data_pages import text_of, upload

As = Callable[..., Any]
SETTINGS = """\
name: New shop
as_of: 2025-03-01
lifecycles: [classic]
sources:
  - {name: gone, database: NOT_SET_URL, query: SELECT 1 AS id, event: Seen, customer: id, time: id, id: id}
  - {name: till, database: "sqlite:till.db", query: SELECT * FROM orders, cursor: id, event: Order Completed,
     customer: who, time: at, id: id, properties: {revenue: amount}, every: 15 minutes}
  - {name: log, files: log.csv, event: Page Viewed, customer: who, time: at, at: "03:00"}
exports:
  - {name: lake, to: parquet, every: 1 hour}
  - {name: house, to: postgresql, database: NOT_SET_URL}
"""
SAMPLES = Path(__file__).parents[1] / "ingest/exports"


@pytest.fixture
def served(site: Path, tmp_path: Path) -> Iterator[Path]:
    """A workspace with sources and exports, held in the place of the shop."""
    from django.conf import settings
    from django.test import override_settings

    from tenure.server import holding

    held = holding.workspace()
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "tenure.yaml").write_text(SETTINGS)
    (folder / "log.csv").write_text("who,at\nann,2025-01-01\n")
    with sqlite3.connect(folder / "till.db") as till:
        till.execute("CREATE TABLE orders (id INTEGER, who TEXT, at TEXT, amount NUMERIC)")
        till.execute("INSERT INTO orders VALUES (1, 'ann', '2025-01-02', 10)")
    till.close()
    holding.hold(folder).roster.refresh()
    with override_settings(ENVIRONMENT=settings.ENVIRONMENT.model_copy(update={"page_seconds": 120})):
        yield folder
    holding.release()
    holding._held = held


@pytest.fixture
def rounds(served: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """One round of the transfers, each noted before it is over; threads would not see what a test undoes."""
    from tenure.server.loops import transfers

    class Here:
        def __init__(self, *, target: Any, args: Any, **_: Any) -> None:
            self._work, self._args = target, args

        def start(self) -> None:
            self._work(*self._args)

        def is_alive(self) -> bool:
            return False

    monkeypatch.setattr(transfers, "Thread", Here)
    monkeypatch.setattr(transfers, "close_old_connections", lambda: None)
    monkeypatch.setattr(transfers, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    return lambda: transfers.transfers() and None


def test_what_is_due_runs_and_one_failure_stops_no_other(as_: As, served: Path, rounds: Callable[[], None]) -> None:
    from tenure.server import holding
    from tenure.server.work.models import LoopRun

    rounds()
    runs = {run.name: run for run in LoopRun.objects.filter(name__contains=":")}
    assert {name: bool(run.failed_at) for name, run in runs.items()} == {
        "import:gone": True, "import:till": False, "import:log": False, "export:lake": False, "export:house": True
    }  # fmt: skip
    assert "NOT_SET_URL is not set" in runs["import:gone"].error
    assert holding.workspace()._store.connection().execute("SELECT count(*) FROM events").fetchall() == [(2,)]
    assert (served / "exports/lake/manifest.json").exists()
    shown = as_("administrator").get("/data")
    said = text_of(shown)
    for words in ("every 15 minutes", "at 03:00", "NOT_SET_URL is not set", "lake", "Rows written", "Export now"):
        assert words in said
    assert "NOT_SET_URL" not in text_of(as_("viewer").get("/data")), "what an error tells is for those who define"
    assert "import:" not in said
    assert "New rows are those from 1 on" in text_of(as_("administrator").get("/data/sources/till"))


def test_nothing_runs_before_its_time(as_: As, served: Path, rounds: Callable[[], None]) -> None:
    from datetime import timedelta

    from tenure.server.loops import transfers
    from tenure.server.work.models import LoopRun

    rounds()
    before = dict(LoopRun.objects.filter(name__contains=":").values_list("name", "ran_at"))
    rounds()
    assert dict(LoopRun.objects.filter(name__contains=":").values_list("name", "ran_at")) == before
    earlier = before["import:till"] - timedelta(minutes=16)
    LoopRun.objects.filter(name="import:till").update(ran_at=earlier)
    transfers.transfers.ask("export:lake")
    rounds()
    after = dict(LoopRun.objects.filter(name__contains=":").values_list("name", "ran_at"))
    assert {name for name in after if after[name] != before[name]} == {"import:till", "export:lake"}


def test_a_source_that_is_no_more_is_forgotten(as_: As, served: Path, rounds: Callable[[], None]) -> None:
    from tenure.server.work.models import LoopRun

    LoopRun.objects.create(name="import:old")
    rounds()
    assert not LoopRun.objects.filter(name="import:old").exists()


def test_only_administrators_export(as_: As, served: Path) -> None:
    assert as_("analyst").post("/data/export", {"export": "lake"}).status_code == 403
    client = as_("administrator")
    assert client.post("/data/export", {"export": "nothing"}).status_code == 404
    assert client.post("/data/export", {"export": "lake"}).status_code == 302
    assert client.get("/data/export").status_code == 405


def test_a_server_starts_without_a_file_that_is_gone(served: Path) -> None:
    from tenure.server.loops.transfers import files_at_start

    (served / "log.csv").unlink()
    said: list[str] = []
    files_at_start(said.append)
    assert len(said) == 1
    assert said[0].startswith("The source log was not read: There is no file")


@pytest.mark.parametrize(
    ("name", "sources"), [("google_ads", ["google_ads"]), ("shopify_orders", ["orders", "cancellations"])]
)
def test_an_upload_is_recognised(as_: As, served: Path, name: str, sources: list[str]) -> None:
    from tenure.server import holding

    client = as_("administrator")
    where = upload(client, (SAMPLES / f"{name}.csv").read_bytes(), f"{name}.csv")["Location"]
    shown = text_of(client.get(where))
    assert "recognised by its columns" in shown
    assert "No row would be rejected" in shown
    taken = client.post(where, {"do": "take"})
    assert taken.status_code == 302
    assert "new events" in text_of(client.get(taken["Location"]))
    assert [one.name for one in holding.workspace().definitions.config.sources][3:] == sources
    shutil.rmtree(served / "data")
