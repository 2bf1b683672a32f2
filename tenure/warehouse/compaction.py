"""The store's file written anew, without what was taken out of it: copied, then put in the place of the old one.

DuckDB leaves deleted rows in the file until their place is used again, a checkpoint or not. So the tables are copied
to a file beside, which takes the old one's name in one step. Whatever ends the process meanwhile leaves either the old
file or the new one whole, and what lies about is cleared away when the store is next opened.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tenure.errors import StoreError
from tenure.warehouse.connection import Connection
from tenure.warehouse.erased import LIST_FILE
from tenure.warehouse.facts import fact
from tenure.warehouse.source_sql import quote_text

COPY = ".compact"
WAL = ".wal"
# how many bytes the list of those erased had when the file was last written anew; what else was taken out since then
ERASED, TAKEN_OUT = "compacted erased", "taken out"
STEPS = ("copied", "closed", "swapped")
_NAME = "compacted"
# seconds for which the swap waits until nobody reads
PATIENCE = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """The size of the file before and after, in bytes, and the seconds that it took."""

    before: int
    after: int
    seconds: float


class Gate:
    """Lets threads in and out of the store, and one of them in alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: dict[int, int] = {}
        self._alone: int | None = None

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A block that nobody swaps the file under; it waits while somebody does."""
        me = threading.get_ident()
        with self._changed:
            # who is in already may go further in
            self._changed.wait_for(lambda: self._alone in (None, me) or me in self._inside)
            self._inside[me] = self._inside.get(me, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._inside[me] -= 1
                if not self._inside[me]:
                    del self._inside[me]
                self._changed.notify_all()

    @contextmanager
    def alone(self, seconds: float = PATIENCE) -> Iterator[None]:
        """A block in which no other thread is inside. Raises StoreError where some stay in for longer."""
        me = threading.get_ident()
        with self._changed:
            self._alone = me
            if not self._changed.wait_for(lambda: not self._inside.keys() - {me}, seconds):
                self._alone = None
                self._changed.notify_all()
                raise StoreError("The store is being read without a break.", hint="Try again when less goes on.")
        try:
            yield
        finally:
            with self._changed:
                self._alone = None
                self._changed.notify_all()


def due(connection: Connection, path: Path) -> bool:
    """Whether anything was taken out since the file was last written anew."""
    return fact(connection, TAKEN_OUT) is not None or (fact(connection, ERASED) or "0") != _erased(path)


def copied(connection: Connection, path: Path) -> Path:
    """The file with all tables of the store as they are committed, complete on the disk."""
    tidy(path)
    copy = path.with_name(path.name + COPY)
    connection.execute(f"ATTACH {quote_text(str(copy))} AS {_NAME}")
    try:
        current = connection.execute("SELECT current_database()").fetchall()[0][0]
        connection.execute(f'COPY FROM DATABASE "{current}" TO {_NAME}')
        for name in (ERASED, TAKEN_OUT):
            connection.execute(f"DELETE FROM {_NAME}.facts WHERE name = ?", [name])
        connection.execute(f"INSERT INTO {_NAME}.facts (name, value) VALUES (?, ?)", [ERASED, _erased(path)])
        connection.execute(f"CHECKPOINT {_NAME}")
    finally:
        connection.execute(f"DETACH {_NAME}")
    _whole(copy)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    return copy


def swapped(copy: Path, path: Path) -> None:
    """Nothing; the copy has the name of the store, which nobody has open."""
    # what stands in a log beside the file would be played onto the wrong one
    _whole(path)
    copy.chmod(path.stat().st_mode)
    copy.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def tidy(path: Path) -> None:
    """Nothing; clears away what an interrupted compaction left. The store is this process's own."""
    for left in (path.with_name(path.name + COPY), path.with_name(path.name + COPY + WAL)):
        left.unlink(missing_ok=True)


def tidy_spilled(folder: Path) -> None:
    """Nothing; clears away what a process that was killed had spilled. No store spills there yet."""
    for left in folder.rglob("duckdb_temp_*") if folder.is_dir() else ():
        with suppress(OSError):
            left.unlink()
    # rows that were on their way from a database: they name people
    for left in folder.glob("fetched-*"):
        shutil.rmtree(left, ignore_errors=True)


def compact_sqlite(path: Path) -> None:
    """Nothing; the SQLite file holds no bytes of rows that were deleted."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreError(f"{path} could not be written anew: {error}.", hint="Try again when less goes on.") from None


def timed(path: Path, work: Callable[[], None]) -> Compacted:
    """What the work did to the size of the file."""
    before, began = path.stat().st_size, time.perf_counter()
    work()
    return Compacted(before=before, after=path.stat().st_size, seconds=time.perf_counter() - began)


def _erased(path: Path) -> str:
    found = path.parent / LIST_FILE
    return str(found.stat().st_size) if found.exists() else "0"


def _whole(path: Path) -> None:
    wal = path.with_name(path.name + WAL)
    if wal.exists() and wal.stat().st_size:
        raise StoreError(f"{path} has changes that are not in it yet.", hint="Look whether the disk is full.")
