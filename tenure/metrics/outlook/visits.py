"""Every visit to a stage as the history holds it, in arrays: what an outlook is learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from tenure.lifecycle.moves.scope import Scope
from tenure.warehouse.connection import Connection

Ints: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"

# the end of a visit that goes on
OPEN = np.iinfo(np.int64).max
PARTS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """The visits of everybody, an entry each: the state, when it began and ended (OPEN: it goes on; microseconds since
    1970), the state after it (-1: none yet), when the person was first known, and one of 64 parts of the people.

    `states` counts them: the stages in their order, then that of no stage. The first visit begins when the person does.
    """

    states: int
    state: Ints
    entered: Ints
    left: Ints
    after: Ints
    born: Ints
    part: Ints

    @property
    def fresh(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which visits are people's first."""
        found: np.ndarray[tuple[int], np.dtype[np.bool_]] = self.entered == self.born
        return found

    def until(self, moment: int) -> Visits:
        """The visits as they were known at the end of a moment: later ones are not there, later ends still open."""
        known = self.entered <= moment
        goes_on = self.left[known] > moment
        return Visits(
            states=self.states, state=self.state[known], entered=self.entered[known],
            left=np.where(goes_on, OPEN, self.left[known]), after=np.where(goes_on, -1, self.after[known]),
            born=self.born[known], part=self.part[known],
        )  # fmt: skip


def visits(connection: Connection, scope: Scope) -> Visits:
    """Every visit up to now; those in no stage are visits to the last state."""
    outside = len(scope.held.stages)
    people = connection.sql(f"SELECT unit, time FROM ({scope.born()}) ORDER BY unit").to_arrow_table()
    rows = connection.sql(
        f"""
        SELECT unit, stage, entered_at, CASE WHEN left_at <= {scope.now} THEN left_at ELSE {OPEN} END AS left_at
        FROM ({scope.stays()}) ORDER BY unit, entered_at
        """
    ).to_arrow_table()
    unit, stage, entered, left = (_ints(rows, name) for name in ("unit", "stage", "entered_at", "left_at"))
    known, born = _ints(people, "unit"), _ints(people, "time")
    birth = born[np.searchsorted(known, unit)] if len(unit) else unit
    # where the next row goes on with the same person, and where it does without a gap
    same = np.append(unit[1:] == unit[:-1], np.zeros(min(len(unit), 1), dtype=np.bool_))
    coming, following = np.append(entered[1:], 0)[: len(unit)], np.append(stage[1:], 0)[: len(unit)]
    joined = same & (left == coming)
    over = left != OPEN
    after = np.where(joined, following, np.where(over, outside, -1))
    gap = over & ~joined
    first = np.append(np.ones(min(len(unit), 1), dtype=np.bool_), ~same[:-1])
    late = first & (entered > birth)
    never = ~np.isin(known, unit)
    gaps, lates, nevers = (int(np.count_nonzero(found)) for found in (gap, late, never))
    return Visits(
        states=outside + 1,
        state=np.concatenate([stage, np.full(gaps + lates + nevers, outside)]),
        entered=np.concatenate([entered, left[gap], birth[late], born[never]]),
        left=np.concatenate(
            [left, np.where(same[gap], coming[gap], OPEN), entered[late], np.full(nevers, OPEN)]
        ),
        after=np.concatenate([after, np.where(same[gap], following[gap], -1), stage[late], np.full(nevers, -1)]),
        born=np.concatenate([birth, birth[gap], birth[late], born[never]]),
        part=np.concatenate([unit, unit[gap], unit[late], known[never]]) % PARTS,
    )  # fmt: skip


def _ints(rows: pa.Table, name: str) -> Ints:
    return np.asarray(rows[name].to_numpy(), dtype=np.int64)
