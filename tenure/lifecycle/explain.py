"""Why somebody is in a stage: the conditions with their values, the events behind them, and what would move them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tenure.errors import UsageError
from tenure.expressions import in_words, unparse
from tenure.expressions.tree import Condition, Measure, walk
from tenure.lifecycle.bound import (
    AllOf,
    AnyOf,
    Negated,
    Operand,
    Truth,
    WasIn,
    atoms,
    bind,
    bind_value,
    operands,
    readings,
)
from tenure.lifecycle.definition import Lifecycle, Stage
from tenure.lifecycle.history import View, compute, prepared
from tenure.lifecycle.passes import kinds_of
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.registers import Feeds
from tenure.lifecycle.suppose import Supposition, suppose
from tenure.lifecycle.truths import Columns, truth, value
from tenure.lifecycle.values import registers_at
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.identity.asking import unit_of
from tenure.warehouse.measures import MeasureKind, ensure, keyed_events
from tenure.warehouse.schema import TABLES
from tenure.warehouse.where import condition_sql, quote

TIME_MEASURES = ("since", "since_first", "since_entered", "gap", "until")
EVENTS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureTold:
    """A measure and its value: None where unknown; microseconds where `is_time`."""

    measure: str
    value: Decimal | float | int | str | None
    is_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTold:
    """A stage, its condition in code and in words, whether that holds, and the measures in it."""

    stage: str
    condition: str
    words: str
    holds: bool
    measures: tuple[MeasureTold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTold:
    """An event behind a condition; `time` in microseconds UTC, `properties` as JSON."""

    time: int
    name: str
    properties: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a unit is where it is at a moment; times in microseconds UTC, None as a stage means none."""

    unit: str
    lifecycle: str
    at: int
    stage: str | None
    title: str
    means: str
    entered_at: int | None
    previous: str | None
    stages: tuple[StageTold, ...]
    events: tuple[EventTold, ...]
    if_silent: tuple[tuple[int, str | None], ...]
    if_events: tuple[Supposition, ...]


def explain(
    connection: Connection,
    lifecycles: Sequence[Lifecycle],
    held: Mapping[str, Applied],
    name: str,
    unit_id: str,
    *,
    at: int,
) -> Explanation:
    """Why the unit of that id is in its stage of the lifecycle `name` at the moment `at`, as the events up to it tell.

    Raises UsageError where nothing is known of the unit, or nothing yet at that moment.
    """
    lifecycle = next(one for one in lifecycles if one.name == name)
    key = _key(connection, lifecycle, unit_id, at)
    codes = {one.name: held[one.name].code for one in lifecycles}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE explained AS SELECT CAST({key} AS BIGINT) AS unit")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE explained_codes ({TABLES['stage_codes']})")
    ready = prepared(connection, lifecycles, codes)
    view = View(as_of=at, units="explained")
    compute(connection, ready, lifecycles, view, into="explained_codes")
    rows = connection.execute(
        f"SELECT stage, previous, entered_at, left_at FROM explained_codes WHERE lifecycle = {codes[name]} "
        "ORDER BY entered_at"
    ).fetchall()
    names = [stage.name for stage in lifecycle.stages]
    now = next((row for row in rows if row[2] <= at and (row[3] is None or row[3] > at)), None)
    stage = lifecycle.stages[now[0]] if now else None
    told = _stages(connection, lifecycle, codes, ready.stages, view, at)
    return Explanation(
        unit=unit_id, lifecycle=name, at=at, stage=stage.name if stage else None,
        title=stage.title if stage else "", means=stage.means if stage else "",
        entered_at=now[2] if now else None,
        previous=names[now[1]] if now and now[1] is not None else None,
        stages=told, events=_events(connection, lifecycle, stage, key, at),
        if_silent=_silent(rows, names, at),
        if_events=suppose(connection, lifecycles, lifecycle, codes, ready, at=at),
    )  # fmt: skip


def _key(connection: Connection, lifecycle: Lifecycle, unit_id: str, at: int) -> int:
    unit = unit_of(connection, unit_id, lifecycle.unit)
    row = first_row(connection, "SELECT key, first_seen FROM units WHERE key = ?", [unit[0]]) if unit else None
    if row is None:
        raise UsageError(
            f"There is no {lifecycle.unit} {unit_id!r}.",
            hint="Ids are written as in the source, leading zeros included.",
        )
    if row[1] > at:
        raise UsageError(
            f"Nothing is known yet of {lifecycle.unit} {unit_id!r} at that moment.", hint="Ask for a later one."
        )
    return int(row[0])


def _silent(
    rows: Sequence[tuple[int, int, int, int | None]], names: Sequence[str], at: int
) -> tuple[tuple[int, str | None], ...]:
    entered = {row[2] for row in rows}
    moves: list[tuple[int, str | None]] = [(row[2], names[row[0]]) for row in rows if row[2] > at]
    moves += [(row[3], None) for row in rows if row[3] is not None and row[3] > at and row[3] not in entered]
    return tuple(sorted(moves, key=lambda move: move[0]))


