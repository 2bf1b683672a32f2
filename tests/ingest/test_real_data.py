"""The checked-in workspaces over real data; skipped where the data are not there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tenure.documents import read
from tenure.ingest.report import LoadReport
from tenure.ingest.source import Source
from tenure.ingest.tables import LoadSettings, load
from tenure.warehouse.duckdb import Store

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
DATA = ROOT.parent / "shared" / "data"
NOW = 1_735_689_600_000_000


def loaded(store: Store, name: str) -> list[LoadReport]:
    document = read(EXAMPLES / name / "tenure.yaml")
    sources = document.value(("sources",))
    settings = LoadSettings(timezone=str(document.value(("timezone",))), currency=str(document.value(("currency",))))
    assert isinstance(sources, list)
    return [
        load(store, Source.model_validate(source), folder=EXAMPLES / name, settings=settings, received_at=NOW)
        for source in sources
    ]


@pytest.mark.skipif(not (DATA / "online_retail").exists(), reason="needs ../shared/data/online_retail")
def test_online_retail(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb", threads=2) as store:
        orders, refunds = loaded(store, "online_retail")
        assert (orders.lines, orders.loaded, orders.rejected) == (397_924, 18_536, {})
        assert refunds.lines == 8_905 and refunds.rejected == {}
        money = dict(
            store.connection()
            .execute(
                "SELECT name, round(sum(CAST(coalesce(properties ->> 'revenue', properties ->> 'total') "
                "AS DECIMAL(38,6))), 2) FROM events GROUP BY name"
            )
            .fetchall()
        )
        assert money == {"Order Completed": Decimal("8911407.90"), "Order Refunded": Decimal("611342.09")}
        people = "SELECT count(DISTINCT customer) FROM events WHERE name = 'Order Completed'"
        assert store.connection().execute(people).fetchall() == [(4_339,)]
        assert [report.unchanged for report in loaded(store, "online_retail")] == [1, 1]


@pytest.mark.skipif(not (DATA / "cdnow").exists(), reason="needs ../shared/data/cdnow")
def test_cdnow(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb", threads=2) as store:
        (purchases,) = loaded(store, "cdnow")
        assert (purchases.loaded, purchases.rejected) == (69_659, {})
        figures = "SELECT count(DISTINCT customer), sum(CAST(properties ->> 'revenue' AS DECIMAL(18,2))) FROM events"
        assert store.connection().execute(figures).fetchall() == [(23_570, Decimal("2500315.63"))]
        assert store.connection().execute("SELECT min(id), max(id) FROM units").fetchall() == [("00001", "23570")]
