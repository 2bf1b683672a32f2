"""Stage sheets: what a stage means, what people need there, who serves them; written into the lifecycle's file.

A lifecycle of the library is shared: the first change of one of its sheets copies its file into the workspace.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.server import holding
from tenure.server.access.definition_forms import Written, where, with_stage
from tenure.server.access.definitions import change
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import Change

LONGEST, MOST = 500, 20
KEYS = ("title", "means", "needs", "processes", "owner", "metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What people may say of a stage; empty texts and lists say nothing."""

    title: str
    means: str = ""
    needs: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    owner: str = ""
    metrics: tuple[str, ...] = ()


def sheet_of(stage: Stage) -> Sheet:
    """The sheet as it is now."""
    return Sheet(
        title=stage.title, means=stage.means, needs=stage.needs, processes=stage.processes, owner=stage.owner,
        metrics=stage.metrics,
    )  # fmt: skip


def sheet_file(reader: Reader, lifecycle: Lifecycle) -> Written:
    """Where a lifecycle is written: in the workspace or, as a copy to come, in the library.

    Raises UsageError for a segment, which has no sheet.
    """
    if lifecycle.segment:
        raise UsageError(f"{lifecycle.title} is a segment: it has no stage sheet.", hint="Look at its definition.")
    return where(reader, lifecycle.name)


def write(user: User, lifecycle: Lifecycle, stage: Stage, sheet: Sheet, *, base: str, address: str | None) -> Change:
    """The change that puts a sheet into its file. Raises UsageError where the sheet cannot be, or says nothing new."""
    require(user, Right.DEFINE)
    _check(sheet)
    file = sheet_file(user, lifecycle).file
    before = sheet_of(stage)
    # what is as it was is not written: a title that is the name in plain letters need not stand in the file
    told = {
        key: list(value) if isinstance(value, tuple) else value
        for key in KEYS
        if (value := getattr(sheet, key)) != getattr(before, key)
    }
    texts = with_stage(user, lifecycle.name, stage.name, told)
    return change(user, texts, note=f"Stage sheet of {stage.title}", bases={file: base}, address=address)


def _check(sheet: Sheet) -> None:
    """Nothing. Raises UsageError for what is too long, and for metrics that do not exist."""
    if not sheet.title:
        raise UsageError("A stage needs a title.")
    for text in (sheet.title, sheet.means, sheet.owner, *sheet.needs, *sheet.processes):
        if len(text) > LONGEST:
            raise UsageError(f"“{text[:40]}…” is longer than {LONGEST} letters.", hint="Make several lines of it.")
    for listed in (sheet.needs, sheet.processes, sheet.metrics):
        if len(listed) > MOST:
            raise UsageError(f"A list has at most {MOST} lines.")
    known = holding.workspace().metrics.all
    for name in sheet.metrics:
        if name not in known:
            raise UsageError(f"There is no metric {name!r}.", hint=did_you_mean(name, known) or "See Metrics.")
