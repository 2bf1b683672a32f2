"""Rows of a database as Arrow: every column has one type, told by the driver or, where it does not, by the rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa

from tenure.errors import SourceError

BATCH_ROWS = 20_000
TEXT, WHOLE, FLOAT, TRUTH = pa.string(), pa.int64(), pa.float64(), pa.bool_()
DAY, LOCAL, MOMENT = pa.date32(), pa.timestamp("us"), pa.timestamp("us", tz="UTC")
_DIGITS, _SCALE = 38, 9
EXACT, _MOST = pa.decimal128(38, 12), 1e24


def decimal(precision: int | None, scale: int | None) -> pa.DataType:
    """The type of exact numbers; where the column has no bounds, nine decimals are kept."""
    if precision is None or scale is None or not 0 < precision <= _DIGITS or not 0 <= scale <= precision:
        return pa.decimal128(_DIGITS, _SCALE)
    return pa.decimal128(precision, scale)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names. Raises SourceError where two differ in case alone, or not at all."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise SourceError(f"The query gives two columns named {name}.", hint="Rename one of them with AS.")
        seen.add(name.casefold())
    return tuple(names)


def batches(
    names: Sequence[str], types: Sequence[pa.DataType] | None, fetch: Callable[[int], Sequence[Sequence[Any]]]
) -> Iterator[pa.RecordBatch]:
    """The rows that `fetch` gives, so many at a time, until it gives none; at least one batch, which may be empty.

    Without `types` the first rows tell them.
    """
    rows = fetch(BATCH_ROWS)
    if types is None:
        types = [_told(column) for column in zip(*rows, strict=True)] if rows else [TEXT] * len(names)
    schema = pa.schema([pa.field(name, type_) for name, type_ in zip(names, types, strict=True)])
    first = True
    while rows or first:
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        arrays = [_array(values, field) for values, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        first, rows = False, fetch(BATCH_ROWS)


def _told(values: Sequence[Any]) -> pa.DataType:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        return WHOLE
    if kinds and kinds <= {int, float}:
        # exact where they can be: a column is not of floats today and of whole numbers tomorrow
        return EXACT if all(abs(value) < _MOST for value in values if value is not None) else FLOAT
    return TEXT


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    try:
        # nearly always the driver's values are those of the type
        return pa.array(values, type=field.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        convert: Callable[[Any, pa.DataType], Any] = _CONVERTERS.get(field.type.id, _text)
        converted = [None if value is None else convert(value, field.type) for value in values]
    try:
        return pa.array(converted, type=field.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise SourceError(
            f"The column {field.name} holds a value that does not fit the others: {str(error)[:120]}.",
            hint="Cast it in the query.",
        ) from None


def _text(value: Any, _: pa.DataType) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        held = bytes(value)
        try:
            return held.decode("utf-8")
        except UnicodeDecodeError:
            return held.hex()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _decimal(value: Any, type_: pa.DataType) -> Decimal | None:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return None
    with localcontext() as context:
        context.prec = 60
        return number.quantize(Decimal(1).scaleb(-type_.scale))


def _whole(value: Any, _: pa.DataType) -> Any:
    return int(value) if isinstance(value, bool | int) else int.from_bytes(value) if isinstance(value, bytes) else value


def _moment(value: Any, _: pa.DataType) -> Any:
    # MySQL gives its zero date as a text
    return value if isinstance(value, datetime | date) else None


def _same(value: Any, _: pa.DataType) -> Any:
    return value


_CONVERTERS: Mapping[int, Callable[[Any, pa.DataType], Any]] = {
    WHOLE.id: _whole, FLOAT.id: _same, TRUTH.id: _same, DAY.id: _moment, LOCAL.id: _moment,
    pa.decimal128(1).id: _decimal,
}  # fmt: skip

__all__ = ["BATCH_ROWS", "DAY", "FLOAT", "LOCAL", "MOMENT", "TEXT", "TRUTH", "WHOLE", "batches", "decimal",
           "unique"]  # fmt: skip