def _stages(
    connection: Connection, lifecycle: Lifecycle, codes: Mapping[str, int], names: Mapping[str, tuple[str, ...]],
    view: View, at: int,
) -> tuple[StageTold, ...]:  # fmt: skip
    bound: dict[str, Truth] = {
        stage.name: bind(stage.when, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
        for stage in lifecycle.stages
        if stage.when is not None
    }
    measures = {stage.name: _measures(stage.when) for stage in lifecycle.stages if stage.when is not None}
    every = {m: bind_value(m, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
             for found in measures.values() for m in found}  # fmt: skip
    kinds = [kind for condition in bound.values() for kind in kinds_of(condition)]
    kinds += [kind for operand in every.values() for reading in readings(operand) if (kind := reading.kind)]
    kinds += [kind for operand in every.values() for reading in readings(operand) if (kind := reading.after)]
    numbers = ensure(connection, kinds)
    feeds = Feeds(view.measures(), numbers, "explained_codes", codes, names)
    read: list[Operand] = list(every.values())
    read += [operand for condition in bound.values() for atom in atoms(condition) for operand in operands(atom)]
    registers, columns = registers_at(read, feeds, at, one=True)
    selected = [f"{value(operand, columns, str(at))} AS c{place}" for place, operand in enumerate(every.values())]
    selected += [
        f"{_holds(condition, columns, at, codes, names)} AS h{place}" for place, condition in enumerate(bound.values())
    ]
    row = first_row(connection, f"SELECT {', '.join(selected) or '0'} FROM ({registers})") or ()
    values = dict(zip(every, row, strict=False))
    holding = dict(zip(bound, row[len(every) :], strict=False))
    return tuple(
        StageTold(
            stage=stage.name, condition=unparse(stage.when) if stage.when else "",
            words=in_words(stage.when) if stage.when else "everybody else" if stage.otherwise else "set by hand only",
            holds=bool(holding.get(stage.name, False)),
            measures=tuple(_told(measure, values[measure]) for measure in measures.get(stage.name, ())),
        )
        for stage in lifecycle.stages
    )  # fmt: skip


def _measures(condition: Condition) -> tuple[Measure, ...]:
    return tuple(dict.fromkeys(node for node in walk(condition) if isinstance(node, Measure)))


def _told(measure: Measure, found: object) -> MeasureTold:
    if isinstance(found, str):
        found = found.removeprefix("=")
    known = found if isinstance(found, Decimal | float | int | str) else None
    return MeasureTold(measure=unparse(measure), value=known, is_time=measure.function in TIME_MEASURES)


def _holds(
    node: Truth, columns: Columns, at: int, codes: Mapping[str, int], names: Mapping[str, tuple[str, ...]]
) -> str:
    match node:
        case AllOf():
            parts = [_holds(operand, columns, at, codes, names) for operand in node.operands]
            return f"({' AND '.join(parts) or 'TRUE'})"
        case AnyOf():
            parts = [_holds(operand, columns, at, codes, names) for operand in node.operands]
            return f"({' OR '.join(parts) or 'FALSE'})"
        case Negated():
            return f"NOT {_holds(node.operand, columns, at, codes, names)}"
        case WasIn():
            place = names[node.lifecycle].index(node.stage)
            return (
                f"EXISTS (SELECT 1 FROM explained_codes WHERE lifecycle = {codes[node.lifecycle]} "
                f"AND stage = {place} AND entered_at < {at})"
            )
        case _:
            return f"coalesce({truth(node, columns, str(at))}, FALSE)"


def _events(
    connection: Connection, lifecycle: Lifecycle, stage: Stage | None, key: int, at: int
) -> tuple[EventTold, ...]:
    """The latest events that the condition of the stage counts."""
    if stage is None or stage.when is None:
        return ()
    condition = bind(stage.when, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
    kinds = [kind for kind in kinds_of(condition) if kind.reads == "event"]
    if not kinds:
        return ()
    counted = " OR ".join(dict.fromkeys(_counts(kind) for kind in kinds))
    rows = connection.execute(
        f"SELECT time, name, properties FROM ({keyed_events(lifecycle.unit, 'events')}) "
        f"WHERE unit = {key} AND time <= {at} AND ({counted}) ORDER BY time DESC, message_id DESC LIMIT {EVENTS_SHOWN}"
    ).fetchall()
    return tuple(EventTold(time=time, name=name, properties=properties) for time, name, properties in rows)


def _counts(kind: MeasureKind) -> str:
    from tenure.expressions import parse_where

    names = ", ".join(quote(name) for name in kind.events)
    where = f" AND {condition_sql(parse_where(kind.where))}" if kind.where else ""
    return f"(name IN ({names}){where})"
