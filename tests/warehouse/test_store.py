"""Opening, holding, transactions, and what goes wrong with a store's file."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest

from tenure.errors import ImportStopped, StoreError, WorkspaceHeld
from tenure.warehouse.duckdb import Store
from tenure.warehouse.schema import TABLES


def run(script: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_new_store_has_all_tables_and_a_second_opening_finds_them(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.duckdb"
    with Store.open(path, memory_limit="512MB", threads=1) as store:
        names = {name for (name,) in store.connection().execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert names == set(TABLES)
        assert store.memory_limit == pytest.approx(512_000_000, rel=0.01) and store.threads == 1
        store.connection().execute("INSERT INTO touched (unit) VALUES (7)")
    with Store.open(path) as store:
        assert store.connection().execute("SELECT unit FROM touched").fetchall() == [(7,)]
        assert store.connection().execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


def test_each_thread_has_a_cursor(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb") as store:
        own = store.connection()
        assert store.connection() is own
        others: list[duckdb.DuckDBPyConnection] = []
        thread = threading.Thread(target=lambda: others.append(store.connection()))
        thread.start()
        thread.join()
        assert others[0] is not own


def write_and_fail(store: Store, error: Exception | None) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO touched (unit) VALUES (2)")
        connection.execute("FROM touched")
        if error is not None:
            raise error
        connection.execute("FROM no_such_table")


def count_for_hours(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO touched (unit) VALUES (1)")
        connection.execute("SELECT count(*) FROM range(100000000000) AS t(i) WHERE hash(i) = 1").fetchall()


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb") as store:
        with store.transaction() as connection:
            connection.execute("INSERT INTO touched (unit) VALUES (1)")
        with pytest.raises(ZeroDivisionError):
            write_and_fail(store, ZeroDivisionError())
        with pytest.raises(StoreError, match="no_such_table"):
            write_and_fail(store, None)
        assert store.connection().execute("SELECT unit FROM touched").fetchall() == [(1,)]


def test_a_question_waits_for_no_writer_and_keeps_what_it_must(tmp_path: Path) -> None:
    def counted(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, ...]]:
        connection.execute("CREATE OR REPLACE TEMP TABLE aside AS SELECT unit FROM touched")
        return connection.execute("SELECT count(*) FROM aside").fetchall()

    def kept(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, ...]]:
        connection.execute("INSERT INTO touched (unit) VALUES (7)")
        return counted(connection)

    with Store.open(tmp_path / "store.duckdb") as store:
        with ThreadPoolExecutor(1) as other, store.transaction() as connection:
            connection.execute("INSERT INTO touched (unit) VALUES (1)")
            assert other.submit(store.answer, counted).result(10) == [(0,)]
        assert store.answer(kept) == [(2,)]
        assert store.answer(counted) == [(2,)]
        with pytest.raises(StoreError, match="no_such_table"):
            store.answer(lambda connection: connection.execute("SELECT * FROM no_such_table"))


def test_a_store_closes_under_whoever_still_asks(tmp_path: Path) -> None:
    began = threading.Event()

    def asked() -> None:
        cursor = store.connection()
        began.set()
        cursor.execute("SELECT count(*) FROM range(100000000000) AS t(i) WHERE hash(i) = 1").fetchall()

    store = Store.open(tmp_path / "store.duckdb")
    with ThreadPoolExecutor(1) as other:
        outcome = other.submit(asked)
        began.wait(10)
        time.sleep(0.2)
        store.close()
        with pytest.raises(duckdb.InterruptException):
            outcome.result(10)
    Store.open(tmp_path / "store.duckdb").close()


def test_a_store_that_another_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store.open(path):
        other = run(
            """
            import sys
            from pathlib import Path
            from tenure.errors import WorkspaceHeld
            from tenure.warehouse.duckdb import Store
            try:
                Store.open(Path(sys.argv[1]))
            except WorkspaceHeld as error:
                print(error)
            """,
            path,
        )
    assert "is held by process" in other.stdout and "end it and try again" in other.stdout, other.stderr
    assert issubclass(WorkspaceHeld, StoreError)


def test_files_that_are_no_store(tmp_path: Path) -> None:
    text = tmp_path / "text.duckdb"
    text.write_text("no database at all, but long enough to be looked at" * 100)
    with pytest.raises(StoreError, match=r"is not an event store.*Move it away"):
        Store.open(text)
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE invoices (a INTEGER)")
    with pytest.raises(StoreError, match=r"is a database of something else \(tables invoices\)"):
        Store.open(other)
    with pytest.raises(StoreError):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="is no amount of memory"):
        Store.open(tmp_path / "new.duckdb", memory_limit="plenty")


def test_a_store_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store.open(path) as store:
        store.connection().execute("UPDATE facts SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreError, match="written by a newer Tenure"):
        Store.open(path)


def test_a_store_from_before_first_measures_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store.open(path) as store:
        store.connection().execute(
            "INSERT INTO measures SELECT unit, 0, time, kind, NULL, NULL, 0, 0 "
            "FROM (VALUES (1, 30, 1), (1, 10, 1), (1, 20, 2), (2, 5, 1)) AS told (unit, time, kind)"
        )
        store.connection().execute("DROP TABLE first_measures")
        store.connection().execute("UPDATE facts SET value = '1' WHERE name = 'schema'")
    with Store.open(path) as store:
        found = store.connection().execute("SELECT unit, kind, time FROM first_measures ORDER BY ALL").fetchall()
        assert found == [(1, 1, 10), (1, 2, 20), (2, 1, 5)]


def test_work_can_be_interrupted_from_another_thread(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb", threads=1) as store:
        timer = threading.Timer(0.3, store.interrupt)
        timer.start()
        with pytest.raises(ImportStopped):
            count_for_hours(store)
        assert store.connection().execute("SELECT count(*) FROM touched").fetchall() == [(0,)]


FULL_DISK = """
    import resource, sys
    from pathlib import Path
    import pyarrow as pa
    from tenure.errors import DiskFull
    from tenure.ingest.arrow import append_events
    from tenure.warehouse.duckdb import Store

    def events(first, count):
        numbers = range(first, first + count)
        return pa.table({
            "message_id": [f"{n}-{hash(str(n))}" for n in numbers], "name": ["X"] * count, "time": list(numbers),
            "customer_id": [f"c{n}" for n in numbers],
        })

    path = Path(sys.argv[1])
    store = Store.open(path, threads=1)
    append_events(store, events(0, 1000), "a", 1)
    size = path.stat().st_size + 2_000_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        append_events(store, events(1000, 400_000), "a", 1)
    except DiskFull as error:
        print(error)
"""


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    other = run(FULL_DISK, path)
    assert "There is no room left to write" in other.stdout and "Make room" in other.stdout, other.stderr
    with Store.open(path) as store:
        for table in ("events", "units", "touched"):
            assert store.connection().execute(f"SELECT count(*) FROM {table}").fetchall() == [(1000,)]
        assert store.connection().execute("SELECT sum(loaded) FROM loads").fetchall() == [(1000,)]
