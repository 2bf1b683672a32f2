"""What it costs to serve people, and whose margin does not cover it: what to cut, or which margin would.

What is recorded of a kind of cost is taken as it is; where nothing is, orders may tell it, or the workspace's amounts
for an order, case, message or return. Costs come with purchases, as many as are expected; those of messages with time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from tenure.lifecycle.bound import meaning
from tenure.lifecycle.moves.scope import Scope
from tenure.metrics.costs import CostsSpec
from tenure.predict.features import Units
from tenure.predict.special import Floats
from tenure.predict.value.people import Valued
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import MeasureKind, ensure

Source = Literal["recorded", "orders", "default", "none"]
DELIVERY, SERVICE, RETURN, MESSAGE, INCENTIVE, GIVEN_BACK = (
    "delivery", "service", "return", "message", "incentive", "given back"
)  # fmt: skip
KINDS = (DELIVERY, SERVICE, RETURN, MESSAGE, INCENTIVE, GIVEN_BACK)
YEAR = 365
DAY = 86_400_000_000
# whoever is known for less is taken as known so long
_LEAST_DAYS = 30
_EVENT = {DELIVERY: "order", SERVICE: "case", RETURN: "refund", MESSAGE: "message"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paid:
    """A kind of cost: what each person cost so far (of messages: in the last 365 days), and where that is known from.

    `each` is the amount of the workspace for one order, case, message or return. What was given back is revenue.
    """

    kind: str
    source: Source
    total: Floats
    each: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCost:
    """A kind of cost that is expected of all: `expected`, of it `of_unprofitable`, and what it is known from.

    `cured` are the unprofitable whom it alone keeps from being profitable: without it they would be.
    """

    kind: str
    source: Source
    each: Decimal | None
    expected: float
    of_unprofitable: float
    cured: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unprofitable:
    """Of `people`, those whose expected margin is below the expected cost to serve them, within the horizon.

    `margin` and `cost` are of all people; `their_margin` and `their_cost` of the `count` unprofitable. `known` is False
    where nothing tells any cost but what is given back. `by_price` of them would be profitable with prices a tenth
    higher.
    """

    people: int
    margin: float
    cost: float
    count: int
    their_margin: float
    their_cost: float
    by_price: int
    kinds: tuple[KindCost, ...]
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """What serving each is expected to cost within the horizon, by kind."""

    paid: tuple[Paid, ...]
    expected: Mapping[str, Floats]

    @property
    def cost(self) -> Floats:
        """All kinds together."""
        found: Floats = np.sum(list(self.expected.values()), axis=0)
        return found


def paid(connection: Connection, scope: Scope, people: Valued, costs: CostsSpec) -> tuple[Paid, ...]:
    """What each kind of cost was so far, for everybody of `people`."""
    events, unit = scope.lifecycle.events, scope.lifecycle.unit
    cost = meaning("cost", events)
    recorded = {
        kind: MeasureKind(
            unit=unit, events=cost.events, properties=cost.values,
            where=f"({cost.where}) and kind == '{kind}'" if cost.where else f"kind == '{kind}'",
        )
        for kind in KINDS
        if kind != GIVEN_BACK
    }  # fmt: skip
    counted = {
        kind: MeasureKind(
            unit=unit, events=(bound := meaning(_EVENT[kind], events)).events, where=bound.where,
            properties=(costs.order_property,) if kind == DELIVERY and costs.order_property else (),
        )
        for kind in _EVENT
    }  # fmt: skip
    refund = meaning("refund", events)
    back = MeasureKind(
        unit=unit, events=refund.events, where=refund.where, properties=tuple(dict.fromkeys((*refund.values, "total")))
    )
    numbers = ensure(connection, [*recorded.values(), *counted.values(), back])
    each = {DELIVERY: costs.order_amount, SERVICE: costs.case, RETURN: costs.refund, MESSAGE: costs.message}

    def summed(kind: str, number: int, what: str) -> Floats:
        since = f" AND time > {scope.now - YEAR * DAY}" if kind == MESSAGE else ""
        table = connection.sql(
            f"SELECT unit, CAST({what} AS DOUBLE) AS total FROM measures WHERE kind = {number} "
            f"AND time <= {scope.now}{since} GROUP BY unit"
        ).to_arrow_table()
        return aligned(people.units, np.asarray(table["unit"].to_numpy()), np.asarray(table["total"].to_numpy()))

    found = []
    for kind, of in recorded.items():
        there = first_row(connection, f"SELECT 1 FROM measures WHERE kind = {numbers[of]} LIMIT 1") is not None
        amount = each.get(kind)
        if there:
            total = summed(kind, numbers[of], "sum(value)")
            found.append(Paid(kind=kind, source="recorded", total=total))
        elif kind == DELIVERY and costs.order_property is not None:
            total = summed(kind, numbers[counted[kind]], "coalesce(sum(value), 0)")
            found.append(Paid(kind=kind, source="orders", total=total))
        elif amount is not None:
            total = summed(kind, numbers[counted[kind]], "count(*)") * float(amount)
            found.append(Paid(kind=kind, source="default", total=total, each=amount))
        else:
            found.append(Paid(kind=kind, source="none", total=np.zeros(len(people))))
    given = np.maximum(summed(GIVEN_BACK, numbers[back], "coalesce(sum(value), 0)"), 0.0)
    found.append(Paid(kind=GIVEN_BACK, source="recorded" if np.any(given > 0) else "none", total=given))
    return tuple(found)


def aligned(units: Units, some: Units, value: Floats) -> Floats:
    """The values in the order of `units` (ascending), 0 for who is not among `some`."""
    found = np.zeros(len(units))
    if len(units):
        place = np.minimum(np.searchsorted(units, some), len(units) - 1)
        there = units[place] == some
        found[place[there]] = np.nan_to_num(np.asarray(value, dtype=np.float64)[there])
    return found


def served(costs: Sequence[Paid], people: Valued, *, known_days: Floats, horizon: int) -> Served:
    """What serving each is expected to cost within `horizon` days; `known_days` is for how long each is known.

    Every kind but messages costs as much for a purchase as so far, as if everybody had made one more, which cost what
    an average one does: who bought once is not judged by that alone. Of the value as much is given back as was of what
    each bought, again with an average purchase more. Messages go on as in the last 365 days.
    """
    bought, count = people.bought, float(people.bought.sum())
    expected = {}
    for one in costs:
        mean = float(one.total.sum()) / count if count else 0.0
        if one.kind == MESSAGE:
            expected[one.kind] = one.total / np.clip(known_days, _LEAST_DAYS, YEAR) * horizon
        elif one.kind == GIVEN_BACK:
            purchase = float(people.paid.sum()) / count if count else 0.0
            part = (one.total + mean) / np.maximum(people.paid + purchase, 1e-9)
            expected[one.kind] = np.minimum(part, 1.0) * np.maximum(people.value, 0.0)
        else:
            expected[one.kind] = (one.total + mean) / (bought + 1) * people.purchases
    return Served(paid=tuple(costs), expected=expected)


def unprofitable(people: Valued, found: Served, *, rise: float = 0.1) -> Unprofitable:
    """Whose expected margin is below the cost to serve them, and what would change it."""
    cost = found.cost
    net = people.value - cost
    there = net < 0
    kinds = tuple(
        KindCost(
            kind=one.kind, source=one.source, each=one.each, expected=float(found.expected[one.kind].sum()),
            of_unprofitable=float(found.expected[one.kind][there].sum()),
            cured=int((there & (net + found.expected[one.kind] >= 0)).sum()),
        )
        for one in found.paid
    )  # fmt: skip
    return Unprofitable(
        people=len(people), margin=float(people.value.sum()), cost=float(cost.sum()), count=int(there.sum()),
        their_margin=float(people.value[there].sum()), their_cost=float(cost[there].sum()),
        by_price=int((there & (net + rise * people.revenue >= 0)).sum()), kinds=kinds,
        known=any(one.source != "none" for one in found.paid if one.kind != GIVEN_BACK),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """What would make each profitable: `kind` is the largest cost (its place in KINDS), `cut_to` what it may be (NaN:
    cutting it alone does not suffice), `margin` the share of revenue that breaks even (NaN: none does), `rise` the
    rise of prices.
    """

    kind: Units
    largest: Floats
    cut_to: Floats
    margin: Floats
    rise: Floats


def ways(people: Valued, found: Served) -> Ways:
    """The ways to break even of everybody; of no use for who is profitable."""
    table = np.array([found.expected[one.kind] for one in found.paid]).reshape(len(found.paid), len(people))
    kind = table.argmax(axis=0)
    largest, cost = table.max(axis=0), found.cost
    gap = cost - people.value
    bought = people.revenue > 0
    revenue = np.where(bought, people.revenue, 1.0)
    return Ways(
        kind=kind, largest=largest, cut_to=np.where(largest >= gap, largest - gap, np.nan),
        margin=np.where(bought & (cost <= revenue), cost / revenue, np.nan),
        rise=np.where(bought, gap / revenue, np.nan),
    )  # fmt: skip
