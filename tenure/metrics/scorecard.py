"""How each stage did in a period: who was there, came, went and moved on, for how long they stay, and its metrics.

`Moved on` is the part of those who were in the stage at the period's start, and those who came in it, that went on to
a later stage of the journey: a count of moves over a count of visits, so that a period tells it as soon as it is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.lifecycle.moves.over_time import flows
from tenure.lifecycle.moves.scope import NEW, Scope
from tenure.lifecycle.moves.times import curves
from tenure.lifecycle.periods import Period
from tenure.metrics.judged import Judged
from tenure.metrics.question import DAY
from tenure.warehouse.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A stage in a period. `moved_on` is of `before` + `inflow`; `half` the median time in the stage, in days.

    `moved_on` is None for the last stage of the journey and for those beside it.
    """

    people: int
    before: int
    inflow: int
    outflow: int
    moved_on: int | None
    half: Decimal | None

    @property
    def figures(self) -> Mapping[str, Decimal | None]:
        """The figures by the names that targets call them."""
        visits = self.before + self.inflow
        return {
            "population": Decimal(self.people),
            "inflow": Decimal(self.inflow),
            "outflow": Decimal(self.outflow),
            "conversion": Decimal(self.moved_on) / visits if self.moved_on is not None and visits else None,
            "time_in_stage": self.half,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCard:
    """A stage on a scorecard: its figures by the names that targets call them, and its metrics."""

    stage: Stage
    figures: Mapping[str, Judged]
    metrics: tuple[Judged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A lifecycle in a period, beside the one before; a period that is not over ends for now at `until` (UTC).

    `besides` are the key metrics, and those with a target, whose phase no stage of the lifecycle has.
    """

    lifecycle: Lifecycle
    period: Period
    previous: Period
    until: int
    over: bool
    stages: tuple[StageCard, ...]
    besides: tuple[Judged, ...] = ()


def stage_flows(
    connection: Connection, scope: Scope, periods: Sequence[Period], *, times: bool = True
) -> tuple[tuple[Flow, ...], ...]:
    """The flows of every stage, in the order of the list, in each of the periods, which follow each other.

    Without `times` no time in stage is told.
    """
    counted = flows(connection, scope, periods)
    present = Counter[int]()
    for (origin, target), count in counted[0].items():
        present[target] += count
        present[origin] -= count
    found = []
    for place, period in enumerate(periods, start=1):
        came, went, on = Counter[int](), Counter[int](), Counter[int]()
        for (origin, target), count in counted[place].items():
            came[target] += count
            went[origin] += count
            if origin != NEW and origin in scope.main and target in scope.main and target > origin:
                on[origin] += count
        # as it was known at the period's end
        known = curves(connection, replace(scope, now=min(period.ends - 1, scope.now))) if times else {}
        row = []
        for state in range(len(scope.held.stages)):
            before = present[state]
            present[state] = before + came[state] - went[state]
            half = known[state].gone(0.5) if times else None
            row.append(
                Flow(
                    people=present[state], before=before, inflow=came[state], outflow=went[state],
                    moved_on=on[state] if state in scope.main and state != scope.main[-1] else None,
                    half=None if half is None else Decimal(half) / DAY,
                )
            )  # fmt: skip
        found.append(tuple(row))
    return tuple(found)


def metrics_of(stage: Stage, phases: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The names of the metrics of a stage: those it lists, then those of its phase."""
    own = phases.get(stage.phase, ()) if stage.phase is not None else ()
    return tuple(dict.fromkeys([*stage.metrics, *own]))
