"""What a changed definition would do, before it is applied: who would move, from where to where, worth how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import COLUMNS, View, compute, prepared
from tenure.lifecycle.periods import Period
from tenure.lifecycle.population import Worth, excluded, in_stage, money_at
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.tell import named
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import births
from tenure.warehouse.schema import TABLES

PLANNED = "planned_codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMove:
    """People whose stage at the moment would be another: None stands for no stage."""

    lifecycle: str
    stage: str | None
    to: str | None
    people: int
    money: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """A stage (None: in none) at the end of a period: as it was told, and as the new definition tells it.

    A stage that only one of them has counts nobody in the other. A period that is not `complete` ends for now at the
    moment up to which events count.
    """

    lifecycle: str
    period: Period
    stage: str | None
    people: int
    money: Decimal
    people_would_be: int
    money_would_be: Decimal
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What applying the definitions would do: lifecycles new, changed and gone, and the moves of people."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    moves: tuple[PlannedMove, ...]
    history_rows: Mapping[str, tuple[int, int]]
    restated: tuple[Restated, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether applying would leave everything as it is."""
        return not (self.new or self.changed or self.removed)


def plan(
    connection: Connection, lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied], *, money: Worth, as_of: int,
    exclusion: Applied | None = None, periods: Sequence[Period] = (),
) -> Plan:  # fmt: skip
    """What applying the lifecycles would do to the history that the store holds, as of a moment.

    The populations at the ends of `periods` are restated.

    The changed ones are computed over the whole log beside the stored history, which stays as it is.
    """
    fresh = [lifecycle for lifecycle in lifecycles if lifecycle.name not in held]
    changed = {l.name for l in lifecycles if l.name in held and held[l.name].id != l.id}  # noqa: E741
    while more := {l.name for l in lifecycles if l.name in held and l.refers_to & changed} - changed:  # noqa: E741
        changed |= more
    names = {lifecycle.name for lifecycle in lifecycles}
    removed = tuple(sorted(held.keys() - names))
    moves: list[PlannedMove] = []
    rows: dict[str, tuple[int, int]] = {}
    restated: list[Restated] = []
    concerned = changed | {lifecycle.name for lifecycle in fresh}
    if concerned:
        _compute_aside(connection, lifecycles, held, concerned, as_of)
    for lifecycle in lifecycles:
        if lifecycle.name in changed:
            found, counts = _moves(connection, lifecycle, held[lifecycle.name], money, as_of, exclusion)
            moves += found
            rows[lifecycle.name] = counts
            for period in periods:
                restated += _restated(connection, lifecycle, held[lifecycle.name], money, period, as_of, exclusion)
    return Plan(
        new=tuple(lifecycle.name for lifecycle in fresh), changed=tuple(sorted(changed)), removed=removed,
        moves=tuple(moves), history_rows=rows, restated=tuple(restated),
    )  # fmt: skip


def _compute_aside(
    connection: Connection,
    lifecycles: Sequence[Lifecycle],
    held: Mapping[str, Applied],
    concerned: set[str],
    as_of: int,
) -> None:
    last = max((one.code for one in held.values()), default=0)
    codes = {}
    for lifecycle in lifecycles:
        if lifecycle.name in held:
            codes[lifecycle.name] = held[lifecycle.name].code
        else:
            last += 1
            codes[lifecycle.name] = last
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {PLANNED} ({TABLES['stage_codes']})")
    kept = [str(code) for name, code in codes.items() if name not in concerned]
    if kept:
        connection.execute(
            f"INSERT INTO {PLANNED} ({COLUMNS}) SELECT {COLUMNS} FROM stage_codes "
            f"WHERE lifecycle IN ({', '.join(kept)})"
        )
    ready = prepared(connection, lifecycles, codes)
    compute(connection, ready, lifecycles, View(as_of=as_of), into=PLANNED, only=frozenset(concerned))


def _moves(
    connection: Connection, lifecycle: Lifecycle, held: Applied, money: Worth, as_of: int, exclusion: Applied | None
) -> tuple[list[PlannedMove], tuple[int, int]]:
    now = in_stage(held.code, as_of)
    then = now.replace("stage_codes", PLANNED, 1)
    old_name, new_name = _names(lifecycle, held)
    rows = connection.execute(
        f"""
        SELECT {old_name} AS was, {new_name} AS becomes, count(*), coalesce(sum(money), 0)
        FROM ({now}) AS now FULL JOIN ({then}) AS later USING (unit)
        LEFT JOIN ({money_at(connection, money, lifecycle, as_of)}) AS worth USING (unit)
        WHERE {old_name} IS DISTINCT FROM {new_name} AND unit NOT IN ({excluded(exclusion, as_of)})
        GROUP BY ALL ORDER BY 3 DESC, 1, 2
        """
    ).fetchall()
    counts = first_row(
        connection,
        f"SELECT (SELECT count(*) FROM stage_codes WHERE lifecycle = {held.code}), "
        f"(SELECT count(*) FROM {PLANNED} WHERE lifecycle = {held.code})",
    )
    moves = [
        PlannedMove(lifecycle=lifecycle.name, stage=was, to=becomes, people=people, money=worth)
        for was, becomes, people, worth in rows
    ]
    return moves, (int(counts[0]), int(counts[1])) if counts else (0, 0)


def _names(lifecycle: Lifecycle, held: Applied) -> tuple[str, str]:
    """SQL of the names of the stages `now.stage` and `later.stage`.

    They are compared by name: the list may have been reordered, and a stage may have a new name.
    """
    renamed = {stage.renamed_from: stage.name for stage in lifecycle.stages if stage.renamed_from}
    old_name = named("now.stage", [renamed.get(name, name) for name in held.stages])
    return old_name, named("later.stage", [stage.name for stage in lifecycle.stages])


def _restated(
    connection: Connection, lifecycle: Lifecycle, held: Applied, money: Worth, period: Period, as_of: int,
    exclusion: Applied | None,
) -> list[Restated]:  # fmt: skip
    """The population at the end of a period, or at `as_of` where that is earlier, by both definitions."""
    moment = min(period.ends - 1, as_of)
    now = in_stage(held.code, moment)
    then = now.replace("stage_codes", PLANNED, 1)
    old_name, new_name = _names(lifecycle, held)
    rows = connection.execute(
        f"""
        SELECT {old_name} AS was, {new_name} AS becomes, count(*), coalesce(sum(money), 0)
        FROM ({births(lifecycle.unit, as_of=moment)}) AS born
        LEFT JOIN ({now}) AS now USING (unit) LEFT JOIN ({then}) AS later USING (unit)
        LEFT JOIN ({money_at(connection, money, lifecycle, moment)}) AS worth USING (unit)
        WHERE unit NOT IN ({excluded(exclusion, as_of)}) GROUP BY 1, 2
        """
    ).fetchall()
    order: list[str | None] = [stage.name for stage in lifecycle.stages]
    order += [name for name in dict.fromkeys(was for was, *_ in rows) if name is not None and name not in order]
    found = []
    for stage in (*order, None):
        old = [(people, worth) for was, _, people, worth in rows if was == stage]
        new = [(people, worth) for _, becomes, people, worth in rows if becomes == stage]
        found.append(
            Restated(
                lifecycle=lifecycle.name, period=period, stage=stage,
                people=sum(people for people, _ in old), money=sum((worth for _, worth in old), Decimal(0)),
                people_would_be=sum(people for people, _ in new),
                money_would_be=sum((worth for _, worth in new), Decimal(0)), complete=period.ends <= as_of + 1,
            )
        )  # fmt: skip
    return found
