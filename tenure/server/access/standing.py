"""How stages stand, how long people stay in them, what stands out, and what is to come: figures that take a while."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenure.errors import UsageError
from tenure.lifecycle.moves.findings import Finding
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.lifecycle.moves.stuck import StuckStage
from tenure.lifecycle.moves.times import TimeInStage
from tenure.metrics.outlook.levers import Lever, Needed
from tenure.metrics.scorecard import Scorecard
from tenure.metrics.targets import Limits
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import later
from tenure.server.access.lifecycle import Unit
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.wording import Money, day
from tenure.workspace.outlook import Outlook

AHEAD = {"week": 12, "month": 12, "quarter": 8}
PAST = 12
_FINDINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """How long people stay in each stage, and who is there for longer than three quarters do."""

    times: tuple[TimeInStage, ...]
    stuck: tuple[StuckStage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The stages as they were and as they are expected, and what more conversion in each would bring.

    `targets` are those of the stages' people for the last period, `needed` what would reach them. `short` says why
    there is no outlook, where there is none.
    """

    past: tuple[StagePeriod, ...] = ()
    outlook: Outlook | None = None
    levers: tuple[Lever, ...] = ()
    targets: Mapping[str, Limits] = field(default_factory=dict)
    needed: tuple[Needed, ...] = ()
    short: str = ""


def findings(reader: Reader, lifecycle: str) -> tuple[Finding, ...] | None:
    """What stands out in how people move; None while it is worked out."""
    require(reader, Right.FIGURES)
    return later(_findings, lifecycle)


def scorecard(reader: Reader, lifecycle: str, unit: Unit, at: str | None) -> Scorecard | None:
    """How every stage did in the period with a moment (None: now); None while it is worked out."""
    require(reader, Right.FIGURES)
    return later(_scorecard, lifecycle, unit, at)


def stays(reader: Reader, lifecycle: str) -> Stays | None:
    """How long people stay; None while it is worked out."""
    require(reader, Right.FIGURES)
    return later(_stays, lifecycle)


def coming(reader: Reader, lifecycle: str, unit: Unit) -> Coming | None:
    """What is to come in the next periods; None while it is worked out."""
    require(reader, Right.FIGURES)
    return later(_coming, lifecycle, unit)


@kept(8)
def _findings(lifecycle: str) -> tuple[Finding, ...]:
    ws = holding.workspace()
    money = Money(ws.definitions.config.currency, [one.money for one in ws.roster.stages(lifecycle)])
    return ws.moves.findings(lifecycle, most=_FINDINGS, money=money, day=lambda moment: day(moment, ws.zone))


@kept(24)
def _scorecard(lifecycle: str, unit: Unit, at: str | None) -> Scorecard:
    return holding.workspace().targets.scorecard(period=unit, at=at, lifecycle=lifecycle)


@kept(8)
def _stays(lifecycle: str) -> Stays:
    ws = holding.workspace()
    return Stays(times=ws.moves.times(lifecycle), stuck=ws.moves.stuck(lifecycle))


@kept(8)
def _coming(lifecycle: str, unit: Unit) -> Coming:
    ws = holding.workspace()
    past = ws.moves.over_time(lifecycle, unit=unit, count=PAST, money=False)
    try:
        outlook = ws.outlook.expected(lifecycle, periods=AHEAD[unit], unit=unit)
        levers = ws.outlook.leverage(lifecycle, periods=AHEAD[unit], unit=unit)
        last = outlook.expected[-1].period
        aims = {
            stage.name: found[1]
            for stage in ws.lifecycle(lifecycle).stages
            if (found := ws.targets.all.of("population", unit, last.start, lifecycle=lifecycle, stage=stage.name))
        }
        needed = tuple(
            ws.outlook.needed(stage, float(limits.aim), lifecycle, periods=AHEAD[unit], unit=unit)
            for stage, limits in aims.items()
            if limits.aim is not None
        )
    except UsageError as error:
        return Coming(past=past, short=str(error))
    return Coming(past=past, outlook=outlook, levers=levers, targets=aims, needed=needed)
