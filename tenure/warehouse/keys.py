"""The keys of customers and accounts: what ids have them, and new ones for those that arrive for the first time.

An id that belongs to somebody (see tenure/warehouse/identity) has that customer's key, and no unit of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from tenure.warehouse.facts import set_fact
from tenure.warehouse.known import Hashes, HashTable, Known, Mask, Numbers, numbers, unit_hash
from tenure.warehouse.measures import KEYS, LAST_KEY
from tenure.warehouse.source_sql import quote_text
from tenure.warehouse.windows import Windows, arrow

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of ids: whether they are there, their keys, and when who has the key was first seen.

    Whoever is known by an identity alone, and has no events yet, was NEVER seen. `hashes` are those of the ids.
    """

    found: Mask
    keys: Numbers
    seen: Numbers
    hashes: tuple[Hashes, Hashes] | None


class Keys:
    """The keys of one store, for one piece of work."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, windows: Windows, known: Known) -> None:
        self._connection = connection
        self._windows = windows
        self._known = known

    def fresh(self, count: int) -> Numbers:
        """So many keys that nobody has, nor ever had; they are taken."""
        last = self._connection.execute(f"SELECT {LAST_KEY}").fetchall()[0][0]
        set_fact(self._connection, KEYS, str(last + count))
        return np.arange(last + 1, last + 1 + count, dtype=np.int64)

    def look(self, kind: str, ids: pa.Array) -> Looked:
        """What is known of ids, all different."""
        names = pa.table({"id": ids, "place": np.arange(len(ids), dtype=np.int64)})
        self._windows.show("named", names)
        return self._look(kind, self._known.unit_table(self._connection, len(ids)), len(ids))

    def give(self, kind: str, ids: pa.ChunkedArray, times: pa.ChunkedArray) -> tuple[Numbers, pa.Array, int]:
        """The keys of the ids that rows name, the key of each row, and how many units are new."""
        if ids.null_count == len(ids):
            return np.zeros(0, dtype=np.int64), pa.nulls(len(ids), pa.int64()), 0
        # the dictionary lists the ids in the order of their first appearance
        encoded = (
            ids.combine_chunks().dictionary_encode() if isinstance(ids, pa.ChunkedArray) else ids.dictionary_encode()
        )
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
        there = np.asarray(encoded.is_valid())
        codes = np.asarray(encoded.indices.fill_null(0), dtype=np.int64)
        first_seen = np.full(len(encoded.dictionary), NEVER, dtype=np.int64)
        np.minimum.at(first_seen, codes[there], numbers(times)[there])
        looked = self.look(kind, encoded.dictionary)
        found, keys, seen = looked.found, looked.keys, looked.seen
        table = self._known.units
        new = ~found
        if new.any():
            last = self._connection.execute(f"SELECT {LAST_KEY}").fetchall()[0][0]
            keys[new] = np.arange(last + 1, last + 1 + int(new.sum()), dtype=np.int64)
            self._add(kind, keys[new], encoded.dictionary.filter(pa.array(new)), first_seen[new])
            if table is not None and looked.hashes is not None:
                high, low = looked.hashes
                table.add(high[new], low[new], keys[new], first_seen[new])
        waiting = found & (seen == NEVER)
        if waiting.any():
            self._appear(kind, keys[waiting], encoded.dictionary.filter(pa.array(waiting)), first_seen[waiting])
        earlier = found & (first_seen < seen)
        if earlier.any():
            self._see_earlier(keys[earlier], first_seen[earlier])
            if table is not None and looked.hashes is not None:
                high, low = looked.hashes
                table.change(high[earlier], low[earlier], first_seen[earlier])
        of_row = pa.array(keys[codes], mask=~there)
        return np.unique(keys), of_row, int(new.sum() + np.unique(keys[waiting]).size)

    def _add(self, kind: str, keys: Numbers, ids: pa.Array, first_seen: Numbers) -> None:
        rows = pa.table({"key": keys, "kind": pa.repeat(kind, len(ids)), "id": ids, "first_seen": first_seen})
        self._windows.show("newcomers", rows)
        self._connection.execute("INSERT INTO units SELECT key, kind, id, first_seen FROM newcomers")

    def _appear(self, kind: str, keys: Numbers, ids: pa.Array, first_seen: Numbers) -> None:
        """Makes units of who was known by identities alone, under the id that the customer is called by."""
        self._windows.show("waiting", pa.table({"key": keys, "id": ids, "first_seen": first_seen}))
        self._connection.execute(
            "INSERT INTO units SELECT w.key, ?, coalesce(any_value(substr(i.node, 4)), min(w.id)), min(w.first_seen) "
            "FROM waiting AS w LEFT JOIN (SELECT customer, node FROM identities WHERE why = 'own' "
            "AND customer IN (SELECT key FROM waiting) AND starts_with(node, 'id:')) AS i ON i.customer = w.key "
            "WHERE w.key NOT IN (SELECT key FROM units WHERE key IN (SELECT key FROM waiting)) GROUP BY w.key",
            [kind],
        )

    def _see_earlier(self, keys: Numbers, first_seen: Numbers) -> None:
        self._windows.show("earlier", pa.table({"key": keys, "first_seen": first_seen}))
        self._connection.execute(
            "UPDATE units SET first_seen = e.first_seen FROM (SELECT key, min(first_seen) AS first_seen FROM earlier "
            "GROUP BY key) AS e WHERE units.key = e.key AND e.first_seen < units.first_seen"
        )

    def _look(self, kind: str, table: HashTable | None, count: int) -> Looked:
        if table is None:
            rows = arrow(
                self._connection,
                "SELECT n.place, u.key, u.first_seen FROM (SELECT key, id, first_seen FROM units "
                f"WHERE kind = {quote_text(kind)}) AS u JOIN named AS n ON u.id = n.id",
            )
            found = np.zeros(count, dtype=bool)
            keys, seen = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
            places = rows["place"].to_numpy()
            found[places] = True
            keys[places], seen[places] = rows["key"].to_numpy(), rows["first_seen"].to_numpy()
            if kind == "customer" and not found.all():
                self._look_among_identities(found, keys, seen)
            return Looked(found, keys, seen, None)
        hashed = arrow(self._connection, f"SELECT {unit_hash(quote_text(kind), 'id')} FROM named ORDER BY place")
        hashes = hashed["high"].to_numpy(), hashed["low"].to_numpy()
        found, (known_keys, known_seen) = table.find(*hashes)
        return Looked(found, known_keys.astype(np.int64), known_seen.astype(np.int64), hashes)

    def _look_among_identities(self, found: Mask, keys: Numbers, seen: Numbers) -> None:
        rows = arrow(
            self._connection,
            f"SELECT n.place, i.customer, coalesce(u.first_seen, {NEVER}) AS seen FROM named AS n "
            "JOIN identities AS i ON i.node = 'id:' || n.id LEFT JOIN units AS u ON u.key = i.customer "
            "WHERE i.customer IS NOT NULL",
        )
        places = rows["place"].to_numpy()
        others = ~found[places]
        places = places[others]
        found[places] = True
        keys[places], seen[places] = rows["customer"].to_numpy()[others], rows["seen"].to_numpy()[others]
