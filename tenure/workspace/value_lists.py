"""Who is behind each figure of value, as lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.predict.value.payback import channels
from tenure.predict.value.product_counts import buyers_sql
from tenure.predict.value.saving import BANDS, at_stake, band_of
from tenure.predict.value.serving import KINDS, ways
from tenure.predict.value.spread import TENTHS, tenths_of
from tenure.workspace.value import LISTS, NONE, _in_periods

if TYPE_CHECKING:
    from tenure.lifecycle.moves.scope import Scope
    from tenure.lifecycle.periods import PeriodUnit
    from tenure.predict.special import Floats
    from tenure.predict.value.people import Valued
    from tenure.warehouse.connection import Connection
    from tenure.workspace.value import ValueOf

    Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]

AGAIN = "again:"
_AMOUNT = pa.decimal128(38, 6)


def listed(
    value: ValueOf, connection: Connection, scope: Scope, people: Valued, which: str, part: str, unit: PeriodUnit,
    by: str,
) -> pa.Table:  # fmt: skip
    """The list of that name; see `ValueOf.people`."""
    told: dict[str, pa.Array] = {}
    first = people.value
    match which:
        case "everybody":
            chosen = np.ones(len(people), dtype=np.bool_)
        case "tenth":
            _among(part, [str(one) for one in range(1, TENTHS + 1)], "tenth")
            chosen = tenths_of(people.value) == int(part)
        case "cohort":
            periods = value._periods(scope, people, unit)
            names = [one.name for one in periods]
            chosen = _in_periods(people.first, periods) == names.index(_among(part, names, "cohort"))
        case "channel":
            parts, of = channels(connection, scope, people, by)
            from tenure.predict.value.payback import spent

            since = min((one.time for one in spent(connection, scope, by) if one.unit is None), default=None)
            place = len(parts) if part == NONE else parts.index(_among(part, parts, by))
            chosen = np.where(of < 0, len(parts), of) == place
            if since is not None:
                chosen &= people.first >= since
        case "saving":
            chosen = np.isfinite(people.churn)
            if part:
                chosen &= band_of(people.churn, int(_among(part, [str(one) for one in BANDS], "band")))
            first = np.nan_to_num(at_stake(people.value, people.churn))
            told = {"at_stake": money(first), "p_churn": _shares(people.churn)}
        case "unprofitable":
            return _unprofitable(value, connection, scope, people, part)
        case _:
            hint = did_you_mean(which, LISTS) or f"There are: {', '.join(LISTS)}."
            raise UsageError(f"There is no list {which!r}.", hint=hint)
    columns = {**told, "value": money(people.value), "value_low": money(people.low), "value_high": money(people.high)}
    return _table(connection, people, chosen, first, columns)


def _unprofitable(value: ValueOf, connection: Connection, scope: Scope, people: Valued, part: str) -> pa.Table:
    found = value._served(connection, scope, people)
    net = people.value - found.cost
    chosen = net < 0
    if part:
        chosen &= net + found.expected[_among(part, KINDS, "kind of cost")] >= 0
    way = ways(people, found)
    names = pa.array([one.kind for one in found.paid], pa.string())
    return _table(
        connection, people, chosen, -net,
        {
            "net": money(net), "value": money(people.value), "cost": money(found.cost),
            "largest_cost": names.take(pa.array(way.kind)), "of_it": money(way.largest), "cut_to": money(way.cut_to),
            "break_even_margin": _shares(way.margin), "price_rise": _shares(way.rise),
        },
    )  # fmt: skip


def product_people(connection: Connection, counted: Any, part: str) -> pa.Table:
    """Those who began with a product; of `again:` and the product who of them came back."""
    product = part.removeprefix(AGAIN)
    _among(product, counted.rows["product"].to_pylist(), "product")
    chosen = buyers_sql(product, first=True, again=part.startswith(AGAIN))
    return connection.sql(
        f"SELECT units.id AS customer_id FROM units WHERE key IN ({chosen}) ORDER BY customer_id"
    ).to_arrow_table()


def _table(
    connection: Connection, people: Valued, chosen: Bools, first: Floats, columns: dict[str, pa.Array]
) -> pa.Table:
    """The chosen people with the columns, those with the greatest `first` first."""
    places = np.flatnonzero(chosen)
    places = places[np.argsort(-first[places], kind="stable")]
    known = connection.sql("SELECT key, id FROM units").to_arrow_table()
    at = pc.index_in(pa.array(people.units[places]), value_set=known["key"])
    ids = known["id"].take(at).combine_chunks()
    return pa.table({"customer_id": ids, **{name: one.take(pa.array(places)) for name, one in columns.items()}})


def money(values: Floats) -> pa.Array:
    """Amounts to the smallest coin; null for NaN."""
    return pa.array(np.round(values, 2), pa.float64(), from_pandas=True).cast(_AMOUNT)


def _shares(values: Floats) -> pa.Array:
    return pa.array(np.round(values, 6), pa.float64(), from_pandas=True)


def _among(asked: str, known: Any, what: str) -> str:
    if asked not in known:
        hint = did_you_mean(asked, known) or f"There are {', '.join(list(known)[:8])}."
        raise UsageError(f"There is no {what} {asked!r}.", hint=hint)
    return asked
