"""What the store says again without being asked, and blocks that are given up."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tenure.errors import TookTooLong
from tenure.warehouse.connection import Connection
from tenure.warehouse.deadlines import Deadlines
from tenure.warehouse.duckdb import Store
from tenure.warehouse.facts import fact, set_fact


def test_what_is_remembered_is_asked_anew_after_a_transaction(tmp_path: Path) -> None:
    asked = 0

    def read(connection: Connection) -> str | None:
        nonlocal asked
        asked += 1
        return fact(connection, "one")

    with Store.open(tmp_path / "store.duckdb") as store:
        assert [store.remembered("one", read) for _ in range(3)] == [None, None, None]
        assert asked == 1
        with store.transaction() as connection:
            set_fact(connection, "one", "first")
            assert store.remembered("one", read) == "first", "whoever writes sees what it wrote"
            other: list[str | None] = []
            thread = threading.Thread(target=lambda: other.append(store.remembered("one", read)))
            thread.start()
            thread.join()
            assert other == [None], "nobody else does before it is committed"
        assert store.remembered("one", read) == "first"
        with pytest.raises(ZeroDivisionError):
            _fail(store)
        assert store.remembered("one", read) == "first"


def test_a_block_is_given_up_and_the_next_one_is_not(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store.duckdb") as store:
        endless = "SELECT count(*) FROM range(100000000000) AS a(x) WHERE x % 7 = 3"
        with pytest.raises(TookTooLong), store.bounded(0.1):
            store.connection().execute(endless).fetchall()
        with store.bounded(30):
            assert store.connection().execute("SELECT 1").fetchall() == [(1,)]


def test_blocks_are_given_up_each_at_its_time() -> None:
    deadlines, given_up = Deadlines(), threading.Event()
    with deadlines.within(60, lambda: pytest.fail("not yet")), deadlines.within(0, given_up.set):
        assert given_up.wait(10)
    given_up.clear()
    assert not given_up.wait(0.25), "a block that has ended is left alone"


def _fail(store: Store) -> None:
    with store.transaction() as connection:
        set_fact(connection, "one", "second")
        raise ZeroDivisionError
