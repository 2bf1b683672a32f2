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
from tenure.lifecycle.history import prepared
from tenure.lifecycle.passes import kinds_of
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.registers import Feeds
from tenure.lifecycle.suppose import (
    AS_IT_IS,
    OWN_HISTORY,
    Stay,
    Supposition,
    asked_for,
    supposable,
    supposed,
    suppositions,
)
from tenure.lifecycle.truths import Columns, truth, value
from tenure.lifecycle.values import registers_at
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.identity.asking import Unit, unit_of
from tenure.warehouse.measures import CUSTOMER, MeasureKind, ensure, keyed_events
from tenure.warehouse.schema import BUCKETS
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
    unit = _unit(connection, lifecycle, unit_id, at)
    codes = {one.name: held[one.name].code for one in lifecycles}
    chosen = asked_for(lifecycle, lifecycles)
    ready = prepared(connection, chosen, codes)
    conditions = _Conditions(lifecycle)
    numbers = ensure(connection, conditions.kinds())
    _past(connection, unit.key, [numbers[kind] for kind in (*ready.kinds, *conditions.kinds())], at)
    cases = supposable(connection, chosen)
    stays = supposed(connection, chosen, ready, cases, past="explained", key=unit.key, at=at)
    names = [stage.name for stage in lifecycle.stages]
    here = next((stay for stay in stays[AS_IT_IS] if stay.holds(at)), None)
    stage = lifecycle.stages[here.stage] if here else None
    feeds = Feeds("explained", numbers, OWN_HISTORY, codes, ready.stages)
    return Explanation(
        unit=unit.id, lifecycle=name, at=at, stage=stage.name if stage else None,
        title=stage.title if stage else "", means=stage.means if stage else "",
        entered_at=here.entered if here else None,
        previous=names[here.previous] if here and here.previous is not None else None,
        stages=conditions.told(connection, feeds, at), events=_events(connection, lifecycle, stage, numbers, unit.key),
        if_silent=_silent(stays[AS_IT_IS], names, at), if_events=suppositions(cases, stays, names, at=at),
    )  # fmt: skip


def _unit(connection: Connection, lifecycle: Lifecycle, unit_id: str, at: int) -> Unit:
    unit = unit_of(connection, unit_id, lifecycle.unit)
    if unit is None:
        raise UsageError(
            f"There is no {lifecycle.unit} {unit_id!r}.",
            hint="Ids are written as in the source, leading zeros included.",
        )
    if unit.first_seen > at:
        raise UsageError(
            f"Nothing is known yet of {lifecycle.unit} {unit_id!r} at that moment.", hint="Ask for a later one."
        )
    return unit


def _past(connection: Connection, key: int, kinds: Sequence[int], at: int) -> None:
    """Nothing; the table `explained` holds the unit's measures of those kinds, up to then."""
    listed = ", ".join(str(kind) for kind in sorted(set(kinds))) or "-1"
    # in the store they lie by kind and unit, so that few places are read
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE explained AS SELECT unit, time, tie, kind, value, text, received_at "
        f"FROM measures WHERE unit = {key} AND kind IN ({listed}) AND time <= {at}"
    )


def _silent(stays: Sequence[Stay], names: Sequence[str], at: int) -> tuple[tuple[int, str | None], ...]:
    entered = {stay.entered for stay in stays}
    moves: list[tuple[int, str | None]] = [(stay.entered, names[stay.stage]) for stay in stays if stay.entered > at]
    moves += [(one.left, None) for one in stays if one.left is not None and one.left > at and one.left not in entered]
    return tuple(sorted(moves, key=lambda move: move[0]))


