"""The journeys of a workspace, and what is credited to channels: `ws.journeys`.

    with tenure.open("shop") as ws:
        ws.journeys.follows(stage="conversion")     # which touchpoint follows which, within that stage
        ws.journeys.paths(to="order")               # the most travelled ways to the first order
        ws.journeys.people_on_path(["Page Viewed"], to="order")  # who went one of them
        ws.journeys.attribution("order", days=30)   # who is credited with it, by all methods
        ws.journeys.rfm()
        ws.journeys.personas()                      # groups of people who behave alike, and what sets them apart

A stage or event is named as in conditions (`retention`, `order`) or as it stands in the log (`Order Completed`). Where
a stage and an event are called alike, it is the stage; `event:trial` is the event.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.documents import did_you_mean
from tenure.errors import UsageError
from tenure.events import EVENTS, EventBinding
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.periods import midnight
from tenure.metrics.attribution.side_by_side import Attribution, attribution
from tenure.metrics.attribution.touches import Asked
from tenure.metrics.journeys.follows import Follow, follows, follows_in_stages, people_follow
from tenure.metrics.journeys.journey_map import MapCell, journey_map
from tenure.metrics.journeys.occasions import Occasion, event_happened, stage_entered
from tenure.metrics.journeys.paths import (
    MOST_STEPS,
    Path,
    paths_from,
    paths_to,
    people_from,
    people_to,
    people_walked,
)
from tenure.metrics.journeys.touchpoints import OTHER, Touchpoints, touchpoints
from tenure.metrics.personas.personas import SEED, Personas, personas
from tenure.metrics.rfm import RfmCell, rfm, rfm_people
from tenure.warehouse.connection import Connection, first_row
from tenure.workspace.personas import TABLE, done, found, named, people

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

_STAGE, _EVENT = "stage:", "event:"
# no touch before, none after
BEGIN, END = "begin", "end"


class Journeys:
    """What people go through. `name` is a lifecycle, by default the first; `segment` looks only at who is in it now."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def follows(
        self, name: str | None = None, *, stage: str | None = None, stages: bool = False, segment: str | None = None
    ) -> tuple[Follow, ...]:
        """Which touchpoint comes right after which: over whole histories, or within stays in a stage, or in each."""

        def asked(connection: Connection) -> tuple[Follow, ...]:
            touched = self._touchpoints(connection, name, segment)
            if stage is None and not stages:
                return follows(connection, touched)
            return follows_in_stages(connection, touched, stage=stage)

        return self._ws._store.answer(asked)

    def people_follow(
        self, source: str, target: str, name: str | None = None, *, stage: str | None = None, segment: str | None = None
    ) -> pa.Table:
        """Every time that one touchpoint came right after another: customer_id, stage, from, to, at, next_at.

        `begin` as the source and `end` as the target stand for no touch before and none after.
        """

        def asked(connection: Connection) -> pa.Table:
            touched = self._touchpoints(connection, name, segment)
            return people_follow(
                connection, touched, source=self.touchpoint(source, touched.names), stage=stage,
                target=self.touchpoint(target, touched.names),
            )  # fmt: skip

        return self._ws._store.answer(asked)

    def paths(
        self, name: str | None = None, *, to: str | None = None, start: str | None = None, days: int = 90,
        steps: int = 5, most: int = 20, segment: str | None = None,
    ) -> tuple[Path, ...]:  # fmt: skip
        """The most travelled paths to a stage or event (`to`), or from one (`start`), each person's first time.

        Raises UsageError where not exactly one of the two is given, or what it names does not exist.
        """
        _one_way(to, start, days, steps)

        def asked(connection: Connection) -> tuple[Path, ...]:
            touched = self._touchpoints(connection, name, segment)
            occasion = self._occasion(connection, touched.scope, to or start or "")
            found = paths_to if to is not None else paths_from
            return found(connection, touched, occasion, days=days, steps=steps, most=most)

        return self._ws._store.answer(asked)

    def people_on_path(
        self, path: Sequence[str], name: str | None = None, *, to: str | None = None, start: str | None = None,
        days: int = 90, steps: int = 5, segment: str | None = None, walked: bool = False,
    ) -> pa.Table:  # fmt: skip
        """Who went one of the `paths` that were asked for alike: customer_id, happened_at, next_at.

        They are the path's `people`: the end of the first step and the occasion, or the occasion and the last step.
        With `walked` they are all who went that way, as told of `to`: when they had, and when they came, null where
        they did not in time. Raises UsageError as `paths` does, and for a path that cannot be one of them.
        """
        _one_way(to, start, days, steps)
        if len(path) > steps:
            raise UsageError(f"The path has {len(path)} steps, of at most {steps}.", hint="Ask for as many steps.")
        if walked and (to is None or not path):
            raise UsageError("Who went that way is told of steps that lead somewhere.", hint="Name steps and `to`.")
        found = people_walked if walked else people_to if to is not None else people_from

        def asked(connection: Connection) -> pa.Table:
            touched = self._touchpoints(connection, name, segment)
            occasion = self._occasion(connection, touched.scope, to or start or "")
            way = [one if one == OTHER and touched.others else self._met(one, touched.names) for one in path]
            return found(connection, touched, occasion, way, days=days, steps=steps)

        return self._ws._store.answer(asked)

    def map(
        self, name: str | None = None, *, segment: str | None = None, days: int = 7, silence: int = 30,
        persona: str | None = None, k: int | None = None, seed: int = SEED,
    ) -> tuple[MapCell, ...]:  # fmt: skip
        """The journey map: for every stage and touchpoint volume, satisfaction, cases, cost and drop-off.

        `segment` looks only at who is in it now, `persona` at one of the personas found with `k` and `seed`.
        """
        _above(days, "days")
        _above(silence, "days")
        if persona is not None and segment is not None:
            raise UsageError("A map is of a segment or of a persona.", hint="Name one of the two.")

        def asked(connection: Connection) -> tuple[MapCell, ...]:
            touched = self._touchpoints(connection, name, segment)
            if persona is not None:
                told = found(self._ws, connection, touched.scope, self, k=k, seed=seed, event="purchase")
                among = f"SELECT unit FROM {TABLE} WHERE part = '{named(told, persona)}'"
                touched = touchpoints(connection, touched.scope, among=among)
            return journey_map(connection, touched, days=days, silence=silence)

        return self._ws._store.answer(asked)

    def personas(
        self, name: str | None = None, *, k: int | None = None, seed: int = SEED, event: str = "purchase",
        at: str | None = None,
    ) -> Personas:  # fmt: skip
        """The groups of people who behave alike, by how they buy and what else they do, as of now or `at`.

        Without `k` their number is found, and where no number of groups is stable there are none and `reason` says why.
        """
        told = self._ws._store.answer(
            lambda connection: done(self._ws, connection, self._at(name, at), self, k=k, seed=seed, event=event)
        )
        return personas(told, k=k, seed=seed)

    def persona_people(
        self, persona: str, name: str | None = None, *, k: int | None = None, seed: int = SEED, event: str = "purchase",
        at: str | None = None,
    ) -> pa.Table:  # fmt: skip
        """Who is in a persona: customer_id, persona. Raises UsageError where there is none such."""

        def asked(connection: Connection) -> pa.Table:
            told = found(self._ws, connection, self._at(name, at), self, k=k, seed=seed, event=event)
            return people(connection, told, persona)

        return self._ws._store.answer(asked)

    def _at(self, name: str | None, at: str | None) -> Scope:
        scope = self._ws.moves.scope(name)
        return scope if at is None else replace(scope, now=min(self._ws.moment(at), scope.now))

    def attribution(
        self, event: str | None = None, name: str | None = None, *, stage: str | None = None, by: str = "channel",
        days: int = 30, every: bool = False, since: str | None = None, until: str | None = None,
    ) -> Attribution:  # fmt: skip
        """What each channel is credited with for an event or for entering a stage, by all methods side by side.

        `every`: all conversions of a person, otherwise the first. `since` and `until` limit conversions and spend.
        """
        if (event is None) == (stage is None):
            raise UsageError("A conversion is an event, or a stage that is entered.", hint="Name one of the two.")
        _above(days, "days")
        since_at = None if since is None else self._since(since)
        until_at = None if until is None else self._ws.moment(until)

        def asked(connection: Connection) -> Attribution:
            scope = self._ws.moves.scope(name)
            wanted = f"{_EVENT}{event.removeprefix(_EVENT)}" if event is not None else f"{_STAGE}{stage}"
            asked = Asked(
                occasion=self._occasion(connection, scope, wanted), by=by, days=days, every=every, since=since_at,
                until=until_at,
            )  # fmt: skip
            return attribution(connection, scope, asked)

        return self._ws._store.answer(asked)

    def rfm(self, name: str | None = None, *, event: str = "purchase", days: int | None = None) -> tuple[RfmCell, ...]:
        """Everybody who bought, by how recently, how often and for how much: the cells that somebody is in."""

        def asked(connection: Connection) -> tuple[RfmCell, ...]:
            scope, bought = self._bought(connection, name, event, days)
            return rfm(connection, scope, bought, days=days)

        return self._ws._store.answer(asked)

    def rfm_people(
        self, cell: str, name: str | None = None, *, event: str = "purchase", days: int | None = None
    ) -> pa.Table:
        """Who is in a cell: customer_id, cell, recency, frequency, monetary, last_at, purchases, money."""

        def asked(connection: Connection) -> pa.Table:
            scope, bought = self._bought(connection, name, event, days)
            return rfm_people(connection, scope, bought, cell, days=days)

        return self._ws._store.answer(asked)

    def touchpoints(self, name: str | None = None) -> tuple[str, ...]:
        """The touchpoints of the log, the most frequent first."""
        return touchpoints(self._ws._store.connection(), self._ws.moves.scope(name)).names

    def touchpoint(self, text: str, names: Collection[str]) -> str | None:
        """The touchpoint of a name; None for `begin` and `end`. Raises UsageError where there is none such."""
        if text in (BEGIN, END) and text not in names:
            return None
        return self._met(text, names)

    def _met(self, text: str, names: Collection[str]) -> str:
        known = text if text in names else EVENTS_BY_SHORT.get(text, text)
        if known not in names:
            hint = did_you_mean(text, names) or "`tenure journeys` lists them."
            raise UsageError(f"There is no touchpoint {text!r} in the log.", hint=hint)
        return known

    def _touchpoints(self, connection: Connection, name: str | None, segment: str | None) -> Touchpoints:
        scope = self._ws.moves.scope(name)
        among = None
        if segment is not None:
            chosen = self._ws.moves.scope(segment)
            if not chosen.lifecycle.segment:
                raise UsageError(f"{segment!r} is a lifecycle, not a segment.", hint="Name a segment of the workspace.")
            if chosen.lifecycle.unit != scope.lifecycle.unit:
                raise UsageError(
                    f"{segment!r} is about a {chosen.lifecycle.unit}, {scope.lifecycle.name!r} about a "
                    f"{scope.lifecycle.unit}.",
                    hint="Take a segment of the same unit.",
                )
            among = f"SELECT unit FROM ({chosen.present()})"
        return touchpoints(connection, scope, among=among)

    def _occasion(self, connection: Connection, scope: Scope, text: str) -> Occasion:
        stages = scope.held.stages
        if text.startswith(_STAGE) or text in stages:
            return stage_entered(scope, text.removeprefix(_STAGE))
        return event_happened(connection, scope, self._binding(connection, scope, text, stages))

    def _binding(self, connection: Connection, scope: Scope, text: str, stages: tuple[str, ...] = ()) -> EventBinding:
        """What an event's name stands for. Raises UsageError where nothing is called that."""
        event = text.removeprefix(_EVENT)
        known = scope.lifecycle.events
        logged = "SELECT 1 FROM events WHERE name = ? LIMIT 1"
        if event not in known and event not in EVENTS and first_row(connection, logged, [event]) is None:
            named = "stage or event" if stages and text == event else "event"
            hint = did_you_mean(event, [*stages, *known, *EVENTS]) or "`tenure stages` lists the stages."
            raise UsageError(f"There is no {named} {event!r}.", hint=hint)
        return meaning(event, known)

    def _bought(
        self, connection: Connection, name: str | None, event: str, days: int | None
    ) -> tuple[Scope, EventBinding]:
        if days is not None:
            _above(days, "days")
        scope = self._ws.moves.scope(name)
        bought = self._binding(connection, scope, event)
        if not bought.values:
            raise UsageError(
                f"{event!r} has no value, which would tell how much was spent.", hint="Take purchase or order."
            )
        return scope, bought

    def _since(self, text: str) -> int:
        """The moment at which a time begins: of a date its midnight, not its end."""
        try:
            return midnight(self._ws.zone, date.fromisoformat(text))
        except ValueError:
            return self._ws.moment(text)


EVENTS_BY_SHORT = {event.short: event.name for event in EVENTS.values()}


def _one_way(to: str | None, start: str | None, days: int, steps: int) -> None:
    """Raises UsageError for what is asked about paths and cannot be."""
    if (to is None) == (start is None):
        raise UsageError("A path leads to something or from it.", hint="Name one of the two.")
    _above(days, "days")
    if not 1 <= steps <= MOST_STEPS:
        raise UsageError(f"{steps} steps cannot be told apart.", hint=f"Ask for 1 to {MOST_STEPS}.")


def _above(number: int, what: str) -> None:
    if number < 1:
        raise UsageError(f"{number} {what} are none.", hint="Give a number from 1 on.")
