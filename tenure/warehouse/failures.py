"""What DuckDB raises, as errors of Tenure that say what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TypeVar

import duckdb

from tenure.errors import DiskFull, ImportStopped, StoreError, TenureError, WorkspaceHeld

T = TypeVar("T")

_HOLDER = re.compile(r"held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
_FULL = ("no space left", "disk full", "max_temp_directory_size", "file too large", "disk quota", "not enough space")


def first_line(error: BaseException) -> str:
    """The first line of an error, without DuckDB's label."""
    text = str(error).strip().split("\n")[0]
    return re.sub(r"^[\w ]+ Error: ", "", text)


def failure(error: BaseException, path: Path) -> TenureError:
    """The error of Tenure for what went wrong with the store at `path`."""
    if isinstance(error, TenureError):
        return error
    text = str(error)
    if any(sign in text.lower() for sign in _FULL) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"There is no room left to write, for {path} or its temporary files; nothing of this step was kept.",
            hint=f"Make room on the disk of {path.parent}, then run it again.",
        )
    if "Could not set lock" in text or "Conflicting lock" in text:
        return _held(text, path)
    if isinstance(error, duckdb.InterruptException):
        return ImportStopped("The work was stopped; nothing of this step was kept.", hint="Run it again to go on.")
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        return StoreError(
            f"The memory limit is too low for this step: {first_line(error)}.",
            hint="Raise the limit, then run it again.",
        )
    if isinstance(error, (duckdb.FatalException, duckdb.InternalException)) or "invalidated" in text:
        return StoreError(
            f"The event store {path} had to be closed: {first_line(error)}.", hint="Open it again; no commit was lost."
        )
    if "not a valid DuckDB database" in text or isinstance(error, duckdb.SerializationException):
        return StoreError(
            f"{path} is not an event store: {first_line(error)}.",
            hint="Move it away, or name another workspace folder.",
        )
    return StoreError(f"The event store {path} cannot be used: {first_line(error)}.", hint="See `tenure doctor`.")


def _held(text: str, path: Path) -> WorkspaceHeld:
    holder = _HOLDER.search(text)
    by = f" by process {holder['pid']} ({Path(holder['program']).name})" if holder else " by another process"
    return WorkspaceHeld(
        f"The workspace's event store {path} is held{by}.",
        hint="Use that process (`tenure serve` answers commands), or end it and try again.",
    )


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns DuckDB's errors, and the system's, into errors of Tenure about the store at `path`."""
    try:
        yield
    except (duckdb.Error, OSError, MemoryError) as error:
        raise failure(error, path) from error


def interruptible(work: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """The result of `work`, done in a thread of its own so that Ctrl-C is heard while the engine is busy.

    On Ctrl-C `interrupt` is called, the work is left to clean up, and KeyboardInterrupt raised.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed to the caller, whatever it is
            failures.append(error)

    thread = Thread(target=run, name="tenure-work", daemon=True)
    thread.start()
    stopped = False
    while thread.is_alive():
        try:
            thread.join(0.2 if stopped else None)
            if stopped:
                # a step between two statements does not hear a single interrupt
                interrupt()
        except KeyboardInterrupt:
            stopped = True
            interrupt()
    if stopped and not results:
        raise KeyboardInterrupt
    if failures:
        # out of the list: error, traceback and frame would hold each other, and the engine's connections with them
        raise failures.pop()
    return results[0]
