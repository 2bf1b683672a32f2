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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from weakref import WeakSet

import duckdb
import pyarrow as pa

from tenure.errors import DiskFull, StoreError, TookTooLong
from tenure.warehouse import loading
from tenure.warehouse.connection import first_row
from tenure.warehouse.erased import Erased
from tenure.warehouse.erasing import Erasure, erase, ids_of
from tenure.warehouse.facts import fact
from tenure.warehouse.failures import failure, told
from tenure.warehouse.known import Known
from tenure.warehouse.measures import keep_firsts
from tenure.warehouse.schema import SCHEMA_VERSION, TABLES
from tenure.warehouse.source_sql import quote_text
from tenure.warehouse.store import Appended, Arrival

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
        self._root = connection
        self._local = threading.local()
        # those of all threads: what they ask is given up when the store closes
        self._cursors: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
        self._writing = threading.RLock()
        self._known = Known()
        self._writer: duckdb.DuckDBPyConnection | None = None
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
                _prepare(connection, path)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, spill)

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
                cursor = self._local.cursor = self._root.cursor()
                self._cursors.add(cursor)
                cursor.execute("SET enable_progress_bar = false")
        return cursor

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor inside a transaction: committed at the end, rolled back where anything is raised.

        One thread writes at a time. DuckDB's errors come out as errors of Tenure.
        """
        with self._writing:
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

    @contextmanager
    def aside(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """This thread's cursor inside a transaction that leaves nothing: for questions that need tables of their own.

        It waits for no writer. DuckDB's errors come out as errors of Tenure, but for the end of a block's time.
        """
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
        timer = threading.Timer(seconds, self.connection().interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException as error:
            raise TookTooLong(
                f"This took longer than {seconds:g} seconds, and was given up.",
                hint="Ask for less: a shorter time, or fewer people.",
            ) from error
        finally:
            timer.cancel()

    def append(self, batches: Iterable[pa.RecordBatch], arrival: Arrival) -> Appended:
        """What became of the rows in `batches` (columns of `ARRIVING`), all of them in one transaction.

        Nothing is kept where it fails.
        """
        with self._writing:
            known, self._known = self._known, Known()
            with self.transaction() as connection:
                appended = loading.append(
                    connection, self.erased.refuse(batches), arrival, known=known, chunk_bytes=self._chunk_bytes
                )
            # only what was committed is known; where it failed, it is read again
            known.committed(self.connection())
            self._known = known
            return appended

    def erase(self, person: str) -> Erasure:
        """What was taken out to leave nothing of a person in the store; rows of that id are refused from now on.

        It may be called again where it was cut short. The bytes are overwritten as the file is used on.
        """
        with self._writing:
            with told(self.path):
                ids = ids_of(self.connection(), person)
            # before anything else: what arrives meanwhile, or after a crash, does not bring them back
            self.erased.add(ids)
            self._known = Known()
            with self.transaction() as connection:
                return erase(connection, ids)

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


def _prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Makes the tables that are missing."""
    names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "facts" in names:
        version = int(fact(connection, "schema") or 0)
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"The event store {path} was written by a newer Tenure (schema {version}, this one knows "
                f"{SCHEMA_VERSION}).",
                hint="Install the newer version.",
            )
    elif names:
        raise StoreError(
            f"{path} is a database of something else (tables {', '.join(sorted(names)[:5])}).",
            hint="Move it away, or name another workspace folder.",
        )
    missing = [name for name in TABLES if name not in names]
    if missing:
        connection.begin()
        for name in missing:
            connection.execute(f"CREATE TABLE {name} ({TABLES[name]})")
        if "facts" in missing:
            connection.execute("INSERT INTO facts VALUES ('schema', ?)", [str(SCHEMA_VERSION)])
        else:
            connection.execute("UPDATE facts SET value = ? WHERE name = 'schema'", [str(SCHEMA_VERSION)])
        if "first_measures" in missing and "measures" not in missing:
            keep_firsts(connection, "SELECT * FROM measures")
        connection.commit()


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
