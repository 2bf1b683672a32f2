"""The stored history brought up to date: changed definitions anew, the rest for the units that events touched.

Called inside one transaction of the store: either everything of a refresh is there, or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.feed import FACT, feed_in, tell
from tenure.lifecycle.history import COLUMNS, View, compute, prepared
from tenure.lifecycle.passes import Prepared
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.facts import facts, set_facts
from tenure.warehouse.measures import STAGE_SETS, stage_sets_in

AS_OF = "as_of"
# no scheduled move comes before that moment; the next one comes then or later
DUE = "due"
NEVER = 2**63 - 1
# a clock is put right by so much, at most (microseconds)
SET_BACK = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh did: lifecycles computed anew, units refreshed in the others, rows that were told in the feed.

    `moved` names the temporary tables with the units whose present may be another one now, `held` are the lifecycles as
    they are applied now.
    """

    rebuilt: tuple[str, ...]
    removed: tuple[str, ...]
    units: int
    as_of: int
    told: int = 0
    moved: tuple[str, ...] = ()
    held: Mapping[str, Applied] = field(default_factory=dict)


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


def refresh(
    connection: Connection, lifecycles: Sequence[Lifecycle], *, as_of: int, anew: bool = False, now: int | None = None,
    held: Mapping[str, Applied] | None = None,
) -> Refreshed:  # fmt: skip
    """What was done to bring the history of exactly these lifecycles up to `as_of`.

    Lifecycles with a new definition are computed over all units, and so are all where `anew` is set or `as_of` went
    back; the others for the units whose events arrived, or came of age, since the last refresh. Where a feed was begun,
    what is new in the past is told there, as recorded at `now` (None: `as_of`). `held` is what `applied` says, where
    that was asked already.
    """
    held = applied(connection) if held is None else held
    codes = codes_of(lifecycles, held)
    known = facts(connection, (AS_OF, DUE, FACT, STAGE_SETS))
    before = int(known[AS_OF]) if AS_OF in known else None
    back = before is None or as_of < before
    changed = {l.name for l in lifecycles if anew or back or l.name not in held or held[l.name].id != l.id}  # noqa: E741
    while more := {l.name for l in lifecycles if l.refers_to & changed} - changed:  # noqa: E741
        changed |= more
    removed = tuple(sorted(held.keys() - codes.keys()))
    gone = [held[name].code for name in removed]
    rebuilt = [codes[name] for name in changed]
    ready = prepared(connection, lifecycles, codes, hand_set=stage_sets_in(known.get(STAGE_SETS)))
    if gone or rebuilt:
        connection.execute(f"DELETE FROM stage_codes WHERE lifecycle IN ({_list([*gone, *rebuilt])})")
    # first the others: they ask for no stage of a changed one, but those may ask for theirs
    rest = frozenset(codes) - changed
    units = _gather(connection, ready, before or 0, as_of) if rest else 0
    due = DUE not in known or int(known[DUE]) <= as_of
    if rest and due:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE due_stays AS SELECT * FROM stage_codes WHERE "
            f"(entered_at > {before} AND entered_at <= {as_of}) OR (left_at > {before} AND left_at <= {as_of})"
        )
    if units:
        _follow(connection, ready, lifecycles, rest, everything=not changed)
    if changed:
        everyone = View(as_of=as_of if has_future(connection, as_of) else None)
        compute(connection, ready, lifecycles, everyone, into="stage_codes", only=frozenset(changed))
    connection.execute("DELETE FROM touched")
    if changed or removed:
        _keep(connection, lifecycles, codes)
        held = applied(connection)
    feed = feed_in(known.get(FACT))
    after = feed and tell(
        connection, feed, held, anew=changed, removed=removed, before=before, as_of=as_of,
        now=as_of if now is None else now, units=units, due=bool(rest and due),
    )  # fmt: skip
    if due or changed or removed:
        soonest = _soonest(connection, "stage_codes", as_of)
    else:
        soonest = min(int(known[DUE]), _soonest(connection, "new_stays", as_of) if units else NEVER)
    set_facts(connection, {AS_OF: str(as_of), DUE: str(soonest)} | ({FACT: after.told()} if after else {}))
    return Refreshed(
        rebuilt=tuple(sorted(changed)), removed=removed, units=units, as_of=as_of,
        told=after.seq - feed.seq if feed and after else 0, held=held,
        moved=tuple(name for name, there in (("gathered", units), ("due_stays", rest and due)) if there),
    )  # fmt: skip


