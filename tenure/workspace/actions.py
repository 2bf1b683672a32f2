"""The actions of a workspace: lists of people who are treated, beside some who are held out: `ws.actions`.

with tenure.open("shop") as ws:
    at_risk = ws.people(stage="at_risk")
    ws.actions.start("Win back, June", at_risk, goal="order", days=30, channel="email", owner="ann")
    ws.actions.download("win-back-june")     # those treated, with what reaches them
    ws.actions.result("win-back-june").lift  # what it brought
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tenure.documents import did_you_mean
from tenure.engage.action import DAYS, SHARE, Action, Goal, Split, defined, identity, split
from tenure.engage.consent import MARKETING, Consents, consents
from tenure.engage.handed import CONTACT, handed
from tenure.engage.lift import Lift, Verdict, lift, verdict
from tenure.engage.outcome import TREATED, kinds_of, members, outcomes, treated
from tenure.engage.written import Begun, begun_actions, events_of
from tenure.errors import StoreError, UsageError
from tenure.events import EVENTS
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.periods import Period
from tenure.warehouse.connection import first_row
from tenure.warehouse.measures import CUSTOMER, MeasureKind, ensure, registered

if TYPE_CHECKING:
    from tenure.workspace.workspace import Workspace

# one at a time, so that two of the same name do not mix their people
_STARTING = Lock()
_EVER = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An action with how many it is for.

    `unknown` of the list are not known, or excluded; `again` tells that it was started before as it is and nothing was
    done now.
    """

    begun: Begun
    unknown: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """What an action brought, as of a moment: `finished` once its days are over, `verdict` what may be said of it."""

    begun: Begun
    lift: Lift
    as_of: int
    finished: bool
    verdict: Verdict

    @property
    def action(self) -> Action:
        """The action as it was laid down."""
        return self.begun.action


