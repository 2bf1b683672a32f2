"""Arrow tables as CSV and JSON, a slice at a time and column by column: millions of rows in seconds.

Moments are ISO 8601 in UTC with six digits of second and `Z`, amounts have at least two decimals, and what does
not exist is empty in CSV, `null` in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from typing import BinaryIO, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SLICE = 1 << 16
MINOR_DIGITS = 2
Signs: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.uint8]]"

TEXT, WHOLE, TRUTH = pa.string(), pa.int64(), pa.bool_()
AMOUNT, SHARE, MOMENT = pa.decimal128(38, 6), pa.decimal128(9, 6), pa.timestamp("us", tz="UTC")

_DAY = 86_400_000_000
_WIDTH = len("2011-12-09T12:50:00.000000Z")
# the days of the years 0 to 9999; others are longer as text
_FIRST_DAY, _LAST_DAY = -719_528, 2_932_896
# what makes quotes necessary, or escapes
_CSV_SIGNS = '[",\r\n]'
_JSON_SIGNS = '["\\\\\x00-\x1f]'


def table(**columns: tuple[pa.DataType, Iterable[object]]) -> pa.Table:
    """A table of the columns, each a type and its values; moments are microseconds since 1970."""
    return pa.table({name: pa.array(list(values), type=kind) for name, (kind, values) in columns.items()})


def write_csv(table: pa.Table, stream: BinaryIO) -> None:
    """Nothing; writes the table with a header line (RFC 4180, but with plain line feeds)."""
    stream.write((",".join(_quoted(name) for name in table.column_names) + "\n").encode())
    for part in _slices(table):
        cells = [_csv_cells(part.column(place)) for place in range(part.num_columns)]
        _write_lines(stream, _joined([*cells], ",", end="\n"))


def write_json(table: pa.Table, stream: BinaryIO) -> None:
    """Nothing; writes an array of objects, one a line."""
    stream.write(b"[")
    skip = len(",")
    for part in _slices(table):
        pieces: list[pa.Array | str] = [",\n{"]
        for place, name in enumerate(table.column_names):
            key = json.dumps(name, ensure_ascii=False)
            pieces += [f"{', ' if place else ''}{key}: ", _json_cells(part.column(place))]
        _write_lines(stream, _joined([*pieces, "}"], ""), skip=skip)
        skip = 0
    stream.write(b"\n]\n" if table.num_rows else b"]\n")


def texts(column: pa.Array) -> pa.Array:
    """The cells as text: moments, amounts and numbers as the files have them; nulls stay."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_timestamp(kind):
        return _moments(column.cast(pa.timestamp("us", tz="UTC")))
    if pa.types.is_decimal(kind) and kind.scale > MINOR_DIGITS:
        amounts = column.cast(pa.string()).cast(pa.binary())
        cut = MINOR_DIGITS - kind.scale
        ends = pc.ascii_rtrim(pc.binary_slice(amounts, cut).cast(pa.string()), "0")
        return pc.binary_join_element_wise(pc.binary_slice(amounts, 0, cut).cast(pa.string()), ends, "")
    return column if pa.types.is_string(kind) else column.cast(pa.string())


def _moments(column: pa.Array) -> pa.Array:
    """The moments as text, put together from tables of days, seconds of a day and thousands: Arrow's own cast takes
    ten times as long.
    """
    times = np.asarray(column.cast(pa.int64()).fill_null(0), dtype=np.int64)
    days, rest = np.divmod(times, _DAY)
    if not len(times) or days.min() < _FIRST_DAY or days.max() > _LAST_DAY:
        return pc.replace_substring(column.cast(pa.string()), " ", "T", max_replacements=1)
    seconds, micros = np.divmod(rest, 1_000_000)
    named, places = np.unique(days, return_inverse=True)
    text = np.empty((len(times), _WIDTH), dtype=np.uint8)
    text[:, :10] = _signs(np.datetime_as_string(named.astype("M8[D]")), 10)[places]
    text[:, 10] = ord("T")
    text[:, 11:19] = _clock()[seconds]
    text[:, 19] = ord(".")
    thousands = _thousands()
    text[:, 20:23] = thousands[micros // 1000]
    text[:, 23:26] = thousands[micros % 1000]
    text[:, 26] = ord("Z")
    offsets = np.arange(0, (len(times) + 1) * _WIDTH, _WIDTH, dtype=np.int32)
    validity = column.is_valid()
    written = pa.StringArray.from_buffers(len(times), pa.py_buffer(offsets), pa.py_buffer(text))
    return pc.if_else(validity, written, None) if column.null_count else written


@cache
def _clock() -> Signs:
    """The 86,400 seconds of a day as 23:59:59."""
    return _signs(np.array([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400)]), 8)


@cache
def _thousands() -> Signs:
    return _signs(np.array([f"{number:03}" for number in range(1000)]), 3)


def _signs(words: np.ndarray[tuple[int], np.dtype[np.str_]], width: int) -> Signs:
    """Words of one length as a table of their bytes."""
    signs: Signs = words.astype(f"S{width}").view(np.uint8).reshape(len(words), width)
    return signs


def _slices(table: pa.Table) -> Iterator[pa.RecordBatch]:
    for batch in table.to_batches(max_chunksize=SLICE):
        if batch.num_rows:
            yield batch


def _csv_cells(column: pa.Array) -> pa.Array:
    cells = pc.fill_null(texts(column), "")
    if not pa.types.is_string(column.type):
        return cells
    special = pc.match_substring_regex(cells, _CSV_SIGNS)
    if not pc.any(special).as_py():
        return cells
    doubled = pc.replace_substring(cells, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), cells)


def _json_cells(column: pa.Array) -> pa.Array:
    cells = texts(column)
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_timestamp(kind) or pa.types.is_dictionary(kind):
        special = pc.match_substring_regex(cells, _JSON_SIGNS)
        if pc.any(special).as_py():
            encoded = cells.dictionary_encode()
            words = [json.dumps(word, ensure_ascii=False) for word in encoded.dictionary.to_pylist()]
            cells = pa.array(words, type=pa.string()).take(encoded.indices)
        else:
            cells = pc.binary_join_element_wise('"', cells, '"', "")
    return pc.fill_null(cells, "null")


def _joined(pieces: list[pa.Array | str], separator: str, *, end: str = "") -> pa.Array:
    """The lines that the pieces make, cell by cell."""
    lines = pc.binary_join_element_wise(*pieces, separator) if len(pieces) > 1 else pieces[0]
    return pc.binary_join_element_wise(lines, end, "") if end else lines


def _write_lines(stream: BinaryIO, lines: pa.Array, *, skip: int = 0) -> None:
    """Writes the texts one after another, straight from where Arrow holds them, but for the first bytes."""
    offsets = memoryview(lines.buffers()[1]).cast("i")
    start, end = offsets[lines.offset], offsets[lines.offset + len(lines)]
    stream.write(memoryview(lines.buffers()[2])[start + skip : end])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(sign in name for sign in '",\r\n') else name


def moments(table: pa.Table, column: str) -> list[int | None]:
    """The moments of a column in microseconds since 1970."""
    found: list[int | None] = table[column].cast(MOMENT).cast(WHOLE).to_pylist()
    return found


def total(table: pa.Table, column: str) -> Decimal:
    """The sum of the amounts in a column."""
    return Decimal(pc.sum(table[column]).as_py() or 0)


def iso(time: int | None) -> str | None:
    """A moment as the files have it; None for None."""
    return None if time is None else str(texts(pa.array([time], type=MOMENT))[0].as_py())
