"""Who is one step short: for whom one more event, now, would bring a later stage of the journey.

Every short name that a condition counts is supposed once for everybody, alone and with the values that conditions ask
for. Where the stage is told by the conditions of the moment alone, they are read at that moment; elsewhere (forward
lifecycles, stages set by hand, stages of other lifecycles) the history is computed again with the event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.lifecycle.bound import AllOf, AnyOf, Negated, Reading, Truth, WasIn, bind, readings, unify
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View, compute, prepared
from tenure.lifecycle.moves.scope import NONE, Scope
from tenure.lifecycle.passes import Prepared
from tenure.lifecycle.population import in_stage
from tenure.lifecycle.registers import Feeds, Register, registers_of
from tenure.lifecycle.suppose import Case, asked_for, supposable
from tenure.lifecycle.tell import named, timestamp
from tenure.lifecycle.truths import Columns, truth
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, counted, ensure, stage_sets
from tenure.warehouse.schema import TABLES
from tenure.warehouse.where import quote

# events that are tried, so that a lifecycle with many does not take minutes
MOST_CASES = 20
SHORT = "one_step_short"
NO_VALUE = "none"
ROWS = "time, tie, kind, value, text, received_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStep:
    """People in `stage` (None: in none) whom one more `event` now (with `value`, where it matters) would bring to `to`.

    They are `people` of the `of` in that stage. Somebody whom several events would bring there is counted with each.
    """

    stage: str | None
    to: str
    event: str
    value: str | None
    people: int
    of: int
    money: Decimal


def one_step_short(
    connection: Connection, scope: Scope, lifecycles: Sequence[Lifecycle], codes: Mapping[str, int]
) -> tuple[OneStep, ...]:
    """Who is one step short of each stage of the journey, the later stages first.

    `lifecycles` are all that are applied, `codes` their numbers.
    """
    cases = suppose_once(connection, scope, lifecycles, codes)
    rows = connection.execute(
        f"""
        SELECT short.stage, target, step, count(*), any_value(inside), coalesce(sum(money), 0)
        FROM {SHORT} AS short
        JOIN (SELECT nullif(stage, {NONE}) AS stage, count(*) AS inside FROM supposing GROUP BY 1) AS everybody
        ON everybody.stage IS NOT DISTINCT FROM short.stage
        LEFT JOIN ({scope.worth(connection)}) AS worth ON worth.unit = short.unit
        GROUP BY 1, 2, 3 ORDER BY target DESC, step, short.stage NULLS LAST
        """
    ).fetchall()
    return tuple(
        OneStep(
            stage=scope.name(stage), to=scope.held.stages[target], event=cases[step].event, value=cases[step].value,
            people=people, of=of, money=money,
        )
        for stage, target, step, people, of, money in rows
    )  # fmt: skip


def short_people(
    connection: Connection, scope: Scope, lifecycles: Sequence[Lifecycle], codes: Mapping[str, int], *,
    to: str | None = None, event: str | None = None, value: str | None = None, stage: str | None = None,
) -> pa.Table:  # fmt: skip
    """Who is one step short, most money first: customer_id, stage, entered_at, to, event, value, money.

    `value` is one of the event's, or `none` for the event without any; `stage` may be `none`. Raises UsageError where
    no condition counts such an event.
    """
    cases = suppose_once(connection, scope, lifecycles, codes, event=event)
    limits = [f"short.target = {scope.code(to)}"] if to is not None else []
    if stage is not None:
        state = scope.state(stage)
        limits.append("short.stage IS NULL" if state == NONE else f"short.stage = {state}")
    if value is not None:
        limits.append(f"step IN ({', '.join(map(str, _of_value(cases, value)))})")
    events = " ".join(f"WHEN {step} THEN {quote(case.event)}" for step, case in enumerate(cases)) or "WHEN -1 THEN ''"
    values = " ".join(
        f"WHEN {step} THEN {quote(case.value)}" for step, case in enumerate(cases) if case.value is not None
    )
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, {named("short.stage", scope.held.stages)} AS stage,
            {timestamp("stay.entered_at")} AS entered_at, {named("short.target", scope.held.stages)} AS "to",
            CASE step {events} END AS event, CASE step {values or "WHEN -1 THEN ''"} END AS value,
            coalesce(money, 0) AS money
        FROM {SHORT} AS short JOIN units ON units.key = short.unit
        LEFT JOIN ({scope.present()}) AS stay ON stay.unit = short.unit
        LEFT JOIN ({scope.worth(connection)}) AS worth ON worth.unit = short.unit
        WHERE {" AND ".join(limits) or "TRUE"} ORDER BY money DESC, customer_id, short.target DESC, step
        """
    ).to_arrow_table()


