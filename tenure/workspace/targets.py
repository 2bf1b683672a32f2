"""The targets of a workspace: `ws.targets`.

ws.targets.all                                     # as targets.yaml and targets/*.yaml have them
ws.targets.judged(["orders"], period="month")      # value, pace, target, status
ws.targets.accept(ws.targets.propose())            # proposes, and writes targets.yaml

A target is judged by the rules of `tenure.metrics.status`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from tenure.documents import Document, read, validate
from tenure.errors import DefinitionError, Problem
from tenure.lifecycle.periods import Period, PeriodUnit, day_of
from tenure.metrics.definition import Metric
from tenure.metrics.figures import MetricPoint, points
from tenure.metrics.judged import Judged
from tenure.metrics.key_metrics import key_metrics
from tenure.metrics.pace import EARLIER, Shape, adds_up, cut, develops, only_grows, rate_ahead
from tenure.metrics.pace import pace as paced
from tenure.metrics.proposals import SEASONS, Proposal, propose
from tenure.metrics.question import Question
from tenure.metrics.status import Status, status
from tenure.metrics.targets import DefinedTargets, Limits, TargetsSpec, define_targets
from tenure.workspace.calendar import last_periods

if TYPE_CHECKING:
    from tenure.metrics.scorecard import Scorecard
    from tenure.workspace.alerts import Alert
    from tenure.workspace.target_files import Aim, Written
    from tenure.workspace.workspace import Workspace

FILE = "targets.yaml"


class Targets:
    """The targets of a workspace. Reading them raises DefinitionError with every problem of their files."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    @cached_property
    def all(self) -> DefinedTargets:
        """The targets, those of targets.yaml first, and the key metrics chosen there."""
        folder = self._ws.folder
        paths = [*folder.glob(FILE), *sorted(folder.glob("targets/*.y*ml"))]
        files: list[tuple[TargetsSpec, Document]] = []
        problems: list[Problem] = []
        for path in paths:
            try:
                document = read(path, file=path.relative_to(folder).as_posix())
                files.append((validate(TargetsSpec, document), document))
            except DefinitionError as error:
                problems += error.problems
        found = self.defined(files)
        problems += found.problems
        if problems:
            raise DefinitionError(problems)
        return found

    def defined(self, files: Sequence[tuple[TargetsSpec, Document]]) -> DefinedTargets:
        """What some files of targets mean here, and what is wrong in them."""
        stages = {
            one.name: tuple(stage.name for stage in one.stages) for one in self._ws.definitions.lifecycles
        }  # fmt: skip
        return define_targets(files, metrics=self._ws.metrics.all, stages=stages)

    @cached_property
    def key_metrics(self) -> tuple[str, ...]:
        """The names of the key metrics: those chosen, or the first ten of a fixed order that the data can fill."""
        chosen = self.all.key_metrics
        return chosen or key_metrics({one.metric.name for one in self._ws.metrics.catalogue() if not one.lacks})

    def propose(
        self, names: Sequence[str] | None = None, *, period: PeriodUnit = "month", at: str | None = None
    ) -> tuple[Proposal, ...]:
        """What may be targets of the metrics (None: the key metrics), from the complete periods up to a moment."""
        metrics = self._metrics(names)
        asked = self.complete(period, SEASONS + EARLIER, at)
        if len(asked) < 2:
            return ()
        told = self.by_metric(metrics, asked)
        found = (
            propose(
                one.name, period, [(each.start, each.value) for each in told[one.name]], direction=one.direction,
                unit=one.unit, ends=day_of(self._ws.zone, asked[-1].ends - 1),
            )
            for one in metrics
        )  # fmt: skip
        return tuple(one for one in found if one is not None)

    def accept(self, proposals: Sequence[Proposal], *, aim: Aim = "best") -> Written:
        """What was written: the proposals in targets.yaml, but those whose metric has a target for the period."""
        from tenure.workspace.target_files import accept

        return accept(self._ws.folder, self, proposals, aim=aim)

    def take(self, text: str) -> Written:
        """What was written: the rows of a CSV text that are targets, in one step; the others are told."""
        from tenure.workspace.target_files import take

        return take(self._ws.folder, self, text)

    def alerts(
        self, names: Sequence[str] | None = None, *, period: PeriodUnit = "month", at: str | None = None,
        rate: float | None = None,
    ) -> tuple[Alert, ...]:  # fmt: skip
        """The metrics (None: the key metrics, and those with targets) outside their band in the last whole period."""
        from tenure.workspace.alerts import alerts

        return alerts(self._ws, self, self._metrics(names, targets=True), period=period, at=at, rate=rate)

    def scorecard(
        self, *, period: PeriodUnit = "month", at: str | None = None, lifecycle: str | None = None
    ) -> Scorecard:
        """How every stage of a lifecycle did in a period, against its targets and the period before."""
        from tenure.workspace.scorecard import scorecard

        return scorecard(self._ws, period=period, at=at, lifecycle=lifecycle)

    def judged(
        self, names: Sequence[str] | None = None, *, period: PeriodUnit = "month", at: str | None = None,
        lifecycle: str | None = None, every: bool = True,
    ) -> tuple[Judged, ...]:  # fmt: skip
        """The metrics (None: the key metrics, and those with targets) in the period with the moment `at`.

        By default that of the moment up to which figures go, which may be running. Without `every` only metrics with
        a target have a pace.
        """
        asked = last_periods(self._ws, period, 3, until=self._ws.moment(at))
        metrics = self._metrics(names, targets=True)
        chosen = lifecycle or (self._ws.lifecycle().name if self._ws.definitions.lifecycles else None)
        told = self.by_metric(metrics, asked, lifecycle=chosen)
        last = asked[-1]
        with_target = {one.name for one in metrics if every or self.all.of(one.name, period, last.start)}
        paces = self.paces([one for one in metrics if one.name in with_target], period, last, lifecycle=chosen)
        return tuple(
            self._judged(one, told[one.name], last, period, paces.get(one.name), chosen) for one in metrics
        )  # fmt: skip

    def judged_parts(
        self, names: Sequence[str] | None = None, *, period: PeriodUnit = "month", at: str | None = None,
        lifecycle: str | None = None,
    ) -> tuple[Judged, ...]:  # fmt: skip
        """How the targets of single values of a breakdown (`by: {channel: email}`) stand, as `judged` tells the others.

        `names` are metrics (None: all that have such targets).
        """
        last = (asked := last_periods(self._ws, period, 3, until=self._ws.moment(at)))[-1]
        chosen = lifecycle or (self._ws.lifecycle().name if self._ws.definitions.lifecycles else None)
        aims = {
            (one.by[0], one.metric, one.by[1]): None
            for one in self.all.targets
            if one.by is not None and one.period == period and (names is None or one.metric in names)
            and one.lifecycle in (None, chosen) and one.at(last.start) is not None
        }  # fmt: skip
        found: list[Judged] = []
        for by in dict.fromkeys(by for by, _, _ in aims):
            mine = [(name, part) for one, name, part in aims if one == by]
            metrics = [self._ws.metrics.metric(name) for name in dict.fromkeys(name for name, _ in mine)]
            told = self.by_metric(metrics, asked, lifecycle=chosen, by=by)
            paces = self._paces(metrics, period, last, lifecycle=chosen, by=by)
            for name, part in mine:
                metric = self._ws.metrics.metric(name)
                nothing = [MetricPoint(metric=name, period=one.name, start=one.start, part=part) for one in asked[1:]]
                points_of = _by_part(told[name]).get(part, nothing)
                ahead = paces.get((name, part))
                found.append(self._judged(metric, points_of, last, period, ahead, chosen, by=(by, part)))
        return tuple(found)

    def _judged(
        self, metric: Metric, told: Sequence[MetricPoint], period: Period, unit: PeriodUnit, ahead: Decimal | None,
        lifecycle: str | None, *, by: tuple[str, str] | None = None,
    ) -> Judged:  # fmt: skip
        before, now = told[-2:]
        over = period.ends <= self._ws.moment(None) + 1
        lacks = now.status if (now.status or "").startswith("no data") else ""
        # what has no shape is taken as it stands
        shaped = adds_up(metric.formula) or _is_rate(metric)
        ahead = None if over else ahead if shaped else now.value
        found = self.all.of(metric.name, unit, period.start, lifecycle=lifecycle, by=by)
        return Judged(
            name=metric.name, title=metric.title, unit=metric.unit, direction=metric.direction, period=period,
            value=now.value, previous=before.value, pace=ahead, numerator=now.numerator, denominator=now.denominator,
            n=now.n, over=over, part=by[1] if by else None, target=found[0] if found else None,
            limits=found[1] if found else None,
            status=status(now.value, ahead, found[1], over=over, grows=only_grows(metric.formula)) if found else None,
            lacks=lacks or "",
        )  # fmt: skip

    def beside(
        self, metric: Metric, told: Sequence[MetricPoint], *, period: PeriodUnit, lifecycle: str | None = None,
        by: str | None = None,
    ) -> tuple[tuple[Limits | None, Status | None], ...]:  # fmt: skip
        """The target, and how it stands, of each of the figures of a metric; None where there is none."""
        chosen = lifecycle or (self._ws.lifecycle().name if self._ws.definitions.lifecycles else None)
        last = last_periods(self._ws, period, 1, until=self._ws.moment(None))[0]
        found: list[tuple[Limits | None, Status | None]] = []
        ahead: Mapping[tuple[str, str | None], Decimal | None] = {}
        shown = {None if by is None else (by, one.part or "") for one in told if one.start == last.start}
        if any(self.all.of(metric.name, period, last.start, lifecycle=chosen, by=part) for part in shown):
            ahead = self._paces([metric], period, last, lifecycle=chosen, by=by)
        for one in told:
            part = None if by is None else (by, one.part or "")
            target = self.all.of(metric.name, period, one.start, lifecycle=chosen, by=part)
            if target is None:
                found.append((None, None))
                continue
            over = one.start < last.start or last.ends <= self._ws.moment(None) + 1
            shaped = adds_up(metric.formula) or _is_rate(metric)
            now = ahead.get((metric.name, one.part)) if shaped else one.value
            found.append((target[1], status(one.value, now, target[1], over=over, grows=only_grows(metric.formula))))
        return tuple(found)

    def paces(
        self, metrics: Sequence[Metric], unit: PeriodUnit, period: Period, *, lifecycle: str | None = None
    ) -> Mapping[str, Decimal | None]:
        """Where the metrics that add up, and the rates, will end in a period; empty where it is over."""
        return {name: ahead for (name, _), ahead in self._paces(metrics, unit, period, lifecycle=lifecycle).items()}

    def _paces(
        self, metrics: Sequence[Metric], unit: PeriodUnit, period: Period, *, lifecycle: str | None,
        by: str | None = None,
    ) -> Mapping[tuple[str, str | None], Decimal | None]:  # fmt: skip
        """The paces by metric and by the part that it is broken down to; each part has a shape of its own."""
        now = self._ws.moment(None)
        shaped = [one for one in metrics if adds_up(one.formula) or _is_rate(one)]
        if period.ends <= now + 1 or period.begins > now or not shaped:
            return {}
        asked = last_periods(self._ws, unit, EARLIER + 2, until=now)
        whole = self.by_metric(shaped, asked, lifecycle=lifecycle, by=by)
        halves = self.by_metric(shaped, cut(asked[:-1], period, now), lifecycle=lifecycle, by=by)
        known = self._ws.first_event or 0
        begun = [place for place, one in enumerate(asked[1:-1]) if one.begins >= known]
        passed = Decimal(now + 1 - period.begins) / (period.ends - period.begins)
        found: dict[tuple[str, str | None], Decimal | None] = {}
        for one in shaped:
            cuts = _by_part(halves[one.name])
            for part, ended in _by_part(whole[one.name]).items():
                # the first half of each, after that of a period that is there to be looked back on
                reached = cuts.get(part, [])[1::2]
                pairs = [
                    (first, last)
                    for place in (begun if reached else ())
                    if (first := reached[place].value) is not None and (last := ended[place].value) is not None
                ]
                shape = Shape(reached=tuple(first for first, _ in pairs), ended=tuple(last for _, last in pairs))
                found[one.name, part] = (
                    paced(ended[-1].value, shape, passed)
                    if adds_up(one.formula)
                    else rate_ahead(ended[-1].value, shape, share=all((each.value or 0) <= 1 for each in ended))
                )
        return found

    def complete(self, unit: PeriodUnit, count: int, at: str | None = None) -> tuple[Period, ...]:
        """The last `count` whole periods up to a moment, without those before the log begins, after one more."""
        moment = min(self._ws.moment(at), self._ws.moment(None))
        asked = last_periods(self._ws, unit, count + 2, until=moment)
        whole = asked if asked[-1].ends <= moment + 1 else asked[:-1]
        first = self._ws.first_event or 0
        begun = [place for place, one in enumerate(whole) if place and one.begins >= first]
        return whole[max(begun[0], len(whole) - count) - 1 :] if begun else ()

    def by_metric(
        self, metrics: Sequence[Metric], asked: tuple[Period, ...], *, lifecycle: str | None = None,
        by: str | None = None,
    ) -> Mapping[str, Sequence[MetricPoint]]:  # fmt: skip
        """The figures of the metrics for all periods but the first, worked out together."""
        question: Question = self._ws.metrics._question(asked, lifecycle, by)
        told = self._ws._store.answer(lambda connection: points(connection, metrics, question))
        found: dict[str, list[MetricPoint]] = {one.name: [] for one in metrics}
        for one in told:
            found[one.metric].append(one)
        return found

    def _metrics(self, names: Sequence[str] | None, *, targets: bool = False) -> list[Metric]:
        if names is not None:
            return [self._ws.metrics.metric(name) for name in names]
        own = [one.metric for one in self.all.targets if one.metric in self._ws.metrics.all] if targets else []
        return [self._ws.metrics.metric(name) for name in dict.fromkeys([*self.key_metrics, *own])]


def _by_part(told: Sequence[MetricPoint]) -> dict[str | None, list[MetricPoint]]:
    """The points of each part, in the order of the periods."""
    found: dict[str | None, list[MetricPoint]] = {}
    for one in told:
        found.setdefault(one.part, []).append(one)
    return found


def _is_rate(metric: Metric) -> bool:
    return metric.unit == "rate" and develops(metric.formula)
