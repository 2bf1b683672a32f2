"""Metrics as written, and as they are after every name in their formulas has been looked up.

    spec = validate(MetricsSpec, read("metrics/service.yaml"))
    defined = define([(spec, document)], bindings=STANDARD)

A metric names a phase of the lifecycle, not a stage: a stage of any lifecycle shows the metrics of its phase.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from pydantic import Field

from tenure.documents import DefinitionModel, Document, Path, Texts, condition_problem, did_you_mean, problem_at
from tenure.errors import ConditionError, Problem
from tenure.events import EventBinding, EventSpec
from tenure.expressions import check_where, parse_where
from tenure.expressions.scan import scan
from tenure.lifecycle.definition import Phase
from tenure.metrics.formula import Formula, LevelFigure, Named, OfLevel, parts, with_parts
from tenure.metrics.names import check_names
from tenure.metrics.parse import parse_formula

Unit = Literal["count", "rate", "money", "days", "score"]
Direction = Literal["up", "down", "context"]

# what the workspace's settings tell formulas
SETTINGS = ("margin",)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class MetricSpec(DefinitionModel):
    """One metric as written."""

    title: str | None = None
    """The name for people; default: the metric's name."""
    phase: Phase | None = None
    """The phase of the lifecycle it belongs to; default: that of the file."""
    unit: Unit
    """count, rate (a share or ratio), money, days, or score."""
    direction: Direction
    """up: more is better; down: less is better; context: neither."""
    formula: str = Field(min_length=1, max_length=2000)
    """How it is worked out."""
    means: str = Field(min_length=1)
    """What it says, in one or two plain sentences."""
    parts: dict[str, str] = Field(default_factory=dict)
    """Formulas of which this one is made, by the names it calls them."""
    events: dict[str, EventSpec] = Field(default_factory=dict)
    """Short names for what is counted here, beside those of the workspace."""
    optional: Texts = ()
    """Events that need not be there: without them the metric counts none."""
    source: str = ""
    """Where the definition comes from."""


class MetricsSpec(DefinitionModel):
    """A file of metrics."""

    phase: Phase | None = None
    """The phase of all metrics of the file that name none."""
    metrics: dict[str, MetricSpec] = Field(min_length=1)
    """The metrics by name: small letters, digits and _."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: what it is called and means, and its formula with every name resolved.

    `events` are the bindings of the short names in it, `needs` those without which there is no figure, `settings` what
    the workspace has to tell (`margin`).
    """

    name: str
    title: str
    phase: Phase
    unit: Unit
    direction: Direction
    text: str
    means: str
    formula: Formula
    events: Mapping[str, EventBinding] = field(hash=False)
    needs: tuple[EventBinding, ...] = ()
    settings: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict, hash=False)
    source: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedMetrics:
    """The metrics of some files by name, and what is wrong in the files."""

    metrics: Mapping[str, Metric]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Read:
    """A metric whose formula is read and not resolved yet."""

    spec: MetricSpec
    document: Document
    path: Path
    phase: Phase
    own: bool
    events: Mapping[str, EventBinding]
    formula: Formula | None = None
    parts: dict[str, Formula] = field(default_factory=dict)
    settings: set[str] = field(default_factory=set)
    resolved: Formula | None = None
    named: set[str] = field(default_factory=set)

    def own_events(self) -> dict[str, EventBinding]:
        """What the metric itself, and those it is made of, call their events."""
        return {name: binding for name, binding in self.events.items() if name in self.named}


def define(
    files: Sequence[tuple[MetricsSpec, Document, bool]], *, bindings: Mapping[str, EventBinding],
    constants: Mapping[str, Decimal] | None = None, stages: frozenset[str] | None = None,
) -> DefinedMetrics:  # fmt: skip
    """The metrics of files, each with its document and whether it is the workspace's own.

    A metric of a later file takes the place of one of the same name. `bindings` are the short names known outside,
    `constants` the numbers that settings tell, `stages` the names of stages there are (None: any).
    """
    reader = _Definer(bindings, constants or {}, stages)
    for spec, document, own in files:
        reader.take(spec, document, own)
    metrics = {name: metric for name in reader.read if (metric := reader.metric(name)) is not None}
    return DefinedMetrics(metrics=metrics, problems=tuple(reader.problems))


