"""The event store in a DuckDB file: opened, held by one process, closed.

    with Store.open(folder / "store.duckdb", temp_directory=folder / "temp") as store:
        store.append(batches, Arrival(source="orders", received_at=now))
        store.connection().execute("SELECT count(*) FROM events")

One process holds the file; inside it every thread has a cursor of its own, and one thread at a time writes.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast
from weakref import WeakSet

import duckdb
import pyarrow as pa

from tenure.errors import DiskFull, StoreError, TookTooLong
from tenure.warehouse import compaction, loading
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.cursor import Cursor, Waits
from tenure.warehouse.deadlines import Deadlines
from tenure.warehouse.erased import Erased
from tenure.warehouse.erasing import Erasure, claims_of, erase, ids_of
from tenure.warehouse.failures import failure, told
from tenure.warehouse.identity.rules import DEFAULT
from tenure.warehouse.identity.withdrawing import settle
from tenure.warehouse.known import Known
from tenure.warehouse.preparing import prepare
from tenure.warehouse.source_sql import quote_text
from tenure.warehouse.store import Appended, Arrival
from tenure.warehouse.windows import Windows

T = TypeVar("T")

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}  # fmt: skip
_SIZE = re.compile(r"\s*(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>[A-Za-z]*)\s*")

# seconds in which a question notices that it is given up
_ENDING = 10.0

# DuckDB takes 80 % of the memory it may use (of a container, too) where nothing else is said
_DUCKDB_SHARE = 0.8


class Store:
    """An open event store. `memory_limit` is in bytes, `temp_directory` where what does not fit is spilled to."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, temp_directory: Path) -> None:
        self.path = path
        self.temp_directory = temp_directory
        self.erased = Erased(path.parent)
        self._gate = compaction.Gate()
        self._root = connection
        self._local = threading.local()
        # those of all threads: what they ask is given up when the store closes
        self._cursors: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
        self._writing = threading.RLock()
        self._known = Known()
        self.rules = DEFAULT
        self._deadlines = Deadlines()
        self._changes = 0
        self._remembered: dict[Hashable, tuple[int, object]] = {}
        self._writer: duckdb.DuckDBPyConnection | None = None
        # what threads that begin to ask from now on wait for their answers in
        self.waits: Waits | None = None
        # a chunk is held as it came, staged, and sorted
        self._chunk_bytes = min(self.memory_limit // 12, 1 << 30)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        memory_limit: str | int | None = None,
        threads: int | None = None,
        temp_directory: Path | None = None,
    ) -> Store:
        """The store in the file `path`, made where there is none.

        `memory_limit` is a size (`"4GB"`, or bytes; default: half of the memory there is), `temp_directory` defaults to
        a folder beside the file. Raises WorkspaceHeld where another process has it open, StoreError where it cannot be.
        """
        spill = temp_directory or path.parent / "temp"
        limit = None if memory_limit is None else _bytes(memory_limit)
        connection = _connected(path, spill, limit, threads)
        # the file is this process's own: whatever lies beside it was left by one that is gone
        compaction.tidy(path)
        compaction.tidy_spilled(spill)
        return cls(connection, path, spill)

    def compact(self, *, step: Callable[[str], None] = lambda name: None) -> compaction.Compacted:
        """What writing the file anew did to its size: no bytes of what was taken out are left in it.

        Who reads meanwhile reads on, but for the moment of the swap, which waits for them. `step` is told each of
        `compaction.STEPS` that is done. Raises StoreError where somebody reads without a break; all is as it was then.
        """

        def anew() -> None:
            copy = compaction.copied(self.connection(), self.path)
            step("copied")
            limit, threads = self.memory_limit, self.threads
            with self._gate.alone():
                self.connection().execute("CHECKPOINT")
                self._root.close()
                step("closed")
                try:
                    compaction.swapped(copy, self.path)
                    step("swapped")
                finally:
                    self._root = _connected(self.path, self.temp_directory, limit, threads)
                    self._local, self._cursors, self._known = threading.local(), WeakSet(), Known()

        with self._writing, told(self.path):
            try:
                return compaction.timed(self.path, anew)
            finally:
                compaction.tidy(self.path)

    @property
    def memory_limit(self) -> int:
        """The limit of the store's memory, in bytes."""
        return _setting_bytes(self.connection(), "memory_limit")

    @property
    def threads(self) -> int:
        """How many threads the engine uses."""
        row = first_row(self.connection(), "SELECT current_setting('threads')")
        return int(row[0]) if row else 1

    def connection(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor; temporary tables are its own."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            with told(self.path):
                own = self._root.cursor()
                self._cursors.add(own)
                own.execute("SET enable_progress_bar = false")
            cursor = self._local.cursor = cast("duckdb.DuckDBPyConnection", Cursor(own, self.waits))
        return cursor

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor inside a transaction: committed at the end, rolled back where anything is raised.

        One thread writes at a time. DuckDB's errors come out as errors of Tenure.
        """
        with self._writing, self._gate.inside():
            connection = self._writer = self.connection()
            try:
                connection.begin()
                yield connection
                connection.commit()
            except BaseException as error:
                _roll_back(connection)
                if not isinstance(error, (duckdb.Error, OSError, MemoryError)):
                    raise
                told_error = failure(error, self.path)
                if isinstance(told_error, DiskFull):
                    # gives back what the file has grown by, so that small steps have room again
                    with suppress(duckdb.Error):
                        connection.execute("CHECKPOINT")
                raise told_error from error
            finally:
                self._writer = None
                self._changes += 1

    @contextmanager
    def aside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor inside a transaction that leaves nothing: for questions that need tables of their own.

        It waits for no writer. DuckDB's errors come out as errors of Tenure, but for the end of a block's time.
        """
        with self._gate.inside():
            yield from self._aside()

    def _aside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = self.connection()
        connection.begin()
        try:
            yield connection
        except (duckdb.Error, OSError, MemoryError) as error:
            if isinstance(error, duckdb.InterruptException):
                raise
            raise failure(error, self.path) from error
        finally:
            _roll_back(connection)

    def answer(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """What a question says that may have to keep something first, such as measures that were never extracted.

        It waits for no writer where everything is there; else it is asked once more, as one who writes. DuckDB's errors
        come out as those of `aside` do.
        """
        with self._gate.inside():
            return self._answered(question)

    def _answered(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        connection = self.connection()
        connection.execute("BEGIN TRANSACTION READ ONLY")
        try:
            return question(connection)
        except duckdb.TransactionException:
            # it has something to keep
            pass
        except (duckdb.Error, OSError, MemoryError) as error:
            if isinstance(error, duckdb.InterruptException):
                raise
            raise failure(error, self.path) from error
        finally:
            _roll_back(connection)
        with self.transaction() as connection:
            return question(connection)

    def interrupt(self) -> None:
        """Ends the transaction that runs, from another thread; it is rolled back."""
        writer = self._writer
        if writer is not None:
            writer.interrupt()

    @contextmanager
    def bounded(self, seconds: float) -> Iterator[None]:
        """Nothing; whatever this thread asks inside is given up after so long. Raises TookTooLong then."""
        try:
            with self._gate.inside(), self._deadlines.within(seconds, self.connection().interrupt):
                yield
        except duckdb.InterruptException as error:
            raise TookTooLong(
                f"This took longer than {seconds:g} seconds, and was given up.",
                hint="Ask for less: a shorter time, or fewer people.",
            ) from error

    def remembered(self, name: Hashable, read: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """What `read` says of what is committed: it is asked once, and again after the next transaction.

        Whoever writes asks it every time.
        """
        connection, changes = self.connection(), self._changes
        if self._writer is connection:
            return read(connection)
        held = self._remembered.get(name)
        if held is None or held[0] != changes:
            held = self._remembered[name] = (changes, read(connection))
        return cast("T", held[1])

    def append(self, batches: Iterable[pa.RecordBatch], arrival: Arrival) -> Appended:
        """What became of the rows in `batches` (columns of `ARRIVING`), all of them in one transaction.

        Nothing is kept where it fails.
        """
        with self._writing:
            known, self._known = self._known, Known()
            windows, self._local.windows = getattr(self._local, "windows", None), None
            with self.transaction() as connection:
                windows = windows or Windows(connection)
                appended = loading.append(
                    connection,
                    self.erased.refuse(batches),
                    arrival,
                    windows=windows,
                    known=known,
                    chunk_bytes=self._chunk_bytes,
                    rules=self.rules,
                )
            # only what was committed is known; where it failed, it is read again
            known.committed(self.connection())
            self._known, self._local.windows = known, windows
            return appended

    def expect(self) -> None:
        """Nothing; what small batches are compared with is at hand. Otherwise the third of them waits for it."""
        with self._writing:
            self._known.expect(self.connection())

    def identify(self, connection: Connection) -> None:
        """Nothing; folds identities anew, in a transaction, where rules have changed or nobody did it before."""
        own = cast("duckdb.DuckDBPyConnection", connection)
        with closing(Windows(own)) as windows:
            if settle(own, windows, Known(), self.rules):
                self._known = Known()

    def erase(self, person: str) -> Erasure:
        """What was taken out to leave nothing of a person in the store; rows of that id are refused from now on.

        It may be called again where it was cut short. The bytes are overwritten as the file is used on.
        """
        with self._writing:
            with told(self.path):
                ids, claims = ids_of(self.connection(), person), claims_of(self.connection(), person)
            # before anything else: what arrives meanwhile, or after a crash, does not bring them back
            self.erased.add([*ids, *(one.partition(":")[2] for one in claims)])
            self._known = Known()
            with self.transaction() as connection:
                return erase(connection, ids, claims, self.rules)

    def fingerprints(self, source: str) -> dict[str, str]:
        """The files of a source that are loaded, each with the fingerprint it had."""
        with told(self.path):
            rows = self.connection().execute(
                "SELECT file, max_by(fingerprint, load) FROM loads WHERE source = ? GROUP BY file", [source]
            )
            return dict(rows.fetchall())

    def close(self) -> None:
        """Gives the file free; whatever other threads still ask is given up, and cursors end with it."""
        until = time.monotonic() + _ENDING
        with told(self.path):
            while True:
                try:
                    return self._root.close()
                except duckdb.ResourceInUseException:
                    if time.monotonic() > until:
                        raise
                for cursor in list(self._cursors):
                    # some are closed already
                    with suppress(duckdb.ConnectionException):
                        cursor.interrupt()
                time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _connected(path: Path, spill: Path, limit: int | None, threads: int | None) -> duckdb.DuckDBPyConnection:
    """The connection to the store's file, its tables made; `limit` is in bytes, None: half of the memory there is."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "python_enable_replacements": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path), config=config)
        try:
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            connection.execute(f"SET GLOBAL temp_directory = {quote_text(str(spill))}")
            if threads is not None:
                connection.execute(f"SET GLOBAL threads = {int(threads)}")
            if limit is None:
                limit = int(_setting_bytes(connection, "memory_limit") / _DUCKDB_SHARE / 2)
            connection.execute(f"SET GLOBAL memory_limit = '{limit // 1024}KiB'")
            prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    # the engine may have given the transaction up itself
    with suppress(duckdb.Error):
        connection.rollback()


def _setting_bytes(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    row = first_row(connection, f"SELECT current_setting('{name}')")
    return _bytes(str(row[0]) if row else "0")


def _bytes(size: str | int) -> int:
    """A size such as `4GB` in bytes."""
    if isinstance(size, int):
        return size
    match = _SIZE.fullmatch(size)
    if match is None or match["unit"].upper() not in _UNITS:
        raise StoreError(f"'{size}' is no amount of memory.", hint="Write 4GB or 512MB, say.")
    return int(float(match["number"]) * _UNITS[match["unit"].upper()])
