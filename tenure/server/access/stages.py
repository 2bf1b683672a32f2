"""One stage: who was there over time, where they came from and go, and who is about to leave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.over_time import StagePeriod
from tenure.lifecycle.periods import day_of, midnight
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.lifecycle import FURTHEST, FlowRow, Overview, StageRow, Unit, due_table, over_time, overview
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right

_QUARTER = 900_000_000  # microseconds
PERIODS = {"week": 26, "month": 13, "quarter": 9}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTo:
    """The moves from a stage to another (None: to none) that come within so many days: people by days, their money."""

    stage: str
    to: str | None
    people: tuple[tuple[int, int], ...]
    money: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A stage: its figures in the chosen period, over time, where people came from and went to, and what is due."""

    stage: Stage
    whole: Overview
    row: StageRow
    over_time: tuple[StagePeriod, ...]
    came_from: tuple[FlowRow, ...]
    went_to: tuple[FlowRow, ...]
    due: tuple[DueTo, ...]


def found_stage(lifecycle: str, name: str) -> tuple[Lifecycle, Stage] | None:
    """A stage and its lifecycle by their names; None where there is none."""
    found = holding.workspace().definitions.lifecycle(lifecycle)
    stage = found.stage(name) if found else None
    return None if found is None or stage is None else (found, stage)


def stage(reader: Reader, lifecycle: str, name: str, *, unit: Unit, period: str | None) -> Found:
    """The stage of that name. Raises UsageError where there is none."""
    require(reader, Right.FIGURES)
    if found_stage(lifecycle, name) is None:
        raise UsageError(f"There is no stage {name!r} in {lifecycle!r}.")
    whole = overview(reader, lifecycle=lifecycle, unit=unit, period=period)
    chosen = whole.chosen.unit
    return Found(
        stage=whole.row(name).stage, whole=whole, row=whole.row(name),
        over_time=tuple(
            one for one in over_time(reader, lifecycle, unit=chosen, count=PERIODS[chosen]) if one.stage == name
        ),
        came_from=tuple(one for one in whole.flows if one.to == name),
        went_to=tuple(one for one in whole.flows if one.stage == name),
        due=tuple(one for one in due_by_move(lifecycle, (7, 30, FURTHEST)) if one.stage == name),
    )  # fmt: skip


def due(reader: Reader, lifecycle: str, days: tuple[int, ...]) -> tuple[DueTo, ...]:
    """The moves to come from each stage to each other within so many days; money is that within the last of these."""
    require(reader, Right.FIGURES)
    return due_by_move(lifecycle, days)


def due_by_day(reader: Reader, lifecycle: str, days: int) -> tuple[tuple[int, str, str | None, int], ...]:
    """How many move on each of the next days: the moment (microseconds UTC) the day's first comes, from, to, people."""
    require(reader, Right.FIGURES)
    return _by_day(lifecycle, days)


@kept(8)
def due_by_move(lifecycle: str, days: tuple[int, ...]) -> tuple[DueTo, ...]:
    """The moves to come by the stages they lead from and to, most people first."""
    ws = holding.workspace()
    now, table = ws.refreshed_as_of or ws.as_of, due_table(lifecycle)
    moves_at = table["moves_at"].cast(pa.int64())
    within = [_by_move(table.filter(pc.less_equal(moves_at, now + ahead * DAY))) for ahead in days]
    found = [
        DueTo(
            stage=pair[0], to=pair[1], money=money,
            people=tuple(
                (ahead, counted.get(pair, (0, money))[0]) for ahead, counted in zip(days, within, strict=True)
            ),
        )
        for pair, (_, money) in within[-1].items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.people[-1][1], one.stage, one.to or "")))


def _by_move(table: pa.Table) -> dict[tuple[str, str | None], tuple[int, Decimal]]:
    """How many move from each stage to each other, and their money."""
    grouped = table.group_by(["stage", "to"]).aggregate([("money", "count"), ("money", "sum")])
    return {(one["stage"], one["to"]): (one["money_count"], one["money_sum"]) for one in grouped.to_pylist()}


@kept(8)
def _by_day(lifecycle: str, days: int) -> tuple[tuple[int, str, str | None, int], ...]:
    ws = holding.workspace()
    now, table = ws.refreshed_as_of or ws.as_of, due_table(lifecycle)
    moves_at = table["moves_at"].cast(pa.int64())
    within = pc.less_equal(moves_at, now + days * DAY)
    # quarters of an hour share their day wherever a clock stands
    quarters = pc.divide(moves_at, _QUARTER)
    told = table.select(["stage", "to"]).append_column("quarter", quarters).filter(within)
    counted, begins = Counter[tuple[int, str, str | None]](), dict[int, int]()
    for one in told.group_by(["quarter", "stage", "to"]).aggregate([([], "count_all")]).to_pylist():
        at = one["quarter"] * _QUARTER
        if at not in begins:
            begins[at] = midnight(ws.zone, day_of(ws.zone, at))
        counted[begins[at], one["stage"], one["to"]] += one["count_all"]
    return tuple((begin, origin, to, people) for (begin, origin, to), people in sorted(counted.items(), key=_first))


def _first(one: tuple[tuple[int, str, str | None], int]) -> tuple[int, str, str]:
    (begin, origin, to), _ = one
    return begin, origin, to or ""
