"""What a changed definition would do, before it is applied: who would move, from where to where, worth how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenure.expressions.tree import Value
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import COLUMNS, View, compute, prepared
from tenure.lifecycle.population import excluded, in_stage, money_at
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.tell import named
from tenure.warehouse.connection import Connection, first_row
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
class Plan:
    """What applying the definitions would do: lifecycles new, changed and gone, and the moves of people."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    moves: tuple[PlannedMove, ...]
    history_rows: Mapping[str, tuple[int, int]]

    @property
    def changes_nothing(self) -> bool:
        """Whether applying would leave everything as it is."""
        return not (self.new or self.changed or self.removed)


def plan(
    connection: Connection, lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied], *, money: Value, as_of: int,
    exclusion: Applied | None = None,
) -> Plan:  # fmt: skip
    """What applying the lifecycles would do to the history that the store holds, as of a moment.

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
    concerned = changed | {lifecycle.name for lifecycle in fresh}
    if concerned:
        _compute_aside(connection, lifecycles, held, concerned, as_of)
    for lifecycle in lifecycles:
        if lifecycle.name in changed:
            found, counts = _moves(connection, lifecycle, held[lifecycle.name], money, as_of, exclusion)
            moves += found
            rows[lifecycle.name] = counts
    return Plan(
        new=tuple(lifecycle.name for lifecycle in fresh), changed=tuple(sorted(changed)), removed=removed,
        moves=tuple(moves), history_rows=rows,
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
    connection: Connection, lifecycle: Lifecycle, held: Applied, money: Value, as_of: int, exclusion: Applied | None
) -> tuple[list[PlannedMove], tuple[int, int]]:
    now = in_stage(held.code, as_of)
    then = now.replace("stage_codes", PLANNED, 1)
    names = [stage.name for stage in lifecycle.stages]
    # compared by name: the list may have been reordered, and a stage may have a new name
    renamed = {stage.renamed_from: stage.name for stage in lifecycle.stages if stage.renamed_from}
    old_name = named("now.stage", [renamed.get(name, name) for name in held.stages])
    new_name = named("later.stage", names)
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
