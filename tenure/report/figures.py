"""The figures of a report, asked of a workspace once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from tenure.expressions import in_words
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.lifecycle.forecast import DueMove
from tenure.lifecycle.moves.findings import COHORT_DAYS, Finding
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.lifecycle.moves.times import TimeInStage
from tenure.lifecycle.moves.transitions import Transition
from tenure.lifecycle.population import StageCount
from tenure.report.measured import Measured, measured
from tenure.wording import Money, day
from tenure.workspace import Workspace
from tenure.workspace.timeline import Noted

FINDINGS = 3
MONTHS = 13
DUE_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """Of the people who first entered a stage in months long enough ago, how many came further within 90 days.

    Months soon after the first event do not count: whoever seems to enter a stage then has often been there before.
    """

    people: int
    reached: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a report tells. Moments are in microseconds UTC; `onward` lacks the stages that have no complete cohort."""

    workspace: str
    currency: str | None
    zone: ZoneInfo
    lifecycle: Lifecycle
    now: int
    money_words: str
    excluded: int
    stages: tuple[StageCount, ...]
    onward: Mapping[str, Onward]
    over_time: tuple[StagePeriod, ...]
    transitions: tuple[Transition, ...]
    times: tuple[TimeInStage, ...]
    due: tuple[DueMove, ...]
    findings: tuple[Finding, ...]
    since: str
    measured: Measured
    notes: tuple[Noted, ...] = ()

    @property
    def people(self) -> int:
        """Everybody who is known, in a stage or not."""
        return sum(one.people for one in self.stages)

    def condition(self, stage: Stage) -> str:
        """The stage's condition in words."""
        return in_words(stage.when) if stage.when is not None else ""


def figures(ws: Workspace, name: str | None = None, *, full: bool = False) -> Figures:
    """The figures of a lifecycle as of the workspace's moment; `full` with metrics, cohorts, journeys and what comes.

    Raises UsageError where the history is not worked out.
    """
    lifecycle = ws.lifecycle(name)
    config = ws.definitions.config
    stages = ws.stages(lifecycle.name)
    money = Money(config.currency, [one.money for one in stages])
    over_time = ws.moves.over_time(lifecycle.name, unit="month", count=MONTHS, money=True)
    first = over_time[0].period.start.isoformat() if over_time else None
    transitions = ws.moves.transitions(lifecycle.name, since=first)
    times = ws.moves.times(lifecycle.name)
    onward = _onward(ws, lifecycle)
    now = ws.moves.scope(lifecycle.name).now
    return Figures(
        workspace=config.name, currency=config.currency, zone=ws.zone, lifecycle=lifecycle, now=now,
        money_words=ws.money_words, excluded=ws.excluded, stages=stages, onward=onward, over_time=over_time,
        transitions=transitions, times=times, due=ws.forecast(lifecycle.name, days=DUE_DAYS),
        findings=ws.moves.findings(
            lifecycle.name, most=FINDINGS, money=money, day=partial(day, zone=ws.zone)
        ),
        since=first or day(now, ws.zone),
        notes=ws.timeline.notes(
            list({row.period.name: row.period.start for row in over_time}.items()),
            until=over_time[-1].period.ends if over_time else None,
        ),
        measured=measured(ws, lifecycle, people=sum(one.people for one in stages)) if full else Measured(),
    )  # fmt: skip


def _onward(ws: Workspace, lifecycle: Lifecycle) -> dict[str, Onward]:
    journey = [stage.name for stage in lifecycle.stages if not stage.side and not stage.otherwise]
    settled = ws.moves.settled(lifecycle.name)
    found = {}
    for stage in journey[:-1]:
        cohorts = ws.moves.conversion(stage, None, lifecycle.name, days=COHORT_DAYS, unit="month", count=MONTHS)
        complete = [cohort for cohort in cohorts if cohort.complete and cohort.period.begins >= settled]
        if people := sum(cohort.people for cohort in complete):
            found[stage] = Onward(people=people, reached=sum(cohort.reached for cohort in complete))
    return found
