"""The outlook of a workspace: `ws.outlook`.

    with tenure.open("shop") as ws:
        ws.outlook.expected(periods=12)              # people and entries by stage and month, with intervals
        ws.outlook.leverage()                        # one more point of conversion in each stage, ranked
        ws.outlook.needed("loyalty", 500)            # what must convert to get there

The same workspace and seed give the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tenure.errors import UsageError
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.outlook.backtest import Backtest, backtest
from tenure.metrics.outlook.levers import Lever, Needed, leverage, needed
from tenure.metrics.outlook.outlook import Expected, Newcomers, Ready, outlook, ready, widened
from tenure.metrics.outlook.visits import Visits, visits
from tenure.workspace.calendar import all_periods

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

PERIODS = 12
# a year of days; what is further off takes the square of the time, and nobody knows it
MOST = 366
SEED = 1
_LONGEST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is expected, stage by stage and period by period, and how good earlier outlooks were.

    `now` are the people of today, `worth` what somebody in each stage is worth today, on average. `backtest` is None
    where the log is too short for it.
    """

    expected: tuple[Expected, ...]
    new: tuple[Newcomers, ...]
    now: dict[str | None, int]
    backtest: Backtest | None
    worth: dict[str | None, Decimal]


class Outlooks:
    """What is to come in the lifecycles of a workspace. `name` is a lifecycle or segment, by default the first."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def expected(
        self, name: str | None = None, *, periods: int = PERIODS, unit: PeriodUnit = "month", seed: int = SEED,
        test: bool = True,
    ) -> Outlook:  # fmt: skip
        """People and entries of every stage in the periods after the running one; without `test` no errors are told.

        Where earlier outlooks show the limits too narrow, they are wider by as much.

        Raises UsageError where nobody is known, or for a number of periods below 1.
        """
        scope, found, all_periods = self._learnt(name, unit, periods)
        told = ready(found, all_periods, now=scope.now, unit=unit)
        names = [*scope.held.stages, None]
        expected, new = outlook(told, names, seed=seed)
        tested = (
            backtest(found, all_periods, names, now=scope.now, unit=unit, ahead=periods, seed=seed) if test else None
        )
        return Outlook(
            expected=widened(expected, tested.stretch) if tested else expected, new=new, backtest=tested,
            worth=self._worth(scope),
            now={one.stage: one.people for one in self._ws.stages(scope.lifecycle.name)},
        )  # fmt: skip

    def leverage(
        self, name: str | None = None, *, periods: int = PERIODS, unit: PeriodUnit = "month"
    ) -> tuple[Lever, ...]:
        """One more percentage point of conversion in each stage, what brings most money first."""
        scope, told = self._ready(name, unit, periods)
        worth = self._worth(scope)
        return leverage(told, scope.lifecycle, [float(worth[stage]) for stage in (*scope.held.stages, None)])

    def needed(
        self, stage: str, people: float, name: str | None = None, *, periods: int = PERIODS, unit: PeriodUnit = "month"
    ) -> Needed:
        """What must convert, or how many must come, for a stage to have so many people after the last period."""
        if people < 0:
            raise UsageError(f"{people:g} people cannot be.", hint="Name a number that is not below 0.")
        scope, told = self._ready(name, unit, periods)
        return needed(told, scope.lifecycle, scope.code(stage), people)

    def _ready(self, name: str | None, unit: PeriodUnit, count: int) -> tuple[Scope, Ready]:
        scope, found, all_periods = self._learnt(name, unit, count)
        return scope, ready(found, all_periods, now=scope.now, unit=unit)

    def _learnt(self, name: str | None, unit: PeriodUnit, count: int) -> tuple[Scope, Visits, tuple[Period, ...]]:
        if not 1 <= count <= MOST:
            raise UsageError(f"{count} periods cannot be looked ahead.", hint=f"Name a number from 1 to {MOST}.")
        scope = self._ws.moves.scope(name)
        found = visits(self._ws._store.connection(), scope)
        if not len(found.entered):
            raise UsageError("Nobody is known yet.", hint="Bring in events with `tenure run`.")
        until = scope.now + (count + 2) * _LONGEST[unit] * _DAY
        every = all_periods(self._ws, unit, since=int(found.entered.min()), until=until)
        ahead = [place for place, period in enumerate(every) if period.begins > scope.now]
        return scope, found, every[: ahead[count - 1] + 1]

    def _worth(self, scope: Scope) -> dict[str | None, Decimal]:
        """What somebody in each stage is worth today, on average."""
        return {
            one.stage: (one.money / one.people if one.people else Decimal(0))
            for one in self._ws.stages(scope.lifecycle.name)
        }