class _Definer:
    def __init__(
        self, bindings: Mapping[str, EventBinding], constants: Mapping[str, Decimal], stages: frozenset[str] | None
    ) -> None:
        self.bindings = bindings
        self.constants = {name: constants.get(name, Decimal(0)) for name in SETTINGS}
        self.stages = stages
        self.read: dict[str, _Read] = {}
        self.problems: list[Problem] = []
        self.open: list[str] = []
        self.open_parts: list[Path] = []

    def take(self, spec: MetricsSpec, document: Document, own: bool) -> None:
        """Reads the formulas of a file."""
        for name, written in spec.metrics.items():
            path: Path = ("metrics", name)
            phase = written.phase or spec.phase
            if not _NAME.fullmatch(name) or name in SETTINGS:
                message = f"A metric cannot be called '{name}'."
                self.problems.append(problem_at(document, path, message, "Use small letters, digits and _.", key=True))
            if phase is None:
                hint = "Give it a phase, or the file one."
                self.problems.append(problem_at(document, path, f"'{name}' has no phase.", hint, key=True))
                continue
            own_names = {short: event.binding(short) for short, event in written.events.items()}
            self._filters(written, document, path)
            found = _Read(written, document, path, phase, own, {**self.bindings, **own_names}, named=set(own_names))
            found.formula = self._formula(written.formula, found, (*path, "formula"))
            for part, text in written.parts.items():
                parsed = self._formula(text, found, (*path, "parts", part))
                if parsed is not None:
                    found.parts[part] = parsed
            self.read[name] = found

    def metric(self, name: str) -> Metric | None:
        """The metric of that name; None where it, or one it is made of, is wrong."""
        read = self.read[name]
        formula = self._resolved(name)
        if formula is None:
            return None
        events = check_names(formula, read.events)[0]
        needs = tuple(binding for short, binding in events.items() if short not in read.spec.optional)
        words = name.replace("_", " ")
        return Metric(
            name=name, title=read.spec.title or words[0].upper() + words[1:], phase=read.phase, unit=read.spec.unit,
            direction=read.spec.direction, text=read.spec.formula, means=" ".join(read.spec.means.split()),
            formula=formula, events=read.events, needs=needs, settings=tuple(sorted(read.settings)),
            parts=read.spec.parts, source=read.spec.source, own=read.own,
        )  # fmt: skip

    def _filters(self, written: MetricSpec, document: Document, path: Path) -> None:
        for short, event in written.events.items():
            if event.where is not None:
                try:
                    check_where(parse_where(event.where), text=event.where)
                except ConditionError as error:
                    self.problems.append(condition_problem(error, document, (*path, "events", short, "where")))

    def _formula(self, text: str, read: _Read, path: Path) -> Formula | None:
        try:
            formula = parse_formula(text, self.constants)
        except ConditionError as error:
            self.problems.append(condition_problem(error, read.document, path))
            return None
        words = scan(text)
        read.settings |= {
            word.written
            for place, word in enumerate(words)
            if word.kind == "name" and word.written in SETTINGS and (not place or words[place - 1].written != ".")
        }
        for wrong in check_names(formula, read.events, text=text, stages=self.stages)[1]:
            self.problems.append(condition_problem(wrong, read.document, path))
        return formula

    def _resolved(self, name: str) -> Formula | None:
        """The metric's formula with the names of parts and other metrics replaced by what they stand for."""
        read = self.read[name]
        if read.resolved is None and read.formula is not None:
            self.open.append(name)
            read.resolved = self._replaced(read.formula, read, (*read.path, "formula"), read.spec.formula)
            self.open.pop()
        return read.resolved

    def _replaced(self, formula: Formula, read: _Read, path: Path, text: str) -> Formula | None:
        if isinstance(formula, Named):
            return self._named(formula, formula.name, read, path, text)
        if isinstance(formula, OfLevel):
            if formula.name not in self.read and formula.name in read.events and formula.name not in read.parts:
                return formula.figure
            level = self._named(formula, formula.name, read, path, text)
            if level is None:
                return None
            if not isinstance(level, LevelFigure) or level.function != "level":
                message = f"'{formula.name}' is no level: its formula is not level(…)."
                self._problem(
                    formula, message, "Write the level out: level(event.property, until=event)", read, path, text
                )
                return None
            return replace(formula.figure, level=level.level)
        below = []
        for part in parts(formula):
            found = self._replaced(part, read, path, text)
            if found is None:
                return None
            below.append(found)
        return with_parts(formula, tuple(below)) if below else formula

    def _named(self, at: Named | OfLevel, name: str, read: _Read, path: Path, text: str) -> Formula | None:
        if name in read.parts:
            inner = (*read.path, "parts", name)
            if inner in self.open_parts:
                self._problem(at, f"'{name}' is made of itself.", "Take it out.", read, path, text)
                return None
            self.open_parts.append(inner)
            found = self._replaced(read.parts[name], read, inner, read.spec.parts[name])
            self.open_parts.pop()
            return found
        if name in self.open:
            self._problem(at, f"'{name}' is made of itself.", f"{' → '.join([*self.open, name])}.", read, path, text)
            return None
        if name in self.read:
            found = self._resolved(name)
            read.settings |= self.read[name].settings
            for short, binding in self.read[name].own_events().items():
                if short in read.named and read.events[short] != binding:
                    hint = "Give one of the two another name."
                    self._problem(
                        at, f"'{name}' calls other events '{short}' than this metric.", hint, read, path, text
                    )
            read.events = {**read.events, **self.read[name].own_events()}
            read.named |= self.read[name].named
            read.spec = read.spec.model_copy(update={"optional": (*read.spec.optional, *self.read[name].spec.optional)})
            return found
        options = [*read.parts, *self.read, *SETTINGS]
        hint = did_you_mean(name, options) or f"Say what of it is counted: count({name})."
        self._problem(at, f"There is no metric or part '{name}'.", hint, read, path, text)
        return None

    def _problem(self, at: Named | OfLevel, message: str, hint: str, read: _Read, path: Path, text: str) -> None:
        error = ConditionError(message, text=text, start=at.span.start, end=at.span.end, hint=hint)
        self.problems.append(condition_problem(error, read.document, path))
