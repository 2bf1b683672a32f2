"""Flips: the moments at which comparisons change, found per comparison and put together at the end.

Every comparison of the definitions is one bit. A row (unit, moment, bits) says that these comparisons change there.
Comparisons over the same kinds of measures are told in one window over the rows of those kinds; what several kinds
tell together is carried over the union of their rows. In between two rows a comparison is linear in time, so it has
at most one deadline, which is kept where it falls before the next row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tenure.lifecycle.bits import TRIED, Bits, Change
from tenure.lifecycle.bound import Atom, Reached, Reading, WasIn, operands, readings
from tenure.lifecycle.nets import Net, net
from tenure.lifecycle.registers import Feeds, Register, registers_of
from tenure.lifecycle.steps import Step
from tenure.lifecycle.truths import deadline, truth
from tenure.warehouse.measures import MeasureKind

# readings that one window over the rows of one kind can tell; `last` and `first` there need no carrying
_WINDOWED = frozenset({"count", "since", "since_first", "gap", "last", "first", "until", "last_but", "sum"})


def flip_steps(bits: Bits, feeds: Feeds) -> tuple[list[Step], list[str]]:
    """The steps that find all flips, and the names of those that hold them (unit, moment, f0, f1 …)."""
    steps: list[Step] = []
    names: list[str] = []
    groups: dict[tuple[str, ...], list[Atom]] = {}
    windowed = {_only_kind(atom) for atom in bits.numbers if _is_windowed(atom) and not _is_first(atom)}
    firsts: list[Reached] = []
    for atom in bits.numbers:
        match atom:
            case WasIn():
                names.append(f"was_{len(names)}")
                steps.append(_was(atom, bits, feeds, names[-1]))
            case Reached() if _is_first(atom) and _only_kind(atom) not in windowed:
                firsts.append(atom)
            case _:
                groups.setdefault(_group_key(atom), []).append(atom)
    if firsts:
        found = _firsts(firsts, bits, feeds)
        steps += found
        names.append(found[-1].name)
    for place, atoms in enumerate(groups.values()):
        build = _windowed_group if all(_is_windowed(atom) for atom in atoms) else _carried_group
        found = build(atoms, bits, feeds, f"g{place}")
        steps += found
        names.append(found[-1].name)
    return steps, names


def _kinds(atom: Atom) -> frozenset[MeasureKind]:
    if isinstance(atom, Reached):
        return frozenset(atom.kinds)
    found = [reading for operand in operands(atom) for reading in readings(operand)]
    return frozenset(kind for reading in found for kind in (reading.kind, reading.after) if kind)


def _only_kind(atom: Atom) -> MeasureKind | None:
    kinds = _kinds(atom)
    return next(iter(kinds)) if len(kinds) == 1 else None


def _is_first(atom: Atom) -> bool:
    return isinstance(atom, Reached) and atom.times == 1


def _is_windowed(atom: Atom) -> bool:
    """Whether one window over the rows of one kind tells the comparison."""
    if isinstance(atom, WasIn) or _only_kind(atom) is None:
        return False
    if isinstance(atom, Reached):
        return True
    found = [reading for operand in operands(atom) for reading in readings(operand)]
    return all(
        reading.function in _WINDOWED
        and reading.after is None
        and (reading.within is None or reading.function == "last_but")
        for reading in found
    )


def _group_key(atom: Atom) -> tuple[str, ...]:
    histories = [
        reading.lifecycle or ""
        for operand in operands(atom)
        for reading in readings(operand)
        if reading.lifecycle is not None
    ]
    return (
        "window" if _is_windowed(atom) else "carry",
        *sorted(kind.key() for kind in _kinds(atom)),
        *sorted(histories),
    )


def _was(atom: WasIn, bits: Bits, feeds: Feeds, name: str) -> Step:
    position = feeds.stages[atom.lifecycle].index(atom.stage)
    sql = (
        f"SELECT unit, min(entered_at) + 1 AS moment, {bits.one(atom)} FROM {feeds.histories} "
        f"WHERE lifecycle = {feeds.codes[atom.lifecycle]} AND stage = {position} GROUP BY unit"
    )
    return Step(name, "an earlier visit to a stage counts from the microsecond after it began", sql)


def _firsts(atoms: Sequence[Reached], bits: Bits, feeds: Feeds) -> list[Step]:
    columns, every = [], set()
    for place, atom in enumerate(atoms):
        numbers = sorted(feeds.numbers[kind] for kind in atom.kinds)
        every.update(numbers)
        columns.append(f"min(time) FILTER (WHERE kind IN ({', '.join(map(str, numbers))})) AS t{place}")
    found = (
        f"SELECT unit, {', '.join(columns)} FROM {feeds.firsts or feeds.rows} "
        f"WHERE kind IN ({', '.join(map(str, sorted(every)))}) GROUP BY unit"
    )
    flips = " UNION ALL ".join(
        f"SELECT unit, t{place} AS moment, {bits.one(atom)} FROM firsts WHERE t{place} IS NOT NULL"
        for place, atom in enumerate(atoms)
    )
    return [
        Step("firsts", "what only ever begins: the first event of its kinds, one number a unit", found),
        Step("first_flips", "each first is the moment at which its comparison becomes true", flips),
    ]


def _windowed_group(atoms: Sequence[Atom], bits: Bits, feeds: Feeds, name: str) -> list[Step]:
    """One kind: a window over its rows tells the state after and before each."""
    kind = next(kind for atom in atoms if (kind := _only_kind(atom)))
    columns: dict[str, str] = {}

    def column(sql: str) -> str:
        return columns.setdefault(sql, f"c{len(columns)}")

    needs_order = any(r.function in ("first", "last") for a in atoms for o in operands(a) for r in readings(o))
    after: dict[Reading, Sequence[str]] = {}
    before: dict[Reading, Sequence[str]] = {}
    for atom in atoms:
        for operand in operands(atom):
            for reading in readings(operand):
                after[reading], before[reading] = _told_in_window(reading, column)
    changes: list[Change] = []
    deadlines: list[tuple[Atom, str]] = []
    timed = any(deadline(atom, after) for atom in atoms if not isinstance(atom, Reached))
    moment_before = f"greatest({column('lag(time) OVER w')}, time - 1)" if timed else "time"
    for atom in atoms:
        if isinstance(atom, Reached):
            changes.append(Change(atom, f"{column('row_number() OVER w')} = {atom.times}"))
            continue
        changes.append(Change(atom, truth(atom, after, "time"), truth(atom, before, moment_before)))
        if (due := deadline(atom, after)) is not None:
            deadlines.append((atom, due))
    until = column("lead(time) OVER w") if deadlines else None
    selected = "".join(f", {sql} AS {alias}" for sql, alias in columns.items())
    order = "time, tie" if needs_order else "time"
    rows = (
        f"SELECT unit, time{selected} FROM {feeds.rows} WHERE kind = {feeds.numbers[kind]} "
        f"WINDOW w AS (PARTITION BY unit ORDER BY {order})"
    )
    what = f"the events of one kind ({', '.join(kind.events) or kind.name}), with what stood before and comes after"
    return [Step(f"{name}_rows", what, rows), _flips(name, changes, deadlines, until, bits)]


def _told_in_window(reading: Reading, column: Callable[[str], str]) -> tuple[Sequence[str], Sequence[str]]:
    """The registers of a reading at a row and just before it, as columns of a window over the rows of its kind."""
    earlier = column("lag(time) OVER w")
    match reading.function:
        case "since":
            return ("time",), (earlier,)
        case "since_first":
            first = column("first_value(time) OVER w")
            return (first,), (f"CASE WHEN {earlier} IS NOT NULL THEN {first} END",)
        case "gap":
            return ("time", earlier), (earlier, column("lag(time, 2) OVER w"))
        case "last_but":
            now = column(f"lag(time, {reading.back}) OVER w") if reading.back else "time"
            return (now,), (column(f"lag(time, {reading.back + 1}) OVER w"),)
        case "count":
            number = column("row_number() OVER w")
            return (number,), (f"({number} - 1)",)
        case "sum":
            total = column("coalesce(sum(value) OVER (w ROWS UNBOUNDED PRECEDING), 0)")
            return (total,), (f"({total} - {column('coalesce(value, 0)')})",)
        case "first":
            first = column(f"first_value({_content(reading)}) OVER w")
            return (first,), (f"CASE WHEN {earlier} IS NOT NULL THEN {first} END",)
        case _:
            return (column(_content(reading)),), (column(f"lag({_content(reading)}) OVER w"),)


def _content(reading: Reading) -> str:
    return "'=' || text" if reading.text else "value"


def _carried_group(atoms: Sequence[Atom], bits: Bits, feeds: Feeds, name: str) -> list[Step]:
    """Several kinds: each register is carried over the union of the rows that feed it."""
    places: dict[Register, int] = {}
    after: dict[Reading, Sequence[str]] = {}
    before: dict[Reading, Sequence[str]] = {}

    def placed(register: Register) -> int:
        return places.setdefault(register, len(places))

    reached: dict[Reached, int] = {}
    netted: dict[Atom, tuple[Net, int]] = {}
    for atom in atoms:
        if isinstance(atom, Reached):
            counted = tuple(f"SELECT unit, time, tie, 1 AS c FROM ({feeds.of(kind)})" for kind in atom.kinds)
            reached[atom] = placed(Register(counted, "sum", "count"))
        if (summed := net(atom, feeds)) is not None:
            netted[atom] = summed, placed(summed.register)
            continue
        for operand in operands(atom):
            for reading in readings(operand):
                needed = registers_of(reading, feeds)
                found = [placed(register) for register in needed]
                after[reading] = tuple(f"a{place}" for place in found)
                before[reading] = tuple(
                    _just_before(register, place) for register, place in zip(needed, found, strict=True)
                )
    changes: list[Change] = []
    deadlines: list[tuple[Atom, str]] = []
    for atom in atoms:
        if isinstance(atom, Reached):
            place = reached[atom]
            changes.append(
                Change(atom, f"a{place} >= {atom.times}", f"a{place} - coalesce(r{place}, 0) >= {atom.times}")
            )
            continue
        if atom in netted:
            summed, place = netted[atom]
            earlier = summed.truth(_just_before(summed.register, place))
            changes.append(Change(atom, summed.truth(f"a{place}"), earlier))
            continue
        timed = deadline(atom, after) is not None
        moment_before = "greatest(earlier, time - 1)" if timed else "time"
        changes.append(Change(atom, truth(atom, after, "time"), truth(atom, before, moment_before)))
        if (due := deadline(atom, after)) is not None:
            deadlines.append((atom, due))
    registers = list(places)
    ordered = any(register.fold in ("last", "first") for register in registers)
    window = f"PARTITION BY unit ORDER BY {'time, tie' if ordered else 'time'}"
    carried = []
    for place, register in enumerate(registers):
        carried.append(f"{register.running(f'r{place}', f'({window} ROWS UNBOUNDED PRECEDING)')} AS a{place}")
        if register.fold == "sum":
            carried.append(f"r{place}")
        else:
            frame = f"({window} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
            carried.append(f"{register.running(f'r{place}', frame)} AS b{place}")
    if deadlines:
        carried += [f"lag(time) OVER ({window}) AS earlier", f"lead(time) OVER ({window}) AS until"]
    contributions = Step(f"{name}_points", "what several kinds contribute, each in a column", contributed(registers))
    carried_along = Step(
        f"{name}_rows",
        "carried along time, after (a) and before (b) each row; rows of one moment hand on to each other",
        f"SELECT unit, time, {', '.join(carried)} FROM {name}_points",
    )
    return [contributions, carried_along, _flips(name, changes, deadlines, "until" if deadlines else None, bits)]


def _just_before(register: Register, place: int) -> str:
    """The register before a row: a sum without the row's own contribution, or its own window."""
    return f"(a{place} - coalesce(r{place}, 0))" if register.fold == "sum" else f"b{place}"