def _of_value(cases: Sequence[Case], value: str) -> list[int]:
    """The places of the events with a value. Raises UsageError where there are none."""
    found = [step for step, case in enumerate(cases) if value == (NO_VALUE if case.value is None else case.value)]
    if not found:
        there = ", ".join(dict.fromkeys(NO_VALUE if case.value is None else case.value for case in cases))
        raise UsageError(f"No condition asks for an event of {value!r}.", hint=f"There are: {there}.")
    return found


def cases_of(connection: Connection, scope: Scope, lifecycles: Sequence[Lifecycle]) -> list[Case]:
    """Every event that may be supposed once, in the order of the conditions."""
    return supposable(connection, asked_for(scope.lifecycle, lifecycles))


def events_left_out(connection: Connection, scope: Scope, lifecycles: Sequence[Lifecycle]) -> tuple[str, ...]:
    """The short names of events that are not tried, as there are more than twenty."""
    return tuple(dict.fromkeys(case.event for case in cases_of(connection, scope, lifecycles)[MOST_CASES:]))


def suppose_once(
    connection: Connection, scope: Scope, lifecycles: Sequence[Lifecycle], codes: Mapping[str, int], *,
    event: str | None = None, anew: bool = False,
) -> list[Case]:  # fmt: skip
    """The events that were supposed; fills the table `one_step_short`: unit, stage, target, step (their place).

    They are all those called `event`, or the first twenty of any. With `anew` the history is computed with each event,
    also where the conditions of the moment tell as much. Raises UsageError where no condition counts `event`.
    """
    every = cases_of(connection, scope, lifecycles)
    cases = every[:MOST_CASES] if event is None else [case for case in every if case.event == event]
    if event is not None and not cases:
        names = list(dict.fromkeys(case.event for case in every))
        hint = did_you_mean(event, names) or (f"There are: {', '.join(names)}." if names else "It counts none.")
        raise UsageError(f"No condition of {scope.lifecycle.name!r} counts the event {event!r}.", hint=hint)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {SHORT} (unit BIGINT, stage SMALLINT, target SMALLINT, step SMALLINT)"
    )
    ready = prepared(connection, lifecycles, codes)
    numbers = ensure(connection, ready.kinds)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE supposing AS {_candidates(scope)}")
    by_hand = scope.lifecycle.name in stage_sets(connection)
    plain = not (anew or scope.lifecycle.forward or scope.lifecycle.refers_to or by_hand)
    moment = scope.now + 1
    kept: dict[str, str] = {}
    for step, case in enumerate(cases):
        rows = _with_event(connection, scope, case, numbers, moment)
        if rows is None:
            continue
        if plain:
            then = _told(connection, scope, lifecycles, ready, numbers, rows, moment, kept)
        else:
            then = _computed(connection, scope, lifecycles, ready, rows, moment)
        main = ", ".join(map(str, scope.main)) or "NULL"
        connection.execute(
            f"INSERT INTO {SHORT} SELECT unit, nullif(stage, {NONE}), target, {step} FROM supposing JOIN ({then}) "
            f"USING (unit) WHERE target IN ({main}) AND (stage NOT IN ({main}) OR target > stage)"
        )
    # an event without a value says more than one with it
    connection.execute(
        f"DELETE FROM {SHORT} WHERE (unit, target, step) IN (SELECT (unit, target, same.later) FROM {SHORT} "
        f"JOIN (VALUES {_pairs(cases)}) AS same (earlier, later) ON step = same.earlier)"
    )
    return cases


