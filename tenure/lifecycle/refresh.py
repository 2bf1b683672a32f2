"""The stored history brought up to date: changed definitions anew, the rest for the units that events touched.

Called inside one transaction of the store: either everything of a refresh is there, or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.history import View, compute, prepared
from tenure.lifecycle.passes import Prepared
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.facts import fact, set_fact
from tenure.warehouse.measures import registered

AS_OF = "as_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh did: lifecycles computed anew, units refreshed in the others, and whether anything was due."""

    rebuilt: tuple[str, ...]
    removed: tuple[str, ...]
    units: int
    as_of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A definition as it was applied to the store: its code there, its id, and the names of its stages."""

    name: str
    code: int
    id: str
    stages: tuple[str, ...]
    unit: str


def applied(connection: Connection) -> dict[str, Applied]:
    """The definitions whose history the store holds, by lifecycle."""
    rows = connection.execute("SELECT lifecycle, code, id, body FROM definitions ORDER BY code").fetchall()
    found = {}
    for name, code, identity, body in rows:
        told = json.loads(body)
        found[name] = Applied(name=name, code=code, id=identity, stages=tuple(told["stages"]), unit=told["unit"])
    return found


def refresh(connection: Connection, lifecycles: Sequence[Lifecycle], *, as_of: int, anew: bool = False) -> Refreshed:
    """What was done to bring the history of exactly these lifecycles up to `as_of`.

    Lifecycles with a new definition are computed over all units, and so are all where `anew` is set or `as_of` went
    back; the others for the units whose events arrived, or came of age, since the last refresh.
    """
    held = applied(connection)
    codes = codes_of(lifecycles, held)
    before = fact(connection, AS_OF)
    back = before is None or as_of < int(before)
    changed = {l.name for l in lifecycles if anew or back or l.name not in held or held[l.name].id != l.id}  # noqa: E741
    while more := {l.name for l in lifecycles if l.refers_to & changed} - changed:  # noqa: E741
        changed |= more
    removed = tuple(sorted(held.keys() - codes.keys()))
    gone = [held[name].code for name in removed]
    rebuilt = [codes[name] for name in changed]
    ready = prepared(connection, lifecycles, codes)
    if gone or rebuilt:
        connection.execute(f"DELETE FROM stage_codes WHERE lifecycle IN ({_list([*gone, *rebuilt])})")
    # first the others: they ask for no stage of a changed one, but those may ask for theirs
    rest = frozenset(codes) - changed
    units = 0
    if rest:
        units = _gather(connection, ready, int(before or 0), as_of)
    if units:
        kept = [codes[name] for name in rest]
        connection.execute(
            f"DELETE FROM stage_codes WHERE lifecycle IN ({_list(kept)}) AND unit IN (SELECT unit FROM gathered)"
        )
        view = View(as_of=as_of, units="gathered", rows="gathered_measures", limited=True)
        compute(connection, ready, lifecycles, view, into="stage_codes", only=rest)
    if changed:
        everyone = View(as_of=as_of if has_future(connection, as_of) else None)
        compute(connection, ready, lifecycles, everyone, into="stage_codes", only=frozenset(changed))
    connection.execute("DELETE FROM touched")
    if changed or removed:
        _keep(connection, lifecycles, codes)
    set_fact(connection, AS_OF, str(as_of))
    return Refreshed(rebuilt=tuple(sorted(changed)), removed=removed, units=units, as_of=as_of)


def codes_of(lifecycles: Sequence[Lifecycle], held: Mapping[str, Applied]) -> dict[str, int]:
    """The code of each lifecycle: what it has in the store, or would get there."""
    last = max((one.code for one in held.values()), default=0)
    codes: dict[str, int] = {}
    for lifecycle in lifecycles:
        if lifecycle.name in held:
            codes[lifecycle.name] = held[lifecycle.name].code
        else:
            last += 1
            codes[lifecycle.name] = last
    return codes


def has_future(connection: Connection, as_of: int) -> bool:
    """Whether anything of the log is later: a measure, or an event that nobody counts but that makes a unit known."""
    latest = "greatest((SELECT max(time) FROM measures), (SELECT max(first_seen) FROM units))"
    return first_row(connection, f"SELECT {latest} > ?", [as_of]) == (True,)


def _gather(connection: Connection, ready: Prepared, before: int, as_of: int) -> int:
    """How many units are to be refreshed; makes `gathered` and, read once, their measures."""
    connection.execute("CREATE OR REPLACE TEMP TABLE gathered AS SELECT DISTINCT unit FROM touched")
    if as_of > before:
        connection.execute(
            "INSERT INTO gathered SELECT unit FROM ("
            f"SELECT unit FROM measures WHERE time > {before} AND time <= {as_of} UNION "
            f"SELECT key AS unit FROM units WHERE first_seen > {before} AND first_seen <= {as_of}) "
            "WHERE unit NOT IN (SELECT unit FROM gathered)"
        )
    row = first_row(connection, "SELECT count(*) FROM gathered")
    units = int(row[0]) if row else 0
    if units:
        numbers = registered(connection)
        followed = _list([numbers[kind] for kind in ready.kinds if kind not in ready.firsts]) or "-1"
        firsts = _list([numbers[kind] for kind in ready.firsts]) or "-1"
        counting = f"unit IN (SELECT unit FROM gathered) AND time <= {as_of}"
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE gathered_measures AS "
            f"SELECT unit, time, tie, kind, value, text FROM measures WHERE kind IN ({followed}) AND {counting} "
            f"UNION ALL SELECT unit, time, 0, kind, NULL, NULL FROM first_measures "
            f"WHERE kind IN ({firsts}) AND {counting}"
        )
    return units


def _keep(connection: Connection, lifecycles: Sequence[Lifecycle], codes: Mapping[str, int]) -> None:
    connection.execute("DELETE FROM definitions")
    for lifecycle in lifecycles:
        body = json.dumps({"unit": lifecycle.unit, "stages": [stage.name for stage in lifecycle.stages]})
        connection.execute(
            "INSERT INTO definitions (lifecycle, id, body, code) VALUES (?, ?, ?, ?)",
            [lifecycle.name, lifecycle.id, body, codes[lifecycle.name]],
        )


def _list(codes: Sequence[int]) -> str:
    return ", ".join(str(code) for code in codes)
