"""What happened in a company, event by event, and its tables.

    log.add("Case Opened", who, at, {"topic": Coded(codes, TOPICS)}, keep=came_about)

Candidates are added with a mask of those that came about. An event's id is its candidate's number, so that the
same event has the same id in a company with a planted cause and in the one without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tenure.events import COMMON_PROPERTIES, EVENTS
from tenure.simulate.calendar import NEVER, Calendar
from tenure.simulate.causes import ANONYMOUS, Planted
from tenure.simulate.columns import TIME, Coded, Column, arrow, coded
from tenure.simulate.draws import Bools, Ints
from tenure.simulate.market import Way
from tenure.simulate.people import People

_MILLISECOND = 1_000
NOBODY = -1


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows of one name that were added together."""

    who: Ints
    at: Ints
    ids: pa.Array
    columns: Mapping[str, pa.Array]


@dataclass(slots=True)
class Log:
    """Collects events. What lies outside the company's days, is of somebody kept away or not recorded, is left out."""

    calendar: Calendar
    people: People
    planted: Planted
    _blocks: dict[str, list[_Block]] = field(default_factory=dict)
    _totals: dict[str, list[_Block]] = field(default_factory=dict)

    def add(
        self, name: str, who: npt.NDArray[np.integer], at: Ints, properties: Mapping[str, Column], *,
        keep: Bools | None = None, key: Ints | None = None, label: str = "", way: npt.NDArray[np.integer] | None = None,
    ) -> None:  # fmt: skip
        """Nothing; takes up the candidates that came about (`keep`), of `who` (places of people) at those moments.

        `key` numbers the candidates where they are not all there are; `label` tells two calls for one name apart. `way`
        is the way by which each came: channel, source, medium, campaign.
        """
        kept = (at >= self.calendar.start) & (at < self.calendar.end)
        kept &= self.people.present[who]
        if keep is not None:
            kept &= keep
        if name in ANONYMOUS:
            kept &= ~self.people.refuses[who]
        kept &= self.planted.recorded(name, at, np.arange(len(at)) if key is None else key)
        rows = np.flatnonzero(kept)
        columns = {written: arrow(column, rows) for written, column in properties.items()}
        if way is not None:
            columns |= way_columns(self.people.ways, way[rows])
        numbers = rows if key is None else key[rows]
        moments = at[rows]
        block = _Block(
            who[rows].astype(np.int64), moments - moments % _MILLISECOND, _ids(name, label, numbers), columns
        )
        self._blocks.setdefault(name, []).append(block)

    def add_total(
        self, name: str, at: Ints, properties: Mapping[str, Column], *, keep: Bools | None = None, label: str = ""
    ) -> None:
        """Nothing; takes up facts that belong to nobody."""
        kept = (at >= self.calendar.start) & (at < self.calendar.end)
        rows = np.flatnonzero(kept if keep is None else kept & keep)
        columns = {written: arrow(column, rows) for written, column in properties.items()}
        ids = _ids(name, f"{label}total-", rows)
        self._totals.setdefault(name, []).append(_Block(np.full(len(rows), NOBODY), at[rows], ids, columns))

    def identify(self) -> Ints:
        """When everybody became known, microseconds (NEVER: they did not); records it as Identified."""
        known = np.full(len(self.people), NEVER, dtype=np.int64)
        signed = np.zeros(len(self.people), dtype=np.bool_)
        for name, blocks in self._blocks.items():
            if name in ANONYMOUS:
                continue
            for block in blocks:
                first = np.full(len(self.people), NEVER, dtype=np.int64)
                np.minimum.at(first, block.who, block.at)
                signed = np.where(first < known, name == "Signed Up", signed)
                known = np.minimum(known, first)
        told = known < NEVER
        by = np.where(signed, 1, np.where(self.people.came_by("list"), 2, 0))
        everybody = np.arange(len(self.people))
        columns = {"by": arrow(Coded(by, ("email", "login", "import")), np.flatnonzero(told))}
        rows = everybody[told]
        self._blocks["Identified"] = [_Block(rows, known[told], _ids("Identified", "", rows), columns)]
        return known

    def tables(self) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
        """The events of people, and the facts that belong to nobody, as a table a name."""
        known = self.identify()
        found = {name: self._table(name, self._blocks[name], known) for name in EVENTS if name in self._blocks}
        totals = {name: _total(self._totals[name]) for name in EVENTS if name in self._totals}
        return found, totals

    def _table(self, name: str, blocks: list[_Block], known: Ints) -> pa.Table:
        """The blocks as one table in the order of time."""
        who = np.concatenate([block.who for block in blocks])
        at = np.concatenate([block.at for block in blocks])
        order = np.argsort(at, kind="stable")
        who, at = who[order], at[order]
        people = self.people
        hidden = people.stranger[who] & (at < known[who]) if name in ANONYMOUS else np.zeros(len(who), dtype=np.bool_)
        hidden |= known[who] == NEVER
        visitor = (
            np.where(people.stranger[who] | hidden, who, NOBODY) if name in ANONYMOUS else np.full(len(who), NOBODY)
        )
        in_accounts = not people.leads.all()
        account = np.where(hidden, NOBODY, people.account[who])
        columns = {
            "id": _taken([block.ids for block in blocks], order),
            "customer": coded(np.where(hidden, NOBODY, who), people.ids),
            "anonymous": coded(visitor, people.anonymous_ids),
            "account": coded(account if in_accounts else np.full(len(who), NOBODY), people.account_ids),
            "time": pa.array(at).cast(TIME),
        }
        return pa.table(columns | _properties(name, blocks, order))


def way_columns(ways: tuple[Way, ...], way: npt.NDArray[np.integer]) -> dict[str, pa.Array]:
    """The four properties that tell by which way somebody came."""
    found = {}
    for name in ("channel", "source", "medium", "campaign"):
        texts = [getattr(one, name) for one in ways]
        distinct = sorted({text for text in texts if text is not None})
        places = np.array([NOBODY if text is None else distinct.index(text) for text in texts])
        found[name] = coded(places[way], distinct)
    return found


def _properties(name: str, blocks: list[_Block], order: Ints) -> dict[str, pa.Array]:
    """The properties in the order of the dictionary; what a block lacks is null there."""
    given = {written: block.columns[written].type for block in blocks for written in block.columns}
    listed = [*EVENTS[name].properties, *COMMON_PROPERTIES, "count"]
    found = {}
    for written in sorted(given, key=listed.index):
        parts = [
            block.columns.get(written, pa.nulls(len(block.who), given[written]))
            for block in blocks
        ]  # fmt: skip
        found[written] = _taken(parts, order)
    return found


def _total(blocks: list[_Block]) -> pa.Table:
    at = np.concatenate([block.at for block in blocks])
    order = np.argsort(at, kind="stable")
    ids = _taken([block.ids for block in blocks], order)
    given = {written: block.columns[written].type for block in blocks for written in block.columns}
    found = {
        written: _taken([block.columns.get(written, pa.nulls(len(block.at), kind)) for block in blocks], order)
        for written, kind in given.items()
    }
    return pa.table({"id": ids, "time": pa.array(at[order]).cast(TIME), **found})


def _taken(parts: list[pa.Array], order: Ints) -> pa.Array:
    if len(parts) == 1:
        return parts[0].take(pa.array(order))
    whole = pa.chunked_array(parts)
    if pa.types.is_dictionary(whole.type):
        whole = whole.unify_dictionaries()
    return pa.concat_arrays(whole.chunks).take(pa.array(order))


def _ids(name: str, label: str, numbers: Ints) -> pa.Array:
    prefix = f"{EVENTS[name].short}-{label}"
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")
