"""The people whom an action treats, as a table to work with: how to reach them, what they agreed to, where they are."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tenure.engage.consent import MARKETING, Consents
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.tell import named
from tenure.warehouse.connection import Connection
from tenure.warehouse.where import quote

# traits by which somebody is addressed, as far as the log knows them
CONTACT = (
    "name", "first_name", "last_name", "title", "company", "email", "phone", "street", "postal_code", "city", "country",
    "language",
)  # fmt: skip
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def handed(
    connection: Connection, scope: Scope, people: str, consents: Consents, *, traits: Sequence[str] = CONTACT,
    channel: str | None = None, purpose: str = MARKETING,
) -> pa.Table:  # fmt: skip
    """Those in `people` (SQL of units), the most money first.

    Columns: customer_id, the traits that anybody has, `consent_` and each channel (yes, no, or null where nothing was
    ever said; for the `purpose`), stage, money. With `channel`, those who took their consent to it back are left out.
    """
    known = connection.execute("SELECT DISTINCT name FROM trait_changes").fetchall()
    there = [trait for trait in traits if (trait,) in known]
    columns = [
        f"max(CASE WHEN name = {quote(one)} THEN json_extract_string(value, '$') END) AS {_name(one)}" for one in there
    ]
    told = (
        f"SELECT customer AS unit, {', '.join(columns)} FROM ("
        "SELECT customer, name, value, row_number() OVER "
        "(PARTITION BY customer, name ORDER BY time DESC, message_id DESC) AS place FROM trait_changes "
        f"WHERE name IN ({', '.join(map(quote, there))}) AND time <= {scope.now} "
        "AND customer IN (SELECT unit FROM chosen)) WHERE place = 1 GROUP BY customer"
    )
    joined = f"LEFT JOIN ({told}) AS told USING (unit)" if there else ""
    words = []
    for place, one in enumerate(consents.channels):
        joined += f" LEFT JOIN ({consents.last(one, purpose)}) AS c{place} USING (unit)"
        words.append(
            f"CASE WHEN c{place}.given THEN 'yes' WHEN NOT c{place}.given THEN 'no' END AS {_name(f'consent_{one}')}"
        )
    kept = scope.kept()
    if channel in consents.channels:
        kept += f" AND c{consents.channels.index(channel)}.given IS DISTINCT FROM FALSE"
    listed = ", ".join(
        ["units.id AS customer_id", *(f"told.{_name(one)}" for one in there), *words,
         f"{named('stay.stage', scope.held.stages)} AS stage", "coalesce(worth.money, 0) AS money"]
    )  # fmt: skip
    return connection.sql(
        f"""
        WITH chosen AS ({people})
        SELECT {listed} FROM chosen JOIN units ON units.key = chosen.unit {joined}
        LEFT JOIN ({scope.present()}) AS stay USING (unit) LEFT JOIN ({scope.worth(connection)}) AS worth USING (unit)
        WHERE {kept} ORDER BY money DESC, customer_id
        """
    ).to_arrow_table()


def harmless(table: pa.Table) -> pa.Table:
    """The table with an apostrophe before every text, and every column's name, that a spreadsheet would run."""
    import pyarrow.compute as pc

    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            column = table.column(place)
            runs = pc.is_in(pc.utf8_slice_codeunits(column, 0, 1), value_set=pa.array(_FORMULAS))
            if pc.any(runs).as_py():
                safe = pc.if_else(runs, pc.binary_join_element_wise("'", column, ""), column)
                table = table.set_column(place, field, safe)
    # names of traits come from outside, too
    return table.rename_columns([f"'{name}" if name.startswith(_FORMULAS) else name for name in table.column_names])


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
