"""What an analysis of moves is over: the stored history of a lifecycle up to a moment, without those left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.periods import Period
from tenure.lifecycle.population import Worth, excluded, money_at
from tenure.lifecycle.refresh import Applied
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import births

# where there is no stage: in none of them, or not known before
NONE, NEW = -1, -2
NO_STAGE = "none"
SETTLING_DAYS = 180
_NOBODY_EXCLUDED = "TRUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A lifecycle as it is applied, what money is, the moment (microseconds UTC) up to which events count, and who is
    left out: whoever is excluded at that moment, in the figures of every earlier one too.
    """

    lifecycle: Lifecycle
    held: Applied
    money: Worth
    now: int
    exclusion: Applied | None = None

    def name(self, code: int | None) -> str | None:
        """The stage at a position; None for no stage."""
        return None if code is None or code < 0 else self.held.stages[code]

    def code(self, stage: str) -> int:
        """The position of a stage. Raises UsageError where there is none of that name."""
        if stage not in self.held.stages:
            hint = did_you_mean(stage, self.held.stages) or f"There are: {', '.join(self.held.stages)}."
            raise UsageError(f"{self.lifecycle.name!r} has no stage {stage!r}.", hint=hint)
        return self.held.stages.index(stage)

    def state(self, stage: str) -> int:
        """The position of a stage, or NONE where `none` is no name of one. Raises UsageError where there is none."""
        return NONE if stage == NO_STAGE and stage not in self.held.stages else self.code(stage)

    @property
    def states(self) -> tuple[int, ...]:
        """The positions of the stages, then that of none."""
        return (*range(len(self.held.stages)), NONE)

    @property
    def main(self) -> tuple[int, ...]:
        """The positions of the stages of the journey: those that are neither `side` nor `otherwise`."""
        return tuple(
            place for place, stage in enumerate(self.lifecycle.stages) if not stage.side and not stage.otherwise
        )

    def kept(self, unit: str = "unit") -> str:
        """SQL of the condition that somebody is not left out."""
        return f"{unit} NOT IN ({excluded(self.exclusion, self.now)})" if self.exclusion else _NOBODY_EXCLUDED

    def born(self, *, by: int | None = None) -> str:
        """SQL of everybody known by a moment (default: now), with that of their first event: unit, time."""
        known = births(self.lifecycle.unit, as_of=self.now if by is None else by)
        return f"SELECT unit, time FROM ({known}) WHERE {self.kept()}"

    def stays(self, *, by: int | None = None) -> str:
        """SQL of the stays that begin by a moment (default: now): unit, stage, previous, entered_at, left_at.

        `left_at` may be still to come; those that begin after now come only if nobody does anything.
        """
        return (
            f"SELECT unit, stage, previous, entered_at, left_at FROM stage_codes WHERE lifecycle = {self.held.code} "
            f"AND entered_at <= {self.now if by is None else by} AND {self.kept()}"
        )

    def present(self, moment: int | None = None) -> str:
        """SQL of the stays that hold at a moment (default: now); at a later one, if nobody does anything until then."""
        at = self.now if moment is None else moment
        return f"SELECT * FROM ({self.stays(by=at)}) WHERE left_at IS NULL OR left_at > {at}"

    def settled(self, connection: Connection) -> int:
        """From when on first entries are what they seem: 180 days after the first event, or the window of `lapsed`.

        The longer of the two counts. Where the data begin amid the life of a business, whoever is seen first entering
        a stage soon after has often been there long before, and goes on more quickly than a newcomer: the cohorts of
        that time tell of the start of the data, not of the people.
        """
        row = first_row(connection, f"SELECT min(time) FROM ({births(self.lifecycle.unit, as_of=self.now)})")
        first: int = row[0] if row and row[0] is not None else self.now
        return first + max(SETTLING_DAYS, self.lifecycle.windows.get("lapsed", 0)) * DAY

    def worth(self, connection: Connection, moment: int | None = None) -> str:
        """SQL of everybody's money at a moment (default: now): unit, money; no row where there never was any."""
        return money_at(connection, self.money, self.lifecycle, self.now if moment is None else moment)


def placed(column: str, edges: Sequence[int]) -> str:
    """SQL of how many of the edges (ascending) are not later than the moment in `column`: 0 before all of them."""
    return _between(column, edges, 0, len(edges))


def edges_of(periods: Sequence[Period]) -> list[int]:
    """The moments at which the periods begin, and the one at which the last ends."""
    return [*(period.begins for period in periods), periods[-1].ends] if periods else []


def number(connection: Connection, query: str) -> int:
    """The whole number that a query gives."""
    ((found,),) = connection.execute(query).fetchall()
    return int(found)


def _between(column: str, edges: Sequence[int], low: int, high: int) -> str:
    # halved each time, so that thousands of edges are a dozen comparisons
    if low == high:
        return str(low)
    middle = (low + high) // 2
    before, after = _between(column, edges, low, middle), _between(column, edges, middle + 1, high)
    return f"CASE WHEN {column} < {edges[middle]} THEN {before} ELSE {after} END"
