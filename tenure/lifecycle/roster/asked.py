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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows are asked for; what is empty asks nothing.

    `kind` is what they are (customer, account …), `search` words that stand in their id, name or mail. `stages` are
    pairs of a lifecycle or segment and the stages wanted (`none`: in none), `traits` pairs of a trait and its values
    (`none`: without it). Of the lifecycle that is shown: `moves_by` those whose next move is due by that moment, `to`
    those whose next move is to one of these stages, `entered_since` those who came into their stage after that moment,
    `entered_before` those who came there before it. `scores` are names, each with the least and the most (None: any)
    that the last scores of that name may be. `account` are the people of an account, `ids` exactly those, `unit` the
    one of that key.
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
    to: tuple[str, ...] = ()
    entered_since: int | None = None
    entered_before: int | None = None
    scores: tuple[tuple[str, Decimal | None, Decimal | None], ...] = ()
    account: str = ""
    ids: tuple[str, ...] | None = None
    unit: int | None = None
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
    if counted and asked.search:
        # texts are gone through once, for the numbers and the rows
        page, numbers = _page(roster, held, asked, lifecycle, limit, offset, among="found"), _NUMBERS
        named_rows = f"WITH found AS MATERIALIZED ({_matching(roster, held, asked, lifecycle)}), page AS ({page}) "
        query = _rows(roster, held, asked, lifecycle, "unit IN (SELECT unit FROM page)", extra=numbers)
        found = connection.sql(named_rows + query).to_arrow_table().to_pylist()
        if found:
            people, money = found[0]["found people"], found[0]["found money"]
            return Found(people=people, money=money, rows=tuple(map(_without_numbers, found)))
        if not offset:
            return Found(people=0, money=Decimal(0))
    people, money = 0, Decimal(0)
    if counted:
        conditions = _conditions(roster, held, asked, lifecycle)
        row = first_row(connection, f"SELECT count(*), coalesce(sum(money), 0) FROM {TABLE} WHERE {conditions}")
        assert row is not None
        people, money = row
    table = rows(connection, roster, held, asked, lifecycle=lifecycle, limit=limit, offset=offset)
    return Found(people=people, money=money, rows=tuple(table.to_pylist()))


def rows(
    connection: Connection, roster: Roster, held: Mapping[str, Applied], asked: Asked, *, lifecycle: str,
    limit: int | None = None, offset: int = 0,
) -> pa.Table:  # fmt: skip
    """The rows as Arrow: id, kind, money, first_seen, last_seen, events, stage, since, until, next, and traits by name.

    Stages are those of `lifecycle`; other lifecycles and segments stand in columns `in <name>`. Times are in
    microseconds UTC.
    """
    if limit is None or asked.unit is not None or asked.ids is not None:
        query = _rows(roster, held, asked, lifecycle, _conditions(roster, held, asked, lifecycle))
        query += "" if limit is None else f" LIMIT {int(limit)} OFFSET {int(offset)}"
    else:
        # who is on the page is found by what it is sorted by; only then are whole rows read
        page = _page(roster, held, asked, lifecycle, limit, offset)
        query = f"WITH page AS MATERIALIZED ({page}) "
        query += _rows(roster, held, asked, lifecycle, "unit IN (SELECT unit FROM page)")
    return connection.sql(query).to_arrow_table()


def units(roster: Roster, held: Mapping[str, Applied], asked: Asked, *, lifecycle: str) -> str:
    """SQL of the keys of those who are asked for: unit."""
    return f"SELECT unit FROM {TABLE} WHERE {_conditions(roster, held, asked, lifecycle)}"


_NUMBERS = (
    '(SELECT count(*) FROM found) AS "found people"', '(SELECT coalesce(sum(money), 0) FROM found) AS "found money"'
)  # fmt: skip


def _matching(roster: Roster, held: Mapping[str, Applied], asked: Asked, lifecycle: str) -> str:
    """SQL of everybody asked for, with no more than sorting and sums need."""
    sorted_by = _order(roster, asked, lifecycle).split()[0]
    columns = dict.fromkeys(("unit", "money", sorted_by))
    return f"SELECT {', '.join(columns)} FROM {TABLE} WHERE {_conditions(roster, held, asked, lifecycle)}"


