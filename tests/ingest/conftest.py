"""A workspace folder with files, and a store to load them into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tenure.ingest.report import LoadReport
from tenure.ingest.source import Source
from tenure.ingest.tables import LoadSettings, load
from tenure.warehouse.duckdb import Store

NOW = 1_735_689_600_000_000  # 2025-01-01


@dataclass
class Desk:
    """Loads sources into one store, and reads what is there."""

    folder: Path
    store: Store
    settings: LoadSettings

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, *, received_at: int = NOW, **source: Any) -> LoadReport:
        defaults: dict[str, Any] = {"name": "orders", "event": "Order Completed", "time": "time"}
        if "query" not in source:
            defaults["files"] = "orders.csv"
        if "event_column" in source:
            del defaults["event"]
        fields = {**defaults, **source}
        fields = {name: value for name, value in fields.items() if value is not None}
        return load(self.store, Source(**fields), folder=self.folder, settings=self.settings, received_at=received_at)

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.store.connection().execute(query, list(parameters)).fetchall()
        return rows

    def column(self, query: str) -> list[Any]:
        return [row[0] for row in self.rows(query)]

    def reasons(self) -> list[tuple[int, str]]:
        return self.rows("SELECT position, reason FROM rejected ORDER BY position, reason")


def moment(text: str) -> int:
    """An ISO time (UTC where it does not say) in microseconds."""
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(at.timestamp()) * 1_000_000 + at.microsecond


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "workspace"
    folder.mkdir()
    with Store.open(tmp_path / "store" / "store.duckdb", memory_limit="1GB", threads=2) as store:
        yield Desk(folder, store, LoadSettings(timezone="Europe/London", currency="GBP"))
