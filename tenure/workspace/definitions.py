"""A workspace's files, read and checked together: every problem of every file at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tenure.documents import Document, condition_problem, problem_at, read, validate
from tenure.errors import ConditionError, DefinitionError, Problem
from tenure.events import EventBinding, bindings
from tenure.expressions import Names, check, check_where, parse, parse_value, parse_where
from tenure.lifecycle import library
from tenure.lifecycle.definition import Lifecycle, LifecycleSpec, define, segment
from tenure.lifecycle.population import Worth
from tenure.workspace.config import (
    CONFIG_FILE,
    SegmentSpec,
    WorkspaceConfig,
    condition_texts,
    lifecycle_name,
    load_config,
)

EXCLUDED = "#excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """What a workspace defines: its settings, lifecycles (segments among them), who is excluded, what money is."""

    config: WorkspaceConfig
    lifecycles: tuple[Lifecycle, ...]
    exclusion: Lifecycle | None
    money: Worth
    warnings: tuple[Problem, ...]

    @property
    def all(self) -> tuple[Lifecycle, ...]:
        """Everything with a history, the exclusion too."""
        return (*self.lifecycles, self.exclusion) if self.exclusion else self.lifecycles

    def lifecycle(self, name: str) -> Lifecycle | None:
        """The lifecycle or segment of that name."""
        return next((one for one in self.lifecycles if one.name == name), None)


def read_definitions(folder: Path) -> Definitions:
    """What the files of the workspace `folder` define.

    Raises DefinitionError with every problem of every file.
    """
    document = read(folder / CONFIG_FILE, file=CONFIG_FILE)
    files = {path.stem: path for path in sorted(folder.glob("lifecycles/*.y*ml"))}
    segment_files = {path.stem: path for path in sorted(folder.glob("segments/*.y*ml"))}
    try:
        config = load_config(document, library=library.names(), lifecycles=tuple(files), segments=tuple(segment_files))
    except DefinitionError as error:
        raise DefinitionError([*error.problems, *_unreadable(document, files.values())]) from None
    reader = _Reader(config, document, bindings(config.bindings))
    chosen = [lifecycle_name(entry) for entry in config.lifecycles] or list(files)
    reader.segments({name: read(path, file=f"segments/{path.name}") for name, path in segment_files.items()})
    reader.lifecycles([_lifecycle_document(folder, files, name) for name in chosen])
    reader.check_segments()
    exclusion = reader.exclusion()
    money = reader.money()
    if reader.problems:
        raise DefinitionError(reader.problems)
    return Definitions(
        config=config,
        lifecycles=tuple(reader.defined),
        exclusion=exclusion,
        money=money,
        warnings=tuple(reader.warnings),
    )


def _unreadable(document: Document, files: Iterable[Path]) -> list[Problem]:
    """What is wrong in conditions and lifecycle files, as far as that can be told without the workspace's settings."""
    parsers = {"condition": parse, "value": parse_value, "where": parse_where}
    found: list[Problem] = []
    for path, kind, text in condition_texts(document):
        try:
            parsers[kind](text)
        except ConditionError as error:
            found.append(condition_problem(error, document, path))
    for file in files:
        try:
            written = read(file, file=f"lifecycles/{file.name}")
            spec = validate(LifecycleSpec, written)
        except DefinitionError as error:
            found += error.problems
            continue
        for place, stage in enumerate(spec.stages):
            for name, what in stage.items():
                if what.when is None:
                    continue
                try:
                    parse(what.when)
                except ConditionError as error:
                    found.append(condition_problem(error, written, ("stages", place, name, "when")))
    return found


def _lifecycle_document(folder: Path, files: Mapping[str, Path], name: str) -> Document:
    if name in files:
        return read(files[name], file=f"lifecycles/{files[name].name}")
    return library.document(name)


