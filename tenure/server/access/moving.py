"""Lists of people who moved, are due to move, were somewhere, or stay long: the rows behind figures of moves.

    found = listed(reader, Listed(what="moved", lifecycle="classic", stages=("reach",), to=("acquisition",),
                                  since="2025-05-01", until="2025-05-31"))
    found.count, found.rows

A row is a move, or somebody in a stage: a figure has exactly as many as the list that it opens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from tenure.engage.handed import harmless
from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.people import Who
from tenure.lifecycle.periods import midnight
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.lifecycle import FURTHEST, due_table
from tenure.server.access.people import PAGE, Person, goes_on, looked_through, people_of, stranger
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right

What = Literal["moved", "due", "stage", "stuck", "entered"]
MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Which list: `moved` and `due` from some stages to some (empty: any), `stage` who was there at the end of `until`,
    `stuck` who is there longer than three quarters stay, `entered` who first came there and, within `days`, went on.

    `since` and `until` are days or moments, as people write them. `days` of `due` are those from now on; `highest` is
    the highest stage that those in a stage ever reached.
    """

    what: What
    lifecycle: str
    stages: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    days: int | None = None
    highest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A move, or somebody in a stage; times in microseconds UTC. `after` is how long they had been there, in days."""

    person: Person
    stage: str | None
    new: bool
    to: str | None
    at: int | None
    after: Decimal | None
    money: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of a list: how many rows it has in all, these of them, and whether more follow."""

    count: int
    money: Decimal
    rows: tuple[Row, ...]
    lifecycle: Lifecycle
    more: bool


def listed(reader: Reader, asked: Listed, *, offset: int = 0, limit: int = PAGE) -> Rows:
    """The rows from `offset` on. Raises UsageError for stages, days or moments that do not exist, and Denied."""
    require(reader, Right.PEOPLE)
    limit = looked_through(reader, offset, limit)
    found = _page(asked, offset, limit)
    return found if goes_on(reader, offset, limit) else replace(found, more=False)


@kept(64)
def _page(asked: Listed, offset: int, limit: int) -> Rows:
    table = _table(asked)
    shown = table.slice(offset, limit)
    people = people_of(shown["customer_id"].to_pylist(), lifecycle=asked.lifecycle)
    return Rows(
        count=table.num_rows, money=pc.sum(table["money"]).as_py() or Decimal(0), more=table.num_rows > offset + limit,
        lifecycle=holding.workspace().lifecycle(asked.lifecycle),
        rows=tuple(_row(one, people) for one in shown.to_pylist()),
    )  # fmt: skip


def listed_table(reader: Reader, asked: Listed) -> pa.Table:
    """All rows as Arrow, with names and mail, harmless in spreadsheets: to be taken out of the house."""
    require(reader, Right.PEOPLE)
    require(reader, Right.EXPORT)
    table = _table(asked)
    ids = table["customer_id"].to_pylist()
    people = people_of(ids, lifecycle=asked.lifecycle)
    told = {
        "name": [people[one].name if one in people else "" for one in ids],
        "email": [people[one].email if one in people else "" for one in ids],
    }
    for place, (name, column) in enumerate(told.items(), 1):
        table = table.add_column(place, name, pa.array(column, pa.string()))
    return harmless(table)


def ids_listed(reader: Reader, asked: Listed) -> tuple[str, ...]:
    """The ids of everybody in the list, each once, however many rows somebody has in it."""
    require(reader, Right.PEOPLE)
    return tuple(dict.fromkeys(_table(asked)["customer_id"].to_pylist()))


@kept(12)
def _table(asked: Listed) -> pa.Table:
    ws = holding.workspace()
    name = ws.lifecycle(asked.lifecycle).name
    match asked.what:
        case "moved":
            return ws.moves.people_moved(
                name, since=asked.since, until=asked.until, stage=asked.stages or None, to=asked.to or None
            )
        case "due":
            return _due(asked)
        case "stage":
            return ws.moves.people(name, Who(stage=_one(asked), highest=asked.highest), at=asked.until)
        case "stuck":
            return ws.moves.people(name, Who(stage=_one(asked), stuck=True))
        case "entered":
            to = asked.to[0] if asked.to else None
            return ws.moves.people_converted(
                _one(asked), to, name, days=asked.days, since=asked.since, until=asked.until
            )


def _one(asked: Listed) -> str:
    if len(asked.stages) != 1:
        raise UsageError("This list is of one stage.", hint="Name it: ?from=…")
    return asked.stages[0]


def _due(asked: Listed) -> pa.Table:
    """The due moves that are asked for: of the next `days`, or of the days from `since` to `until`."""
    ws = holding.workspace()
    scope = ws.moves.scope(asked.lifecycle)
    table = due_table(asked.lifecycle)
    for column, names in (("stage", asked.stages), ("to", asked.to)):
        if names:
            # checked by name, so that a slip is told and not taken for nobody
            states = [scope.name(scope.state(one)) for one in names]
            table = table.filter(pc.is_in(table[column], value_set=pa.array(states, pa.string())))
    bounds = []
    if asked.days is not None:
        if asked.days > FURTHEST:
            raise UsageError(f"Moves are foreseen for {FURTHEST} days, not for {asked.days}.")
        bounds.append((pc.less_equal, scope.now + asked.days * DAY))
    if asked.since is not None:
        bounds.append((pc.greater_equal, _begin(asked.since)))
    if asked.until is not None:
        bounds.append((pc.less_equal, ws.moment(asked.until)))
    for compare, moment in bounds:
        table = table.filter(compare(table["moves_at"].cast(pa.int64()), moment))
    return table


def _begin(text: str) -> int:
    from datetime import date

    try:
        return midnight(holding.workspace().zone, date.fromisoformat(text))
    except ValueError:
        return holding.workspace().moment(text)


def _row(told: dict[str, object], people: dict[str, Person]) -> Row:
    known = str(told["customer_id"])
    at = next((told[name] for name in ("moved_at", "moves_at", "entered_at") if told.get(name) is not None), None)
    reached = told.get("reached_at")
    return Row(
        person=people.get(known) or stranger(known), stage=told.get("from", told.get("stage")),  # type: ignore[arg-type]
        new=bool(told.get("new")), to=told.get("to"), at=_moment(at), money=told["money"],  # type: ignore[arg-type]
        after=told.get("days_before") if reached is None else _days(at, reached),  # type: ignore[arg-type]
    )  # fmt: skip


def _days(begin: object, end: object) -> Decimal:
    return Decimal((_moment(end) or 0) - (_moment(begin) or 0)) / DAY


def _moment(time: object) -> int | None:
    from datetime import datetime

    from tenure.workspace.moments import microseconds

    return microseconds(time) if isinstance(time, datetime) else None