def contributed(registers: Sequence[Register]) -> str:
    """SQL of all contributions to the registers: unit, time, tie, r0, r1 …, one of them in each row."""
    parts = []
    for place, register in enumerate(registers):
        columns = ", ".join(f"{'c' if other == place else 'NULL'} AS r{other}" for other in range(len(registers)))
        parts += [f"SELECT unit, time, tie, {columns} FROM ({feed})" for feed in register.feeds]
    return " UNION ALL ".join(parts)


def _flips(
    name: str, changes: Sequence[Change], deadlines: Sequence[tuple[Atom, str]], until: str | None, bits: Bits
) -> Step:
    """What changes at the events of `{name}_rows`, and what time alone changes before the next of them.

    What is tried is told alone: the engine would work out what several tries share before any of them.
    """
    plain_changes = [change for change in changes if not change.tried]
    plain_deadlines = [(atom, due) for atom, due in deadlines if TRIED not in due]
    parts = [_spread(f"{name}_rows", plain_changes, plain_deadlines, until, bits)]
    for change in changes:
        if change.tried:
            flipped = f"SELECT unit, time AS moment, {bits.one(change.atom)} FROM {name}_rows"
            parts.append(f"{flipped} WHERE {change.sql()}")
    for atom, due in deadlines:
        if TRIED in due:
            parts.append(
                f"SELECT unit, {due} AS moment, {bits.one(atom)} FROM {name}_rows WHERE {_in_between(due, until)}"
            )
    comment = "what changes at an event, and what time alone changes before the next"
    return Step(f"{name}_flips", comment, " UNION ALL ".join(parts))


