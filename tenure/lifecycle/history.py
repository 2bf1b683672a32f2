"""The stage history of all lifecycles: computed from measures, replaced in the store, read back.

Every function takes a connection of the event store and does its work inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tenure.errors import UsageError
from tenure.lifecycle.compiler import compile_lifecycles
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.passes import Pass, Prepared, prepare, stage_set_kind
from tenure.lifecycle.registers import Feeds
from tenure.lifecycle.steps import Query
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import MeasureKind, births, ensure, stage_sets
from tenure.warehouse.where import quote

MOST_REPEATS = 500  # passes over one lifecycle's own history before it is called restless
GUESSES = 4
COLUMNS = "lifecycle, unit, stage, previous, entered_at, left_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which events count: those up to `as_of`, received up to `known_at`, of the `units` (a relation) or of all.

    `rows` is where the measures are read, `births` a query for the first event of every unit other than the store's.
    `limited` says that `rows`, and `seen`, where units stand with their kind and first event, hold no others than those
    that count.
    """

    as_of: int | None = None
    known_at: int | None = None
    units: str | None = None
    rows: str = "measures"
    births: str | None = None
    limited: bool = False
    seen: str = "units"

    def measures(self) -> str:
        """The relation of the measures that count."""
        limits = self._limits()
        return f"(SELECT unit, time, tie, kind, value, text FROM {self.rows} WHERE {limits})" if limits else self.rows

    def firsts(self) -> str:
        """A relation with the first of the measures that count, of each unit and kind; others may stand there too."""
        if self.rows != "measures" or self.known_at is not None:
            return self.measures()
        limits = self._limits()
        return f"(SELECT unit, time, kind FROM first_measures WHERE {limits})" if limits else "first_measures"

    def _limits(self) -> str:
        limits: list[str] = []
        if self.limited:
            return ""
        if self.as_of is not None:
            limits.append(f"time <= {self.as_of}")
        if self.known_at is not None:
            limits.append(f"received_at <= {self.known_at}")
        if self.units is not None:
            limits.append(f"unit IN (SELECT unit FROM {self.units})")
        return " AND ".join(limits)


def prepared(
    connection: Connection, lifecycles: Sequence[Lifecycle], codes: Mapping[str, int], *,
    hand_set: frozenset[str] | None = None,
) -> Prepared:  # fmt: skip
    """The lifecycles ready to compile against this store; the measures that they read are extracted where missing."""
    ready = prepare(lifecycles, codes, hand_set=stage_sets(connection) if hand_set is None else hand_set)
    return replace(ready, numbers=ensure(connection, ready.kinds))


def compute(
    connection: Connection, ready: Prepared, lifecycles: Sequence[Lifecycle], view: View, *, into: str,
    only: frozenset[str] | None = None,
) -> None:  # fmt: skip
    """Nothing; writes the history of the lifecycles (or `only` of some) into the table `into`, as far as the view goes.

    Rows that the table already holds of other lifecycles are what `stage('…')` reads.
    """
    by_name = {lifecycle.name: lifecycle for lifecycle in lifecycles}
    for whole in ready.passes:
        chosen = tuple(one for one in whole.lifecycles if only is None or one.name in only)
        if not chosen:
            continue
        one = Pass(unit=whole.unit, lifecycles=chosen, repeats=whole.repeats)
        if one.repeats:
            _repeat(connection, one, ready, by_name, view, into)
        else:
            query = compiled(one, ready, by_name, view, histories=into)
            connection.execute(f"INSERT INTO {into} ({COLUMNS}) {query.sql}")


def compiled(one: Pass, ready: Prepared, by_name: Mapping[str, Lifecycle], view: View, *, histories: str) -> Query:
    """The query for the lifecycles of a pass; `histories` is where those of others, and their own, are read."""
    if view.units is not None:
        histories = f"(SELECT * FROM {histories} WHERE unit IN (SELECT unit FROM {view.units}))"
    feeds = Feeds(view.measures(), ready.numbers, histories, ready.codes, ready.stages, view.firsts())
    sets = " UNION ALL ".join(
        _set_by_hand(by_name[lifecycle.name], lifecycle.code, ready.numbers, view)
        for lifecycle in one.lifecycles
        if lifecycle.hand_set
    )
    born = view.births or births(
        one.unit, as_of=view.as_of, known_at=view.known_at, units=None if view.limited else view.units, seen=view.seen
    )
    return compile_lifecycles(one.lifecycles, feeds, births=f"({born})", sets=f"({sets})")


