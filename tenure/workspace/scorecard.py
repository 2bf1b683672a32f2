"""The scorecard of a workspace: `ws.targets.scorecard(...)`.

    card = ws.targets.scorecard(period="quarter", at="2024-06-30")
    card.stages[0].figures["population"].value

Each stage of a lifecycle in one period, beside the one before and against its targets.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tenure.documents import did_you_mean
from tenure.errors import DefinitionError, Problem, UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.judged import Judged
from tenure.metrics.pace import EARLIER, Shape, cut, pace, rate_ahead
from tenure.metrics.scorecard import Flow, Scorecard, StageCard, metrics_of, stage_flows
from tenure.metrics.status import status
from tenure.metrics.targets import STAGE_FIGURES
from tenure.workspace.calendar import last_periods

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

_ADDING, _RATE = ("inflow", "outflow"), "conversion"


def scorecard(
    ws: Workspace, *, period: PeriodUnit = "month", at: str | None = None, lifecycle: str | None = None
) -> Scorecard:
    """How every stage of the lifecycle did in the period with the moment `at` (default: up to which figures go).

    Raises UsageError for a lifecycle, period or time that does not exist.
    """
    chosen = ws.lifecycle(lifecycle)
    now = ws.moment(None)
    moment = ws.moment(at)
    if moment > now:
        raise UsageError(f"{at} is later than all that is known.", hint="Take an earlier time.")
    asked = last_periods(ws, period, EARLIER + 1, until=moment)
    if len(asked) <= EARLIER:
        raise UsageError(f"There is no calendar for {at}.", hint="Take a later time.")
    scope = ws.moves.scope(chosen.name)
    flows = stage_flows(ws._store.connection(), scope, asked[-2:])
    phases: dict[str, list[str]] = {}
    for one in ws.metrics.all.values():
        phases.setdefault(one.phase, []).append(one.name)
    named = {stage.name: metrics_of(stage, phases) for stage in chosen.stages}
    _known(ws, chosen, named)
    shown = dict.fromkeys(name for names in named.values() for name in names)
    aimed = (one.metric for one in ws.targets.all.targets if one.metric in ws.metrics.all)
    besides = [name for name in dict.fromkeys([*ws.targets.key_metrics, *aimed]) if name not in shown]
    every = (*shown, *besides)
    # only what has a target has a pace: the others are not judged by it
    judged = {
        one.name: one
        for one in ws.targets.judged(every, period=period, at=at, lifecycle=chosen.name, every=False)
    }  # fmt: skip
    paces = _paces(ws, asked, flows, chosen, period)
    cards = tuple(
        StageCard(
            stage=stage,
            figures={
                name: _figure(ws, chosen, stage.name, name, (flows[0][place], flows[1][place]), asked[-1], period,
                              paces.get((place, name)))
                for name in STAGE_FIGURES
            },
            metrics=tuple(_for_stage(ws, judged[name], chosen, stage.name, period) for name in named[stage.name]),
        )
        for place, stage in enumerate(chosen.stages)
    )  # fmt: skip
    return Scorecard(
        lifecycle=chosen, period=asked[-1], previous=asked[-2], until=min(now, asked[-1].ends - 1),
        over=asked[-1].ends <= now + 1, stages=cards, besides=tuple(judged[name] for name in besides),
    )  # fmt: skip


def _known(ws: Workspace, lifecycle: Lifecycle, named: dict[str, tuple[str, ...]]) -> None:
    """Raises DefinitionError where a stage lists a metric that does not exist."""
    problems = [
        Problem(
            file=f"lifecycles/{lifecycle.name}.yaml", line=0, column=0,
            message=f"The stage '{stage}' lists a metric that does not exist: '{name}'.",
            hint=did_you_mean(name, ws.metrics.all) or "`tenure metrics` lists them.",
        )
        for stage, names in named.items() for name in names if name not in ws.metrics.all
    ]  # fmt: skip
    if problems:
        raise DefinitionError(problems)


def _figure(
    ws: Workspace, lifecycle: Lifecycle, stage: str, name: str, flows: tuple[Flow, Flow], asked: Period,
    period: PeriodUnit, ahead: Decimal | None,
) -> Judged:  # fmt: skip
    told = STAGE_FIGURES[name]
    before, now = flows
    value = now.figures[name]
    over = asked.ends <= ws.moment(None) + 1
    ahead = None if over else ahead if name in (*_ADDING, _RATE) else value
    found = ws.targets.all.of(name, period, asked.start, lifecycle=lifecycle.name, stage=stage)
    visits = now.before + now.inflow if name == "conversion" and now.moved_on is not None else None
    return Judged(
        name=name, title=told.title, unit=told.unit, direction=told.direction, period=asked, value=value,
        previous=before.figures[name], pace=ahead, over=over,
        numerator=None if visits is None else Decimal(now.moved_on or 0),
        denominator=None if visits is None else Decimal(visits), n=visits,
        target=found[0] if found else None, limits=found[1] if found else None,
        status=status(value, ahead, found[1], over=over, grows=name in _ADDING) if found else None,
    )  # fmt: skip


def _for_stage(ws: Workspace, judged: Judged, lifecycle: Lifecycle, stage: str, period: PeriodUnit) -> Judged:
    """The metric with the target that is the stage's own, where there is one."""
    found = ws.targets.all.of(judged.name, period, judged.period.start, lifecycle=lifecycle.name, stage=stage)
    if found is None or found[0].stage is None:
        return judged
    told = status(judged.value, judged.pace, found[1], over=judged.over)
    return replace(judged, target=found[0], limits=found[1], status=told)


def _paces(
    ws: Workspace, asked: tuple[Period, ...], flows: tuple[tuple[Flow, ...], ...], lifecycle: Lifecycle,
    period: PeriodUnit,
) -> dict[tuple[int, str], Decimal | None]:  # fmt: skip
    """Where the flows that have a target will end; empty where there is none, or the period is over."""
    running, now = asked[-1], ws.moment(None)
    wanted = [
        (place, name)
        for place, stage in enumerate(lifecycle.stages)
        for name in (*_ADDING, _RATE)
        if ws.targets.all.of(name, period, running.start, lifecycle=lifecycle.name, stage=stage.name)
    ]
    first = ws.first_event or 0
    earlier = tuple(one for one in asked[:-1] if one.begins >= first)
    if running.ends <= now + 1 or not wanted:
        return {}
    connection, scope = ws._store.connection(), ws.moves.scope(lifecycle.name)
    halves = stage_flows(connection, scope, cut(earlier, running, now), times=False) if earlier else ()
    passed = Decimal(now + 1 - running.begins) / (running.ends - running.begins)
    found: dict[tuple[int, str], Decimal | None] = {}
    for place, name in wanted:
        pairs = [(one[place], _both(one[place], other[place])) for one, other in zip(*[iter(halves)] * 2, strict=True)]
        told = [(one.figures[name], whole.figures[name]) for one, whole in pairs]
        known = [(one, whole) for one, whole in told if one is not None and whole is not None]
        shape = Shape(reached=tuple(one for one, _ in known), ended=tuple(whole for _, whole in known))
        value = flows[1][place].figures[name]
        found[place, name] = rate_ahead(value, shape, share=True) if name == _RATE else pace(value, shape, passed)
    return found


def _both(one: Flow, other: Flow) -> Flow:
    """A period from its two parts."""
    on = None if one.moved_on is None or other.moved_on is None else one.moved_on + other.moved_on
    return replace(
        one, people=other.people, inflow=one.inflow + other.inflow, outflow=one.outflow + other.outflow, moved_on=on
    )
