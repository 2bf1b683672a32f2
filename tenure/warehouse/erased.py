"""Who was erased: kept as keyed hashes of their ids, outside the tables, so that no import brings them back.

    erased = Erased(folder)
    erased.add(["c17"])
    batches = erased.refuse(batches)     # rows of c17 are rejected, and say nothing of her

The key and the list are two files beside the store; whoever has only one of them learns nothing. An id that others'
events name (the friend who was referred) is replaced there by one word for everybody, the same at every import.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KEY_FILE, LIST_FILE = "erased.key", "erased"
REASON = "the person was erased"
WORD = "erased"
# properties by which an event of one person names another
NAMING = ("friend_id", "referrer_id", "referred_id", "referred_by", "customer_id", "user_id", "anonymous_id",
          "previous_id", "other_id", "first_id", "second_id")  # fmt: skip

_REMEMBERED = 1_000_000
_NAMED = re.compile(r'("(?:' + "|".join(NAMING) + r')"\s*:\s*)("(?:[^"\\]|\\.)*"|-?[0-9]+(?![0-9.eE]))')
_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s",;:{}\[\]]+')


class Erased:
    """The people who were erased from the store in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._key = b""
        self._hashes: frozenset[bytes] = frozenset()
        if (folder / LIST_FILE).exists():
            self._key = self._own_key()
            lines = (folder / LIST_FILE).read_text(encoding="ascii").split()
            self._hashes = frozenset(map(bytes.fromhex, lines))

    def __contains__(self, unit_id: str | None) -> bool:
        """Whether somebody of that id was erased."""
        return unit_id is not None and bool(self._hashes) and self._hash(unit_id) in self._hashes

    def add(self, ids: Iterable[str]) -> None:
        """Nothing; those ids are refused from now on. They are on the disk when this returns."""
        with self._lock:
            self._key = self._key or self._own_key()
            fresh = {self._hash(one) for one in ids} - self._hashes
            if not fresh:
                return
            path = self._folder / LIST_FILE
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="ascii") as file:
                file.writelines(f"{one.hex()}\n" for one in sorted(fresh))
                file.flush()
                os.fsync(file.fileno())
            self._hashes |= fresh

    def refuse(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches (columns of `ARRIVING`), with the rows of those erased as rejected ones that say nothing."""
        # ids of this import that are nobody's who was erased: a keyed hash takes longer than a look
        cleared: set[str] = set()
        for batch in batches:
            yield self._refused(batch, cleared) if self._hashes else batch

    def without(self, properties: str) -> str:
        """The properties (JSON) with the ids of those erased replaced where they name another person."""
        return replaced(properties, self.__contains__)

    def _refused(self, batch: pa.RecordBatch, cleared: set[str]) -> pa.RecordBatch:
        table = pa.Table.from_batches([batch])
        if "reason" not in table.column_names:
            for name in ("reason", "raw"):
                table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
        theirs = self._among(table["customer_id"], cleared) | self._among(table["anonymous_id"], cleared)
        # what was refused for another reason may show them all the same
        for place in np.flatnonzero(np.asarray(pc.is_valid(table["raw"]))):
            theirs[place] |= any(word in self for word in words_of(str(table["raw"][int(place)])))
        table = self._replaced(table)
        if not theirs.any():
            return _one_batch(table, batch)
        gone = pa.array(theirs)
        for at, field in enumerate(table.schema):
            if field.name == "position":
                continue
            value = pa.scalar(REASON if field.name == "reason" else None, field.type)
            table = table.set_column(at, pa.field(field.name, field.type), pc.if_else(gone, value, table.column(at)))
        return _one_batch(table, batch)

    def _among(self, ids: pa.ChunkedArray, cleared: set[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which rows have an id of somebody erased."""
        if ids.null_count == len(ids):
            return np.zeros(len(ids), dtype=bool)
        fresh = set(pc.unique(ids).drop_null().to_pylist()) - cleared
        found = [one for one in fresh if one in self]
        if len(cleared) > _REMEMBERED:
            cleared.clear()
        cleared |= fresh.difference(found)
        if not found:
            return np.zeros(len(ids), dtype=bool)
        return np.array(pc.is_in(ids, value_set=pa.array(found, type=ids.type)))

    def _replaced(self, table: pa.Table) -> pa.Table:
        at = table.column_names.index("properties")
        told = table.column(at)
        naming = pc.fill_null(pc.match_substring_regex(told, "|".join(f'"{name}"' for name in NAMING)), False)
        if not pc.any(naming).as_py():
            return table
        rows = told.to_pylist()
        for place in np.flatnonzero(np.asarray(naming)):
            rows[place] = self.without(rows[place])
        return table.set_column(at, table.schema.field(at), pa.array(rows, type=told.type))

    def _hash(self, unit_id: str) -> bytes:
        return hmac.digest(self._key, unit_id.encode(errors="surrogatepass"), "sha256")

    def _own_key(self) -> bytes:
        path = self._folder / KEY_FILE
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return bytes.fromhex(path.read_text(encoding="ascii").strip())
        key = secrets.token_bytes(32)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        return key


def replaced(properties: str, is_erased: Callable[[str], bool]) -> str:
    """The properties (JSON) with every id that names another person replaced, where `is_erased` says so."""

    def anew(match: re.Match[str]) -> str:
        value = json.loads(match[2])
        return f'{match[1]}"{WORD}"' if is_erased(str(value)) else match[0]

    return _NAMED.sub(anew, properties)


def words_of(text: str) -> set[str]:
    """Everything in a line of a source that may be an id."""
    found = set()
    for word in _WORDS.findall(text):
        found.add(word)
        if word[0] == '"':
            inner = word[1:-1]
            found |= {inner, inner.strip()}
            found.update(_WORDS.findall(inner) if inner != word else ())
    return found


def _one_batch(table: pa.Table, like: pa.RecordBatch) -> pa.RecordBatch:
    combined = table.combine_chunks().to_batches()
    return combined[0] if combined else like