class Actions:
    """What was done with lists of people. An action is named by its name or its id."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace

    def start(
        self, name: str, people: pa.Table | Iterable[str], *, goal: str, days: int = DAYS,
        share: Decimal | float | str = SHARE, owner: str = "", kind: str = "download", channel: str | None = None,
        consent: str = "given", note: str = "", listed: str = "", lifecycle: str | None = None, at: str | None = None,
        purpose: str = MARKETING,
    ) -> Started:  # fmt: skip
        """The action, begun: an event in the log for everybody on the list, treated or held out.

        `people` are ids, or a table with a column customer_id; `listed` says which list that is. `goal` is an event of
        the condition language (`order`), or one with the property that tells its worth (`order.margin`). With
        `channel`, those are left out first who did not consent to it for the `purpose` (`consent="not_withdrawn"`: who
        took it back).
        `at` is when it began, by default now. An action that was started before with the same settings is given as it
        is. Raises UsageError for what cannot be, and where the name is taken by another one.
        """
        with _STARTING:
            started, parts = self._laid_down(
                name, people, goal=goal, days=days, share=share, owner=owner, kind=kind, channel=channel,
                consent=consent, note=note, listed=listed, lifecycle=lifecycle, at=at, purpose=purpose,
            )  # fmt: skip
            if parts is not None:
                recorded = self._ws.record(events_of(started.begun, parts))
                if recorded.refused or recorded.changed:
                    raise StoreError(f"{recorded.appended.rejected or recorded.changed} events were not taken.")
            return started

    def preview(
        self, name: str, people: pa.Table | Iterable[str], *, goal: str, days: int = DAYS,
        share: Decimal | float | str = SHARE, owner: str = "", kind: str = "download", channel: str | None = None,
        consent: str = "given", note: str = "", listed: str = "", lifecycle: str | None = None, at: str | None = None,
        purpose: str = MARKETING,
    ) -> Started:  # fmt: skip
        """What `start` would do; nothing is written."""
        started, _ = self._laid_down(
            name, people, goal=goal, days=days, share=share, owner=owner, kind=kind, channel=channel, consent=consent,
            note=note, listed=listed, lifecycle=lifecycle, at=at, purpose=purpose,
        )  # fmt: skip
        return started

    def list(self, *, as_of: str | None = None) -> tuple[ActionResult, ...]:
        """Every action with what it brought, the latest first."""
        return self._results(self._begun(self._moment(as_of)), self._moment(as_of))

    def result(self, name: str, *, as_of: str | None = None) -> ActionResult:
        """What an action brought, as of a moment. Raises UsageError where there is none of that name."""
        moment = self._moment(as_of)
        return self._results((self._named(name, moment),), moment)[0]

    def download(self, name: str, *, lifecycle: str | None = None, traits: Sequence[str] = CONTACT) -> pa.Table:
        """Those whom an action treats, the most money first; never those held out.

        Columns: customer_id, the `traits` that the log knows, `consent_` and each channel (yes, no or null), stage,
        money. Who has taken back the consent to the action's channel since it began is left out, and counts all the
        same.
        """
        begun = self._named(name, self._moment(None))
        numbers = self._numbers(TREATED)
        connection = self._ws._store.connection()
        return handed(
            connection, self._scope(lifecycle), treated(begun.action.id, numbers[TREATED]),
            self.consents(), traits=traits, channel=begun.action.channel, purpose=begun.action.purpose,
        )  # fmt: skip

    def members(self, name: str, *, held_out: bool = False, converted: bool = False) -> tuple[str, ...]:
        """The ids of those whom an action treats, or held out; with `converted` those who reached the goal."""
        moment = self._moment(None)
        action = self._named(name, moment).action
        numbers = self._numbers(*kinds_of([action]))
        chosen = members(action, numbers, held_out=held_out, converted=converted, as_of=moment)
        rows = (
            self._ws._store.connection().execute(f"SELECT id FROM units WHERE key IN ({chosen}) ORDER BY id").fetchall()
        )
        return tuple(known for (known,) in rows)

    def channels(self) -> tuple[str, ...]:
        """The channels of which the log knows any consent."""
        return self.consents().channels

    def purposes(self) -> tuple[str, ...]:
        """The purposes of which the log knows any consent, and marketing."""
        return self.consents().purposes

    def consents(self, *, as_of: int | None = None) -> Consents:
        """What everybody agreed to up to a moment (microseconds UTC; default: now)."""
        moment = self._moment(None) if as_of is None else as_of
        return consents(self._ws._store.connection(), as_of=moment, traits=self._ws.definitions.config.consent)

    def _laid_down(
        self, name: str, people: pa.Table | Iterable[str], *, goal: str, days: int, share: Decimal | float | str,
        owner: str, kind: str, channel: str | None, consent: str, note: str, listed: str, lifecycle: str | None,
        at: str | None, purpose: str,
    ) -> tuple[Started, Split | None]:  # fmt: skip
        scope = self._scope(lifecycle)
        moment = self._moment(at)
        if moment > self._moment(None):
            raise UsageError(f"{at} is still to come.", hint="An action begins now, or began in the past.")
        action = defined(
            name, goal=self._goal(goal, scope), started_at=moment, days=days, share=share, owner=owner, kind=kind,
            channel=channel, consent=consent, note=note, people=listed, purpose=purpose,
        )  # fmt: skip
        # whatever its time, a name is given once
        before = {one.action.id: one for one in self._begun(_EVER)}
        if (found := before.get(action.id)) is not None:
            _same(found.action, action)
            return Started(begun=found, again=True), None
        asked = pa.chunked_array([_ids(people)]).combine_chunks()
        allowed, unknown, left_out = self._allowed(scope, action, asked)
        if not len(allowed) and left_out:
            raise UsageError(
                f"Nobody on the list has consented to {action.channel}.",
                hint="Take another channel, or leave the channel out where none is needed.",
            )
        if not len(allowed) and unknown:
            raise UsageError(
                "Nobody on the list is known, or all of them are excluded.", hint="`tenure people` lists the ids."
            )
        parts = split(action.id, allowed.to_pylist(), action.share)
        begun = Begun(action=action, treated=len(parts.treated), held_out=len(parts.held_out), left_out=left_out)
        return Started(begun=begun, unknown=unknown), parts

    def _allowed(self, scope: Scope, action: Action, asked: pa.Array) -> tuple[pa.Array, int, int]:
        """Those of the ids who may be reached, how many are not known, and how many are left out."""
        # what will be read of it, so that the log is gone through once
        self._numbers(*kinds_of([action]))
        connection = self._ws._store.connection()
        given, joined = "CAST(NULL AS BOOLEAN)", ""
        if action.channel is not None:
            known = self.consents(as_of=action.started_at)
            _check(known, action)
            said_sql = known.last(action.channel, action.purpose)
            given, joined = "said.given", f"LEFT JOIN ({said_sql}) AS said USING (unit)"
        people = connection.sql(
            f"SELECT units.id, {given} AS given FROM ({scope.born(by=action.started_at)}) AS born "
            f"JOIN units ON units.key = born.unit {joined}"
        ).to_arrow_table()
        places = pc.index_in(asked, value_set=people["id"])
        found = asked.filter(places.is_valid())
        unknown = len(asked) - len(found)
        if action.channel is None:
            return found, unknown, 0
        said = people["given"].take(places.drop_null())
        may = pc.fill_null(said, action.consent == "not_withdrawn")
        allowed = found.filter(may.combine_chunks() if isinstance(may, pa.ChunkedArray) else may)
        return allowed, unknown, len(found) - len(allowed)

    def _goal(self, text: str, scope: Scope) -> Goal:
        """What a goal means now. Raises UsageError where no event is called that."""
        word = text.strip()
        known = scope.lifecycle.events
        event, dot, value = (word, "", "") if word in EVENTS else word.partition(".")
        logged = "SELECT 1 FROM events WHERE name = ? LIMIT 1"
        connection = self._ws._store.connection()
        if event not in known and event not in EVENTS and first_row(connection, logged, [event]) is None:
            hint = did_you_mean(event, [*known, *EVENTS]) or "Name one of the condition language: order, signup, visit."
            raise UsageError(f"There is no event {event!r}.", hint=hint)
        if dot and not value:
            raise UsageError(f"{text!r} names no property.", hint=f"Write {event}, or {event}.revenue.")
        meant = meaning(event, known)
        return Goal(text=word, events=meant.events, where=meant.where, values=(value,) if value else meant.values)

    def _begun(self, as_of: int) -> tuple[Begun, ...]:
        return begun_actions(self._ws._store.connection(), as_of=as_of)

    def _named(self, name: str, as_of: int) -> Begun:
        begun = self._begun(as_of)
        asked = identity(name)
        for one in begun:
            if one.action.id == asked:
                return one
        hint = did_you_mean(asked, [one.action.id for one in begun]) or (
            "`tenure actions` lists them." if begun else "Start one with `tenure act`."
        )
        raise UsageError(f"There is no action {name!r}.", hint=hint)

    def _results(self, begun: Sequence[Begun], as_of: int) -> tuple[ActionResult, ...]:
        actions = [one.action for one in begun]
        found = outcomes(self._ws._store.connection(), actions, self._numbers(*kinds_of(actions)), as_of=as_of)
        results = []
        for one in begun:
            told = lift(*found[one.action.id])
            finished = as_of >= one.action.ends_at
            results.append(
                ActionResult(
                    begun=one, lift=told, as_of=as_of, finished=finished, verdict=verdict(told, finished=finished)
                )
            )
        return tuple(results)

    def _numbers(self, *kinds: MeasureKind) -> Mapping[MeasureKind, int]:
        """The numbers of the kinds in the store; what was never read of the log is extracted first."""
        known = registered(self._ws._store.connection())
        if not set(kinds) - known.keys():
            return known
        with self._ws._store.transaction() as connection:
            return ensure(connection, kinds)

    def _scope(self, lifecycle: str | None) -> Scope:
        scope = self._ws.moves.scope(lifecycle)
        if scope.lifecycle.unit != CUSTOMER:
            raise UsageError(
                f"An action is for people, and {scope.lifecycle.name!r} is about a {scope.lifecycle.unit}.",
                hint="Take a lifecycle of people.",
            )
        return scope

    def _moment(self, text: str | None) -> int:
        """A moment, by default the workspace's own present: actions go on between two runs."""
        return self._ws.as_of if text is None else self._ws.moment(text)