class _Conditions:
    """The conditions of a lifecycle's stages, and the measures that stand in them."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        asked = {stage.name: stage.when for stage in lifecycle.stages if stage.when is not None}
        self._truths: dict[str, Truth] = {
            name: bind(when, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
            for name, when in asked.items()
        }
        self._measures = {name: _measures(when) for name, when in asked.items()}
        self._values: dict[Measure, Operand] = {
            one: bind_value(one, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
            for found in self._measures.values()
            for one in found
        }

    def kinds(self) -> tuple[MeasureKind, ...]:
        """What they read."""
        found = [kind for condition in self._truths.values() for kind in kinds_of(condition)]
        for reading in (one for operand in self._values.values() for one in readings(operand)):
            found += [kind for kind in (reading.kind, reading.after) if kind]
        return tuple(dict.fromkeys(found))

    def told(self, connection: Connection, feeds: Feeds, at: int) -> tuple[StageTold, ...]:
        """Each stage with its condition, whether that holds, and what the measures are; of the one unit of `feeds`."""
        read: list[Operand] = list(self._values.values())
        read += [one for condition in self._truths.values() for atom in atoms(condition) for one in operands(atom)]
        registers, columns = registers_at(read, feeds, at, one=True)
        selected = [f"{value(one, columns, str(at))} AS c{place}" for place, one in enumerate(self._values.values())]
        selected += [
            f"{_holds(one, columns, at, feeds)} AS h{place}" for place, one in enumerate(self._truths.values())
        ]
        row = first_row(connection, f"SELECT {', '.join(selected) or '0'} FROM ({registers})") or ()
        values = dict(zip(self._values, row, strict=False))
        holding = dict(zip(self._truths, row[len(values) :], strict=False))
        return tuple(
            StageTold(
                stage=stage.name, condition=unparse(stage.when) if stage.when else "",
                words=in_words(stage.when) if stage.when
                else "everybody else" if stage.otherwise else "set by hand only",
                holds=bool(holding.get(stage.name, False)),
                measures=tuple(_told(measure, values[measure]) for measure in self._measures.get(stage.name, ())),
            )
            for stage in self._lifecycle.stages
        )  # fmt: skip


def _measures(condition: Condition) -> tuple[Measure, ...]:
    return tuple(dict.fromkeys(node for node in walk(condition) if isinstance(node, Measure)))


def _told(measure: Measure, found: object) -> MeasureTold:
    if isinstance(found, str):
        found = found.removeprefix("=")
    known = found if isinstance(found, Decimal | float | int | str) else None
    return MeasureTold(measure=unparse(measure), value=known, is_time=measure.function in TIME_MEASURES)


def _holds(node: Truth, columns: Columns, at: int, feeds: Feeds) -> str:
    match node:
        case AllOf():
            parts = [_holds(operand, columns, at, feeds) for operand in node.operands]
            return f"({' AND '.join(parts) or 'TRUE'})"
        case AnyOf():
            parts = [_holds(operand, columns, at, feeds) for operand in node.operands]
            return f"({' OR '.join(parts) or 'FALSE'})"
        case Negated():
            return f"NOT {_holds(node.operand, columns, at, feeds)}"
        case WasIn():
            place = feeds.stages[node.lifecycle].index(node.stage)
            return (
                f"EXISTS (SELECT 1 FROM {feeds.histories} WHERE lifecycle = {feeds.codes[node.lifecycle]} "
                f"AND stage = {place} AND entered_at < {at})"
            )
        case _:
            return f"coalesce({truth(node, columns, str(at))}, FALSE)"


def _events(
    connection: Connection, lifecycle: Lifecycle, stage: Stage | None, numbers: Mapping[MeasureKind, int], key: int
) -> tuple[EventTold, ...]:
    """The latest events that the condition of the stage counts."""
    if stage is None or stage.when is None:
        return ()
    condition = bind(stage.when, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
    kinds = [kind for kind in kinds_of(condition) if kind.reads == "event"]
    listed = ", ".join(str(numbers[kind]) for kind in kinds) or "-1"
    times = connection.execute(
        f"SELECT DISTINCT time FROM explained WHERE kind IN ({listed}) ORDER BY time DESC LIMIT {EVENTS_SHOWN}"
    ).fetchall()
    if not times:
        return ()
    # the log is sorted by bucket and customer
    theirs = f"events WHERE bucket = {key % BUCKETS} AND customer = {key}"
    if lifecycle.unit != CUSTOMER:
        theirs = f"({keyed_events(lifecycle.unit, 'events')}) WHERE unit = {key}"
    counted = " OR ".join(dict.fromkeys(_counts(kind) for kind in kinds))
    rows = connection.execute(
        f"SELECT time, name, properties FROM {theirs} AND time IN ({', '.join(str(time) for (time,) in times)}) "
        f"AND ({counted}) ORDER BY time DESC, message_id DESC LIMIT {EVENTS_SHOWN}"
    ).fetchall()
    return tuple(EventTold(time=time, name=name, properties=properties) for time, name, properties in rows)


def _counts(kind: MeasureKind) -> str:
    from tenure.expressions import parse_where

    names = ", ".join(quote(name) for name in kind.events)
    where = f" AND {condition_sql(parse_where(kind.where))}" if kind.where else ""
    return f"(name IN ({names}){where})"
