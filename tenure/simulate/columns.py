"""Columns on their way to Arrow: codes of texts, numbered ids, cents, moments, lists.

A column is made for all candidates of an event and becomes an Arrow array of the rows that came about:

    arrow(Coded(codes, ("card", "invoice")), rows)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tenure.simulate.draws import Bools, Ints

UNKNOWN = np.iinfo(np.int64).min
MONEY = pa.decimal128(15, 2)
TIME = pa.timestamp("us", "UTC")
TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class Coded:
    """Texts by their place in `texts`; below zero is unknown."""

    codes: npt.NDArray[np.integer]
    texts: Sequence[str] | pa.Array


@dataclass(frozen=True, slots=True)
class Numbered:
    """Ids: a prefix and a number; below zero is unknown."""

    prefix: str
    numbers: Ints


@dataclass(frozen=True, slots=True)
class Cents:
    """Money in cents; UNKNOWN is unknown."""

    amounts: Ints


@dataclass(frozen=True, slots=True)
class Moments:
    """Times in microseconds since 1970 UTC; UNKNOWN is unknown."""

    at: Ints


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of texts: row i holds the `sizes[i]` codes from `starts[i]` on."""

    starts: Ints
    sizes: Ints
    codes: npt.NDArray[np.integer]
    texts: Sequence[str] | pa.Array


Column = Coded | Numbered | Cents | Moments | Lists | str | bool | npt.NDArray[np.integer] | Bools


def arrow(column: Column, rows: Ints) -> pa.Array:
    """The Arrow array of the column's `rows`."""
    if isinstance(column, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), dtype=np.int32)), pa.array([column]))
    if isinstance(column, bool):
        return pa.array(np.full(len(rows), column))
    if isinstance(column, Coded):
        return coded(column.codes[rows], column.texts)
    if isinstance(column, Numbered):
        return numbered(column.prefix, column.numbers[rows])
    if isinstance(column, Cents):
        return money(column.amounts[rows])
    if isinstance(column, Moments):
        at = column.at[rows]
        return pa.array(at, mask=at == UNKNOWN).cast(TIME)
    if isinstance(column, Lists):
        return _lists(column, rows)
    values = column[rows]
    return pa.array(values if values.dtype == np.bool_ else values.astype(np.int32))


def coded(codes: npt.NDArray[np.integer], texts: Sequence[str] | pa.Array) -> pa.Array:
    """Texts as a dictionary array; codes below zero are null."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, texts if isinstance(texts, pa.Array) else pa.array(list(texts)))


def numbered(prefix: str, numbers: Ints) -> pa.Array:
    """Ids as texts; numbers below zero are null."""
    texts = pc.cast(pa.array(numbers, mask=numbers < 0), pa.string())
    return pc.binary_join_element_wise(prefix, texts, "")


def money(cents: Ints) -> pa.Array:
    """Cents as decimals with two places, exactly."""
    wide = np.empty((len(cents), 2), dtype=np.int64)
    wide[:, 0] = cents
    wide[:, 1] = cents >> 63
    known = cents != UNKNOWN
    valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    return pa.Array.from_buffers(MONEY, len(cents), [valid, pa.py_buffer(wide)])


def _lists(column: Lists, rows: Ints) -> pa.Array:
    sizes = column.sizes[rows]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    inner = np.arange(offsets[-1]) + np.repeat(column.starts[rows] - offsets[:-1], sizes)
    values = coded(column.codes[inner], column.texts)
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values.cast(pa.string()))
