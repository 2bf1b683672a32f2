"""The analyses of moves of a workspace: `ws.moves`.

    with tenure.open("shop") as ws:
        ws.moves.over_time(unit="month")        # people, money, entries and exits of every stage and month
        ws.moves.transitions(since="2024-01-01")
        ws.moves.times()                        # how long people stay, by Kaplan-Meier

Moments are written as everywhere: 2011-06-30 (its end, or as `since` its beginning) or 2011-06-30T12:00Z.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.errors import UsageError
from tenure.lifecycle.filling import Filling, fillings, held_events
from tenure.lifecycle.moves.conversion import Cohort, cohort_people, conversion
from tenure.lifecycle.moves.crosstab import Pair, crosstab
from tenure.lifecycle.moves.findings import Finding, findings
from tenure.lifecycle.moves.over_time import StagePeriod, flows, over_time
from tenure.lifecycle.moves.people import Who, people_who
from tenure.lifecycle.moves.risk import AtRisk, at_risk
from tenure.lifecycle.moves.scope import NEW, Scope
from tenure.lifecycle.moves.short import OneStep, events_left_out, one_step_short, short_people
from tenure.lifecycle.moves.stuck import StuckStage, stuck
from tenure.lifecycle.moves.times import TimeInStage, times_in_stage
from tenure.lifecycle.moves.transitions import Transition, moves_of_people, transitions
from tenure.lifecycle.periods import Period, PeriodUnit, day_of, midnight
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import births
from tenure.workspace.calendar import all_periods, last_periods
from tenure.workspace.definitions import EXCLUDED

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

NEWCOMERS = "new"


class Moves:
    """How people move through the lifecycles of a workspace. `name` is a lifecycle or segment, by default the first."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def scope(self, name: str | None = None) -> Scope:
        """What the analyses of a lifecycle are over. Raises UsageError where it is not worked out."""
        lifecycle = self._ws.lifecycle(name)
        held = self._ws._held()
        return Scope(
            lifecycle=lifecycle, held=held[lifecycle.name], money=self._ws.definitions.money, now=self._ws._now(),
            exclusion=held.get(EXCLUDED),
        )  # fmt: skip

    def periods(
        self, name: str | None = None, *, unit: PeriodUnit = "month", count: int = 12, since: str | None = None,
        until: str | None = None,
    ) -> tuple[Period, ...]:  # fmt: skip
        """The whole calendar periods from `since` (default: the last `count`) to `until`, from the first event on."""
        scope = self.scope(name)
        since_at, until_at = self._range(since, until)
        end = scope.now if until_at is None else min(until_at, scope.now)
        row = first_row(self._connection, f"SELECT min(time) FROM ({births(scope.lifecycle.unit, as_of=scope.now)})")
        first = row[0] if row and row[0] is not None else end
        if since_at is None:
            return tuple(one for one in last_periods(self._ws, unit, count, until=end) if one.ends > first)
        return all_periods(self._ws, unit, since=max(since_at, first), until=end)

    def within(
        self, name: str | None = None, *, unit: PeriodUnit = "month", count: int = 12, since: str | None = None,
        until: str | None = None,
    ) -> tuple[Period, ...]:  # fmt: skip
        """The same periods, of the first and the last only what lies from `since` to `until`."""
        since_at, until_at = self._range(since, until)
        found = []
        for one in self.periods(name, unit=unit, count=count, since=since, until=until):
            begins = one.begins if since_at is None else max(one.begins, since_at)
            ends = one.ends if until_at is None else min(one.ends, until_at + 1)
            start = one.start if begins == one.begins else day_of(self._ws.zone, begins)
            found.append(replace(one, begins=begins, ends=ends, start=start))
        return tuple(found)

    def settled(self, name: str | None = None) -> int:
        """From when on (microseconds UTC) those who first enter a stage can be compared: long after the first event."""
        return self.scope(name).settled(self._connection)

    def over_time(
        self, name: str | None = None, *, unit: PeriodUnit = "month", count: int = 12, since: str | None = None,
        until: str | None = None, money: bool = True,
    ) -> tuple[StagePeriod, ...]:  # fmt: skip
        """People and money of every stage at the end of each period, and who came and went in it.

        Where `since` or `until` lie inside a period, only the part of it between them counts.
        """
        chosen = self.within(name, unit=unit, count=count, since=since, until=until)
        return over_time(self._connection, self.scope(name), chosen, money=money)

    def flows(self, periods: Sequence[Period], name: str | None = None) -> tuple[Counter[tuple[int, int]], ...]:
        """How many moves there were from each state to each other: before the periods, in each of them, and after.

        The periods follow each other without a gap; states are positions of stages, or those of `Scope` for none and
        not known before.
        """
        return tuple(flows(self._connection, self.scope(name), periods))

    def fillings(self, name: str | None = None) -> tuple[Filling, ...]:
        """For each stage what its condition reads, and whether the log can fill it."""
        return fillings(self._ws.lifecycle(name), held_events(self._connection))

    def transitions(
        self, name: str | None = None, *, since: str | None = None, until: str | None = None
    ) -> tuple[Transition, ...]:
        """How often people moved from each stage to each other, from `since` to `until`."""
        since_at, until_at = self._range(since, until)
        return transitions(self._connection, self.scope(name), since=since_at, until=until_at)

    def people_moved(
        self, name: str | None = None, *, since: str | None = None, until: str | None = None,
        stage: str | Sequence[str] | None = None, to: str | Sequence[str] | None = None,
    ) -> pa.Table:  # fmt: skip
        """Every move from `stage` to `to` (each one, several or all): customer_id, from, new, to, moved_at,
        days_before, money.

        `none` stands for no stage, `new` for those not known before, unless a stage is called that.
        """
        scope = self.scope(name)
        since_at, until_at = self._range(since, until)
        return moves_of_people(
            self._connection, scope, since=since_at, until=until_at,
            origins=None if stage is None else [self._state(scope, one, new=True) for one in _several(stage)],
            targets=None if to is None else [self._state(scope, one) for one in _several(to)],
        )  # fmt: skip

    def times(self, name: str | None = None, *, since: str | None = None, points: int = 100) -> tuple[TimeInStage, ...]:
        """How long people stay in every stage; `since` counts only the visits that began then or later."""
        begun = None if since is None else self._since(since)
        return times_in_stage(self._connection, self.scope(name), since=begun, points=points)

    def conversion(
        self, stage: str, to: str | None = None, name: str | None = None, *, days: int | None = None,
        unit: PeriodUnit = "month", count: int = 12, since: str | None = None, until: str | None = None,
    ) -> tuple[Cohort, ...]:  # fmt: skip
        """How many of those who first entered `stage` in each period came to `to`, or to any later stage.

        Where `since` or `until` lie inside a period, only the part of it between them counts. Raises UsageError where
        there is no later stage.
        """
        scope = self.scope(name)
        chosen = self.within(name, unit=unit, count=count, since=since, until=until)
        return conversion(
            self._connection, scope, chosen, stage=scope.code(stage), to=None if to is None else scope.code(to),
            days=days,
        )  # fmt: skip

    def people_converted(
        self, stage: str, to: str | None = None, name: str | None = None, *, days: int | None = None,
        since: str | None = None, until: str | None = None,
    ) -> pa.Table:  # fmt: skip
        """Who first entered `stage` from `since` to `until`: customer_id, entered_at, reached_at, money."""
        scope = self.scope(name)
        since_at, until_at = self._range(since, until)
        return cohort_people(
            self._connection, scope, stage=scope.code(stage), to=None if to is None else scope.code(to), days=days,
            since=since_at, until=until_at,
        )  # fmt: skip

    def stuck(self, name: str | None = None) -> tuple[StuckStage, ...]:
        """Who is in each stage for longer than three quarters of its visits last."""
        return stuck(self._connection, self.scope(name))

    def at_risk(self, name: str | None = None, *, at: str | None = None) -> tuple[AtRisk, ...]:
        """Who is in the stages of risk, by the stage before and the highest they ever reached."""
        return at_risk(self._connection, self.scope(name), moment=self._ws.moment(at))

    def crosstab(self, one: str, other: str, *, at: str | None = None) -> tuple[Pair, ...]:
        """People and money in every pair of stages of two lifecycles."""
        return crosstab(self._connection, self.scope(one), self.scope(other), moment=self._ws.moment(at))

    def short(self, name: str | None = None) -> tuple[OneStep, ...]:
        """For whom one more event, now, would bring a later stage of the journey."""

        def asked(connection: Connection) -> tuple[OneStep, ...]:
            return one_step_short(connection, self.scope(name), self._ws.definitions.all, self._codes())

        return self._ws._store.answer(asked)

    def events_left_out(self, name: str | None = None) -> tuple[str, ...]:
        """The events that `short` does not try, as it tries twenty; `people_short` tries each by its name."""
        return events_left_out(self._connection, self.scope(name), self._ws.definitions.all)

    def people_short(
        self, name: str | None = None, *, to: str | None = None, event: str | None = None, value: str | None = None,
        stage: str | None = None,
    ) -> pa.Table:  # fmt: skip
        """Who is one step short of `to` (or of any stage): customer_id, stage, entered_at, to, event, value, money.

        `event` and `value` narrow it to one event, and to one value of it (`none`: without any); `stage` may be `none`.
        Raises UsageError where no condition counts such an event.
        """

        def asked(connection: Connection) -> pa.Table:
            return short_people(
                connection, self.scope(name), self._ws.definitions.all, self._codes(), to=to, event=event, value=value,
                stage=stage,
            )  # fmt: skip

        return self._ws._store.answer(asked)

    def people(self, name: str | None = None, who: Who | None = None, *, at: str | None = None) -> pa.Table:
        """Who that is: customer_id, stage, previous, entered_at, left_at, money."""
        return people_who(self._connection, self.scope(name), who or Who(), moment=self._ws.moment(at))

    def findings(
        self, name: str | None = None, *, most: int = 10, money: Callable[[Decimal], str] | None = None,
        day: Callable[[int], str] | None = None,
    ) -> tuple[Finding, ...]:  # fmt: skip
        """What stands out, in sentences, each with the command that lists the people; nothing that chance explains.

        `money` writes an amount, `day` the day of a moment (microseconds UTC).
        """
        scope = self.scope(name)
        months = self.periods(name, unit="month", count=14)
        currency = self._ws.definitions.config.currency or ""
        return findings(
            self._connection, scope, months[1:], most=most,
            option="" if scope.lifecycle.name == self._ws.lifecycle().name else f" --lifecycle {scope.lifecycle.name}",
            money=money or (lambda amount: f"{currency} {amount:,.0f}".strip()),
            day=day or (lambda moment: day_of(self._ws.zone, moment).isoformat()),
        )  # fmt: skip

    @property
    def _connection(self) -> Connection:
        return self._ws._store.connection()

    def _codes(self) -> dict[str, int]:
        return {name: one.code for name, one in self._ws._held().items()}

    def _range(self, since: str | None, until: str | None) -> tuple[int | None, int | None]:
        since_at = None if since is None else self._since(since)
        until_at = None if until is None else self._ws.moment(until)
        if since_at is not None and until_at is not None and since_at > until_at:
            raise UsageError(f"{since} is later than {until}.", hint="Let --since be the earlier of the two.")
        return since_at, until_at

    def _since(self, text: str) -> int:
        """The moment at which a time begins: of a date its midnight, not its end."""
        try:
            return midnight(self._ws.zone, date.fromisoformat(text))
        except ValueError:
            return self._ws.moment(text)

    def _state(self, scope: Scope, stage: str, *, new: bool = False) -> int:
        return NEW if new and stage == NEWCOMERS and stage not in scope.held.stages else scope.state(stage)


def _several(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names
