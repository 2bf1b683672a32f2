"""A workspace's definition files as they would be: checked and planned before anything is written.

    texts = {"segments/new.yaml": "when: count(order) == 1"}          # file -> its new text; None takes it away
    with changed_files(ws, texts) as would_be:                        # raises DefinitionError with every problem
        would_be.plan()

The workspace that would be has the same store, and a folder of its own with the definition files alone.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tenure.errors import DefinitionError, Problem, TenureError, UsageError
from tenure.lifecycle.plan import Plan
from tenure.lifecycle.planned import planned_people, planned_population
from tenure.lifecycle.population import StageCount
from tenure.lifecycle.refresh import applied
from tenure.workspace.config import CONFIG_FILE
from tenure.workspace.definitions import EXCLUDED, read_definitions
from tenure.workspace.stage_names import refuse_lost_stages
from tenure.workspace.workspace import Workspace

FOLDERS = ("lifecycles", "segments", "metrics", "targets")
TARGETS_FILE = "targets.yaml"
_OF_A_FOLDER = re.compile(rf"({'|'.join(FOLDERS)})/[A-Za-z0-9_][A-Za-z0-9_-]{{0,99}}\.ya?ml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What changed files would do: the plan, where everybody of a new lifecycle would be, who would move."""

    plan: Plan
    new: Mapping[str, tuple[StageCount, ...]]
    people: Mapping[str, pa.Table]


def definition_file(name: str) -> str:
    """The name of a definition file, as it was given. Raises UsageError where no definition can have it."""
    if name in (CONFIG_FILE, TARGETS_FILE) or _OF_A_FOLDER.fullmatch(name):
        return name
    raise UsageError(
        f"{name[:120]!r} is no place for a definition.",
        hint=f"There are {CONFIG_FILE}, {TARGETS_FILE}, and files such as lifecycles/own.yaml in {', '.join(FOLDERS)}.",
    )


def definition_files(folder: Path) -> tuple[str, ...]:
    """The definition files of a workspace, tenure.yaml first."""
    found = [name for name in (CONFIG_FILE, TARGETS_FILE) if (folder / name).is_file()]
    for place in FOLDERS:
        found += [f"{place}/{path.name}" for path in sorted((folder / place).glob("*.y*ml")) if path.is_file()]
    return tuple(found)


def text_of(folder: Path, name: str) -> str | None:
    """The exact text of a definition file; None where there is none. Raises UsageError where it is no text."""
    try:
        return (folder / definition_file(name)).read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not text in UTF-8.", hint="Save it as UTF-8 with an editor.") from None


@contextmanager
def changed_files(ws: Workspace, texts: Mapping[str, str | None]) -> Iterator[Workspace]:
    """The workspace as it would be with some files changed.

    Raises DefinitionError with every problem of all of its files.
    """
    with tempfile.TemporaryDirectory(prefix="tenure-") as made:
        folder = Path(made)
        for place in FOLDERS:
            (folder / place).mkdir()
        for name in definition_files(ws.folder):
            if name not in texts:
                shutil.copyfile(ws.folder / name, folder / name)
        for name, text in texts.items():
            if text is not None:
                (folder / definition_file(name)).write_bytes(text.encode("utf-8", "surrogatepass"))
        yield _checked(ws, folder)


def preview(ws: Workspace, texts: Mapping[str, str | None], *, most: int) -> Preview:
    """What the files would do once applied, with at most so many of the people who would move; changes nothing."""
    with changed_files(ws, texts) as would_be:
        plan = would_be.plan()
        defined, money = would_be.definitions, would_be.definitions.money
        with ws._store.transaction() as connection:
            held = applied(connection)
            told = {"money": money, "as_of": would_be._now(), "exclusion": held.get(EXCLUDED)}
            new = {
                name: planned_population(connection, defined.all, held, name, **told)  # type: ignore[arg-type]
                for name in plan.new
            }
            people = {
                one.name: planned_people(connection, one, held[one.name], most=most, **told)  # type: ignore[arg-type]
                for one in defined.all
                if any(move.lifecycle == one.name for move in plan.moves)
            }
    return Preview(plan=plan, new=new, people=people)


def write_files(folder: Path, texts: Mapping[str, str | None]) -> None:
    """Nothing; every file is there whole or not at all, and where one cannot be written all are as they were."""
    before = {name: text_of(folder, name) for name in texts}
    done: list[str] = []
    try:
        for name, text in texts.items():
            done.append(name)
            _write(folder / definition_file(name), text)
    except OSError as error:
        for name in done:
            _write(folder / name, before[name])
        reason = (error.strerror or str(error)).lower()
        raise TenureError(f"{done[-1]} cannot be written: {reason}.", hint="Nothing was changed.") from None


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _checked(ws: Workspace, folder: Path) -> Workspace:
    would_be = Workspace(folder, read_definitions(folder), ws._store, ws._clock)
    problems: list[Problem] = []
    for check in (
        lambda: refuse_lost_stages(folder, would_be.definitions.lifecycles, applied(ws._store.connection())),
        lambda: would_be.metrics.all,
        lambda: would_be.targets.all,
    ):
        try:
            check()
        except DefinitionError as error:
            problems += [one for one in error.problems if not _told(one, problems)]
    if problems:
        raise DefinitionError(problems)
    return would_be


def _told(problem: Problem, problems: Sequence[Problem]) -> bool:
    """Whether something is said of that place already."""
    return any((one.file, one.line, one.column) == (problem.file, problem.line, problem.column) for one in problems)