class _Reader:
    """Gathers what the files define, and what is wrong with them."""

    def __init__(self, config: WorkspaceConfig, document: Document, known: Mapping[str, EventBinding]) -> None:
        self.config = config
        self.document = document
        self.known = known
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.defined: list[Lifecycle] = []
        self.stages: dict[str, tuple[str, ...]] = {}
        self.written: dict[str, tuple[SegmentSpec, Document, tuple[str | int, ...]]] = {}
        self._filters()

    def _filters(self) -> None:
        for path, kind, text in condition_texts(self.document):
            if kind == "where":
                try:
                    check_where(parse_where(text), text=text)
                except ConditionError as error:
                    self.problems.append(condition_problem(error, self.document, path))

    def lifecycles(self, documents: list[Document]) -> None:
        """Defines the lifecycles of the documents, each knowing the stages of the others."""
        specs: list[tuple[LifecycleSpec, Document]] = []
        for document in documents:
            try:
                spec = validate(LifecycleSpec, document)
            except DefinitionError as error:
                self.problems += error.problems
                continue
            if spec.lifecycle in self.stages:
                message = f"There is another lifecycle or segment {spec.lifecycle!r}."
                self.problems.append(problem_at(document, ("lifecycle",), message, "Rename one of them."))
            self.stages[spec.lifecycle] = tuple(next(iter(stage)) for stage in spec.stages)
            specs.append((spec, document))
        for spec, document in specs:
            found = define(spec, document, bindings=self.known, others=self.stages)
            self.problems += found.problems
            self.warnings += found.warnings
            if found.lifecycle:
                self.defined.append(found.lifecycle)

    def segments(self, files: Mapping[str, Document]) -> None:
        """Takes in the segments: those of tenure.yaml, and those of the files, by file name."""
        for name, spec in self.config.segments.items():
            path: tuple[str | int, ...] = ("segments", name)
            if isinstance(self.document.value(path), dict):
                path = (*path, "when")
            self.written[name] = (spec, self.document, path)
        for name, document in files.items():
            try:
                spec = validate(SegmentSpec, document)
            except DefinitionError as error:
                self.problems += error.problems
                continue
            self.written[name] = (spec, document, ("when",) if isinstance(document.data, dict) else ())
        self.stages.update({name: (name,) for name in self.written})

    def check_segments(self) -> None:
        """Defines the segments, each knowing the stages of all lifecycles."""
        for name, (spec, document, path) in self.written.items():
            names = Names(events=self.known, lifecycles=_without(self.stages, name), scores_allowed=True)
            try:
                condition = parse(spec.when)
                cautions = check(condition, names, text=spec.when)
            except ConditionError as error:
                self.problems.append(condition_problem(error, document, path))
                continue
            self._caution(cautions, document, path)
            made = segment(
                name, condition, spec.when, events=self.known, title=spec.title or "", means=spec.means or ""
            )
            self.defined.append(made)

    def exclusion(self) -> Lifecycle | None:
        """The people who are kept out of every figure, as a segment of its own."""
        text = self.config.exclude
        if text is None:
            return None
        try:
            condition = parse(text)
            check(condition, Names(events=self.known, lifecycles=self.stages), text=text)
        except ConditionError as error:
            self.problems.append(condition_problem(error, self.document, ("exclude",)))
            return None
        return segment(EXCLUDED, condition, text, events=self.known, title="Excluded")

    def money(self) -> Worth:
        """What counts as a customer's money."""
        text = self.config.money
        try:
            value = parse_value(text)
            check(value, Names(events=self.known), text=text)
        except ConditionError as error:
            self.problems.append(condition_problem(error, self.document, ("money",)))
            value = parse_value("0")
        return Worth(value=value, events=self.known)

    def _caution(self, cautions: tuple[object, ...], document: Document, path: tuple[str | int, ...]) -> None:
        for caution in cautions:
            line, column = document.place(path)
            self.warnings.append(Problem(file=document.file, line=line, column=column, message=str(caution)))


def _without(stages: Mapping[str, tuple[str, ...]], name: str) -> dict[str, tuple[str, ...]]:
    return {other: names for other, names in stages.items() if other != name}
