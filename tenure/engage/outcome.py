"""What became of the people of actions: one query over the measures for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tenure.engage.action import Action, Goal
from tenure.engage.lift import Outcome
from tenure.engage.written import STARTED
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import CUSTOMER, MeasureKind
from tenure.warehouse.where import quote

TREATED = MeasureKind(
    unit=CUSTOMER, events=(STARTED,), where="arm == 'treated'", properties=("action",), text=True
)  # fmt: skip
HELD_OUT = MeasureKind(
    unit=CUSTOMER, events=(STARTED,), where="arm == 'held_out'", properties=("action",), text=True
)  # fmt: skip


def kinds_of(actions: Iterable[Action]) -> tuple[MeasureKind, ...]:
    """What is extracted from events to tell what became of actions."""
    return (TREATED, HELD_OUT, *(goal_kind(one.goal) for one in actions))


def outcomes(
    connection: Connection, actions: Sequence[Action], numbers: Mapping[MeasureKind, int], *, as_of: int
) -> dict[str, tuple[Outcome, Outcome]]:
    """What those treated and those held out did, by the id of the action: goals after its start, within its days.

    Everybody for whom the action began counts on the side that was drawn. `numbers` are those of `kinds_of` in the
    store.
    """
    if not actions:
        return {}
    asked = ", ".join(
        f"({quote(one.id)}, {numbers[goal_kind(one.goal)]}, {one.started_at}, {min(one.ends_at, as_of)})"
        for one in actions
    )
    rows = connection.execute(
        f"""
        WITH asked (action, goal, began, until) AS (VALUES {asked}),
        people AS (
            SELECT DISTINCT unit, text AS action, kind = {numbers[HELD_OUT]} AS held_out FROM measures
            WHERE kind IN ({numbers[TREATED]}, {numbers[HELD_OUT]}) AND text IN (SELECT action FROM asked)
        ),
        reached AS (
            SELECT p.unit, p.action, count(*) AS times, sum(m.value) AS value
            FROM people AS p JOIN asked AS a ON a.action = p.action
            JOIN measures AS m ON m.kind = a.goal AND m.unit = p.unit AND m.time > a.began AND m.time <= a.until
            GROUP BY p.unit, p.action
        )
        SELECT p.action, p.held_out, count(*), count(r.times), coalesce(sum(r.value), 0),
            var_samp(CAST(coalesce(r.value, 0) AS DOUBLE))
        FROM people AS p LEFT JOIN reached AS r ON r.unit = p.unit AND r.action = p.action
        GROUP BY p.action, p.held_out
        """
    ).fetchall()
    valued = {one.id for one in actions if one.goal.values}
    found: dict[tuple[str, bool], Outcome] = {}
    for action, held_out, people, converted, value, variance in rows:
        found[action, held_out] = Outcome(
            people=people, converted=converted, value=Decimal(value) if action in valued else None,
            variance=variance if action in valued else None,
        )  # fmt: skip
    return {
        one.id: (_side(found.get((one.id, False)), one), _side(found.get((one.id, True)), one)) for one in actions
    }  # fmt: skip


def members(action: Action, numbers: Mapping[MeasureKind, int], *, held_out: bool, converted: bool, as_of: int) -> str:
    """SQL of the people of one side of an action: unit; with `converted` those who reached the goal."""
    side = numbers[HELD_OUT if held_out else TREATED]
    query = f"SELECT DISTINCT unit FROM measures WHERE kind = {side} AND text = {quote(action.id)}"
    if not converted:
        return query
    return (
        f"{query} AND unit IN (SELECT unit FROM measures WHERE kind = {numbers[goal_kind(action.goal)]} "
        f"AND time > {action.started_at} AND time <= {min(action.ends_at, as_of)})"
    )


def _side(found: Outcome | None, action: Action) -> Outcome:
    return found or Outcome(people=0, converted=0, value=Decimal(0) if action.goal.values else None)


def goal_kind(goal: Goal) -> MeasureKind:
    """What is extracted from the events of a goal."""
    return MeasureKind(unit=CUSTOMER, events=goal.events, where=goal.where, properties=goal.values)


def treated(action: str, number: int) -> str:
    """SQL of those whom an action treats: unit. `number` is that of `TREATED`."""
    return f"SELECT DISTINCT unit FROM measures WHERE kind = {number} AND text = {quote(action)}"
