"""The store written anew: no file holds the bytes of whom was erased, whatever ends the process on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from tenure.errors import StoreError
from tenure.ingest.arrow import append_events
from tenure.warehouse import compaction
from tenure.warehouse.duckdb import Store

PEOPLE = 300
GONE = "ada-lovelace-17"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of some people, plain on the disk so that bytes can be looked for."""
    path = tmp_path_factory.mktemp("made") / "store.duckdb"
    with Store.open(path, memory_limit="500MB", threads=1) as store:
        store.connection().execute("SET GLOBAL force_compression = 'uncompressed'")
        rows = [
            {"customer_id": who, "message_id": f"m-{who}-{place}", "name": "Seen", "time": place, "properties": "{}",
             "traits": f'{{"email":"{who}@example.com"}}'}
            for who in [GONE, *(f"c{number}" for number in range(PEOPLE))] for place in range(3)
        ]  # fmt: skip
        append_events(store, pa.Table.from_pylist(rows), "app", 100)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    """A store of the test's own."""
    return Path(shutil.copy(made, tmp_path))


def bytes_left(folder: Path, text: str) -> list[str]:
    """The files below a folder that hold a text."""
    return [str(one) for one in folder.rglob("*") if one.is_file() and text.encode() in one.read_bytes()]


def events(store: Store) -> int:
    return int(store.connection().execute("SELECT count(*) FROM events").fetchall()[0][0])


def test_no_file_holds_the_bytes_of_whom_was_erased(path: Path) -> None:
    assert bytes_left(path.parent, GONE)
    with Store.open(path, memory_limit="500MB", threads=1) as store:
        store.erase(GONE)
        store.connection().execute("CHECKPOINT")
        assert compaction.due(store.connection(), path)
        order = store.connection().execute("SELECT rowid, message_id FROM events ORDER BY rowid").fetchall()
        done = store.compact()
        assert done.before > 0 and done.after > 0
        assert not bytes_left(path.parent, GONE)
        assert not compaction.due(store.connection(), path)
        assert events(store) == 3 * PEOPLE
        after = store.connection().execute("SELECT message_id FROM events ORDER BY rowid").fetchall()
        assert after == [(message,) for _, message in order], "sorted as it was"
        # and it is written on
        append_events(store, pa.table({"message_id": ["late"], "name": ["Seen"], "time": [9]}), "app", 200)
        assert events(store) == 3 * PEOPLE + 1
    files = sorted(one.name for one in path.parent.iterdir() if one.is_file())
    assert files == ["erased", "erased.key", "store.duckdb"]
    with Store.open(path) as store:
        assert events(store) == 3 * PEOPLE + 1


_KILLED = """
import os, signal, sys
from pathlib import Path
from tenure.warehouse.duckdb import Store
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
with Store.open(Path(sys.argv[1]), memory_limit="500MB", threads=1) as store:
    store.compact(step=step)
"""


@pytest.mark.parametrize("step", compaction.STEPS)
def test_killed_at_any_step_the_store_is_whole(path: Path, step: str) -> None:
    with Store.open(path, memory_limit="500MB", threads=1) as store:
        store.erase(GONE)
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path), step], check=False)
    assert killed.returncode == -9
    with Store.open(path, memory_limit="500MB", threads=1) as store:
        assert events(store) == 3 * PEOPLE
        assert compaction.due(store.connection(), path) == (step != "swapped")
        assert not path.with_name(path.name + compaction.COPY).exists()
        store.compact()
    assert not bytes_left(path.parent, GONE)


def test_readers_read_on(path: Path) -> None:
    with Store.open(path, memory_limit="500MB", threads=2) as store:
        over, found, wrong = threading.Event(), [], []

        def read() -> None:
            while not over.is_set():
                try:
                    with store.bounded(30), store.aside() as connection:
                        found.append(connection.execute("SELECT count(*) FROM events").fetchall()[0][0])
                except Exception as error:
                    wrong.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for _ in range(3):
            store.compact()
        over.set()
        for reader in readers:
            reader.join()
        assert not wrong
        assert set(found) == {3 * PEOPLE + 3}


def test_whoever_stays_inside_is_not_cut_off() -> None:
    gate = compaction.Gate()
    inside, over = threading.Event(), threading.Event()

    def stay() -> None:
        with gate.inside():
            inside.set()
            over.wait(10)

    reader = threading.Thread(target=stay)
    reader.start()
    assert inside.wait(10)
    with pytest.raises(StoreError, match="without a break"), gate.alone(0.05):
        pass
    over.set()
    reader.join()
    with gate.alone(0.05), gate.inside():
        pass