def _page(
    roster: Roster, held: Mapping[str, Applied], asked: Asked, lifecycle: str, limit: int, offset: int, *,
    among: str | None = None,
) -> str:  # fmt: skip
    """SQL of the keys of a page: of all who are asked for, or among those of a table that holds them."""
    where = "" if among else f" WHERE {_conditions(roster, held, asked, lifecycle)}"
    return (
        f"SELECT unit FROM {among or TABLE}{where} ORDER BY {_order(roster, asked, lifecycle)} "
        f"LIMIT {int(limit)} OFFSET {int(offset)}"
    )


def _rows(
    roster: Roster, held: Mapping[str, Applied], asked: Asked, lifecycle: str, where: str, *,
    extra: Sequence[str] = (),
) -> str:  # fmt: skip
    """SQL of rows in their order, as lists show them."""
    columns = ", ".join([_columns(roster, held, lifecycle), *extra])
    return f"SELECT {columns} FROM {TABLE} WHERE {where} ORDER BY {_order(roster, asked, lifecycle)}"


def _without_numbers(row: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in row.items() if name not in ("found people", "found money")}


def _columns(roster: Roster, held: Mapping[str, Applied], lifecycle: str) -> str:
    code = roster.lifecycles[lifecycle]
    stages = held[lifecycle].stages
    return ", ".join([
        "id", "kind", "money", "first_seen", "last_seen", "events", f"{named(f'stage_{code}', stages)} AS stage",
        f"since_{code} AS since", f"until_{code} AS until", f'{named(f"next_{code}", stages)} AS "next"',
        *(f"{named(f'stage_{other}', held[name].stages)} AS {_quoted('in ' + name)}"
          for name, other in roster.lifecycles.items() if name != lifecycle),
        *(f"{column} AS {_quoted(f'trait {name}' if name in _OWN else name)}"
          for name, column in roster.traits.items()),
    ])  # fmt: skip


_OWN = frozenset({"id", "kind", "money", "first_seen", "last_seen", "events", "stage", "since", "until", "next"})


def _order(roster: Roster, asked: Asked, lifecycle: str) -> str:
    if asked.sort not in SORTS:
        raise UsageError(f"Lists are not sorted by {asked.sort!r}.", hint=f"They are by: {', '.join(SORTS)}.")
    code = roster.lifecycles[lifecycle]
    column = {
        "since": f"since_{code}", "until": f"until_{code}", "name": _called(roster),
    }.get(asked.sort, asked.sort)  # fmt: skip
    return f"{column} {'DESC' if asked.descending else 'ASC'} NULLS LAST, unit"


def _called(roster: Roster) -> str:
    """The column of what people are called by."""
    return next((roster.traits[name] for name in ("name", "full_name", "last_name") if name in roster.traits), "id")


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
    if asked.to:
        found.append(_among(f"next_{roster.lifecycles[lifecycle]}", _places(held[lifecycle], asked.to)))
    bounds = (
        ("money >= ", asked.money_from), ("money <= ", asked.money_to), ("last_seen >= ", asked.seen_since),
        ("last_seen < ", asked.seen_before), (f"until_{roster.lifecycles[lifecycle]} <= ", asked.moves_by),
        (f"since_{roster.lifecycles[lifecycle]} > ", asked.entered_since),
        (f"since_{roster.lifecycles[lifecycle]} < ", asked.entered_before),
    )  # fmt: skip
    found += [
        f"{bound}{value:f}" if isinstance(value, Decimal) else f"{bound}{int(value)}"
        for bound, value in bounds
        if value is not None
    ]
    found += [_scored(*one) for one in asked.scores]
    if asked.account:
        found.append(f"account = {quote(asked.account)}")
    if asked.unit is not None:
        found.append(f"unit = {int(asked.unit)}")
    if asked.ids is not None:
        found.append(_among("id", [quote(one) for one in asked.ids]))
    return " AND ".join(found)


def _scored(name: str, least: Decimal | None, most: Decimal | None) -> str:
    bounds = [f"AND value {way} {bound:f}" for way, bound in ((">=", least), ("<=", most)) if bound is not None]
    return (
        f"unit IN (SELECT customer FROM scores WHERE name = {quote(name)} AND as_of = "
        f"(SELECT max(as_of) FROM scores WHERE name = {quote(name)}) {' '.join(bounds)})"
    )


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
