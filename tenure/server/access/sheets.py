"""Stage sheets: what a stage means, what people need there, who serves them; written into the lifecycle's file.

A lifecycle of the library is shared: the first change of one of its sheets copies its file into the workspace.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from tenure.documents import did_you_mean, parse
from tenure.errors import UsageError
from tenure.lifecycle import library
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.server import holding
from tenure.server.access.definitions import change, digest
from tenure.server.access.reader import require
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import Change

LONGEST, MOST = 500, 20
# lines stay as they are, however long
_WIDTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What people may say of a stage; empty texts and lists say nothing."""

    title: str
    means: str = ""
    needs: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    owner: str = ""
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFile:
    """The file that a sheet stands in: its name, its text, the mark of the text that is there, whether it is new."""

    name: str
    text: str
    base: str
    new: bool


def sheet_of(stage: Stage) -> Sheet:
    """The sheet as it is now."""
    return Sheet(
        title=stage.title, means=stage.means, needs=stage.needs, processes=stage.processes, owner=stage.owner,
        metrics=stage.metrics,
    )  # fmt: skip


def sheet_file(lifecycle: Lifecycle) -> SheetFile:
    """The file that holds a lifecycle, of the workspace or else, as a copy to come, of the library.

    Raises UsageError for a segment, which has no sheet.
    """
    folder = holding.workspace().folder
    if lifecycle.segment:
        raise UsageError(f"{lifecycle.title} is a segment: it has no stage sheet.", hint="Look at its definition.")
    for path in sorted(folder.glob("lifecycles/*.y*ml")):
        text = path.read_text(encoding="utf-8")
        if parse(text.removeprefix("\ufeff"), file=path.name).value(("lifecycle",)) == lifecycle.name:
            return SheetFile(name=f"lifecycles/{path.name}", text=text, base=digest(text), new=False)
    for name in library.names():
        document = library.document(name)
        if document.value(("lifecycle",)) == lifecycle.name:
            return SheetFile(name=f"lifecycles/{name}.yaml", text=document.text, base=digest(None), new=True)
    raise UsageError(f"No file holds the lifecycle {lifecycle.name!r}.")


def write(user: User, lifecycle: Lifecycle, stage: Stage, sheet: Sheet, *, base: str, address: str | None) -> Change:
    """The change that puts a sheet into its file. Raises UsageError where the sheet cannot be, or says nothing new."""
    require(user, Right.DEFINE)
    _check(sheet)
    held = sheet_file(lifecycle)
    text = with_sheet(held.text, stage.name, sheet)
    return change(
        user, {held.name: text}, note=f"Stage sheet of {stage.title}", bases={held.name: base}, address=address
    )


def with_sheet(text: str, stage: str, sheet: Sheet) -> str:
    """The text of a lifecycle's file with the sheet of a stage changed; everything else in it stays, comments too."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    held = yaml.load(text)
    written = next(one for one in held["stages"] if stage in one)
    if written[stage] is None:
        written[stage] = CommentedMap()
    told = written[stage]
    for key in ("title", "means", "needs", "processes", "owner", "metrics"):
        value = getattr(sheet, key)
        # a title that is the name in plain letters need not be written
        if key != "title" or key in told or value != stage.replace("_", " ").replace("-", " ").capitalize():
            _put(told, key, value)
    stream = io.StringIO()
    yaml.dump(held, stream)
    return stream.getvalue()


def _put(told: CommentedMap, key: str, value: str | Sequence[str]) -> None:
    there = told.get(key)
    same = [there] if isinstance(there, str) and not isinstance(value, str) else there
    if same == (value if isinstance(value, str) else list(value)):
        return
    if not value:
        told.pop(key, None)
        return
    new = value if isinstance(value, str) else CommentedSeq(value)
    if key in told:
        told[key] = new
        return
    # before the condition, behind which a comment on the next stage may stand
    order = list(told)
    place = order.index("when") if "when" in order else len(order)
    told.insert({"title": 0, "means": int("title" in told)}.get(key, place), key, new)


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
