"""Actions: a list of people, what they are to do, a share held out; laid down, begun, handed over, and what it brought.

Figures of actions are for everybody who sees figures; names only for those who see people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
from django.db import transaction

from tenure.engage.action import DAYS, SHARE
from tenure.engage.consent import MARKETING
from tenure.engage.handed import harmless
from tenure.engage.lift import detectable
from tenure.errors import UsageError
from tenure.events import STANDARD
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.periods import day_of
from tenure.lifecycle.roster import Asked
from tenure.server import holding, loops
from tenure.server.access.kept import kept
from tenure.server.access.people import ids_of
from tenure.server.access.reader import Reader, require
from tenure.server.access.tasks import owner_of
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import Task
from tenure.workspace.actions import ActionResult, Started

ARMS = ("treated", "held_out")
_BATCH = 1_000
_WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What somebody asks of an action; `owner` is a user's name or empty, `channel` empty for any."""

    name: str
    goal: str
    days: int = DAYS
    share: Decimal = SHARE
    owner: str = ""
    kind: str = "download"
    channel: str = ""
    consent: str = "given"
    note: str = ""
    purpose: str = MARKETING


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """What would begin, and the smallest gain that would show if one in ten came anyway (a share; None: no gain)."""

    started: Started
    detectable: float | None


def actions(reader: Reader) -> tuple[ActionResult, ...]:
    """Every action with what it brought so far, the latest first."""
    require(reader, Right.FIGURES)
    return tuple(_shown(reader, one) for one in _results())


def action(reader: Reader, name: str) -> ActionResult | None:
    """An action with what it brought so far; None where there is none of that id."""
    require(reader, Right.FIGURES)
    return next((_shown(reader, one) for one in _results() if one.action.id == name), None)


def _shown(reader: Reader, found: ActionResult) -> ActionResult:
    """The action as a reader may see it: what its list was searched by, and its note, may name people."""
    if reader.may(Right.PEOPLE):
        return found
    return replace(found, begun=replace(found.begun, action=replace(found.action, people="", note="")))


def members(reader: Reader, name: str, arm: str, *, converted: bool = False) -> tuple[str, ...]:
    """The ids of those whom an action treats, or held out; with `converted` those who reached the goal."""
    require(reader, Right.PEOPLE)
    if arm not in ARMS:
        raise UsageError(f"An action has no side {arm[:40]!r}.", hint=f"There are: {', '.join(ARMS)}.")
    return holding.workspace().actions.members(name, held_out=arm == "held_out", converted=converted)


@kept(4)
def goals() -> tuple[tuple[str, int], ...]:
    """The short names of events that people did, each with how many there are: the commonest first."""
    ws = holding.workspace()
    counted = ws.roster.events()
    own = ws.definitions.lifecycles[0].events if ws.definitions.lifecycles else {}
    told = {}
    for name in {**STANDARD, **own}:
        meant = meaning(name, own)
        if meant.where is None and (count := sum(counted.get(event, 0) for event in meant.events)):
            told[name] = count
    first = [name for name in ("purchase", "order") if name in told]
    rest = sorted((name for name in told if name not in first), key=lambda name: (-told[name], name))
    return tuple((name, told[name]) for name in [*first, *rest])


def channels(reader: Reader) -> tuple[str, ...]:
    """The channels of which the log knows any consent."""
    require(reader, Right.FIGURES)
    return holding.workspace().actions.channels()


def purposes(reader: Reader) -> tuple[str, ...]:
    """The purposes of which the log knows any consent, and marketing."""
    require(reader, Right.FIGURES)
    return holding.workspace().actions.purposes()


def preview(user: User, asked: Asked, form: Form, *, lifecycle: str | None = None, listed: str = "") -> Previewed:
    """What `start` would do; nothing is written. Raises UsageError for what cannot be."""
    ids = _asked_for(user, asked, form, lifecycle)
    found = holding.workspace().actions.preview(
        form.name, ids, goal=form.goal, days=form.days, share=form.share, owner=form.owner, kind=form.kind,
        channel=form.channel or None, consent=form.consent, note=form.note, listed=listed,
        purpose=form.purpose,
    )  # fmt: skip
    people = found.begun.treated + found.begun.held_out
    share = found.begun.held_out / people if people else 0
    return Previewed(started=found, detectable=detectable(people, share, 0.1) if 0 < share < 1 else None)


