"""Who bought which products, from the `products` of their purchases: the log's own lists, read once."""

from __future__ import annotations

import numpy as np

from tenure.events import EventBinding
from tenure.predict.offers import Baskets
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import keyed_events
from tenure.warehouse.where import condition_sql, quote


def baskets(connection: Connection, bought: EventBinding, unit: str, *, as_of: int, kept: str) -> Baskets:
    """What everybody bought up to a moment. Products are texts in a list, or objects with a `product_id`.

    An object's `margin` is that of the product, where it has one.
    """
    table = connection.sql(lines_sql(bought, unit, as_of=as_of, kept=kept)).to_arrow_table()
    coded = table["product"].combine_chunks().dictionary_encode()
    place = np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    margin = np.asarray(table["margin"].to_numpy(), dtype=np.float64)
    count = len(coded.dictionary)
    known = np.isfinite(margin)
    people = np.bincount(place[known], minlength=count)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place[known], margin[known], minlength=count) / np.where(people > 0, people, np.nan)
    return Baskets(
        units=np.asarray(table["unit"].to_numpy(), dtype=np.int64), product=place,
        time=np.asarray(table["time"].to_numpy(), dtype=np.int64), products=tuple(coded.dictionary.to_pylist()),
        margin=mean,
    )  # fmt: skip


def lines_sql(bought: EventBinding, unit: str, *, as_of: int, kept: str) -> str:
    """SQL of the lines of events with `products`, up to a moment: unit, time, product, margin (null: not told)."""
    from tenure.expressions import parse_where

    names = ", ".join(quote(name) for name in bought.events)
    where = f" AND {condition_sql(parse_where(bought.where))}" if bought.where else ""
    return f"""
        SELECT unit, time, coalesce(json_extract_string(one, '$.product_id'), json_extract_string(one, '$')) AS product,
            TRY_CAST(json_extract_string(one, '$.margin') AS DOUBLE) AS margin
        FROM (SELECT unit, time, unnest(CAST(json_extract(properties, '/products') AS JSON[])) AS one
              FROM ({keyed_events(unit, "events")}) WHERE name IN ({names}) AND time <= {as_of} AND {kept}{where}
              AND json_type(properties, '/products') = 'ARRAY')
        WHERE product IS NOT NULL
    """