def _set_by_hand(lifecycle: Lifecycle, code: int, numbers: Mapping[MeasureKind, int], view: View) -> str:
    arms = " ".join(f"WHEN {quote(stage.name)} THEN {place}" for place, stage in enumerate(lifecycle.stages))
    chosen = f"CASE text {arms} WHEN 'clear' THEN -2 END"
    return (
        f"SELECT {code} AS lifecycle, unit, time, tie, {chosen} AS stage FROM {view.measures()} "
        f"WHERE kind = {numbers[stage_set_kind(lifecycle)]} AND {chosen} IS NOT NULL"
    )


def _repeat(
    connection: Connection, one: Pass, ready: Prepared, by_name: Mapping[str, Lifecycle], view: View, into: str
) -> None:
    """Computes a lifecycle over its own history, beginning with none, until no unit's history changes any more.

    A history computed over a guess is right up to and including the first change in which the two differ, because the
    conditions look strictly back. The first passes keep the rest as the next guess, which nearly always is right; for
    who is still restless then, the rest is dropped and each pass finds one more change.
    """
    code = one.lifecycles[0].code
    connection.execute(f"CREATE OR REPLACE TEMP TABLE guessed AS SELECT {COLUMNS} FROM {into}")
    connection.execute(f"DELETE FROM guessed WHERE lifecycle = {code}")
    limited = view
    for turn in range(MOST_REPEATS):
        query = compiled(one, ready, by_name, limited, histories="guessed")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE computed AS SELECT * FROM ({query.sql})")
        still = " AND unit IN (SELECT unit FROM restless)" if turn else ""
        held = f"(SELECT * FROM guessed WHERE lifecycle = {code}{still})"
        new, old = _moments("computed"), _moments(held)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE differing AS SELECT unit, min(moment) AS moment FROM "
            f"(({new} EXCEPT ALL {old}) UNION ALL ({old} EXCEPT ALL {new})) GROUP BY unit"
        )
        connection.execute("CREATE OR REPLACE TEMP TABLE restless AS SELECT unit FROM differing")
        if first_row(connection, "SELECT count(*) FROM restless") == (0,):
            chosen = f"SELECT {COLUMNS} FROM guessed WHERE lifecycle = {code}"
            connection.execute(f"INSERT INTO {into} ({COLUMNS}) {chosen}")
            return
        connection.execute(f"DELETE FROM guessed WHERE lifecycle = {code} AND unit IN (SELECT unit FROM restless)")
        if turn < GUESSES:
            connection.execute(f"INSERT INTO guessed SELECT {COLUMNS} FROM computed JOIN restless USING (unit)")
        else:
            connection.execute(
                "INSERT INTO guessed SELECT lifecycle, unit, stage, previous, entered_at, "
                "CASE WHEN left_at <= moment THEN left_at END FROM computed JOIN differing USING (unit) "
                "WHERE entered_at <= moment"
            )
        born = f"SELECT * FROM ({view.births}) WHERE unit IN (SELECT unit FROM restless)" if view.births else None
        limited = replace(view, units="restless", births=born, limited=False)
    name = one.lifecycles[0].name
    raise UsageError(
        f"The lifecycle {name!r} never comes to rest: its stages keep changing because of its own earlier stages.",
        hint="Look for was(…) and since_entered(…) that undo themselves, and add a condition that ends the circle.",
    )


def _moments(rows: str) -> str:
    """SQL of the moments at which units enter and leave stages."""
    return (
        f"(SELECT unit, entered_at AS moment, stage FROM {rows} UNION ALL "
        f"SELECT unit, left_at AS moment, -1 AS stage FROM {rows} WHERE left_at IS NOT NULL)"
    )
