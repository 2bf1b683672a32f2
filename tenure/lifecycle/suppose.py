"""What if: the stage that one, two … more events would bring, found by computing the history with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tenure.events import EventBinding
from tenure.expressions import parse_where
from tenure.expressions.tree import And, Comparison, Condition, Constant, Measure, Membership, Or, Property, walk
from tenure.lifecycle.bound import Compare, Fixed, Reading, atoms, bind, meaning
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View, compute
from tenure.lifecycle.passes import Prepared
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import MeasureKind, counted
from tenure.warehouse.schema import TABLES
from tenure.warehouse.where import condition_sql, quote

MOST = 5  # events supposed in a row

Properties = Mapping[str, Fraction | str]
# the unit to which nothing happens; the one to which the case n (from 0) happens t times is -(n * MOST + t)
AS_IT_IS = 0
OWN_HISTORY = f"(SELECT * FROM supposed_codes WHERE unit = {AS_IT_IS})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposition:
    """`times` more events of the short name `event` (with `value`, where it matters) bring the stage `stage`.

    `name` and `properties` (JSON) are such an event as it would be sent, with nothing in it but what matters.
    """

    event: str
    times: int
    value: str | None
    stage: str | None
    name: str
    properties: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An event of a short name as it would be sent; `value` is what a comparison asks of it."""

    event: str
    name: str
    value: str | None
    properties: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a stage: the places of the stage and of the one before, and when (microseconds UTC; None: no end)."""

    stage: int
    previous: int | None
    entered: int
    left: int | None

    def holds(self, moment: int) -> bool:
        """Whether the moment is in it."""
        return self.entered <= moment and (self.left is None or self.left > moment)


def asked_for(lifecycle: Lifecycle, lifecycles: Sequence[Lifecycle]) -> list[Lifecycle]:
    """The lifecycle and those whose stages it asks for, directly or not."""
    found = [lifecycle]
    for one in found:
        found += [other for other in lifecycles if other.name in one.refers_to and other not in found]
    return found


def supposed(
    connection: Connection, lifecycles: Sequence[Lifecycle], ready: Prepared, cases: Sequence[Case], *,
    past: str, key: int, at: int,
) -> Mapping[int, Sequence[Stay]]:  # fmt: skip
    """The stays in the first lifecycle: of the unit as it is, and as each case happens to it once, twice and so on.

    `past` is the table of the measures of the unit `key` up to the moment `at`. Every supposition is one more unit with
    the same past, and what happens to it is read as an arriving event would be. Its stays are those up to then.
    """
    copies = f"range({len(cases) * MOST + 1}) AS copies (place)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE supposed AS SELECT -place AS unit, time, tie, kind, value, text, received_at "
        f"FROM {past}, {copies}"
    )
    if cases:
        values = ", ".join(f"({p}, {quote(one.name)}, {quote(one.properties)})" for p, one in enumerate(cases))
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE supposed_events AS SELECT CAST(NULL AS VARCHAR) AS message_id, "
            f"-(place * {MOST} + times) AS unit, {at} + step AS time, {at} + step AS received_at, name, properties "
            f"FROM (VALUES {values}) AS cases (place, name, properties), range(1, {MOST + 1}) AS much (times), "
            f"range(1, {MOST + 1}) AS steps (step) WHERE step <= times"
        )
        unit = lifecycles[0].unit
        kinds = {one: ready.numbers[one] for one in ready.kinds if one.unit == unit and one.reads == "event"}
        connection.execute(f"INSERT INTO supposed {counted(kinds, 'supposed_events')}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE supposed_codes ({TABLES['stage_codes']})")
    born = f"SELECT -place AS unit, first_seen AS time FROM units, {copies} WHERE key = {key}"
    compute(connection, ready, lifecycles, View(rows="supposed", births=born), into="supposed_codes")
    stays: dict[int, list[Stay]] = {AS_IT_IS: []}
    for unit, *stay in connection.execute(
        "SELECT unit, stage, previous, entered_at, left_at FROM supposed_codes WHERE lifecycle = "
        f"{ready.codes[lifecycles[0].name]} AND (unit = {AS_IT_IS} OR entered_at <= {at + MOST}) ORDER BY entered_at"
    ).fetchall():
        stays.setdefault(unit, []).append(Stay(*stay))
    return stays


def suppositions(
    cases: Sequence[Case], stays: Mapping[int, Sequence[Stay]], names: Sequence[str], *, at: int
) -> tuple[Supposition, ...]:
    """The fewest events of each short name that change the stage, by the stays that `supposed` tells."""

    def stage_at(unit: int, moment: int) -> str | None:
        return next((names[stay.stage] for stay in stays.get(unit, ()) if stay.holds(moment)), None)

    reached: dict[tuple[str, int, str | None], Supposition] = {}
    for place, case in enumerate(cases):
        for times in range(1, MOST + 1):
            then = stage_at(-(place * MOST + times), at + times)
            if then == stage_at(AS_IT_IS, at + times):
                continue
            told = Supposition(
                event=case.event, times=times, value=case.value, stage=then, name=case.name, properties=case.properties
            )
            if case.value is None or (case.event, times, then) not in reached:
                reached[case.event, times, then] = told
            break
    return tuple(sorted(reached.values(), key=lambda one: (one.times, one.event, one.value or "")))


def supposable(connection: Connection, lifecycles: Sequence[Lifecycle]) -> list[Case]:
    """Each event of a short name that a condition counts, alone and with the values that conditions ask for."""
    cases: dict[tuple[str, str], Case] = {}
    for one in lifecycles:
        asked = _asked(one)
        for binding in _used(one):
            if "Stage Set" in binding.events:
                continue
            where = parse_where(binding.where) if binding.where else None
            for name, value in [(None, None), *sorted(asked.get(binding.name, ()), key=str)]:
                text = _properties(connection, where, {} if name is None or value is None else {name: value})
                if text is None:
                    continue
                told = None if value is None else str(_json(value))
                case = Case(event=binding.name, name=binding.events[0], value=told, properties=text)
                cases.setdefault((binding.name, text), case)
    return list(cases.values())


def _properties(connection: Connection, where: Condition | None, asked: Properties) -> str | None:
    """JSON of properties with those asked for that meet the condition; None where none are found."""
    for needed in _meeting(where) if where else [{}]:
        every: Properties = {**needed, **asked}
        text = json.dumps({name: _json(value) for name, value in every.items()}, ensure_ascii=False)
        if where is None:
            return text
        if first_row(connection, f"SELECT {condition_sql(where)} FROM (SELECT ? AS properties)", [text]) == (True,):
            return text
    return None


def _used(lifecycle: Lifecycle) -> list[EventBinding]:
    """What the short names in the conditions stand for."""
    nodes = [node for condition in lifecycle.conditions() for node in walk(condition) if isinstance(node, Measure)]
    names = dict.fromkeys(name for node in nodes for name in (node.event, node.after) if name)
    return [meaning(name, lifecycle.events) for name in names]


def _asked(lifecycle: Lifecycle) -> dict[str, set[tuple[str, Fraction | str]]]:
    """The properties and values of them that comparisons ask of each short name."""
    steps = {">": Fraction(1), "<": Fraction(-1)}
    properties: dict[MeasureKind, set[str]] = {}
    for binding in _used(lifecycle):
        properties.setdefault(_group(binding), set()).add(binding.name)
    found: dict[str, set[tuple[str, Fraction | str]]] = {}
    for condition in lifecycle.conditions():
        bound = bind(condition, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
        for atom in atoms(bound):
            if not isinstance(atom, Compare) or not isinstance(atom.right, Fixed) or not isinstance(atom.left, Reading):
                continue
            kind, value = atom.left.kind, atom.right.value
            if kind and kind.properties and atom.left.function in ("last", "first", "sum", "min", "max", "avg"):
                asked = value + steps.get(atom.op, Fraction(0)) if isinstance(value, Fraction) else value
                for name in properties.get(MeasureKind(events=kind.events, where=kind.where), ()):
                    found.setdefault(name, set()).add((kind.properties[0], asked))
    return found


def _group(binding: EventBinding) -> MeasureKind:
    return MeasureKind(events=binding.events, where=binding.where)


def _meeting(node: Condition) -> Iterator[Properties]:
    """Properties that may meet the condition; whoever uses them looks whether they do."""
    match node:
        case And():
            yield {name: value for operand in node.operands for name, value in next(_meeting(operand), {}).items()}
        case Or():
            for operand in node.operands:
                yield from _meeting(operand)
        case Comparison(left=Property(name=name), right=Constant(value=Decimal() as number), op=op):
            yield {name: Fraction(number) + {">": 1, "<": -1, "!=": 1}.get(op, 0)}
        case Comparison(left=Property(name=name), right=Constant(value=bool() | str() as value), op=op):
            yield {name: "other" if op == "!=" else _text(value)}
        case Membership(operand=Property(name=name), options=options, negated=False):
            first = options[0].value
            yield {name: Fraction(first) if isinstance(first, Decimal) else _text(first)}
        case _:
            yield {}


def _text(value: bool | str) -> str:
    return value if isinstance(value, str) else "true" if value else "false"


def _json(value: Fraction | str) -> float | int | str:
    if isinstance(value, str):
        return value
    return int(value) if value.denominator == 1 else float(value)
