"""Where everybody is and goes: stages with who came, went and moved on in a period, and what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.lifecycle.filling import Needed
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.lifecycle.moves.scope import NEW, NONE, Scope
from tenure.lifecycle.periods import Period, day_of
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import soon
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.calendar import last_periods, named_period

Unit = Literal["week", "month", "quarter"]
UNITS: tuple[Unit, ...] = ("week", "month", "quarter")
FURTHEST = 90  # days ahead that due moves are told for
SOON = (7, 30)
WEEKS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A calendar period that is looked at: the ones before and after it (None: there is none), whether it goes on."""

    unit: Unit
    period: Period
    before: str | None
    after: str | None
    running: bool

    @property
    def since(self) -> str:
        """Its first day."""
        return self.period.start.isoformat()

    @property
    def until(self) -> str:
        """Its last day."""
        return last_day(self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """A stage now, and in the period: `before` were there when it began, `moved_on` of them and the `entries` went on.

    `moved_on` is None where the journey does not go on. `due` is how many will leave within so many days if nothing
    happens; `lacking` what the log has none of, where nobody can be here for that.
    """

    stage: Stage
    people: int
    money: Decimal
    before: int
    entries: int
    exits: int
    moved_on: int | None
    due: Mapping[int, int]
    lacking: tuple[Needed, ...] = ()
    possible: bool = True

    @property
    def visits(self) -> int:
        """Those who were there when the period began, and those who came in it."""
        return self.before + self.entries


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """The moves from a stage to another in the period; `new`: of those not known before, None: in no stage."""

    stage: str | None
    new: bool
    to: str | None
    moves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A lifecycle as of a moment: its stages, those in none, and the moves of the period, most first."""

    lifecycle: Lifecycle
    now: int
    chosen: Chosen
    stages: tuple[StageRow, ...]
    outside: int
    outside_money: Decimal
    flows: tuple[FlowRow, ...]

    @property
    def people(self) -> int:
        """Everybody who is known."""
        return self.outside + sum(row.people for row in self.stages)

    @property
    def money(self) -> Decimal:
        """What they are worth."""
        return self.outside_money + sum((row.money for row in self.stages), Decimal(0))

    def row(self, stage: str) -> StageRow:
        """That of a stage. Raises KeyError where there is none."""
        for one in self.stages:
            if one.stage.name == stage:
                return one
        raise KeyError(stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The last seven days beside the eight weeks before, by stage: entries, exits and net change of each, newest first.

    `new` counts those not known before; there are only weeks that begin after the first event.
    """

    since: int
    until: int
    new: tuple[int, ...]
    entries: Mapping[str, tuple[int, ...]]
    exits: Mapping[str, tuple[int, ...]]


def overview(reader: Reader, *, lifecycle: str | None, unit: Unit, period: str | None) -> Overview:
    """Who is where now, and who moved in a period: the named one, or the running one once half of it is over."""
    require(reader, Right.FIGURES)
    ws = holding.workspace()
    return soon(_overview, ws.lifecycle(lifecycle).name, chosen_period(unit, period))


def week(reader: Reader, lifecycle: str) -> Week:
    """What the last seven days brought."""
    require(reader, Right.FIGURES)
    return soon(_week, lifecycle)


def over_time(reader: Reader, lifecycle: str, *, unit: Unit, count: int) -> tuple[StagePeriod, ...]:
    """People, entries and exits of every stage in the last periods."""
    require(reader, Right.FIGURES)
    return soon(_over_time, lifecycle, unit, count)


def chosen_period(unit: Unit, name: str | None) -> Chosen:
    """The period of that name, or the running one of the unit; while less than half of it is over, the one before.

    Raises UsageError where there is none of that name, or it is still to come.
    """
    ws = holding.workspace()
    now, first = ws.refreshed_as_of or ws.as_of, ws.first_event or 0
    if name is None:
        before, found = last_periods(ws, unit, 2, until=now)
        if now - found.begins < (found.ends - found.begins) // 2 and before.ends > first:
            found = before
    else:
        named, found = named_period(ws, name)
        if named not in UNITS:
            raise UsageError(f"{name} is no week, month or quarter.", hint="Choose one of those.")
        unit = named
        if found.begins > now:
            raise UsageError(f"{name} is still to come.", hint="Choose an earlier period.")
    (earlier, _) = last_periods(ws, unit, 2, until=found.begins)
    later = last_periods(ws, unit, 1, until=found.ends)[0]
    return Chosen(
        unit=unit, period=found, before=earlier.name if earlier.ends > first else None,
        after=later.name if later.begins <= now else None, running=found.ends > now + 1,
    )  # fmt: skip


def last_day(period: Period) -> str:
    """The last day of a period."""
    return day_of(holding.workspace().zone, period.ends - 1).isoformat()


def due_table(lifecycle: str) -> pa.Table:
    """Everybody who moves in the next 90 days if nothing happens: customer_id, stage, to, moves_at, money."""
    return _due(lifecycle)


@kept(8)
def _due(lifecycle: str) -> pa.Table:
    return holding.workspace().due(lifecycle, days=FURTHEST)


@kept(8)
def due_counts(lifecycle: str) -> Mapping[int, Mapping[str, int]]:
    """How many leave each stage within 7 and within 30 days if nothing happens."""
    ws = holding.workspace()
    now, table = ws.refreshed_as_of or ws.as_of, _due(lifecycle)
    moves_at = table["moves_at"].cast(pa.int64())
    found = {}
    for days in SOON:
        within = table.filter(pc.less_equal(moves_at, now + days * DAY))
        found[days] = {one["values"]: one["counts"] for one in within["stage"].value_counts().to_pylist()}
    return found


@kept(48)
def _overview(name: str, chosen: Chosen) -> Overview:
    ws = holding.workspace()
    scope = ws.moves.scope(name)
    counted = {one.stage: one for one in ws.roster.stages(name)}
    before, within, _ = ws.moves.flows([chosen.period], name)
    present, entries, exits, on = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    for (origin, target), count in before.items():
        present[target] += count
        present[origin] -= count
    for (origin, target), count in within.items():
        entries[target] += count
        exits[origin] += count
        if origin in scope.main and target in scope.main and target > origin:
            on[origin] += count
    due = due_counts(name)
    # what could fill a stage is asked only where one is empty
    empty = not all(counted[stage.name].people for stage in scope.lifecycle.stages)
    fillings = {one.stage.name: one for one in ws.moves.fillings(name)} if empty else {}
    rows = []
    for place, stage in enumerate(scope.lifecycle.stages):
        filling = fillings.get(stage.name) if not counted[stage.name].people else None
        rows.append(
            StageRow(
                stage=stage, people=counted[stage.name].people, money=counted[stage.name].money,
                before=present[place], entries=entries[place], exits=exits[place],
                moved_on=on[place] if place in scope.main[:-1] else None,
                due={days: told.get(stage.name, 0) for days, told in due.items()},
                lacking=tuple(one for one in filling.needed if not one.found) if filling else (),
                possible=filling.possible if filling else True,
            )
        )  # fmt: skip
    return Overview(
        lifecycle=scope.lifecycle, now=scope.now, chosen=chosen, stages=tuple(rows), outside=counted[None].people,
        outside_money=counted[None].money, flows=_flow_rows(scope, within),
    )  # fmt: skip


def _flow_rows(scope: Scope, within: Counter[tuple[int, int]]) -> tuple[FlowRow, ...]:
    found = [
        FlowRow(stage=scope.name(origin), new=origin == NEW, to=scope.name(target), moves=count)
        for (origin, target), count in within.items()
        if count and not (origin == NEW and target == NONE)
    ]
    return tuple(sorted(found, key=lambda row: (-row.moves, row.stage or "", row.to or "")))


@kept(8)
def _week(name: str) -> Week:
    ws = holding.workspace()
    scope = ws.moves.scope(name)
    end, first = scope.now + 1, ws.first_event or 0
    begins = [end - place * 7 * DAY for place in range(WEEKS, 0, -1)]
    day = day_of(ws.zone, scope.now)
    periods = [
        Period(
            begins=one, ends=one + 7 * DAY, name=f"-{WEEKS - place}", start=day - timedelta(days=7 * (WEEKS - place))
        )
        for place, one in enumerate(begins)
        if one >= first or place == WEEKS - 1
    ]
    counted = ws.moves.flows(periods, name)[1:-1]
    names = scope.held.stages

    def summed(place: int, side: int) -> tuple[int, ...]:
        return tuple(sum(count for pair, count in one.items() if pair[side] == place) for one in reversed(counted))

    return Week(
        since=periods[-1].begins, until=scope.now, new=summed(NEW, 0),
        entries={name: summed(place, 1) for place, name in enumerate(names)},
        exits={name: summed(place, 0) for place, name in enumerate(names)},
    )  # fmt: skip


@kept(16)
def _over_time(name: str, unit: Unit, count: int) -> tuple[StagePeriod, ...]:
    return holding.workspace().moves.over_time(name, unit=unit, count=count, money=False)
