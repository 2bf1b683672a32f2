"""What the store knows already, held in memory for quick looks: message ids by their hash, units by that of their id.

A small batch asks after two thousand message ids and a thousand customers. Reading a column of ten million hashes
for that takes longer than everything else, so that a process which appends again and again keeps them sorted: eight
bytes an event, forty a customer or account. Both are made when they pay, and thrown away when anything fails. A hit
among the messages is looked up in the log, so that what has left it meanwhile does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# a log with more events is asked by reading its column
MAX_MESSAGES = 200_000_000
_CUSTOMER = "'customer'"
# what is added stays apart until it is this share of the rest
_SHARE = 8
# batches after which more are to be expected
_SMALL = 2


@dataclass(slots=True)
class _Run:
    hashes: Hashes
    columns: list[npt.NDArray[np.generic]]


class HashTable:
    """Rows of numbers by a 64-bit hash: one large sorted run, and a small one for what came since."""

    def __init__(self, hashes: Hashes, *columns: npt.NDArray[np.generic]) -> None:
        self._runs = [_sorted(hashes, list(columns)), _sorted(hashes[:0], [column[:0] for column in columns])]

    def __len__(self) -> int:
        return sum(len(run.hashes) for run in self._runs)

    def has(self, hashes: Hashes) -> Mask:
        """Which of the hashes are there."""
        found = np.zeros(len(hashes), dtype=bool)
        for run in self._runs:
            if len(run.hashes):
                at = np.minimum(np.searchsorted(run.hashes, hashes), len(run.hashes) - 1)
                found |= run.hashes[at] == hashes
        return found

    def find(self, hashes: Hashes, check: Hashes) -> tuple[Mask, list[npt.NDArray[np.generic]]]:
        """Which are there with `check` in the first column, and their other columns (0 where they are not)."""
        found = np.zeros(len(hashes), dtype=bool)
        values = [np.zeros(len(hashes), dtype=column.dtype) for column in self._runs[0].columns[1:]]
        for run in self._runs:
            # two ids may share the first half of their hash: both places are looked at
            for step in (0, 1):
                if not len(run.hashes):
                    continue
                at = np.minimum(np.searchsorted(run.hashes, hashes) + step, len(run.hashes) - 1)
                hit = ~found & (run.hashes[at] == hashes) & (run.columns[0][at] == check)
                for value, column in zip(values, run.columns[1:], strict=True):
                    value[hit] = column[at[hit]]
                found |= hit
        return found, values

    def change(self, hashes: Hashes, check: Hashes, values: npt.NDArray[np.generic]) -> None:
        """Sets the last column of rows that are there."""
        for run in self._runs:
            for step in (0, 1):
                if not len(run.hashes):
                    continue
                at = np.minimum(np.searchsorted(run.hashes, hashes) + step, len(run.hashes) - 1)
                hit = (run.hashes[at] == hashes) & (run.columns[0][at] == check)
                run.columns[-1][at[hit]] = values[hit]

    def put(self, hashes: Hashes, check: Hashes, *columns: npt.NDArray[np.generic]) -> None:
        """Sets the columns after the first of rows that are there, and adds the others; no two have the same hash."""
        there, _ = self.find(hashes, check)
        for run in self._runs:
            for step in (0, 1):
                if not len(run.hashes):
                    continue
                at = np.minimum(np.searchsorted(run.hashes, hashes) + step, len(run.hashes) - 1)
                hit = (run.hashes[at] == hashes) & (run.columns[0][at] == check)
                for column, values in zip(run.columns[1:], columns, strict=True):
                    column[at[hit]] = values[hit]
        self.add(hashes[~there], check[~there], *(values[~there] for values in columns))

    def add(self, hashes: Hashes, *columns: npt.NDArray[np.generic]) -> None:
        """Adds rows; their hashes need not be new."""
        if not len(hashes):
            return
        large, small = self._runs
        added = _merged(small, _sorted(hashes, list(columns)))
        if len(added.hashes) * _SHARE > len(large.hashes):
            large, added = _merged(large, added), _sorted(hashes[:0], [column[:0] for column in columns])
        self._runs = [large, added]


def _sorted(hashes: Hashes, columns: list[npt.NDArray[np.generic]]) -> _Run:
    if not columns:
        return _Run(np.sort(hashes), [])
    order = np.argsort(hashes, kind="stable")
    return _Run(hashes[order], [column[order] for column in columns])


def _merged(left: _Run, right: _Run) -> _Run:
    at = np.searchsorted(left.hashes, right.hashes)
    return _Run(
        np.insert(left.hashes, at, right.hashes),
        [np.insert(ours, at, theirs) for ours, theirs in zip(left.columns, right.columns, strict=True)],
    )


@dataclass(slots=True)
class Known:
    """The messages and the units of one store; either is None until it is made."""

    messages: HashTable | None = None
    units: HashTable | None = None
    small_appends: int = 0
    events: int = 0
    unit_rows: int = 0
    # by which rules identities are folded
    rules: str = ""

    def opened(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Forgets what another writer has made wrong."""
        if (self.events, self.unit_rows) != (sizes := table_sizes(connection)):
            self.messages = self.units = None
            self.events, self.unit_rows = sizes

    def message_table(self, connection: duckdb.DuckDBPyConnection) -> HashTable | None:
        """The hashes of all messages, from the third small batch on; None where reading the column is better."""
        self.small_appends += 1
        if self.messages is None and self.small_appends > _SMALL and self.events <= MAX_MESSAGES:
            connection.complete()
            hashes = connection.sql("SELECT message_hash FROM events").fetchnumpy()["message_hash"]
            self.messages = HashTable(np.asarray(hashes, dtype=np.uint64))
        return self.messages

    def unit_table(self, connection: duckdb.DuckDBPyConnection, wanted: int) -> HashTable | None:
        """The customers and accounts, and the ids that belong to customers: second half of the hash, key, first_seen.

        None where a join is better: for `wanted` ids among many more, unless small batches keep coming.
        """
        if self.units is None and (wanted * _SHARE >= self.unit_rows or self.small_appends > _SMALL):
            connection.complete()
            rows = connection.sql(
                f"SELECT {unit_hash('kind', 'id')}, key, first_seen FROM units WHERE kind IN ('customer', 'account') "
                f"UNION ALL SELECT {unit_hash(_CUSTOMER, 'substr(node, 4)')}, customer, "
                f"coalesce(first_seen, {np.iinfo(np.int64).max}) FROM identities LEFT JOIN units ON key = customer "
                "WHERE starts_with(node, 'id:') AND customer IS NOT NULL AND (key IS NULL OR why <> 'own')"
            ).fetchnumpy()
            self.units = HashTable(
                np.asarray(rows["high"], dtype=np.uint64),
                np.asarray(rows["low"], dtype=np.uint64),
                np.asarray(rows["key"], dtype=np.int64),
                np.asarray(rows["first_seen"], dtype=np.int64),
            )
        return self.units

    def expect(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Nothing; the tables are made before the batch that would have to wait for them."""
        self.opened(connection)
        self.small_appends = max(self.small_appends, _SMALL)
        self.message_table(connection)
        self.unit_table(connection, 0)

    def committed(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Remembers how large the tables are after a transaction of ours."""
        self.events, self.unit_rows = table_sizes(connection)


def unit_hash(kind: str, id_: str) -> str:
    """SQL of the two halves, `high` and `low`, of the hash of a unit."""
    hashed = f"md5_number({kind} || ':' || {id_})"
    return f"CAST({hashed} >> 64 AS UBIGINT) AS high, CAST({hashed} & 18446744073709551615 AS UBIGINT) AS low"


def table_sizes(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The numbers of rows of `events` and `units`."""
    sizes = connection.execute("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM units)").fetchall()
    return int(sizes[0][0]), int(sizes[0][1])


def numbers(column: pa.ChunkedArray | pa.Array) -> Numbers:
    """A column of whole numbers without nulls, as NumPy."""
    values: Numbers = (
        column.to_numpy() if isinstance(column, pa.ChunkedArray) else column.to_numpy(zero_copy_only=False)
    )
    return values
