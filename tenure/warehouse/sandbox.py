"""Where the SQL of sources runs: an in-memory database that may read the source's folders and nothing else.

    with Sandbox.open(folders=[folder / "data"]) as sandbox:
        for batch in sandbox.batches("SELECT …"):
            ...

It holds no data of the workspace, its configuration is locked, and it cannot load extensions. Rows leave as Arrow.

Making a database takes longer than reading a small file, so that the last one that ended well waits, empty, for the
next sandbox with the same settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from tenure.errors import SourceError
from tenure.warehouse.failures import first_line
from tenure.warehouse.source_sql import quote_text

BATCH_ROWS = 122_880

Settings = tuple[tuple[str, str], ...]
_waiting: dict[Settings, duckdb.DuckDBPyConnection] = {}
_waiting_lock = Lock()


class SandboxError(SourceError):
    """What DuckDB says about the SQL of a source; `kind` tells whether names, values or files are at fault."""

    def __init__(self, error: duckdb.Error) -> None:
        super().__init__(first_line(error))
        self.kind = type(error).__name__.removesuffix("Exception")


class Sandbox:
    """One locked in-memory database; use it from one thread, and close it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._tables: set[str] = set()
        self._registered: set[str] = set()
        self._interrupted = False

    @classmethod
    def open(
        cls,
        *,
        folders: Sequence[Path] = (),
        memory_limit: int | None = None,
        threads: int | None = None,
        temp_directory: Path | None = None,
    ) -> Sandbox:
        """A sandbox that may read `folders` (with all below), with `memory_limit` in bytes."""
        if temp_directory is not None:
            temp_directory.parent.mkdir(parents=True, exist_ok=True)
        settings = {"TimeZone": "'UTC'", "enable_progress_bar": "false", "streaming_buffer_size": quote_text("16MB")}
        if memory_limit is not None:
            settings["memory_limit"] = quote_text(f"{memory_limit // 1024}KiB")
        if threads is not None:
            settings["threads"] = str(threads)
        # without a folder to spill to, what does not fit into memory is an error, never a file of the current folder
        settings["temp_directory"] = quote_text(str(temp_directory) if temp_directory else "")
        settings["allowed_directories"] = f"[{', '.join(quote_text(str(folder.resolve())) for folder in folders)}]"
        settings["enable_external_access"] = "false"
        settings["lock_configuration"] = "true"
        wanted = tuple(settings.items())
        with _waiting_lock:
            connection = _waiting.pop(wanted, None)
        return cls(connection or _database(wanted), wanted)

    def register(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Makes Arrow rows readable under `name`; a reader can be read once."""
        self._connection.register(name, rows)
        self._registered.add(name)

    def create(self, name: str, sql: str) -> None:
        """Keeps the result of `sql` as the table `name`."""
        self._run(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {sql}')
        self._tables.add(name)

    def types(self, sql: str) -> dict[str, str]:
        """The columns of a SELECT with their types, without running it."""
        return {row[0]: row[1] for row in self._run(f"DESCRIBE {sql}").fetchall()}

    def table(self, sql: str) -> pa.Table:
        """The whole result of a SELECT."""
        try:
            return self._connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise SandboxError(error) from error

    def batches(self, sql: str, *, rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The result of a SELECT as it is worked out, so that it need not fit into memory."""
        try:
            yield from self._connection.sql(sql).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise SandboxError(error) from error
        except (pa.ArrowException, OSError, RuntimeError) as error:
            raise SourceError(first_line(error)) from error

    def interrupt(self) -> None:
        """Ends what runs, from another thread."""
        self._interrupted = True
        self._connection.interrupt()

    def close(self) -> None:
        """Ends the sandbox with all it held."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and not self._interrupted:
            self._set_aside()
        else:
            self.close()

    def _set_aside(self) -> None:
        """Lets the database wait, empty, for the next sandbox like this; whatever waited before ends."""
        for name in self._registered:
            self._connection.unregister(name)
        for name in self._tables:
            self._run(f'DROP TABLE "{name}"')
        with _waiting_lock:
            ended = list(_waiting.values())
            _waiting.clear()
            _waiting[self._settings] = self._connection
        for connection in ended:
            connection.close()

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql)
        except duckdb.Error as error:
            raise SandboxError(error) from error


def _database(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A new database in memory, with the settings made for good."""
    connection = duckdb.connect(
        config={
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
        }
    )
    for name, value in settings:
        connection.execute(f"SET {name} = {value}")
    return connection
