"""Why a metric changed: `ws.why`.

with tenure.open("shop") as ws:
    answer = ws.why.metric("orders", since="2025-03", until="2025-04")
    answer.causes[0], answer.breakdowns
    ws.why.drivers("loyalty")
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.lifecycle.refresh import Applied
from tenure.metrics.drivers import Drivers, drivers
from tenure.metrics.question import Question
from tenure.metrics.why.cells import table_of
from tenure.metrics.why.dimensions import Dimension, dimensions
from tenure.metrics.why.found import Why
from tenure.metrics.why.people import people_of
from tenure.metrics.why.persons import TABLE, adds_up, by_person
from tenure.metrics.why.why import explain_change, told_of
from tenure.warehouse.connection import Connection
from tenure.workspace.calendar import all_periods, last_periods, named_period
from tenure.workspace.personas import PERSONA
from tenure.workspace.personas import dimension as by_persona

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

# periods before the two that tell what is usual
BEFORE = 8


class WhyOf:
    """Why figures changed, and what goes before people enter or leave stages."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def metric(
        self, name: str, *, since: str | None = None, until: str | None = None, period: PeriodUnit | None = None,
        lifecycle: str | None = None, personas: bool = False,
    ) -> Why:  # fmt: skip
        """Why the metric changed from the period `since` to the period `until`; with `personas` also by these.

        Periods are written as they are named (2025-03, 2025-Q1, 2025-W10, 2025) or as a day in them. By default the
        last complete one is compared with the one before; `period` says of which kind, by default as the names are, or
        months. Raises UsageError for what does not exist.
        """
        metric = self._ws.metrics.metric(name)
        question, one, two = self._question(since, until, period, lifecycle)
        first = self._ws.first_event or 0

        def asked(connection: Connection) -> Why:
            return explain_change(
                connection, metric, question, one=one, two=two, segments=self._segments(question), first_event=first,
                besides=[self._personas(connection, question.periods[one], lifecycle)] if personas else [],
            )  # fmt: skip

        return self._ws._store.answer(asked)

    def people(
        self, name: str, dimension: str, part: str, *, since: str | None = None, until: str | None = None,
        period: PeriodUnit | None = None, lifecycle: str | None = None,
    ) -> pa.Table:  # fmt: skip
        """Everybody in one part of a change, the largest contributions first.

        Columns: customer_id, before, after; of a rate also of_before, of_after; contribution.
        """
        metric = self._ws.metrics.metric(name)
        if not adds_up(metric):
            raise UsageError(f"{metric.title} is no sum over people.", hint="Ask for a metric that counts or adds up.")
        question, one, two = self._question(since, until, period, lifecycle)

        def asked(connection: Connection) -> pa.Table:
            found = dimensions(connection, metric, question, self._segments(question))
            if dimension == PERSONA:
                found = (*found, self._personas(connection, question.periods[one], lifecycle))
            chosen = self._dimension(found, dimension)
            places = (one, two)
            numbers = by_person(connection, metric, question, table=TABLE)
            whole = table_of(connection, numbers, None, places, len(question.periods), table=TABLE)
            if chosen.own is not None:
                by_person(connection, metric, question, own=chosen.own, table=TABLE)
            told = told_of(metric.formula, numbers, whole, places)
            return people_of(connection, TABLE, chosen, part, told, places)

        return self._ws._store.answer(asked)

    def drivers(self, stage: str, *, leave: bool = False, days: int = 30, lifecycle: str | None = None) -> Drivers:
        """What people do before they enter a stage, or leave it, within `days`, more or less often than others.

        Raises UsageError where there is no such stage.
        """
        scope = self._ws.moves.scope(lifecycle)
        if days < 1:
            raise UsageError("A look ahead takes a day at least.", hint="Give --days 1 or more.")
        code = scope.code(stage)
        return drivers(self._ws._store.connection(), scope, stage=code, leave=leave, days=days)

    def periods(
        self, since: str | None, until: str | None, period: PeriodUnit | None = None
    ) -> tuple[PeriodUnit, Period, Period]:
        """The two periods that are compared, and of what kind they are."""
        now = self._ws._now()
        named = {text: named_period(self._ws, text) for text in (since, until) if text is not None}
        kinds = {kind for kind, _ in named.values()}
        unit: PeriodUnit = period or (kinds.pop() if len(kinds) == 1 and kinds != {"day"} else "month")

        def of(text: str) -> Period:
            return last_periods(self._ws, unit, 1, until=named[text][1].begins)[0]

        def before(one: Period) -> Period:
            return last_periods(self._ws, unit, 1, until=one.begins - 1)[0]

        if until is not None:
            two = of(until)
        else:
            two = last_periods(self._ws, unit, 1, until=now)[0]
            two = two if two.ends <= now + 1 else before(two)
        one = of(since) if since is not None else before(two)
        if one.begins >= two.begins:
            raise UsageError(
                f"{one.name} is not before {two.name}.", hint="Give --from the earlier period, --to the later one."
            )
        if two.begins > now:
            raise UsageError(f"{two.name} lies after all that is known.", hint="Take an earlier period.")
        return unit, one, two

    def _question(
        self, since: str | None, until: str | None, period: PeriodUnit | None, lifecycle: str | None
    ) -> tuple[Question, int, int]:
        unit, one, two = self.periods(since, until, period)
        gap = len(all_periods(self._ws, unit, since=one.begins, until=two.begins)) - 1
        earlier = last_periods(self._ws, unit, BEFORE + gap + 1, until=one.begins)
        last = min(two.ends - 1, self._ws._now())
        question = self._ws.metrics.question(
            period=unit, since=earlier[1].start.isoformat() if len(earlier) > 1 else one.start.isoformat(),
            until=(two.start if two.ends > last + 1 else _last_day(two)).isoformat(), lifecycle=lifecycle,
        )  # fmt: skip
        names = [each.name for each in question.periods]
        return question, names.index(one.name), names.index(two.name)

    def _segments(self, question: Question) -> list[tuple[Lifecycle, Applied]]:
        held = self._ws._held()
        return [
            (one, held[one.name])
            for one in self._ws.definitions.lifecycles
            if one.name in held and (question.lifecycle is None or one.name != question.lifecycle.name)
        ]

    def _personas(self, connection: Connection, first: Period, lifecycle: str | None) -> Dimension:
        return by_persona(self._ws, connection, self._ws.moves.scope(lifecycle), moment=first.begins - 1)

    def _dimension(self, found: tuple[Dimension, ...], name: str) -> Dimension:
        for one in found:
            if one.name == name:
                return one
        names = [one.name for one in found]
        hint = did_you_mean(name, names) or f"There are: {', '.join(names)}."
        raise UsageError(f"There is no breakdown by {name!r}.", hint=hint)


def _last_day(period: Period) -> date:
    """The last day of a period."""
    length = timedelta(microseconds=period.ends - period.begins)
    return period.start + timedelta(days=round(length / timedelta(days=1)) - 1)
