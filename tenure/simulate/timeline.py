"""All events of a company in one table, each with its properties as a JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tenure.simulate.columns import TEXT

# what is no property of an event
ROLES = ("id", "customer", "anonymous", "account", "time")


def timeline(tables: Mapping[str, pa.Table], totals: Mapping[str, pa.Table]) -> pa.Table:
    """The tables under each other, in the order of time.

    Columns: event, customer, anonymous, account, time, message_id, properties (JSON).
    """
    parts = [_part(name, table) for named in (tables, totals) for name, table in named.items()]
    whole = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    return whole.take(pc.sort_indices(whole, [("time", "ascending"), ("message_id", "ascending")]))


def _part(name: str, table: pa.Table) -> pa.Table:
    size = table.num_rows
    event = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()).take(pa.array([0] * size, pa.int32())), [name])
    columns = {"event": event}
    for role in ("customer", "anonymous", "account"):
        columns[role] = table[role].combine_chunks() if role in table.column_names else pa.nulls(size, TEXT)
    members = [
        _member(column, table[column].combine_chunks()) for column in table.column_names if column not in ROLES
    ]  # fmt: skip
    joined = (
        pc.binary_join_element_wise(*members, ",", null_handling="skip")
        if members
        else pa.array([""] * size, pa.string())
    )
    return pa.table(
        columns | {
            "time": table["time"].combine_chunks(), "message_id": table["id"].combine_chunks(),
            "properties": pc.binary_join_element_wise("{", joined, "}", ""),
        }
    )  # fmt: skip


def _member(name: str, column: pa.Array) -> pa.Array:
    """`"name":value` for every row that has one."""
    kind, begin = column.type, f"{json.dumps(name)}:"
    if pa.types.is_dictionary(kind):
        written = pa.array([begin + json.dumps(text, ensure_ascii=False) for text in column.dictionary.to_pylist()])
        return written.take(column.indices)
    if pa.types.is_list(kind):
        return pc.binary_join_element_wise(begin + '["', pc.binary_join(column, '","'), '"]', "")
    text = pc.cast(column, pa.string())
    if pa.types.is_timestamp(kind):
        text = pc.replace_substring(text, " ", "T")
    if pa.types.is_timestamp(kind) or pa.types.is_string(kind):
        return pc.binary_join_element_wise(f'{begin}"', text, '"', "")
    return pc.binary_join_element_wise(begin, text, "")
