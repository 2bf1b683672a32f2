"""Who is erased: nothing is left in any table, and nothing that arrives brings them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tenure.ingest.arrow import append_events
from tenure.warehouse.duckdb import Store
from tenure.warehouse.erased import KEY_FILE, LIST_FILE, REASON, words_of
from tenure.warehouse.erasing import pseudonym
from tenure.warehouse.store import ARRIVING, Arrival


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.duckdb", memory_limit="1GB", threads=2) as opened:
        yield opened


def events(*rows: dict[str, Any]) -> pa.Table:
    """A batch of events, from what each has."""
    filled = [{"message_id": f"m{place}", "name": "X", "time": 10 + place, **row} for place, row in enumerate(rows)]
    return pa.Table.from_pylist(
        [{field.name: row.get(field.name) for field in ARRIVING if field.name not in ("position", "reason", "raw")}
         for row in filled],
        schema=pa.schema([field for field in ARRIVING if field.name not in ("position", "reason", "raw")]),
    )  # fmt: skip


def arriving(*rows: dict[str, Any]) -> list[pa.RecordBatch]:
    batches: list[pa.RecordBatch] = pa.Table.from_pylist(list(rows), schema=ARRIVING).to_batches()
    return batches


def holders(store: Store, text: str) -> list[str]:
    columns = store.connection().execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'VARCHAR' "
        "AND table_catalog = current_database() AND table_schema = 'main'"
    )
    found = []
    for table, column in columns.fetchall():
        ((held,),) = (
            store.connection()
            .execute(f'SELECT count(*) > 0 FROM "{table}" WHERE contains("{column}", ?)', [text])
            .fetchall()
        )
        if held:
            found.append(f"{table}.{column}")
    return found


def test_nothing_is_left_and_nobody_else_is_touched(store: Store) -> None:
    append_events(
        store,
        events(
            {"customer_id": "ann-1", "traits": '{"email":"ann-1@example.com"}', "account": "acme"},
            {"customer_id": "ann-1", "anonymous_id": "v-ann-1"}, {"anonymous_id": "v-ann-1"},
            {"customer_id": "ann-11", "properties": '{"friend_id":"ann-1","text":"ann-12 came"}'},
            {"customer_id": "ann-11", "anonymous_id": "kiosk"}, {"customer_id": "ann-1", "anonymous_id": "kiosk"},
        ),
        "app", 100,
    )  # fmt: skip
    rejected = {"position": 1, "reason": "no time", "raw": '{"who": "ann-1", "what": 3}'}
    other = {"position": 2, "reason": "no time", "raw": '{"who": "ann-11"}'}
    store.append(arriving(rejected, other), Arrival(source="shop", received_at=100))
    done = store.erase("ann-1")
    assert (done.ids, done.events, done.mentions, done.rejected) == (("ann-1", "v-ann-1"), 4, 1, 1)
    left = store.connection().execute("SELECT user_id, anonymous_id, properties FROM events ORDER BY time").fetchall()
    assert left == [("ann-11", None, '{"friend_id":"erased","text":"ann-12 came"}'), ("ann-11", "kiosk", "{}")]
    assert store.connection().execute("SELECT raw FROM rejected ORDER BY position").fetchall() == [
        (None,), ('{"who": "ann-11"}',)
    ]  # fmt: skip
    assert [
        one
        for one in holders(store, "ann-1")
        if one not in ("events.user_id", "units.id", "events.properties") and not one.startswith("identit")
    ] == ["rejected.raw"]
    assert holders(store, "v-ann-1") == holders(store, "ann-1@") == []
    # what an account lost changes its history: the next refresh looks at it again
    assert ("acme",) not in store.connection().execute("SELECT id FROM units").fetchall()


def test_no_import_brings_anybody_back_even_after_a_restart(store: Store, tmp_path: Path) -> None:
    batch = events({"customer_id": "ann-1"}, {"customer_id": "bob", "properties": '{"friend_id":"ann-1"}'})
    append_events(store, batch, "app", 100)
    store.erase("ann-1")
    store.close()
    with Store.open(tmp_path / "store.duckdb") as again:
        appended = append_events(again, batch, "app", 200)
        # what bob did is known as it stands now, and comes as what it is: the same
        assert (appended.rejected, appended.duplicates, appended.changed) == ({REASON: 1}, 1, 0)
        assert holders(again, "ann-1") == []
        malformed = {"position": 1, "reason": "no time", "raw": "ann-1;2024-13-01"}
        again.append(arriving(malformed), Arrival(source="shop", received_at=100))
        assert holders(again, "ann-1") == []


def test_an_erasure_that_was_cut_short_can_be_done_again(store: Store) -> None:
    append_events(store, events({"customer_id": "ann-1"}), "app", 100)
    store.erased.add(["ann-1"])
    assert store.erase("ann-1").events == 1
    assert store.erase("ann-1").events == 0
    assert holders(store, "ann-1") == []


def test_the_list_says_nothing_without_its_key(store: Store, tmp_path: Path) -> None:
    store.erased.add(["ann-1", "bob"])
    store.erased.add(["ann-1"])
    text = (tmp_path / LIST_FILE).read_text()
    assert "ann" not in text
    assert len(text.split()) == 2
    for name in (KEY_FILE, LIST_FILE):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_ids_are_found_as_whole_words() -> None:
    assert "a 1" in words_of('{"x": "a 1"}')
    assert {"7", "c17"} <= words_of("7;c17,x")
    assert pseudonym("wrote to c17 (c171), c17.", ["c17"], "x") == "wrote to x (c171), x."
