"""The cohorts of a workspace: `ws.cohorts`.

with tenure.open("shop") as ws:
    ws.cohorts.table()                                  # retention by the month of the first purchase
    ws.cohorts.table("revenue", by="first order", unit="quarter")
    ws.cohorts.table("reached:loyalty", by="first conversion")
    ws.cohorts.people("2025-03", age=2)                 # who of those who came in March bought again in May
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.events import EventBinding, bindings
from tenure.expressions import Names, binding_of
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.periods import Period, PeriodUnit
from tenure.metrics.cohorts import Begin, CohortCell, Counted, What, cohort_people, cohorts, customer_stages
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import births
from tenure.workspace.calendar import all_periods

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

PURCHASE = "purchase"
ANY = "event"
_OF_EVENTS: tuple[What, ...] = ("retention", "orders", "revenue")
_WHAT = "retention, orders, revenue, kept or reached:STAGE"


class Cohorts:
    """Cohort tables over a lifecycle or segment, by default the first."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def table(
        self, what: str = "retention", *, by: str = f"first {PURCHASE}", unit: PeriodUnit = "month", count: int = 12,
        since: str | None = None, until: str | None = None, name: str | None = None,
    ) -> tuple[CohortCell, ...]:  # fmt: skip
        """The cells of the cohorts from `since` (default: the last `count`) to `until`, then those of all of them.

        `by` is `first` and an event's name, a stage, or `event` for any event at all. `what` is retention (people who
        purchased, or with `retention:EVENT` did that), orders, revenue, kept (people in a stage of kind customer) or
        `reached:STAGE`. Raises UsageError for what does not exist.
        """
        scope = self._ws.moves.scope(name)
        begin, counted = self.begin(scope, by), self.counted(scope, what)
        everything = self._periods(scope, unit)
        first = self._ws.moves.periods(scope.lifecycle.name, unit=unit, count=count, since=since, until=until)
        if not first:
            return ()

        def asked(connection: Connection) -> tuple[CohortCell, ...]:
            return cohorts(
                connection, scope, everything, begin=begin, counted=counted, since=first[0].begins,
                until=first[-1].begins,
            )  # fmt: skip

        return self._ws._store.answer(asked)

    def people(
        self, cohort: str, what: str = "retention", *, age: int | None = None, by: str = f"first {PURCHASE}",
        unit: PeriodUnit = "month", name: str | None = None,
    ) -> pa.Table:  # fmt: skip
        """Who is in the cohort of a period (2025-03), or in its cell of an age: customer_id, began.

        Raises UsageError for what does not exist.
        """
        scope = self._ws.moves.scope(name)
        begin, counted = self.begin(scope, by), self.counted(scope, what)
        everything = self._periods(scope, unit)
        chosen = next((one for one in everything if one.name == cohort), None)
        if chosen is None:
            raise UsageError(f"There is no cohort {cohort!r}.", hint="Name a period of the table, such as 2025-03.")

        def asked(connection: Connection) -> pa.Table:
            return cohort_people(
                connection, scope, everything, begin=begin, counted=counted, cohort=chosen, age=age
            )  # fmt: skip

        return self._ws._store.answer(asked)

    def begin(self, scope: Scope, by: str) -> Begin:
        """What `by` means. Raises UsageError where there is no such event or stage."""
        named = by.removeprefix("first ").strip()
        event = self._event(scope, named)
        if event is not None:
            return Begin(event=event)
        if named in scope.held.stages:
            return Begin(stage=scope.code(named))
        if named == ANY:
            return Begin()
        raise self._unknown(scope, named, stages=True)

    def counted(self, scope: Scope, what: str) -> Counted:
        """What `what` means. Raises UsageError where there is no such thing, event or stage."""
        head, _, named = what.partition(":")
        for one in _OF_EVENTS:
            if head == one:
                event = self._event(scope, named or PURCHASE)
                if event is None:
                    raise self._unknown(scope, named, stages=False)
                if one == "revenue" and not event.values:
                    raise UsageError(f"{named!r} has no value.", hint="Name an event with a value, such as purchase.")
                return Counted(what=one, event=event)
        if head == "kept" and not named:
            if not customer_stages(scope):
                raise UsageError(
                    f"{scope.lifecycle.name!r} has no stage of kind customer.",
                    hint="Say `kind: customer` at a stage, or count another thing.",
                )
            return Counted(what="kept")
        if head == "reached" and named:
            stage = scope.code(named)
            later = tuple(place for place in scope.main if place >= stage) if stage in scope.main else (stage,)
            return Counted(what="reached", stages=later)
        hint = did_you_mean(head, ("retention", "orders", "revenue", "kept", "reached")) or f"There are: {_WHAT}."
        raise UsageError(f"Cohorts do not tell {what!r}.", hint=hint)

    def _event(self, scope: Scope, named: str) -> EventBinding | None:
        known = bindings(self._ws.definitions.config.bindings, scope.lifecycle.events)
        return binding_of(named, Names(events=known))

    def _unknown(self, scope: Scope, named: str, *, stages: bool) -> UsageError:
        known = list(bindings(self._ws.definitions.config.bindings, scope.lifecycle.events))
        names = [*known, *scope.held.stages] if stages else known
        what = "event or stage" if stages else "event"
        hint = did_you_mean(named, names) or "Name an event such as purchase" + (
            f", or a stage: {', '.join(scope.held.stages)}." if stages else "."
        )
        return UsageError(f"There is no {what} {named!r}.", hint=hint)

    def _periods(self, scope: Scope, unit: PeriodUnit) -> tuple[Period, ...]:
        """All periods from the first event to now."""
        row = first_row(
            self._ws._store.connection(), f"SELECT min(time) FROM ({births(scope.lifecycle.unit, as_of=scope.now)})"
        )
        first = row[0] if row and row[0] is not None else scope.now
        return all_periods(self._ws, unit, since=first, until=scope.now)
