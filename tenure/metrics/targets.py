"""Targets as written in `targets.yaml` or `targets/*.yaml`, and as they are after every name has been looked up.

    spec = validate(TargetsSpec, read("targets.yaml"))
    defined = define_targets([(spec, document)], metrics=metrics, stages={"classic": ("reach", …)})

A target is a band: at least `low`, at most `high`, or both. One value is the least for a metric of which more is
better, the most where less is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, field_validator, model_validator

from tenure.documents import DefinitionModel, Document, Path, did_you_mean, listing, problem_at
from tenure.errors import Problem
from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.definition import Direction, Metric, Unit

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Month = Literal["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
Amount = Annotated[Decimal, WithJsonSchema({"type": "number"})]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFigure:
    """A figure that every stage has: what it is called, its unit, whether more of it is better."""

    name: str
    title: str
    unit: Unit
    direction: Direction
    means: str


STAGE_FIGURES: Mapping[str, StageFigure] = {
    one.name: one
    for one in (
        StageFigure(
            name="population", title="People", unit="count", direction="context",
            means="Those in the stage at the end of the period.",
        ),
        StageFigure(
            name="inflow", title="In", unit="count", direction="context",
            means="Entries in the period; who comes twice counts twice.",
        ),
        StageFigure(
            name="outflow", title="Out", unit="count", direction="context", means="Exits in the period, wherever to.",
        ),
        StageFigure(
            name="conversion", title="Moved on", unit="rate", direction="up",
            means="Of those in the stage at the period's start and those who came, the part that went on to a later "
            "stage of the journey in it.",
        ),
        StageFigure(
            name="time_in_stage", title="Half stay", unit="days", direction="context",
            means="After so long half of the visits have ended, by Kaplan-Meier, as known at the period's end.",
        ),
    )
}  # fmt: skip


class BenchmarkSpec(DefinitionModel):
    """What others reach, or what was reached before."""

    value: Amount
    """The figure, in the metric's unit (0.3 is 30 %)."""
    source: str = Field(min_length=1)
    """Where it comes from."""
    date: Day | None = None
    """The day it is from: 2024-12-31."""