def _follow(
    connection: Connection, ready: Prepared, lifecycles: Sequence[Lifecycle], rest: frozenset[str], *, everything: bool
) -> None:
    """Nothing; brings the histories of the units in `gathered` up to date: `old_stays` as they were, `new_stays` now.

    Nearly all rows stay as they are, and only the others are written.
    """
    limit = "" if everything else f" AND lifecycle IN ({_list([ready.codes[name] for name in sorted(rest)])})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE old_stays AS SELECT rowid AS place, {COLUMNS} FROM stage_codes "
        f"WHERE unit IN (SELECT unit FROM gathered){limit}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE new_stays AS SELECT {COLUMNS} FROM stage_codes LIMIT 0")
    view = View(units="gathered", rows="gathered_measures", seen="gathered_units", limited=True)
    compute(connection, ready, lifecycles, view, into="new_stays", only=rest)
    same = " AND ".join(f"old.{column} IS NOT DISTINCT FROM new.{column}" for column in COLUMNS.split(", "))
    connection.execute(
        "DELETE FROM stage_codes WHERE rowid IN "
        f"(SELECT place FROM old_stays AS old ANTI JOIN new_stays AS new ON {same})"
    )
    connection.execute(
        f"INSERT INTO stage_codes ({COLUMNS}) SELECT {COLUMNS} FROM new_stays EXCEPT SELECT {COLUMNS} FROM old_stays"
    )


def _soonest(connection: Connection, stays: str, as_of: int) -> int:
    """When the first scheduled move after `as_of` comes; NEVER where there is none."""
    moments = ", ".join(f"min({column}) FILTER (WHERE {column} > {as_of})" for column in ("entered_at", "left_at"))
    row = first_row(connection, f"SELECT least({moments}) FROM {stays}")
    return NEVER if row is None or row[0] is None else int(row[0])


def standing(connection: Connection, now: int) -> int:
    """The moment to refresh to by a clock that says `now`.

    A clock that was set back stands still until it is where it was, so that nothing is told twice; one that is back by
    more than a day was wrong before, and histories are computed anew.
    """
    before = facts(connection, (AS_OF,)).get(AS_OF)
    return now if before is None or not now < int(before) <= now + SET_BACK else int(before)


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
    """How many units are to be refreshed; makes `gathered` and, read once, when they began and their measures.

    `cause` is why a unit is, where it is not just that events arrived as they happened.
    """
    came = ""
    if as_of > before:
        came = (
            f" UNION ALL SELECT unit, NULL FROM measures WHERE time > {before} AND time <= {as_of} "
            f"UNION ALL SELECT key, NULL FROM units WHERE first_seen > {before} AND first_seen <= {as_of}"
        )
    arms = " ".join(f"WHEN bool_or(cause = '{cause}') THEN '{cause}'" for cause in ("merge", "erase", "import"))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE gathered AS SELECT unit, CASE {arms} END AS cause "
        f"FROM (SELECT unit, cause FROM touched{came}) GROUP BY unit"
    )
    row = first_row(connection, "SELECT count(*) FROM gathered")
    units = int(row[0]) if row else 0
    if units:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE gathered_units AS SELECT key, kind, first_seen FROM units "
            f"WHERE key IN (SELECT unit FROM gathered) AND first_seen <= {as_of}"
        )
        followed = _list([ready.numbers[kind] for kind in ready.kinds if kind not in ready.firsts]) or "-1"
        firsts = _list([ready.numbers[kind] for kind in ready.firsts]) or "-1"
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
