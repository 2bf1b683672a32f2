"""Events that arrive as an Arrow table: batches of the tracking API, tests, benchmarks.

append_events(store, table, source="app", received_at=now)
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tenure.errors import SourceError
from tenure.warehouse.duckdb import Store
from tenure.warehouse.store import ARRIVING, OPTIONAL, Appended, Arrival, OnChange

_NEEDED = ("message_id", "name", "time")
_DEFAULTS = {"properties": "{}"}
_KNOWN = {field.name: field.type for field in [*ARRIVING, *OPTIONAL] if field.name not in ("position", "reason", "raw")}


def append_events(
    store: Store, table: pa.Table, source: str, received_at: int, *, batch: str = "", on_change: OnChange = "reject"
) -> Appended:
    """What became of the events in `table`, committed as one.

    Columns: `message_id`, `name`, `time` (microseconds UTC, or a timestamp); besides, where there are any,
    `customer_id`, `anonymous_id`, `account`, `properties`, `traits` and `context` (JSON objects as text), `type` and
    `received_at`. `batch` names the batch in the list of loads. A message id that is loaded already is a duplicate;
    with other content it follows `on_change`.
    """
    missing = [name for name in _NEEDED if name not in table.column_names]
    unknown = [name for name in table.column_names if name not in _KNOWN]
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has unknown columns: {', '.join(unknown)}"
        raise SourceError(f"The table of events {wrong}.", hint=f"Columns: {', '.join(_KNOWN)}.")
    columns: dict[str, pa.ChunkedArray | pa.Array] = {"position": pa.array(range(1, table.num_rows + 1), pa.int64())}
    for name, type_ in _KNOWN.items():
        if name in table.column_names:
            columns[name] = _typed(table[name], name, type_)
        elif name in ARRIVING.names:
            columns[name] = pa.nulls(table.num_rows, type_)
    for name in _NEEDED:
        if columns[name].null_count:
            raise SourceError(f"The table of events has rows without {name}.", hint="Every event needs one.")
    for name, value in _DEFAULTS.items():
        columns[name] = pc.fill_null(columns[name], value)
    batches = pa.table(columns).combine_chunks().to_batches()
    return store.append(
        batches, Arrival(source=source, file=batch, fingerprint=batch, received_at=received_at, on_change=on_change)
    )


def _typed(column: pa.ChunkedArray, name: str, type_: pa.DataType) -> pa.ChunkedArray:
    """The column as the log has it; times of a time zone become moments, naive ones are UTC."""
    if pa.types.is_timestamp(column.type) and type_ == pa.int64():
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    try:
        return column.cast(type_)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SourceError(f"The column {name} of the events is {column.type}, not {type_}.") from error
