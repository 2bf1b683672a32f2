"""What contacts and customers cost: the measured or assumed uplift, a list's contact value, keeping beside winning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.engage.lift import ENOUGH
from tenure.errors import UsageError
from tenure.lifecycle.bound import meaning
from tenure.metrics.cohorts import customer_stages
from tenure.metrics.costs import CostsSpec
from tenure.predict.value.contact import ASSUMED, ContactValue, Uplift, contact
from tenure.predict.value.payback import spent
from tenure.predict.value.serving import INCENTIVE, MESSAGE, SERVICE
from tenure.warehouse.connection import first_row
from tenure.warehouse.measures import MeasureKind, births, ensure
from tenure.warehouse.where import quote

if TYPE_CHECKING:
    from tenure.lifecycle.moves.scope import Scope
    from tenure.predict.special import Floats
    from tenure.predict.value.people import Valued
    from tenure.warehouse.connection import Connection
    from tenure.workspace.actions import ActionResult
    from tenure.workspace.value import Retaining
    from tenure.workspace.workspace import Workspace

_DAY = 86_400_000_000


def uplift_of(ws: Workspace, share: float | None, action: str | None, goal: str | None) -> Uplift:
    """The uplift that is assumed (`share`), or that a hold-out measured: of an action, or of the last with the goal."""
    if share is not None:
        if not 0 <= share <= 1:
            raise UsageError(f"{share} is no uplift.", hint="Give a share from 0 to 1: 0.1 keeps one in ten.")
        return Uplift(share=share)
    if action is not None:
        found = ws.actions.result(action)
        if not _tells(found):
            raise UsageError(
                f"The hold-out of {found.action.name!r} does not tell yet.",
                hint=f"It takes an action that is over, with {ENOUGH} people treated and {ENOUGH} held out.",
            )
        return _measured(found)
    if goal is not None:
        told = next((one for one in ws.actions.list() if one.action.goal.text == goal and _tells(one)), None)
        if told is not None:
            return _measured(told)
    return Uplift(share=ASSUMED)


def _tells(found: ActionResult) -> bool:
    people = min(found.lift.treated.people, found.lift.held_out.people)
    return found.finished and people >= ENOUGH and found.lift.difference is not None


def _measured(found: ActionResult) -> Uplift:
    lift = found.lift
    return Uplift(share=lift.difference or 0.0, low=lift.low, high=lift.high, action=found.action.name)


def contacted(
    connection: Connection, people: Valued, listed: pa.Table | Iterable[str], chance: str, uplift: Uplift, cost: float
) -> ContactValue:
    """What it is worth to contact the people of a list, by their ids."""
    ids = listed["customer_id"].to_pylist() if isinstance(listed, pa.Table) else list(listed)
    asked = pa.array(list(dict.fromkeys(one for one in ids if one)), pa.string())
    known = connection.sql("SELECT key, id FROM units WHERE kind = 'customer'").to_arrow_table()
    place = pc.index_in(asked, value_set=known["id"])
    key = np.asarray(known["key"].take(place.drop_null()).to_numpy(), dtype=np.int64)
    odds = people.churn if chance == "p_churn" else _score(connection, people, chance)
    value, chances = np.full(len(asked), np.nan), np.full(len(asked), np.nan)
    at = np.minimum(np.searchsorted(people.units, key), len(people) - 1)
    there = people.units[at] == key
    value[: len(key)][there], chances[: len(key)][there] = people.value[at[there]], odds[at[there]]
    return contact(value, chances, uplift, cost=cost, chance_name=chance)


def _score(connection: Connection, people: Valued, name: str) -> Floats:
    table = connection.sql(
        f"SELECT customer, value FROM scores WHERE name = {quote(name)} "
        f"AND as_of = (SELECT max(as_of) FROM scores WHERE name = {quote(name)})"
    ).to_arrow_table()
    if not table.num_rows:
        raise UsageError(f"No score {name} is written.", hint="Run `tenure predict --write`.")
    found = np.full(len(people), np.nan)
    units = np.asarray(table["customer"].to_numpy(), dtype=np.int64)
    place = np.minimum(np.searchsorted(people.units, units), len(people) - 1)
    there = people.units[place] == units
    found[place[there]] = np.asarray(table["value"].to_numpy(), dtype=np.float64)[there]
    return found


def known_days(connection: Connection, scope: Scope, people: Valued) -> Floats:
    """For how many days each is known."""
    table = connection.sql(births(scope.lifecycle.unit, as_of=scope.now)).to_arrow_table()
    unit = np.asarray(table["unit"].to_numpy(), dtype=np.int64)
    order = np.argsort(unit)
    place = np.minimum(np.searchsorted(unit[order], people.units), len(unit) - 1)
    seen = np.asarray(table["time"].to_numpy(), dtype=np.int64)[order][place]
    return (scope.now - seen) / _DAY


def retaining(connection: Connection, scope: Scope, people: Valued, costs: CostsSpec, days: int) -> Retaining:
    """What keeping and what winning a customer cost in the last `days` days."""
    from tenure.workspace.value import Retaining

    then, events, unit = scope.now - days * _DAY, scope.lifecycle.events, scope.lifecycle.unit
    stages = ", ".join(map(str, customer_stages(scope))) or "NULL"
    before = f"SELECT unit FROM ({scope.present(then)}) WHERE stage IN ({stages})"
    row = first_row(
        connection,
        f"SELECT count(*) FROM ({scope.present()}) WHERE stage IN ({stages}) AND unit IN ({before})",
    )
    kept = int(row[0]) if row else 0
    total: float | None = None
    cost = meaning("cost", events)
    for kind, event, each in (
        (SERVICE, "case", costs.case),
        (MESSAGE, "message", costs.message),
        (INCENTIVE, "", None),
    ):
        chosen = f"kind == '{kind}'"
        recorded = MeasureKind(
            unit=unit, events=cost.events, properties=cost.values,
            where=f"({cost.where}) and {chosen}" if cost.where else chosen,
        )  # fmt: skip
        number, what, times = ensure(connection, [recorded])[recorded], "sum(value)", 1.0
        if first_row(connection, f"SELECT 1 FROM measures WHERE kind = {number} LIMIT 1") is None:
            if each is None:
                continue
            bound = meaning(event, events)
            counted = MeasureKind(unit=unit, events=bound.events, where=bound.where)
            number, what, times = ensure(connection, [counted])[counted], "count(*)", float(each)
        found = first_row(
            connection,
            f"SELECT coalesce({what}, 0) FROM measures WHERE kind = {number} AND time > {then} AND time <= {scope.now} "
            f"AND unit IN ({before})",
        )
        total = (total or 0.0) + (float(found[0]) * times if found else 0.0)
    spends = [one for one in spent(connection, scope) if one.time > then]
    return Retaining(
        days=days, kept=kept, spent=total, won=int((people.first > then).sum()),
        acquiring=float(sum(one.amount for one in spends)) if spends else None,
    )  # fmt: skip