def done_and_lift(ws: Workspace, period: Period) -> tuple[ActionResult, ...]:
    """The actions that ran in a period, the latest first, with all that is known of what they brought."""
    found = ws.actions.list()
    return tuple(
        one for one in found if one.action.started_at < period.ends and one.action.ends_at >= period.begins
    )  # fmt: skip


def _same(found: Action, asked: Action) -> None:
    """Nothing; raises UsageError where an action of that name is another one."""
    told = {
        "goal": "goal", "days": "number of days", "share": "share held out", "channel": "channel", "owner": "owner",
        "consent": "rule of consent", "kind": "kind", "purpose": "purpose",
    }  # fmt: skip
    meant = replace(asked, goal=found.goal if found.goal.text == asked.goal.text else asked.goal)
    differing = [word for name, word in told.items() if getattr(found, name) != getattr(meant, name)]
    if differing or found.name.casefold() != asked.name.casefold():
        what = f"with another {differing[0]}" if differing else f"called {found.name!r}"
        raise UsageError(f"There is an action {found.id!r} already, {what}.", hint="Give this one another name.")


def _ids(people: pa.Table | Iterable[str]) -> pa.Array:
    """The ids of a list, each once."""
    if isinstance(people, pa.Table):
        if "customer_id" not in people.column_names:
            raise UsageError("The list has no column customer_id.", hint=f"It has {', '.join(people.column_names)}.")
        people = people["customer_id"].to_pylist()
    return pa.array(list(dict.fromkeys(one for one in people if one)), type=pa.string())


def _check(known: Consents, action: Action) -> None:
    if action.channel not in known.channels and action.consent == "given":
        heard = f"It knows of {', '.join(known.channels)}." if known.channels else ""
        raise UsageError(
            f"The log knows of no consent to {action.channel}. {heard}".strip(),
            hint="Import events `Consent Given`, or leave out only those who took it back: --consent not_withdrawn.",
        )
