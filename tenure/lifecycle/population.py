"""Who is where: people and money by stage at a moment, read from the stored history.

Money is a value of the condition language that the workspace names. People who are excluded are in no figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tenure.events import EventBinding
from tenure.expressions.tree import Value
from tenure.lifecycle.bound import Operand, Reading, bind_value, readings
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.registers import Feeds
from tenure.lifecycle.truths import value
from tenure.lifecycle.values import registers_at
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import births, ensure

NOBODY = "SELECT CAST(NULL AS BIGINT) AS unit WHERE FALSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCount:
    """One stage at one moment: the units in it (None as the stage: those in none) and their money."""

    stage: str | None
    people: int
    money: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What counts as somebody's money, in every lifecycle alike: a value, and what its short names stand for."""

    value: Value
    events: Mapping[str, EventBinding] = field(hash=False)


def in_stage(code: int, moment: int, *, table: str = "stage_codes") -> str:
    """SQL of the stays of a lifecycle that hold at a moment: unit, stage, previous, entered_at, left_at."""
    return (
        f"SELECT unit, stage, previous, entered_at, left_at FROM {table} WHERE lifecycle = {code} "
        f"AND entered_at <= {moment} AND (left_at IS NULL OR left_at > {moment})"
    )


def excluded(exclusion: Applied | None, moment: int, *, table: str = "stage_codes") -> str:
    """SQL of the units that are kept out of every figure; `table` holds the histories."""
    return f"SELECT unit FROM ({in_stage(exclusion.code, moment, table=table)})" if exclusion else NOBODY


def money_at(
    connection: Connection, money: Worth, lifecycle: Lifecycle, moment: int, *, units: str | None = None
) -> str:
    """SQL of every unit's money at a moment: unit, money (exact to six decimals, 0 where unknown).

    `units` is a relation of those who are asked for; without it, all are.
    """
    operand = bind_value(money.value, bindings=money.events, unit=lifecycle.unit)
    if isinstance(operand, Reading) and operand.function == "sum" and operand.kind is not None:
        # what money nearly always is needs no register
        number = ensure(connection, [operand.kind])[operand.kind]
        since = f" AND time > {moment - operand.within}" if operand.within is not None else ""
        among = f" AND unit IN (SELECT unit FROM {units})" if units else ""
        return (
            f"SELECT unit, CAST(coalesce(sum(value), 0) AS DECIMAL(38,6)) AS money FROM measures "
            f"WHERE kind = {number} AND time <= {moment}{since}{among} GROUP BY unit"
        )
    told = value_at(connection, operand, moment, units=units)
    return f"SELECT unit, coalesce(CAST(told AS DECIMAL(38,6)), 0) AS money FROM ({told})"


def value_at(connection: Connection, operand: Operand, moment: int, *, units: str | None = None) -> str:
    """SQL of a value at a moment, for every unit that has one of its events: unit, told."""
    kinds = {kind for reading in readings(operand) for kind in (reading.kind, reading.after) if kind}
    numbers = ensure(connection, sorted(kinds, key=lambda kind: kind.key()))
    feeds = Feeds(View(as_of=moment, units=units).measures(), numbers, "stage_codes", {}, {})
    registers, columns = registers_at([operand], feeds, moment)
    return f"SELECT unit, {value(operand, columns, str(moment))} AS told FROM ({registers})"


def population(
    connection: Connection, lifecycle: Lifecycle, held: Applied, *, money: Worth, moment: int, now: int,
    exclusion: Applied | None = None,
) -> tuple[StageCount, ...]:  # fmt: skip
    """People and money of every stage at a moment, in the order of the list; last those in no stage.

    `now` decides who is excluded, so that figures of several moments speak of the same people.
    """
    rows = connection.execute(
        f"""
        SELECT stay.stage, count(*), coalesce(sum(money), 0)
        FROM ({births(lifecycle.unit, as_of=moment)}) AS born
        LEFT JOIN ({in_stage(held.code, moment)}) AS stay USING (unit)
        LEFT JOIN ({money_at(connection, money, lifecycle, moment)}) AS worth USING (unit)
        WHERE unit NOT IN ({excluded(exclusion, now)})
        GROUP BY stay.stage
        """
    ).fetchall()
    counted = {stage: (people, total) for stage, people, total in rows}
    nothing = (0, Decimal(0))
    stages: Sequence[tuple[int | None, str | None]] = [*enumerate(held.stages), (None, None)]
    return tuple(
        StageCount(stage=name, people=counted.get(place, nothing)[0], money=counted.get(place, nothing)[1])
        for place, name in stages
    )