class LimitsSpec(DefinitionModel):
    """One figure, or a range of them."""

    value: Amount | None = None
    """What to reach: at least so much where more is better, at most where less is."""
    min: Amount | None = None
    """At least so much."""
    max: Amount | None = None
    """At most so much."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, written: object) -> object:
        return {"value": written} if isinstance(written, int | Decimal) and not isinstance(written, bool) else written

    @model_validator(mode="after")
    def _a_range(self) -> LimitsSpec:
        if self.value is not None and (self.min is not None or self.max is not None):
            raise ValueError("A target is either a 'value' or a range. Keep 'value', or 'min' and 'max'.")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"'min' ({self.min}) is more than 'max' ({self.max}). Exchange them.")
        return self

    @property
    def empty(self) -> bool:
        """Whether nothing is said."""
        return self.value is None and self.min is None and self.max is None


class TargetSpec(LimitsSpec):
    """What one metric is to reach in each period of a kind."""

    metric: str = Field(min_length=1)
    """A metric, or with `stage` a figure of the stage: population, inflow, outflow, conversion, time_in_stage."""
    period: PeriodUnit = "month"
    """The kind of period it is for: day, week, month, quarter or year."""
    seasonal: dict[Month, LimitsSpec] = Field(default_factory=dict)
    """Targets of single months, for `period: month`: jan to dec. The others take `value`, or `min` and `max`."""
    since: Day | None = None
    """From the period with that day on; before, an earlier target of the metric holds. Default: always."""
    lifecycle: str | None = None
    """The lifecycle for which it holds. Default: any."""
    stage: str | None = None
    """The stage for which it holds. Default: not that of a stage."""
    by: dict[str, str] = Field(default_factory=dict, max_length=1)
    """The part for which it holds: `by: {channel: email}`. Default: the whole."""
    owner: str | None = None
    """Who answers for it."""
    note: str | None = None
    """Why it is so, or how it was agreed."""
    benchmark: BenchmarkSpec | None = None
    """What others reach, or what was reached before, with its source."""

    @field_validator("since")
    @classmethod
    def _a_day(cls, written: str | None) -> str | None:
        if written is not None:
            try:
                date.fromisoformat(written)
            except ValueError:
                raise ValueError(f"There is no day {written}. Write one as 2024-12-31.") from None
        return written

    @model_validator(mode="after")
    def _something(self) -> TargetSpec:
        if self.empty and not self.seasonal:
            raise ValueError("This target says nothing to reach. Give it a 'value', 'min', 'max' or 'seasonal'.")
        if self.seasonal and self.period != "month":
            raise ValueError("'seasonal' is by month. Write `period: month`.")
        return self


class TargetsSpec(DefinitionModel):
    """A file of targets."""

    key_metrics: tuple[str, ...] = Field(default=(), max_length=50)
    """The short list of metrics that the company looks at first. Default: ten, by what its data can fill."""
    targets: tuple[TargetSpec, ...] = ()
    """The targets, one an entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A band to be in: at least `low`, at most `high`; None where that side is open."""

    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def aim(self) -> Decimal | None:
        """The one figure that tells the band where there is room for one: of a range the lower limit."""
        return self.high if self.low is None else self.low


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A target with its metric looked up. `benchmark` is (value, source, day or None); `since` the first day."""

    metric: str
    period: PeriodUnit
    limits: Limits | None
    seasonal: Mapping[int, Limits] = field(default_factory=dict, hash=False)
    since: date = date.min
    lifecycle: str | None = None
    stage: str | None = None
    by: tuple[str, str] | None = None
    owner: str = ""
    note: str = ""
    benchmark: tuple[Decimal, str, str | None] | None = None
    file: str = ""
    place: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """What there can be one target of."""
        return (self.metric, self.period, self.lifecycle, self.stage, self.by, self.since)

    def at(self, start: date) -> Limits | None:
        """The band of the period that begins on that day; None where there is none for it."""
        return self.seasonal.get(start.month, self.limits) if start >= self.since else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedTargets:
    """The targets of some files, the key metrics (empty: not chosen), and what is wrong in the files."""

    targets: tuple[Target, ...]
    key_metrics: tuple[str, ...]
    problems: tuple[Problem, ...]

    def of(
        self, metric: str, period: PeriodUnit, start: date, *, lifecycle: str | None = None, stage: str | None = None,
        by: tuple[str, str] | None = None,
    ) -> tuple[Target, Limits] | None:  # fmt: skip
        """The target of a metric for the period that begins on that day, and its band; None where there is none.

        One for the lifecycle, and one for the stage, goes before one for any; the latest `since` before earlier ones.
        """
        found = [
            (one, limits)
            for one in self.targets
            if one.metric == metric and one.period == period and one.by == by
            and one.lifecycle in (None, lifecycle) and one.stage in (None, stage)
            and (limits := one.at(start)) is not None
        ]  # fmt: skip
        return max(
            found, key=lambda one: (one[0].stage is not None, one[0].lifecycle is not None, one[0].since), default=None
        )


def define_targets(
    files: Sequence[tuple[TargetsSpec, Document]], *, metrics: Mapping[str, Metric],
    stages: Mapping[str, Sequence[str]],
) -> DefinedTargets:  # fmt: skip
    """The targets of files, each with its document; `stages` are those of each lifecycle."""
    reader = _Definer(metrics, stages)
    for spec, document in files:
        reader.take(spec, document)
    return DefinedTargets(
        targets=tuple(reader.targets), key_metrics=tuple(reader.keys), problems=tuple(reader.problems)
    )


def limits_of(spec: LimitsSpec, direction: Direction) -> Limits | None:
    """The band that a figure or range means, of a metric of that direction; None where it says nothing.

    Raises ValueError for one value of a metric of which neither more nor less is better.
    """
    if spec.empty:
        return None
    if spec.value is None:
        return Limits(low=spec.min, high=spec.max)
    if direction == "context":
        raise ValueError
    return Limits(low=spec.value) if direction == "up" else Limits(high=spec.value)


