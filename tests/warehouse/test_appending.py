"""Batches that enter the log: keys, duplicates, changes, chunks, and what is held in memory of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.errors import SourceError
from tenure.ingest.arrow import append_events
from tenure.warehouse.duckdb import Store
from tenure.warehouse.store import ARRIVING, Arrival


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.duckdb", memory_limit="1GB", threads=2) as opened:
        yield opened


def events(*rows: tuple[str, str, int], **columns: list[Any]) -> pa.Table:
    """A batch of events: message id, customer, time."""
    ids, customers, times = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "message_id": pa.array(ids, pa.string()),
            "customer_id": pa.array(customers, pa.string()),
            "time": pa.array(times, pa.int64()),
            "name": pa.array(["X"] * len(rows), pa.string()),
            **columns,
        }
    )


def query(store: Store, sql: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = store.connection().execute(sql).fetchall()
    return rows


def test_a_batch_is_committed_with_keys_in_the_order_of_arrival(store: Store) -> None:
    appended = append_events(store, events(("m1", "zoe", 5), ("m2", "ann", 3), ("m3", "zoe", 1)), "app", 100)
    assert (appended.loaded, appended.new_customers, appended.first_time, appended.last_time) == (3, 2, 1, 5)
    assert query(store, "SELECT * FROM units ORDER BY key") == [(1, "customer", "zoe", 1), (2, "customer", "ann", 3)]
    append_events(store, events(("m4", "bob", 9), ("m5", "ann", 2), ("m6", "zoe", 4)), "app", 100)
    assert query(store, "SELECT * FROM units ORDER BY key") == [
        (1, "customer", "zoe", 1), (2, "customer", "ann", 2), (3, "customer", "bob", 9)
    ]  # fmt: skip
    assert query(store, "SELECT message_id, customer, bucket, received_at, source FROM events ORDER BY 1")[:2] == [
        ("m1", 1, 1, 100, "app"), ("m2", 2, 2, 100, "app")
    ]  # fmt: skip
    assert query(store, "SELECT unit FROM touched ORDER BY unit") == [(1,), (2,), (3,)]


def test_events_are_sorted_by_bucket_customer_and_time(store: Store) -> None:
    rows = [(f"m{n}", f"c{n % 150}", (n * 7919) % 1000) for n in range(3000)]
    append_events(store, events(*rows), "app", 0)
    order = query(store, "SELECT bucket, customer, time FROM events")
    assert order == sorted(order)


def test_columns_that_a_batch_may_have(store: Store) -> None:
    batch = events(
        ("m1", "ann", 1), ("m2", "ann", 2),
        account=["acme", None], type=["page", "identify"], received_at=[7, 8], context=['{"ip":"::1"}', None],
        traits=['{"plan":"pro","age":null}', None], properties=[None, '{"a":1}'],
    )  # fmt: skip
    append_events(store, batch, "app", 100)
    assert query(store, "SELECT account, type, received_at, properties, context FROM events ORDER BY time") == [
        ("acme", "page", 7, "{}", '{"traits":{"plan":"pro","age":null},"ip":"::1"}'),
        (None, "identify", 8, '{"a":1}', None),
    ]  # fmt: skip
    assert query(store, "SELECT name, value, time, received_at FROM trait_changes ORDER BY name") == [
        ("age", "null", 1, 7), ("plan", '"pro"', 1, 7)
    ]  # fmt: skip


def test_a_batch_that_comes_twice_is_there_once(store: Store) -> None:
    batch = events(("m1", "ann", 1), ("m2", "bob", 2))
    append_events(store, batch, "app", 100, batch="17")
    again = append_events(store, batch, "app", 200, batch="17")
    assert (again.read, again.loaded, again.duplicates) == (2, 0, 2)
    assert query(store, "SELECT file, loaded, duplicates FROM loads ORDER BY load") == [("17", 2, 0), ("17", 0, 2)]


def test_tables_that_are_no_events(store: Store) -> None:
    with pytest.raises(SourceError, match="lacks time"):
        append_events(store, events(("m1", "ann", 1)).drop_columns(["time"]), "app", 0)
    with pytest.raises(SourceError, match="has unknown columns: colour"):
        append_events(store, events(("m1", "ann", 1), colour=["red"]), "app", 0)
    with pytest.raises(SourceError, match="rows without message_id"):
        append_events(store, pa.table({"message_id": [None], "name": ["X"], "time": [1]}), "app", 0)
    with pytest.raises(SourceError, match="The column time of the events is string"):
        append_events(store, pa.table({"message_id": ["m"], "name": ["X"], "time": ["soon"]}), "app", 0)
    assert query(store, "SELECT count(*) FROM events") == [(0,)]
    assert append_events(store, events(), "app", 0).read == 0


def arriving(rows: list[tuple[int, str, str, int]]) -> pa.RecordBatch:
    """A batch as a source sends it: position, message id, customer, time."""
    columns: dict[str, Any] = {name: [None] * len(rows) for name in ARRIVING.names}
    columns |= {
        name: [row[place] for row in rows]
        for place, name in enumerate(("position", "message_id", "customer_id", "time"))
    }
    columns |= {"name": ["X"] * len(rows), "properties": ["{}"] * len(rows)}
    return pa.RecordBatch.from_arrays(
        [pa.array(columns[field.name], field.type) for field in ARRIVING], names=ARRIVING.names
    )


def appended_in_chunks(
    store: Store, batches: list[pa.RecordBatch], arrival: Arrival, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setattr(store, "_chunk_bytes", 1)
    return store.append(batches, arrival)


def test_ids_that_chunk_after_chunk_brings_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [arriving([(n, f"m{n // 2}", "ann", 1)]) for n in range(20)]
    done = appended_in_chunks(store, batches, Arrival(source="s", file="f", received_at=10), monkeypatch)
    assert (done.loaded, done.duplicates) == (10, 10)


@pytest.mark.parametrize(("on_change", "kept"), [("reject", 1), ("keep", 1), ("replace", 9)])
def test_one_id_in_two_chunks_of_a_file(
    store: Store, monkeypatch: pytest.MonkeyPatch, on_change: Any, kept: int
) -> None:
    batches = [
        arriving([(1, "m1", "ann", 1), (2, "m2", "bob", 2)]),
        arriving([(3, "m2", "bob", 2), (4, "m1", "ann", 9)]),
    ]
    arrival = Arrival(source="s", file="f", received_at=10, on_change=on_change)
    done = appended_in_chunks(store, batches, arrival, monkeypatch)
    assert (done.read, done.duplicates, done.changed) == (4, 1, 1)
    assert (done.changes[0].was, done.changes[0].now) == (
        "time 1970-01-01T00:00:00.000001Z",
        "time 1970-01-01T00:00:00.000009Z",
    )
    assert query(store, "SELECT message_id, time FROM events ORDER BY 1") == [("m1", kept), ("m2", 2)]


def test_equal_rows_in_several_chunks_are_counted_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [arriving([(n, "s:abc", "ann", 1), (n + 1, "s:abc", "ann", 1)]) for n in (1, 3, 5)]
    arrival = Arrival(source="s", file="f", received_at=10, by_content=True)
    assert appended_in_chunks(store, batches, arrival, monkeypatch).loaded == 6
    ids = [row[0] for row in query(store, "SELECT message_id FROM events ORDER BY 1")]
    assert ids == ["s:abc", *(f"s:abc-{n}" for n in range(2, 7))]
    again = appended_in_chunks(store, [*batches, arriving([(7, "s:abc", "ann", 1)])], arrival, monkeypatch)
    assert (again.loaded, again.duplicates) == (1, 6)


def test_hashes_alone_make_no_duplicate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.warehouse.loading._HASH", "CAST(length(message_id) AS UBIGINT)")
    append_events(store, events(("m1", "ann", 1), ("m2", "ann", 1)), "app", 0)
    done = append_events(store, events(("m1", "ann", 1), ("m3", "ann", 1)), "app", 0)
    assert (done.loaded, done.duplicates) == (1, 1)
    assert query(store, "SELECT count(*), count(DISTINCT message_hash) FROM events") == [(3, 1)]


BATCHES = st.lists(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.integers(0, 3)), max_size=8), min_size=1, max_size=8
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES)
def test_what_is_held_in_memory_is_what_is_in_the_log(store: Store, batches: list[list[tuple[int, int, int]]]) -> None:
    with store.transaction() as connection:
        for table in ("events", "units", "touched", "loads"):
            connection.execute(f"DELETE FROM {table}")
    expected: dict[str, tuple[str, int]] = {}
    for number, rows in enumerate(batches):
        batch = [(f"m{message}", f"c{customer}", time) for message, customer, time in rows]
        appended = append_events(store, events(*batch), "app", 5)
        fresh = 0
        for message, customer, time in batch:
            if message not in expected:
                expected[message] = (customer, time)
                fresh += 1
        assert appended.loaded == fresh
        if number == 4:
            # somebody else writes: what is known has to be read again
            with store.transaction() as connection:
                connection.execute("DELETE FROM events WHERE message_id = 'm1'")
            expected.pop("m1", None)
    log = query(store, "SELECT message_id, user_id, time FROM events")
    assert {message: (customer, time) for message, customer, time in log} == expected
    seen: dict[str, int] = {}
    for customer, time in expected.values():
        seen[customer] = min(time, seen.get(customer, time))
    units = query(store, "SELECT id, first_seen, key FROM units")
    assert {id_ for id_, _, _ in units} >= set(seen)
    assert len({key for _, _, key in units}) == len(units)
    for id_, first_seen, _ in units:
        assert first_seen <= seen.get(id_, 3)
    mismatched = "SELECT count(*) FROM events AS e JOIN units AS u ON u.key = e.customer WHERE u.id <> e.user_id"
    assert query(store, mismatched) == [(0,)]


def test_a_failed_append_leaves_the_memory_right(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        append_events(store, events((f"m{n}", f"c{n}", n)), "app", 0)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as patch:
        patch.setattr("tenure.warehouse.measures.extend", fail)
        with pytest.raises(RuntimeError):
            append_events(store, events(("m9", "c9", 9)), "app", 0)
    assert append_events(store, events(("m9", "c9", 9)), "app", 0).loaded == 1
    assert query(store, "SELECT count(*), max(key) FROM units") == [(5, 5)]
