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
from tenure.warehouse.measures import MeasureKind, counted, ensure
from tenure.warehouse.schema import TABLES
from tenure.warehouse.where import condition_sql, quote

MOST = 5  # events supposed in a row

Properties = Mapping[str, Fraction | str]


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
    """An event of a short name as it would be sent, so many times in a row; `value` is what a comparison asks of it."""

    event: str
    name: str
    value: str | None
    properties: str
    times: int


def suppose(
    connection: Connection, lifecycles: Sequence[Lifecycle], lifecycle: Lifecycle, codes: Mapping[str, int],
    ready: Prepared, *, at: int,
) -> tuple[Supposition, ...]:  # fmt: skip
    """The fewest events of each short name that would change the stage of the unit in the table `explained`.

    Every supposed event is one more unit with the same past, and is read as an arriving event would be.
    """
    cases = supposable(connection, lifecycle, lifecycles)
    if not cases:
        return ()
    numbers = {kind: number for kind, number in ensure(connection, ready.kinds).items() if kind in set(ready.kinds)}
    # copy 0 is the unit to which nothing happens
    copies = f"range({len(cases) + 1}) AS copies (place)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE supposed AS SELECT -place AS unit, time, tie, kind, value, text, received_at "
        f"FROM measures, {copies} WHERE unit IN (SELECT unit FROM explained) AND time <= {at}"
    )
    rows = [
        f"({-place}, {at + time}, {quote(case.name)}, {quote(case.properties)})"
        for place, case in enumerate(cases, start=1)
        for time in range(1, case.times + 1)
    ]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE supposed_events AS SELECT CAST(unit AS BIGINT) AS unit, "
        "CAST(NULL AS VARCHAR) AS message_id, name, CAST(time AS BIGINT) AS time, CAST(time AS BIGINT) AS received_at, "
        f"properties FROM (VALUES {', '.join(rows)}) AS told (unit, time, name, properties)"
    )
    units = {kind: number for kind, number in numbers.items() if kind.unit == lifecycle.unit and kind.reads == "event"}
    connection.execute(f"INSERT INTO supposed {counted(units, 'supposed_events')}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE supposed_codes ({TABLES['stage_codes']})")
    born = f"SELECT -place AS unit, first_seen AS time FROM units, {copies} WHERE key IN (SELECT unit FROM explained)"
    compute(connection, ready, lifecycles, View(rows="supposed", births=born), into="supposed_codes")
    found = connection.execute(
        f"SELECT unit, stage, entered_at, left_at FROM supposed_codes WHERE lifecycle = {codes[lifecycle.name]} "
        f"AND entered_at <= {at + MOST}"
    ).fetchall()
    stays: dict[int, list[tuple[int, int, int | None]]] = {}
    for unit, place, entered, left in found:
        stays.setdefault(-unit, []).append((place, entered, left))
    names = [one.name for one in lifecycle.stages]

    def stage_at(place: int, moment: int) -> str | None:
        holding = (
            s for s, entered, left in stays.get(place, []) if entered <= moment and (left is None or left > moment)
        )
        return next((names[s] for s in holding), None)

    best: dict[tuple[str, str], Supposition] = {}
    for place, case in enumerate(cases, start=1):
        moment = at + case.times
        then = stage_at(place, moment)
        kept = best.get((case.event, case.properties))
        if then != stage_at(0, moment) and (kept is None or case.times < kept.times):
            best[case.event, case.properties] = Supposition(
                event=case.event, times=case.times, value=case.value, stage=then, name=case.name,
                properties=case.properties,
            )  # fmt: skip
    reached: dict[tuple[str, int, str | None], Supposition] = {}
    for one in best.values():
        kept_value = reached.get((one.event, one.times, one.stage))
        if kept_value is None or one.value is None:
            reached[one.event, one.times, one.stage] = one
    return tuple(sorted(reached.values(), key=lambda one: (one.times, one.event, one.value or "")))


def supposable(connection: Connection, lifecycle: Lifecycle, lifecycles: Sequence[Lifecycle]) -> list[Case]:
    """Each short name that a condition counts, alone and with the values that conditions ask for, one to five times."""
    cases: dict[tuple[str, str], list[Case]] = {}
    for one in _asked_lifecycles(lifecycle, lifecycles):
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
                cases.setdefault(
                    (binding.name, text),
                    [
                        Case(event=binding.name, name=binding.events[0], value=told, properties=text, times=times)
                        for times in range(1, MOST + 1)
                    ],
                )
    return [case for several in cases.values() for case in several]


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


def _asked_lifecycles(lifecycle: Lifecycle, lifecycles: Sequence[Lifecycle]) -> list[Lifecycle]:
    """The lifecycle and those whose stages it asks for, directly or not."""
    found = [lifecycle]
    for one in found:
        found += [other for other in lifecycles if other.name in one.refers_to and other not in found]
    return found


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