def _pairs(cases: Sequence[Case]) -> str:
    pairs = [
        f"({a}, {b})"
        for a, one in enumerate(cases)
        for b, other in enumerate(cases)
        if one.event == other.event and a < b
    ]
    return ", ".join(pairs) or "(-1, -1)"


def _candidates(scope: Scope) -> str:
    """SQL of everybody who is known, with where they would be the next moment: unit, stage (or NONE)."""
    then = in_stage(scope.held.code, scope.now + 1)
    return (
        f"SELECT unit, coalesce(stay.stage, {NONE}) AS stage FROM ({scope.born()}) AS born "
        f"LEFT JOIN ({then}) AS stay USING (unit)"
    )


def _with_event(
    connection: Connection, scope: Scope, case: Case, numbers: Mapping[MeasureKind, int], moment: int
) -> str | None:
    """The relation of all measures up to now, and those of the event for everybody; None where nothing counts it."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE supposed_events AS SELECT CAST(0 AS BIGINT) AS unit, "
        f"CAST(NULL AS VARCHAR) AS message_id, {quote(case.name)} AS name, CAST({moment} AS BIGINT) AS time, "
        f"CAST({moment} AS BIGINT) AS received_at, {quote(case.properties)} AS properties"
    )
    kinds = {kind: place for kind, place in numbers.items() if kind.unit == scope.lifecycle.unit
             and kind.reads == "event"}  # fmt: skip
    connection.execute(f"CREATE OR REPLACE TEMP TABLE supposed_rows AS {counted(kinds, 'supposed_events')}")
    if connection.execute("SELECT count(*) FROM supposed_rows").fetchall() == [(0,)]:
        return None
    return f"({_rows(moment - 1)[1:-1]} UNION ALL SELECT supposing.unit, {ROWS} FROM supposing, supposed_rows)"


def _told(
    connection: Connection, scope: Scope, lifecycles: Sequence[Lifecycle], ready: Prepared,
    numbers: Mapping[MeasureKind, int], rows: str, moment: int, kept: dict[str, str],
) -> str:  # fmt: skip
    """SQL of the stages that the conditions tell at the moment: unit, target (or NONE)."""
    lifecycle = scope.lifecycle
    conditions = _conditions(lifecycles)[lifecycle.name]
    bound = {place: next(conditions) for place, stage in enumerate(lifecycle.stages) if stage.when is not None}
    registers, columns = _registers(connection, list(bound.values()), ready, numbers, rows, moment, kept)
    ranked = sorted(bound, key=lambda place: (lifecycle.stages[place].side, place), reverse=True)
    arms = " ".join(f"WHEN {_holds(bound[place], columns, ready, moment)} THEN {place}" for place in ranked)
    rest = next((place for place, stage in enumerate(lifecycle.stages) if stage.otherwise), NONE)
    chosen = f"CASE {arms} ELSE {rest} END" if arms else str(rest)
    return f"SELECT unit, {chosen} AS target FROM ({registers}) AS told"


def _conditions(lifecycles: Sequence[Lifecycle]) -> dict[str, Iterator[Truth]]:
    """The conditions of every lifecycle as they are bound for the history: with the same kinds of measures."""
    bound = [
        bind(condition, bindings=one.events, unit=one.unit, lifecycle=one.name)
        for one in lifecycles
        for condition in one.conditions()
    ]
    unified = iter(unify(tuple(bound)))
    return {one.name: iter([next(unified) for _ in one.conditions()]) for one in lifecycles}


def _registers(
    connection: Connection, conditions: Sequence[Truth], ready: Prepared, numbers: Mapping[MeasureKind, int], rows: str,
    moment: int, kept: dict[str, str],
) -> tuple[str, Columns]:  # fmt: skip
    """SQL of the registers of everybody, and the columns of each reading.

    Those that the event does not count in are added up once, and kept in tables for the events that follow.
    """
    counting = {kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM supposed_rows").fetchall()}
    with_event = Feeds(rows, numbers, "stage_codes", ready.codes, ready.stages)
    without = Feeds(_rows(moment - 1), numbers, "stage_codes", ready.codes, ready.stages)
    places: dict[Register, int] = {}
    joins: list[str] = []
    columns: dict[Reading, Sequence[str]] = {}
    for reading in dict.fromkeys(one for condition in conditions for one in readings(condition)):
        kinds = {numbers[kind] for kind in (reading.kind, reading.after) if kind}
        concerned = bool(kinds & counting)
        found = []
        for register in registers_of(reading, with_event if concerned else without):
            if register not in places:
                place = places[register] = len(places)
                told = _register_at(register, moment)
                if not concerned:
                    if told not in kept:
                        kept[told] = f"register_{len(kept)}"
                        connection.execute(f"CREATE OR REPLACE TEMP TABLE {kept[told]} AS {told}")
                    told = f"SELECT * FROM {kept[told]}"
                joins.append(f"LEFT JOIN ({told}) AS r{place} ON r{place}.unit = supposing.unit")
            found.append(f"v{places[register]}")
        columns[reading] = tuple(found)
    values = [
        f", {f'coalesce(r{place}.v, 0)' if register.fold == 'sum' else f'r{place}.v'} AS v{place}"
        for register, place in places.items()
    ]
    return f"SELECT supposing.unit{''.join(values)} FROM supposing {' '.join(joins)}", columns


def _register_at(register: Register, moment: int) -> str:
    """SQL of one register at a moment: unit, v."""
    fed = f"SELECT * FROM ({' UNION ALL '.join(register.feeds)}) WHERE time <= {moment}"
    if register.fold in ("last", "first"):
        fed = f"SELECT unit, time, {register.together('c')} AS c FROM ({fed}) GROUP BY unit, time"
    return f"SELECT unit, {register.final('c')} AS v FROM ({fed}) GROUP BY unit"


def _rows(moment: int) -> str:
    return f"(SELECT unit, {ROWS} FROM measures WHERE time <= {moment})"


def _holds(node: Truth, columns: Columns, ready: Prepared, moment: int) -> str:
    """SQL of whether a condition holds at the moment, over the registers."""
    match node:
        case AllOf():
            return "(" + (" AND ".join(_holds(one, columns, ready, moment) for one in node.operands) or "TRUE") + ")"
        case AnyOf():
            return "(" + (" OR ".join(_holds(one, columns, ready, moment) for one in node.operands) or "FALSE") + ")"
        case Negated():
            return f"NOT {_holds(node.operand, columns, ready, moment)}"
        case WasIn():
            place = ready.stages[node.lifecycle].index(node.stage)
            return (
                f"unit IN (SELECT unit FROM stage_codes WHERE lifecycle = {ready.codes[node.lifecycle]} "
                f"AND stage = {place} AND entered_at < {moment})"
            )
        case _:
            return f"coalesce({truth(node, columns, str(moment))}, FALSE)"


def _computed(
    connection: Connection, scope: Scope, lifecycles: Sequence[Lifecycle], ready: Prepared, rows: str, moment: int
) -> str:
    """SQL of the stages after the moment, out of a history computed anew with the event: unit, target (or NONE)."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE supposed AS SELECT * FROM {rows}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE supposed_codes ({TABLES['stage_codes']})")
    needed = {scope.lifecycle.name}
    while more := {name for one in lifecycles if one.name in needed for name in one.refers_to} - needed:
        needed |= more
    view = View(as_of=moment, rows="supposed")
    compute(connection, ready, lifecycles, view, into="supposed_codes", only=frozenset(needed))
    after = in_stage(scope.held.code, moment).replace("stage_codes", "supposed_codes", 1)
    return (
        f"SELECT supposing.unit, coalesce(after.stage, {NONE}) AS target FROM supposing "
        f"LEFT JOIN ({after}) AS after ON after.unit = supposing.unit"
    )