def start(
    user: User, asked: Asked, form: Form, *, lifecycle: str | None = None, listed: str = "", address: str | None = None
) -> Future[Started]:
    """The action, to come, begun between two rounds of the loops: its events in the log, its tasks made.

    Starting what was started before as it is gives that, and makes no task twice. Raises UsageError for what cannot be.
    """
    # what is wrong with it is told at once, and not by a thread
    form = replace(form, name=" ".join(form.name.split()))
    preview(user, asked, form, lifecycle=lifecycle, listed=listed)
    ids = ids_of(user, asked, lifecycle=lifecycle)

    def begin() -> Started:
        with holding.writing:
            ws = holding.workspace()
            found = ws.actions.start(
                form.name, ids, goal=form.goal, days=form.days, share=form.share, owner=form.owner, kind=form.kind,
                channel=form.channel or None, consent=form.consent, note=form.note, listed=listed,
                purpose=form.purpose,
            )  # fmt: skip
            if not found.again:
                ws.roster.refresh()
        begun = found.begun
        made = _make_tasks(user, form, begun.action.id) if form.kind == "tasks" else 0
        record(
            user, "started an action", begun.action.name, address=address, treated=begun.treated,
            held_out=begun.held_out, left_out=begun.left_out, tasks=made, again=found.again,
        )  # fmt: skip
        return found

    return loops.ask(f"begins the action {form.name}", begin)


def handed_over(user: User, name: str, *, address: str | None = None) -> pa.Table:
    """Those whom an action treats, with how to reach them and their consent per channel, harmless in spreadsheets."""
    require(user, Right.EXPORT)
    require(user, Right.ACT)
    table = harmless(holding.workspace().actions.download(name))
    record(user, "exported an action", name, address=address, rows=table.num_rows)
    return table


def tasks_of_action(reader: Reader, name: str) -> Mapping[str, int]:
    """How many tasks an action made, by state."""
    require(reader, Right.FIGURES)
    counted: dict[str, int] = {}
    for state in Task.objects.filter(source="action", reference=name).values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


def _asked_for(user: User, asked: Asked, form: Form, lifecycle: str | None) -> Sequence[str]:
    require(user, Right.ACT)
    if not form.name.strip():
        raise UsageError("An action needs a name.", hint="Say what it is: Win back, June.")
    if len(form.name) > 100 or len(form.note) > 2_000:
        raise UsageError("The name or the note is too long.", hint="A name has at most 100 letters.")
    if not form.goal.strip():
        raise UsageError("An action needs a goal.", hint="Name an event, such as purchase.")
    if form.owner:
        owner_of(user, form.owner)
    return ids_of(user, asked, lifecycle=lifecycle)


def _make_tasks(user: User, form: Form, name: str) -> int:
    """How many tasks were made: one for everybody whom the action treats; those that are there stay."""
    ws = holding.workspace()
    people = ws.actions.download(name, traits=()).select(["customer_id", "money"]).to_pylist()
    owner = owner_of(user, form.owner) if form.owner else None
    title = form.name[:200]
    begun = next(one.begun.action for one in ws.actions.list() if one.action.id == name)
    # work that waits for the last day comes too late to count
    due: date = day_of(ws.zone, min(begun.started_at + _WEEK, begun.ends_at))
    with transaction.atomic():
        before = Task.objects.filter(source="action", reference=name).count()
        Task.objects.bulk_create(
            [
                Task(
                    title=title, customer=one["customer_id"], owner=owner, due_on=due, money=one["money"],
                    source="action", reference=name, note=form.note, created_by=user,
                )
                for one in people
            ],
            batch_size=_BATCH, ignore_conflicts=True,
        )  # fmt: skip
        return Task.objects.filter(source="action", reference=name).count() - before


@kept(2)
def _results() -> tuple[ActionResult, ...]:
    return holding.workspace().actions.list()
