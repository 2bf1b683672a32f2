"""Exports: what is at the target equals what the workspace knows, whatever happened between two of them."""

from __future__ import annotations

import csv
import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenure.errors import DefinitionError, SourceError, UsageError
from tenure.events import Event
from tenure.workspace import Workspace
from tenure.workspace.export_spec import TABLES
from tenure.workspace.export_tables import export_tables

SETTINGS = """\
name: Corner shop
as_of: {as_of}
lifecycles: [store]
segments: {{big: sum(order) >= {big}}}
exclude: trait.staff == 'yes'
exports:
  - {{name: lake, to: parquet}}
  - {{name: sheets, to: csv, folder: out/sheets, tables: [stages, customers, history]}}
  - {{name: house, to: postgresql, database: HOUSE_URL, schema_name: shop}}
"""
STORE = """\
lifecycle: store
stages:
  - {{visitor: {{when: count(visit) >= 1}}}}
  - {{buyer: {{when: count(order) >= {orders}}}}}
  - {{at_risk: {{when: "since(order) >= days(30)", side: true}}}}
"""
START = datetime(2025, 1, 1, tzinfo=UTC)
Rows = dict[str, list[tuple[object, ...]]]


class Shop:
    """A workspace whose events, definitions and people change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "lifecycles").mkdir(parents=True)
        self.now = START + timedelta(days=60)
        self.big, self.orders = 100, 1
        self.variables: dict[str, str] = {}
        self.ws: Workspace | None = None
        self.number = 0

    def open(self) -> Workspace:
        if self.ws:
            self.ws.close()
        as_of = f"{self.now:%Y-%m-%dT%H:%M:%S}Z"
        (self.folder / "tenure.yaml").write_text(SETTINGS.format(as_of=as_of, big=self.big))
        (self.folder / "lifecycles/store.yaml").write_text(STORE.format(orders=self.orders))
        self.ws = Workspace.open(
            self.folder, clock=lambda: (self.now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),
            memory_limit="500MB", variables=self.variables,
        )  # fmt: skip
        self.ws.refresh()
        return self.ws

    def record(self, *told: tuple[str, str, float, dict[str, Any]]) -> None:
        """Events: who, what, days after the start, properties (or traits, of an `identify`)."""
        assert self.ws
        events = []
        for who, what, days, held in told:
            self.number += 1
            kind: dict[str, Any] = {"type": "identify", "traits": held} if what == "identify" else {"properties": held}
            events.append(
                Event(name="Identified" if what == "identify" else what, time=START + timedelta(days=days),
                      customer_id=who, message_id=f"m{self.number}", **kind)
            )  # fmt: skip
        self.ws.record(events)
        self.ws.refresh()

    def known(self) -> Rows:
        """Every table as an export of everything would write it."""
        assert self.ws
        found = {}
        for table in export_tables(self.ws, TABLES):
            rows = self.ws._store.connection().sql(table.sql).to_arrow_table()
            found[table.name] = _rows(rows)
        return found


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "shop")
    made.open()
    made.record(
        ("ann", "identify", 0, {"name": 'Ann "A", =1+1', "staff": "no", "city": None}),
        ("ann", "Page Viewed", 1, {}), ("ann", "Order Completed", 2, {"revenue": 60}),
        ("bob", "Page Viewed", 3, {}), ("cleo", "Order Completed", 40, {"revenue": 150}),
        ("tom", "identify", 1, {"staff": "yes"}), ("tom", "Order Completed", 2, {"revenue": 1}),
    )  # fmt: skip
    yield made
    assert made.ws
    made.ws.close()


def _rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)


def _lake(shop: Shop) -> Rows:
    folder = shop.folder / "exports/lake"
    return {name: _rows(pq.read_table(folder / name)) for name in TABLES}


def _house(url: str) -> Rows:
    import psycopg

    found: Rows = {}
    with psycopg.connect(url) as connection:
        for name in TABLES:
            cursor = connection.execute(f"SELECT * FROM shop.{name}")
            names = [column.name for column in cursor.description or ()]
            assert names[0] == "row_id"
            rows = [tuple(json.dumps(cell) if isinstance(cell, dict) else cell for cell in row[1:]) for row in cursor]
            found[name] = sorted(rows, key=repr)
    return found


def _same(found: Rows, known: Rows) -> None:
    def plain(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        cells = [
            tuple(json.dumps(json.loads(cell)) if str(cell).startswith("{") else
                  cell.astimezone(UTC) if isinstance(cell, datetime) else cell for cell in row)  # type: ignore[arg-type]
            for row in rows
        ]  # fmt: skip
        return sorted(cells, key=repr)

    assert found.keys() == known.keys()
    for name, rows in known.items():
        assert plain(found[name]) == plain(rows), name


def test_files_hold_what_is_known(shop: Shop) -> None:
    assert shop.ws
    first = shop.ws.exports.run("lake")
    assert all(table.written == table.rows for table in first.tables)
    known = shop.known()
    assert len(known["customers"]) == 4
    assert {row[2]: row[3] for row in known["stages"]} == {
        "ann": "at_risk", "bob": "visitor", "cleo": "buyer", "tom": "at_risk"
    }  # fmt: skip
    assert [row[2] for row in known["segments"]] == ["cleo"]
    assert [row[3] for row in known["customers"]] == [False, False, False, True]
    _same(_lake(shop), known)
    again = shop.ws.exports.run("lake")
    assert again.written == 0
    manifest = json.loads((shop.folder / "exports/lake/manifest.json").read_text())
    assert manifest["as_of"] == "2025-03-02T00:00:00+00:00"
    listed = [part["file"] for table in manifest["tables"].values() for part in table["parts"].values()]
    on_disk = [str(path.relative_to(shop.folder / "exports/lake")) for path in
               (shop.folder / "exports/lake").rglob("*.parquet")]  # fmt: skip
    assert sorted(listed) == sorted(on_disk)


def test_csv_is_exact(shop: Shop) -> None:
    assert shop.ws
    shop.ws.exports.run("sheets")
    (path,) = (shop.folder / "out/sheets/customers").iterdir()
    with path.open(newline="") as file:
        rows = {row["customer_id"]: row for row in csv.DictReader(file)}
    assert json.loads(rows["ann"]["traits"]) == {"name": 'Ann "A", =1+1', "staff": "no"}
    assert rows["ann"]["first_seen"] == "2025-01-01T00:00:00.000000Z"
    assert sorted(one.name for one in (shop.folder / "out/sheets/history").iterdir()) == [
        "2025-01.csv", "2025-02.csv", "2025-03.csv"
    ]  # fmt: skip


def test_only_files_that_changed_are_written(shop: Shop) -> None:
    assert shop.ws
    shop.ws.exports.run("lake")
    folder = shop.folder / "exports/lake"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    shop.record(("eva", "Page Viewed", 45, {}))
    shop.ws.exports.run("lake")
    touched = {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")
               if before.get(path) != path.stat().st_mtime_ns}  # fmt: skip
    assert touched == {"customers/part-01-of-01.parquet", "stages/part-01-of-01.parquet", "history/2025-02.parquet"}
    _same(_lake(shop), shop.known())


def test_a_folder_of_somebody_else_is_left_alone(shop: Shop) -> None:
    assert shop.ws
    folder = shop.folder / "exports/lake"
    folder.mkdir(parents=True)
    (folder / "mine.parquet").write_text("mine")
    with pytest.raises(UsageError, match="holds something else"):
        shop.ws.exports.run("lake")
    assert (folder / "mine.parquet").read_text() == "mine"


def test_a_cut_write_leaves_the_old_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.workspace import export_files

    assert shop.ws
    shop.ws.exports.run("lake")
    before = _lake(shop)
    shop.record(("eva", "Page Viewed", 45, {}))
    with monkeypatch.context() as patch:
        patch.setattr(export_files, "_placed", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(Exception, match="no space left"):
            shop.ws.exports.run("lake")
    _same(_lake(shop), before)
    assert not list((shop.folder / "exports/lake").rglob(".*.part"))
    shop.ws.exports.run("lake")
    _same(_lake(shop), shop.known())


def _moved(shop: Shop, chance: random.Random) -> None:
    """Something changes: events, late events, traits, the time, the definitions, somebody is erased."""
    people = [f"p{number}" for number in range(12)]
    for _ in range(chance.randint(1, 6)):
        what = chance.choice(["Page Viewed", "Order Completed", "identify"])
        held = {"revenue": chance.randint(1, 90)} if what == "Order Completed" else {}
        if what == "identify":
            held = {chance.choice("xyz"): chance.choice([1, "ä", None, True])}
        shop.record((chance.choice(people), what, chance.randint(0, 59), held))
    kind = chance.choice(["erase", "time", "segment", "lifecycle", "nothing"])
    assert shop.ws
    if kind == "erase":
        shop.ws._store.erase(chance.choice(people))
        shop.ws.refresh()
    elif kind != "nothing":
        shop.now += timedelta(days=chance.randint(0, 20) if kind == "time" else 0)
        shop.big = chance.choice([50, 100]) if kind == "segment" else shop.big
        shop.orders = chance.choice([1, 2]) if kind == "lifecycle" else shop.orders
        shop.open()


def test_after_random_changes_the_targets_equal_a_full_export(shop: Shop, postgresql: str) -> None:
    shop.variables = {"HOUSE_URL": postgresql}
    shop.open()
    chance = random.Random(4)
    partly = 0
    for _ in range(7):
        assert shop.ws
        for name in ("lake", "house"):
            done = shop.ws.exports.run(name)
            partly += name == "house" and all(not table.whole for table in done.tables)
        known = shop.known()
        _same(_lake(shop), known)
        _same(_house(postgresql), known)
        _moved(shop, chance)
    assert partly == 6


def test_erased_people_vanish(shop: Shop, postgresql: str) -> None:
    shop.variables = {"HOUSE_URL": postgresql}
    ws = shop.open()
    for name in ws.exports.names():
        ws.exports.run(name)
    ws._store.erase("cleo")
    ws.refresh()
    state = b"".join(path.read_bytes() for path in (shop.folder / ".tenure/exports").rglob("*") if path.is_file())
    assert b"cleo" not in state
    for name in ws.exports.names():
        ws.exports.run(name)
    assert "cleo" not in str(_house(postgresql))
    assert "cleo" not in str(_lake(shop))
    for path in [*(shop.folder / "exports").rglob("*.parquet"), *(shop.folder / "out").rglob("*.csv")]:
        assert b"cleo" not in path.read_bytes()


@pytest.mark.parametrize("lost", ["state", "row", "table", "run"])
def test_a_target_that_is_not_what_was_left_is_written_anew(shop: Shop, postgresql: str, lost: str) -> None:
    import shutil

    import psycopg

    shop.variables = {"HOUSE_URL": postgresql}
    ws = shop.open()
    ws.exports.run("house")
    if lost == "state":
        shutil.rmtree(shop.folder / ".tenure/exports/house")
    with psycopg.connect(postgresql) as connection:
        if lost == "table":
            connection.execute("DROP TABLE shop.history")
        elif lost == "run":
            connection.execute("UPDATE shop.tenure_exports SET run = 'another'")
    shop.record(("eva", "Order Completed", 45, {"revenue": 5}))
    done = ws.exports.run("house")
    assert any(table.whole for table in done.tables) == (lost != "row")
    _same(_house(postgresql), shop.known())


def test_a_crash_before_the_commit_leaves_the_target(
    shop: Shop, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.warehouse.databases.target import Target

    shop.variables = {"HOUSE_URL": postgresql}
    ws = shop.open()
    ws.exports.run("house")
    before = shop.known()
    shop.record(("eva", "Order Completed", 45, {"revenue": 5}))
    with monkeypatch.context() as patch:
        patch.setattr(Target, "committed", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("crash")))
        with pytest.raises(RuntimeError):
            ws.exports.run("house")
    _same(_house(postgresql), before)
    done = ws.exports.run("house")
    assert not any(table.whole for table in done.tables)
    _same(_house(postgresql), shop.known())


def test_a_table_that_is_not_exported_any_more_goes(shop: Shop, postgresql: str) -> None:
    import psycopg

    shop.variables = {"HOUSE_URL": postgresql}
    ws = shop.open()
    ws.exports.run("house")
    text = (shop.folder / "tenure.yaml").read_text()
    (shop.folder / "tenure.yaml").write_text(text.replace("schema_name: shop}", "schema_name: shop, tables: [stages]}"))
    ws.reread().exports.run("house")
    with psycopg.connect(postgresql) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'shop' ORDER BY 1").fetchall()
    assert rows == [("stages",), ("tenure_exports",)]


def test_what_cannot_be_exported_says_why(shop: Shop) -> None:
    assert shop.ws
    with pytest.raises(UsageError, match=r"no export 'lak'.*Did you mean 'lake'"):
        shop.ws.exports.run("lak")
    with pytest.raises(SourceError, match="HOUSE_URL is not set"):
        shop.ws.exports.run("house")
    shop.ws._variables = {"HOUSE_URL": "mysql://u:s3cret@h/x"}
    with pytest.raises(SourceError, match="does not begin with postgresql") as caught:
        shop.ws.exports.run("house")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{name: a, to: parket}", "parquet"),
        ("{name: a, to: postgresql}", "names no `database`"),
        ("{name: a, to: postgresql, database: 'postgresql://u:p@h/x'}", "a URL with a password"),
        ("{name: a, to: csv, tables: [stage]}", "Did you mean 'stages'"),
        ("{name: a, to: csv, database: X}", "needs no database"),
        ("{name: lake, to: csv}", "Two exports are named 'lake'"),
        ("{name: b, to: postgresql, database: HOUSE_URL, schema_name: shop}", "go to the same tables"),
        ("{name: a b, to: csv}", "name"),
    ],
)
def test_what_an_export_may_not_say(shop: Shop, entry: str, message: str) -> None:
    assert shop.ws
    with (shop.folder / "tenure.yaml").open("a") as file:
        file.write(f"  - {entry}\n")
    with pytest.raises(DefinitionError, match=message):
        shop.ws.reread()


def test_the_command(shop: Shop) -> None:
    from typer.testing import CliRunner

    from tenure.cli.app import app
    from tenure.cli.commands import __all__ as _  # noqa: F401 registers them

    assert shop.ws
    shop.ws.close()
    run: Callable[..., Any] = lambda *words: CliRunner().invoke(app, ["-C", str(shop.folder), *words])  # noqa: E731
    done = run("export", "lake", "sheets")
    assert done.exit_code == 0, done.output
    assert "customers" in done.output
    done = run("export", "--all")
    assert done.exit_code == 1
    assert "house failed: The environment variable HOUSE_URL is not set" in " ".join(done.output.split())
    assert "lake" in done.output, "one that fails stops no other"
    assert run("export").exit_code != 0
    assert "HOUSE_URL" not in os.environ
