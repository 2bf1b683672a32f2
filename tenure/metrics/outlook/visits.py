"""Every visit to a stage as the history holds it, in arrays: what an outlook is learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tenure.lifecycle.moves.moved import moved
from tenure.lifecycle.moves.scope import NONE, Scope
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
        return self.entered == self.born

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
    rows = connection.sql(
        f"""
        SELECT CASE WHEN target = {NONE} THEN {outside} ELSE target END AS state, moment AS entered,
            coalesce(lead(moment) OVER lives, {OPEN}) AS "left",
            coalesce(lead(CASE WHEN target = {NONE} THEN {outside} ELSE target END) OVER lives, -1) AS after,
            first_value(moment) OVER lives AS born, unit % {PARTS} AS part
        FROM ({moved(scope)})
        WINDOW lives AS (PARTITION BY unit ORDER BY moment)
        """
    ).to_arrow_table()
    told = {name: np.asarray(rows[name].to_numpy(), dtype=np.int64) for name in rows.column_names}
    return Visits(states=outside + 1, **told)
