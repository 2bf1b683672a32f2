"""What if: the stage that one, two … more events would bring, found by computing the history with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tenure.expressions.tree import Measure, walk
from tenure.lifecycle.bound import Compare, Fixed, Reading, atoms, bind
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View, compute
from tenure.lifecycle.passes import Prepared
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure
from tenure.warehouse.schema import TABLES
from tenure.warehouse.where import quote

MOST = 5  # events supposed in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposition:
    """`times` more events of the short name `event` (with `value`, where it matters) bring the stage `stage`."""

    event: str
    times: int
    value: str | None
    stage: str | None


@dataclass(frozen=True, slots=True)
class _Case:
    event: str
    kinds: tuple[MeasureKind, ...]
    value: Fraction | str | None
    times: int


def suppose(
    connection: Connection, lifecycles: Sequence[Lifecycle], lifecycle: Lifecycle, codes: Mapping[str, int],
    ready: Prepared, *, at: int, stage: str | None,
) -> tuple[Supposition, ...]:  # fmt: skip
    """The fewest events of each short name that would change the stage of the unit in the table `explained`."""
    cases = _cases(lifecycle, ready)
    if not cases:
        return ()
    numbers = ensure(connection, ready.kinds)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE supposed AS SELECT -range AS unit, time, tie, kind, value, text, received_at "
        f"FROM measures, range(1, {len(cases) + 1}) WHERE unit IN (SELECT unit FROM explained) AND time <= {at}"
    )
    rows = [
        f"({-place}, {at + time}, {numbers[kind]}, {_number(case, kind)}, {_text(case, kind)})"
        for place, case in enumerate(cases, start=1)
        for time in range(1, case.times + 1)
        for kind in case.kinds
    ]
    connection.execute(
        "INSERT INTO supposed SELECT unit, time, 0, kind, CAST(value AS DECIMAL(38,6)), text, time "
        f"FROM (VALUES {', '.join(rows)}) AS extra (unit, time, kind, value, text)"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE supposed_codes ({TABLES['stage_codes']})")
    born = (
        f"SELECT -range AS unit, first_seen AS time FROM units, range(1, {len(cases) + 1}) "
        "WHERE key IN (SELECT unit FROM explained)"
    )
    compute(connection, ready, lifecycles, View(rows="supposed", births=born), into="supposed_codes")
    found = connection.execute(
        f"SELECT unit, stage, entered_at, left_at FROM supposed_codes WHERE lifecycle = {codes[lifecycle.name]} "
        f"AND entered_at <= {at + MOST}"
    ).fetchall()
    stays: dict[int, list[tuple[int, int, int | None]]] = {}
    for unit, place, entered, left in found:
        stays.setdefault(-unit, []).append((place, entered, left))
    names = [one.name for one in lifecycle.stages]
    best: dict[tuple[str, Fraction | str | None], Supposition] = {}
    for place, case in enumerate(cases, start=1):
        moment = at + case.times
        then = next((names[s] for s, e, l in stays.get(place, []) if e <= moment and (l is None or l > moment)), None)  # noqa: E741
        kept = best.get((case.event, case.value))
        if then != stage and (kept is None or case.times < kept.times):
            told = None if case.value is None else str(case.value)
            best[case.event, case.value] = Supposition(event=case.event, times=case.times, value=told, stage=then)
    reached: dict[tuple[str, int, str | None], Supposition] = {}
    for one in best.values():
        kept_value = reached.get((one.event, one.times, one.stage))
        if kept_value is None or one.value is None:
            reached[one.event, one.times, one.stage] = one
    return tuple(sorted(reached.values(), key=lambda one: (one.times, one.event)))


def _cases(lifecycle: Lifecycle, ready: Prepared) -> list[_Case]:
    """Each short name that a condition counts, alone and with the values that conditions ask for, one to five times."""
    groups: dict[tuple[tuple[str, ...], str | None], list[MeasureKind]] = {}
    for kind in ready.kinds:
        if kind.reads == "event" and kind.unit == lifecycle.unit and "Stage Set" not in kind.events:
            groups.setdefault((kind.events, kind.where), []).append(kind)
    asked = _asked(lifecycle)
    nodes = [node for condition in lifecycle.conditions() for node in walk(condition)]
    used = {node.event for node in nodes if isinstance(node, Measure)}
    cases = []
    for (events, where), kinds in groups.items():
        names = [b.name for b in lifecycle.events.values() if (b.events, b.where) == (events, where)]
        name = next((name for name in names if name in used), None) or " or ".join(events)
        values = {None, *(value for kind in kinds for value in asked.get((events, where, kind.properties), ()))}
        cases += [
            _Case(name, tuple(kinds), value, times) for value in sorted(values, key=str) for times in range(1, MOST + 1)
        ]
    return cases


def _asked(lifecycle: Lifecycle) -> dict[tuple[tuple[str, ...], str | None, tuple[str, ...]], set[Fraction | str]]:
    """The values that comparisons ask of each property."""
    steps = {">": Fraction(1), "<": Fraction(-1)}
    found: dict[tuple[tuple[str, ...], str | None, tuple[str, ...]], set[Fraction | str]] = {}
    for condition in lifecycle.conditions():
        bound = bind(condition, bindings=lifecycle.events, unit=lifecycle.unit, lifecycle=lifecycle.name)
        for atom in atoms(bound):
            if not isinstance(atom, Compare) or not isinstance(atom.right, Fixed) or not isinstance(atom.left, Reading):
                continue
            kind, value = atom.left.kind, atom.right.value
            if kind and atom.left.function in ("last", "first", "sum", "min", "max", "avg"):
                asked = value + steps.get(atom.op, Fraction(0)) if isinstance(value, Fraction) else value
                found.setdefault((kind.events, kind.where, kind.properties), set()).add(asked)
    return found


def _number(case: _Case, kind: MeasureKind) -> str:
    if not kind.properties or not isinstance(case.value, Fraction):
        return "NULL"
    return f"{float(case.value):.6f}"


def _text(case: _Case, kind: MeasureKind) -> str:
    return quote(case.value) if kind.text and isinstance(case.value, str) else "CAST(NULL AS VARCHAR)"
