"""Exports and what else is at their targets: tables and files of others, another form, two runs at a time."""

from __future__ import annotations

import threading

import pytest

from tenure.errors import UsageError
from tests.transfers.test_exports import Shop, _lake, _same, shop

__all__ = ["shop"]


def test_a_table_of_somebody_else_is_left_alone(shop: Shop, postgresql: str) -> None:
    import psycopg

    shop.variables = {"HOUSE_URL": postgresql}
    ws = shop.open()
    with psycopg.connect(postgresql) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.customers AS SELECT 'theirs' AS name")
    with pytest.raises(UsageError, match="customers"):
        ws.exports.run("house")
    with psycopg.connect(postgresql) as connection:
        assert connection.execute("SELECT name FROM shop.customers").fetchall() == [("theirs",)]
        connection.execute("DROP TABLE shop.customers")
    ws.exports.run("house")
    ws.exports.run("house")


def test_files_of_the_form_before_are_gone(shop: Shop) -> None:
    from tenure.workspace.export_files import Files

    assert shop.ws
    shop.ws.exports.run("lake")
    folder = shop.folder / "exports/lake"
    assert list(folder.rglob("*.parquet"))
    (config,) = (one for one in shop.ws.definitions.config.exports if one.name == "lake")
    object.__setattr__(config, "to", "csv")
    shop.ws.exports.run("lake")
    assert list(folder.rglob("*.csv")) and not list(folder.rglob("*.parquet"))
    (folder / "manifest.json").write_text("[]")
    with pytest.raises(UsageError, match="holds"):
        Files(folder, "lake", "csv")


def test_two_runs_at_a_time_follow_each_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.workspace import exports

    assert shop.ws
    inside, most = 0, 0
    whole = exports._to_files

    def watched(*told: object) -> object:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            return whole(*told)  # type: ignore[arg-type]
        finally:
            inside -= 1

    monkeypatch.setattr(exports, "_to_files", watched)
    ws = shop.ws
    threads = [threading.Thread(target=ws.exports.run, args=("lake",)) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert most == 1
    _same(_lake(shop), shop.known())


def test_rows_of_a_fetch_that_was_killed_are_cleared_away(shop: Shop) -> None:
    left = shop.folder / ".tenure/temp/fetched-killed"
    left.mkdir(parents=True)
    (left / "rows.parquet").write_bytes(b"somebody@example.com")
    shop.open()
    assert not left.exists()