class _Definer:
    def __init__(self, metrics: Mapping[str, Metric], stages: Mapping[str, Sequence[str]]) -> None:
        self.metrics = metrics
        self.stages = stages
        self.targets: list[Target] = []
        self.keys: list[str] = []
        self.problems: list[Problem] = []
        self.first: dict[tuple[object, ...], str] = {}

    def take(self, spec: TargetsSpec, document: Document) -> None:
        for place, name in enumerate(spec.key_metrics):
            path: Path = ("key_metrics", place)
            if name not in self.metrics:
                self._wrong(document, path, f"There is no metric '{name}'.", self._hint(name))
            elif name in self.keys:
                self._wrong(document, path, f"'{name}' is a key metric already.", "Remove one.")
            else:
                self.keys.append(name)
        for place, one in enumerate(spec.targets):
            self.target(one, document, ("targets", place))

    def target(self, spec: TargetSpec, document: Document, path: Path) -> None:
        count = len(self.problems)
        direction: Direction = "up"
        if spec.stage is not None and spec.metric in STAGE_FIGURES:
            direction = STAGE_FIGURES[spec.metric].direction
        elif spec.metric in self.metrics:
            direction = self.metrics[spec.metric].direction
        elif spec.metric in STAGE_FIGURES:
            hint = "Name the stage: `stage: loyalty`."
            self._wrong(document, (*path, "metric"), f"'{spec.metric}' is a figure of a stage.", hint)
        else:
            self._wrong(document, (*path, "metric"), f"There is no metric '{spec.metric}'.", self._hint(spec.metric))
        self._where(spec, document, path)
        limits = self._limits(spec, spec, direction, document, (*path, "value"))
        seasonal = {
            MONTHS.index(month) + 1: found
            for month, told in spec.seasonal.items()
            if (found := self._limits(told, spec, direction, document, (*path, "seasonal", month))) is not None
        }
        told = spec.benchmark
        target = Target(
            metric=spec.metric, period=spec.period, limits=limits, seasonal=seasonal,
            since=date.fromisoformat(spec.since) if spec.since else date.min, lifecycle=spec.lifecycle,
            stage=spec.stage, by=next(iter(spec.by.items()), None), owner=spec.owner or "", note=spec.note or "",
            benchmark=None if told is None else (told.value, told.source, told.date), file=document.file,
            place=int(path[1]),
        )  # fmt: skip
        line, _ = document.place(path)
        if target.key in self.first:
            message = f"There is another target of '{spec.metric}' for the same ({self.first[target.key]})."
            self._wrong(document, path, message, "Keep one, or give the later one `since`.")
        self.first.setdefault(target.key, f"{document.file}, line {line}")
        if len(self.problems) == count:
            self.targets.append(target)

    def _limits(
        self, told: LimitsSpec, spec: TargetSpec, direction: Direction, document: Document, path: Path
    ) -> Limits | None:
        try:
            return limits_of(told, direction)
        except ValueError:
            message = f"Of '{spec.metric}' neither more nor less is better, so one value says nothing."
            self._wrong(document, path, message, "Write 'min', 'max' or both.")
            return None

    def _where(self, spec: TargetSpec, document: Document, path: Path) -> None:
        if spec.lifecycle is not None and spec.lifecycle not in self.stages:
            hint = did_you_mean(spec.lifecycle, self.stages) or f"There are {listing(self.stages, 'and')}."
            self._wrong(document, (*path, "lifecycle"), f"There is no lifecycle '{spec.lifecycle}'.", hint)
        elif spec.stage is not None:
            among = [spec.lifecycle] if spec.lifecycle is not None else list(self.stages)
            known = [stage for name in among for stage in self.stages[name]]
            if spec.stage not in known:
                hint = did_you_mean(spec.stage, known) or f"There are {listing(dict.fromkeys(known), 'and')}."
                self._wrong(document, (*path, "stage"), f"No lifecycle has a stage '{spec.stage}'.", hint)
        for name in spec.by:
            if not re.fullmatch(r"\w+", name):
                self._wrong(document, (*path, "by"), f"'{name}' is no property.", "Write `by: {channel: email}`.")

    def _hint(self, name: str) -> str:
        return did_you_mean(name, [*self.metrics, *STAGE_FIGURES]) or "`tenure metrics` lists them."

    def _wrong(self, document: Document, path: Path, message: str, hint: str) -> None:
        self.problems.append(problem_at(document, path, message, hint))
