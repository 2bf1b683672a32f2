"""Stages that a changed definition no longer has, while targets or metrics name them: a change that is refused.

    refuse_lost_stages(folder, lifecycles, held)       # raises DefinitionError, a problem for every line that names one

A figure that silently became that of no stage would be wrong for months. A stage with a new name says what it was
called (`renamed_from`), and the lines that name it are told what to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from tenure.documents import DefinitionModel, Document, condition_problem, problem_at, read, validate
from tenure.documents import Path as Place
from tenure.errors import ConditionError, DefinitionError, Problem
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.refresh import Applied
from tenure.metrics.definition import SETTINGS, MetricsSpec
from tenure.metrics.formula import StageFigure, walk
from tenure.metrics.parse import parse_formula
from tenure.metrics.targets import TargetsSpec

TARGETS = ("targets.yaml", "targets/*.y*ml")
METRICS = ("metrics/*.y*ml",)

Spec = TypeVar("Spec", bound=DefinitionModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lost:
    """A stage that a lifecycle had and has no more, and what it is called now (None: it is gone)."""

    lifecycle: str
    stage: str
    now: str | None

    @property
    def told(self) -> str:
        """What happened to it."""
        if self.now is not None:
            return f"The stage '{self.stage}' of {self.lifecycle} is now called '{self.now}'."
        return f"The stage '{self.stage}' of {self.lifecycle} would be gone, and this names it."

    @property
    def hint(self) -> str:
        """What to do about it."""
        if self.now is not None:
            return f"Write '{self.now}'."
        return f"Take this out, or say `renamed_from: {self.stage}` at the stage that takes its place."


def refuse_lost_stages(folder: Path, lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied]) -> None:
    """Nothing, where no target and no metric names a stage that the lifecycles had when applied and have no more.

    Raises DefinitionError with every line that names one.
    """
    lost = _lost(lifecycles, held)
    if not lost:
        return
    # a stage of that name in another lifecycle is what an unqualified name may mean
    present = {stage.name for lifecycle in lifecycles for stage in lifecycle.stages}
    problems: list[Problem] = []
    for document, targets in _files(folder, TARGETS, TargetsSpec):
        for place, target in enumerate(targets.targets):
            for one in lost:
                alone = target.lifecycle is None and one.stage not in present
                if target.stage == one.stage and (alone or target.lifecycle == one.lifecycle):
                    problems.append(problem_at(document, ("targets", place, "stage"), one.told, one.hint))
    gone = {one.stage: one for one in lost if one.stage not in present}
    for document, metrics in _files(folder, METRICS, MetricsSpec):
        for name, metric in metrics.metrics.items():
            texts = {"formula": metric.formula}
            problems += _named(document, ("metrics", name), texts, gone)
            problems += _named(document, ("metrics", name, "parts"), metric.parts, gone)
    if problems:
        raise DefinitionError(problems)


def _lost(lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied]) -> list[_Lost]:
    found = []
    for lifecycle in lifecycles:
        before = held[lifecycle.name].stages if lifecycle.name in held else ()
        names = {stage.name for stage in lifecycle.stages}
        renamed = {stage.renamed_from: stage.name for stage in lifecycle.stages if stage.renamed_from}
        found += [
            _Lost(lifecycle=lifecycle.name, stage=stage, now=renamed.get(stage))
            for stage in before
            if stage not in names
        ]
    defined = {lifecycle.name for lifecycle in lifecycles}
    # of a lifecycle that is gone, all stages are
    found += [
        _Lost(lifecycle=name, stage=stage, now=None) for name, one in held.items() if name not in defined
        for stage in one.stages
    ]  # fmt: skip
    return found


def _files(folder: Path, patterns: Sequence[str], model: type[Spec]) -> Iterator[tuple[Document, Spec]]:
    """The files that can be read; what is wrong with the others is told where they are used."""
    for path in (path for pattern in patterns for path in sorted(folder.glob(pattern))):
        try:
            document = read(path, file=path.relative_to(folder).as_posix())
            yield document, validate(model, document)
        except DefinitionError:
            continue


def _named(document: Document, path: Place, texts: Mapping[str, str], gone: Mapping[str, _Lost]) -> Iterator[Problem]:
    for part, text in texts.items():
        try:
            formula = parse_formula(text, dict.fromkeys(SETTINGS, Decimal(0)))
        except ConditionError:
            # what does not parse is told where metrics are read
            continue
        for node in walk(formula):
            if isinstance(node, StageFigure) and node.by == "stage" and node.name in gone:
                one = gone[node.name]
                error = ConditionError(one.told, text=text, start=node.span.start, end=node.span.end, hint=one.hint)
                yield condition_problem(error, document, (*path, part))
