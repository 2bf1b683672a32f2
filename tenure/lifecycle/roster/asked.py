"""Questions to the roster: which people, in which order, how many, and all of them as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.lifecycle.refresh import Applied
from tenure.lifecycle.roster.kept import TABLE, Roster
from tenure.lifecycle.tell import named
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import CUSTOMER
from tenure.warehouse.where import quote

T = TypeVar("T")

NONE = "none"
SORTS = ("money", "id", "name", "last_seen", "first_seen", "since", "until")
_MOST = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows are asked for; what is empty asks nothing.

    `kind` is what they are (customer, account …), `search` words that stand in their id, name or mail. `stages` are
    pairs of a lifecycle or segment and the stages wanted (`none`: in none), `traits` pairs of a trait and its values
    (`none`: without it), `moves_by` those whose next move in the lifecycle is due by that moment, `ids` exactly those.
    """

    kind: str = CUSTOMER
    search: str = ""
    stages: tuple[tuple[str, tuple[str, ...]], ...] = ()
    traits: tuple[tuple[str, tuple[str, ...]], ...] = ()
    money_from: Decimal | None = None
    money_to: Decimal | None = None
    seen_since: int | None = None
    seen_before: int | None = None
    moves_by: int | None = None
    ids: tuple[str, ...] | None = None
    sort: str = "money"
    descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a question to the roster found: how many there are and what they are worth, and the rows asked for."""

    people: int
    money: Decimal
    rows: tuple[Mapping[str, object], ...] = field(default=())


def look(
    connection: Connection, roster: Roster, held: Mapping[str, Applied], asked: Asked, *, lifecycle: str,
    limit: int = 50, offset: int = 0, counted: bool = True,
) -> Found:  # fmt: skip
    """How many that are, and `limit` of them from `offset` on; uncounted ones come without the numbers."""
    conditions = _conditions(roster, held, asked, lifecycle)
    people, money = 0, Decimal(0)
    if counted:
        row = first_row(connection, f"SELECT count(*), coalesce(sum(money), 0) FROM {TABLE} WHERE {conditions}")
        assert row is not None
        people, money = row
    table = rows(connection, roster, held, asked, lifecycle=lifecycle, limit=limit, offset=offset)
    return Found(people=people, money=money, rows=tuple(table.to_pylist()))


def rows(
    connection: Connection, roster: Roster, held: Mapping[str, Applied], asked: Asked, *, lifecycle: str,
    limit: int = _MOST, offset: int = 0,
) -> pa.Table:  # fmt: skip
    """The rows as Arrow: id, kind, money, first_seen, last_seen, events, stage, since, until, next, and traits by name.

    Stages are those of `lifecycle`; other lifecycles and segments stand in columns `in <name>`. Times: microseconds UTC.
    """
    code = roster.lifecycles[lifecycle]
    stages = held[lifecycle].stages
    columns = [
        "id", "kind", "money", "first_seen", "last_seen", "events", f"{named(f'stage_{code}', stages)} AS stage",
        f"since_{code} AS since", f"until_{code} AS until", f'{named(f"next_{code}", stages)} AS "next"',
        *(f"{named(f'stage_{other}', held[name].stages)} AS {_quoted('in ' + name)}"
          for name, other in roster.lifecycles.items() if name != lifecycle),
        *(f"{column} AS {_quoted(f'trait {name}' if name in _OWN else name)}"
          for name, column in roster.traits.items()),
    ]  # fmt: skip
    order = _order(roster, asked, code)
    return connection.sql(
        f"SELECT {', '.join(columns)} FROM (SELECT * FROM {TABLE} WHERE {_conditions(roster, held, asked, lifecycle)} "
        f"ORDER BY {order} LIMIT {int(limit)} OFFSET {int(offset)}) ORDER BY {order}"
    ).to_arrow_table()


_OWN = frozenset({"id", "kind", "money", "first_seen", "last_seen", "events", "stage", "since", "until", "next"})


def _order(roster: Roster, asked: Asked, code: int) -> str:
    if asked.sort not in SORTS:
        raise UsageError(f"Lists are not sorted by {asked.sort!r}.", hint=f"They are by: {', '.join(SORTS)}.")
    column = {
        "since": f"since_{code}", "until": f"until_{code}", "name": roster.traits.get("name", "id"),
    }.get(asked.sort, asked.sort)  # fmt: skip
    return f"{column} {'DESC' if asked.descending else 'ASC'} NULLS LAST, unit"


def _conditions(roster: Roster, held: Mapping[str, Applied], asked: Asked, lifecycle: str) -> str:
    found = ["NOT excluded", f"kind = {quote(asked.kind)}"]
    found += [f"contains(sought, {quote(word)})" for word in asked.search.lower().split()[:8]]
    for name, wanted in asked.stages:
        found.append(
            _among(f"stage_{_of(roster.lifecycles, name, 'lifecycle or segment')}", _places(held[name], wanted))
        )
    for name, values in asked.traits:
        column = _of(roster.traits, name, "trait")
        found.append(_among(column, [None if value == NONE else quote(value) for value in values]))
    bounds = (
        ("money >= ", asked.money_from), ("money <= ", asked.money_to), ("last_seen >= ", asked.seen_since),
        ("last_seen < ", asked.seen_before), (f"until_{roster.lifecycles[lifecycle]} <= ", asked.moves_by),
    )  # fmt: skip
    found += [
        f"{bound}{value:f}" if isinstance(value, Decimal) else f"{bound}{int(value)}"
        for bound, value in bounds
        if value is not None
    ]
    if asked.ids is not None:
        found.append(_among("id", [quote(one) for one in asked.ids]))
    return " AND ".join(found)


def _places(held: Applied, wanted: Sequence[str]) -> list[str | None]:
    found: list[str | None] = []
    for stage in wanted:
        if stage in held.stages:
            found.append(str(held.stages.index(stage)))
        elif stage == NONE:
            found.append(None)
        else:
            hint = did_you_mean(stage, held.stages) or f"There are: {', '.join(held.stages)}."
            raise UsageError(f"There is no stage {stage!r} in {held.name}.", hint=hint)
    return found


def _among(column: str, values: Sequence[str | None]) -> str:
    given = [value for value in values if value is not None]
    parts = [f"{column} IN ({', '.join(given)})"] if given else []
    if None in values:
        parts.append(f"{column} IS NULL")
    return f"({' OR '.join(parts)})" if parts else "FALSE"


def _of(names: Mapping[str, T], name: str, what: str) -> T:
    if name not in names:
        hint = did_you_mean(name, names) or "See the list of filters."
        raise UsageError(f"There is no {what} {name!r} in the lists.", hint=hint)
    return names[name]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
