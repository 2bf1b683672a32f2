"""Everything that Tenure raises on purpose.

    TenureError              the base; `exit_code` is what the command line returns
    ├── UsageError           the caller named something that does not exist, or asked for what cannot be
    ├── ConditionError       a condition that does not parse or does not mean anything
    ├── DefinitionError      a workspace file with problems, all of them at once
    ├── SourceError          a source that cannot be read
    ├── ImportStopped        an import that was interrupted and left nothing behind
    ├── FitError             a model that cannot be fitted to the data
    └── StoreError           the event store cannot be used
        ├── WorkspaceHeld    another process owns the workspace
        └── DiskFull         there is no room left to write

Every message says what happened, to what, and what to do next (`hint`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class TenureError(Exception):
    """The base of all errors of Tenure: a sentence and what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        # made again with what it holds, whatever its constructor asks for
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[TenureError], args: tuple[object, ...], held: dict[str, object]) -> TenureError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(held)
    return error


class UsageError(TenureError):
    """The caller named something that does not exist, or asked for what cannot be."""

    exit_code = 2


class ConditionError(TenureError):
    """A condition that does not parse or does not mean anything.

    `text` is the whole condition, `start` and `end` the characters at fault (counted from 0, `end` exclusive).
    """

    exit_code = 1

    def __init__(self, message: str, *, text: str, start: int = 0, end: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.start = start
        self.end = max(start + 1, end if end is not None else start + 1)

    def __str__(self) -> str:
        line_start = self.text.rfind("\n", 0, self.start) + 1
        line_end = self.text.find("\n", self.start)
        line = self.text[line_start : len(self.text) if line_end < 0 else line_end]
        column = self.start - line_start
        marks = "^" * max(1, min(self.end - self.start, len(line) - column))
        shown = line.replace("\t", " ")
        return (
            f"{self.message} (column {column + 1}) {self.hint}".rstrip() + f"\n    {shown}\n    {' ' * column}{marks}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in one file; `line` and `column` count from 1, 0 where there is none."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "") + (f":{self.column}" if self.column else "")
        return f"{place}: {self.message} {self.hint}".rstrip()


class DefinitionError(TenureError):
    """A workspace file with problems; `problems` holds all of them, in the order of the file."""

    exit_code = 1

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the workspace's files.")

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class SourceError(TenureError):
    """A source that cannot be read: a missing file or column, a file that is not what it says."""


class ImportStopped(TenureError):
    """An import that was interrupted; what was not committed is not there."""


class FitError(TenureError):
    """A model that cannot be fitted to these data: too few of them, or no likelihood with a maximum."""


class StoreError(TenureError):
    """The event store cannot be opened, read or written."""


class WorkspaceHeld(StoreError):
    """Another process owns the workspace's event store."""


class TookTooLong(StoreError):
    """A question was given up because it took longer than the page may ask."""


class DiskFull(StoreError):
    """There is no room left to write; nothing of the step was kept."""
