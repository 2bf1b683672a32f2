"""Everybody of whom a value was predicted: what they bring, what is at risk, what they brought so far; one query."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tenure.events import EventBinding
from tenure.lifecycle.moves.scope import Scope
from tenure.predict.features import Units
from tenure.predict.special import Floats
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure

VALUE, PURCHASES, CHURN = "clv", "purchases", "p_churn"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Valued:
    """One number each, the keys of units ascending.

    `value` is the margin expected within the horizon, from `low` to `high` in four cases of five; `revenue` and
    `purchases` are expected in the same time, `churn` is the chance to be lost (NaN: none was told, as of somebody who
    is lost already). `first` is the moment of the first purchase, `bought` how many there were, `paid` what they were
    worth and `margin` what of that was kept. `own` tells whether orders carry their own margin; `share` is the part of
    all revenue that is margin, None where neither orders nor the workspace tell one, and revenue counts in full.
    """

    units: Units
    value: Floats
    low: Floats
    high: Floats
    revenue: Floats
    purchases: Floats
    churn: Floats
    first: Units
    bought: Floats
    paid: Floats
    margin: Floats
    as_of: int
    own: bool
    share: float | None

    def __len__(self) -> int:
        return len(self.units)


def valued(connection: Connection, scope: Scope, bought: EventBinding, *, margin: Decimal | None) -> Valued:
    """Everybody with a score `clv`, by the last scores that were written.

    `margin` is the workspace's: what the scores were multiplied with, and what orders have that carry none of their
    own. The value is what purchases are expected to bring, by the margin of each one's own orders so far.
    """
    table = connection.sql(
        f"""
        WITH moments AS (
            SELECT name, max(as_of) AS as_of FROM scores
            WHERE name IN ('{VALUE}', '{PURCHASES}', '{CHURN}') AND as_of <= {scope.now} GROUP BY name
        ),
        told AS (SELECT s.* FROM scores AS s JOIN moments USING (name, as_of)),
        orders AS ({orders_sql(connection, scope, bought, margin=margin, columns=_SUMS)} GROUP BY unit)
        SELECT v.customer AS unit, v.value, v.low, v.high, v.as_of, p.value AS purchases, c.value AS churn, first,
            bought, CAST(revenue AS DOUBLE) AS revenue, CAST(margin AS DOUBLE) AS margin, own
        FROM told AS v JOIN orders ON orders.unit = v.customer
        LEFT JOIN told AS p ON p.customer = v.customer AND p.name = '{PURCHASES}'
        LEFT JOIN told AS c ON c.customer = v.customer AND c.name = '{CHURN}'
        WHERE v.name = '{VALUE}' ORDER BY unit
        """
    ).to_arrow_table()

    def column(name: str) -> Floats:
        return np.asarray(table[name].to_numpy(), dtype=np.float64)

    used = float(1 if margin is None else margin)
    revenue, brought, own = column("revenue"), column("margin"), bool(np.any(column("own") > 0))
    all_of_it = float(brought.sum() / revenue.sum()) if revenue.sum() else used
    # what was sold for nothing tells no share
    sold = revenue > 0
    part = np.where(sold, brought / np.where(sold, revenue, 1.0), all_of_it) if own else np.full(len(revenue), used)
    # of a margin of nothing the revenue cannot be told back: it is what each bought so far
    each = revenue / np.maximum(column("bought"), 1.0)
    expected = column("value") / used if used else each * column("purchases")
    times = part / used if used else np.zeros(len(revenue))
    as_of = table["as_of"].to_pylist()
    return Valued(
        units=np.asarray(table["unit"].to_numpy(), dtype=np.int64), value=expected * part, low=column("low") * times,
        high=column("high") * times, revenue=expected, purchases=np.nan_to_num(column("purchases")),
        churn=column("churn"), first=np.asarray(table["first"].to_numpy(), dtype=np.int64), bought=column("bought"),
        paid=revenue, margin=brought, as_of=as_of[0] if as_of else scope.now, own=own,
        share=None if margin is None and not own else all_of_it,
    )  # fmt: skip


_SUMS = (
    "min(time) AS first, count(*) AS bought, coalesce(sum(value), 0) AS revenue, coalesce(sum(margin), 0) AS margin, "
    "count(own) AS own"
)


def orders_sql(
    connection: Connection, scope: Scope, bought: EventBinding, *, margin: Decimal | None, columns: str
) -> str:
    """SQL of `unit` and columns over everybody's purchases: unit, time, value, own and margin.

    `own` is the margin that the purchase carries (null: none), `margin` that or the workspace's share of its value.
    """
    unit = scope.lifecycle.unit
    paid = MeasureKind(unit=unit, events=bought.events, where=bought.where, properties=bought.values)
    kept = MeasureKind(unit=unit, events=bought.events, where=bought.where, properties=("margin",))
    numbers = ensure(connection, [paid, kept])
    share = Decimal(1) if margin is None else margin
    return (
        f"SELECT unit, {columns} FROM (SELECT m.unit, m.time, m.value, o.value AS own, "
        f"coalesce(o.value, m.value * {share:f}) AS margin FROM measures AS m "
        f"LEFT JOIN measures AS o ON o.kind = {numbers[kept]} AND o.unit = m.unit AND o.time = m.time "
        f"AND o.tie = m.tie WHERE m.kind = {numbers[paid]} AND m.time <= {scope.now} AND {scope.kept('m.unit')}) AS r"
    )