def _in_between(due: str, until: str | None) -> str:
    return f"{due} > time AND ({until} IS NULL OR {due} < {until})"


def _spread(
    rows: str, changes: Sequence[Change], deadlines: Sequence[tuple[Atom, str]], until: str | None, bits: Bits
) -> str:
    """SQL of the flips of many comparisons: each row once for itself, and once for each deadline.

    So the rows pass by, and need not be kept to be read again for every deadline.
    """
    told = f"unit, time, {bits.told(changes)}"
    flips = [f"xor(now{place}, then{place})" for place in range(bits.words)]
    if not deadlines:
        flipped = ", ".join(f"{flip} AS f{place}" for place, flip in enumerate(flips))
        changed = " OR ".join(f"now{place} <> then{place}" for place in range(bits.words))
        return f"SELECT unit, time AS moment, {flipped} FROM (SELECT {told} FROM {rows}) WHERE {changed}"
    turns = range(1, len(deadlines) + 1)
    dues = ", ".join(f"{due} AS due{turn}" for turn, (_, due) in enumerate(deadlines, 1))
    moment = " ".join(f"WHEN {turn} THEN due{turn}" for turn in turns)
    words = [f"CASE turn WHEN 0 THEN {flip}" for flip in flips]
    for turn, (atom, _) in enumerate(deadlines, 1):
        words[bits.word(atom)] += f" WHEN {turn} THEN {bits.bit(atom)}"
    flipped = ", ".join(f"{word} ELSE 0 END AS f{place}" for place, word in enumerate(words))
    spread = (
        f"SELECT unit, time, until, turn, CASE turn WHEN 0 THEN time {moment} END AS moment, {flipped} "
        f"FROM (SELECT {told}, {until} AS until, {dues} FROM {rows}) "
        f"CROSS JOIN (VALUES {', '.join(f'({turn})' for turn in (0, *turns))}) AS turns (turn)"
    )
    return (
        f"SELECT unit, moment, {bits.columns()} FROM ({spread}) "
        f"WHERE ({bits.any()}) AND (turn = 0 OR {_in_between('moment', 'until')})"
    )
