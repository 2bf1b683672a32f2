"""Tasks: what is to be done about somebody, by whom and by when; each change is kept with its event.

A task is named by its number. What it came from (`source`) and the id of that (`reference`) make it one: a second task
about the same answer or move is not made, the first is given.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_noop

from tenure.errors import UsageError
from tenure.lifecycle.periods import day_of
from tenure.lifecycle.roster import Asked
from tenure.server import holding
from tenure.server.access.reader import require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import RIGHTS, Right
from tenure.server.work.models import Task
from tenure.server.work.timeline import moment, tell

LONGEST_TITLE = 200
MOST_DAYS = 366
# whoever did a task of one of these got back to somebody
_FOLLOWED_UP = ("feedback", "risk", "stuck")
OUTCOMES = (gettext_noop("reached"), gettext_noop("no answer"), gettext_noop("call again"))


def today() -> date:
    """The day of the moment as of which the workspace speaks, by its clocks."""
    ws = holding.workspace()
    return day_of(ws.zone, ws.as_of)


def task(reader: User, number: int) -> Task:
    """The task of a number. Raises Http404 where there is none."""
    require(reader, Right.WORK)
    found = Task.objects.select_related("owner").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def open_tasks(reader: User, *, whose: str = "mine") -> QuerySet[Task]:
    """The open tasks that are due or without a day, not those put off: `mine` and those nobody owns, or `all`."""
    require(reader, Right.WORK)
    now = today()
    found = Task.objects.select_related("owner").filter(
        Q(snoozed_until=None) | Q(snoozed_until__lte=now), state=Task.State.OPEN
    )
    if whose != "all":
        found = found.filter(Q(owner=reader) | Q(owner=None))
    return found.order_by("due_on", "pk")


def tasks_of(reader: User, customer: str, *, kind: str = "customer", most: int = 50) -> Sequence[Task]:
    """The tasks about somebody, open ones first, then the newest."""
    require(reader, Right.WORK)
    # open, done, dropped: the other way round by name
    found = Task.objects.select_related("owner").filter(customer=customer, kind=kind)
    return list(found.order_by("-state", "-pk")[:most])


def owners(reader: User) -> Sequence[User]:
    """The users who may own tasks and people."""
    require(reader, Right.WORK)
    roles = [role.value for role, rights in RIGHTS.items() if Right.WORK in rights]
    return list(User.objects.filter(is_active=True, role__in=roles).order_by("username"))


def owner_of(reader: User, username: str) -> User | None:
    """The user of that name who may own tasks; None for an empty name. Raises UsageError where there is none."""
    if not username:
        return None
    found = next((one for one in owners(reader) if one.username == username), None)
    if found is None:
        raise UsageError("There is nobody of that name who may have tasks.")
    return found


def create(
    reader: User, customer: str, title: str, *, kind: str = "customer", owner: User | None = None,
    due_on: date | None = None, note: str = "", source: str = "hand", reference: str = "",
    money: Decimal | None = None,
) -> Task:  # fmt: skip
    """A new task about somebody; the one there is already for its source and reference.

    `money` is what is at stake, by default what they are worth now.
    Raises Http404 where nobody has that id, UsageError where the task has no title.
    """
    require(reader, Right.WORK)
    title = " ".join(title.split())[:LONGEST_TITLE]
    if not title:
        raise UsageError("A task needs a title.", hint="Say in a few words what is to be done.")
    if due_on is not None and abs(due_on - today()) > timedelta(days=10 * MOST_DAYS):
        raise UsageError(f"{due_on} is too far away to be due.")
    now = worth(customer, kind)
    made = Task(
        title=title, customer=customer, kind=kind, owner=owner, due_on=due_on, note=note.strip()[:5000],
        money=now if money is None else money, source=source[:40], reference=reference[:300], created_by=reader,
    )  # fmt: skip
    with transaction.atomic():
        if reference and (there := _same(made)):
            return there
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:
            # somebody else was quicker by a moment
            if there := _same(made):
                return there
            raise
        _told(reader, made, "Task Created", "made a task")
    return made


def take(reader: User, chosen: Task) -> Task:
    """The task, owned by whoever takes it."""
    return _changed(reader, chosen, "taken", owner=reader)


def reassign(reader: User, chosen: Task, owner: User | None) -> Task:
    """The task with another owner, or none."""
    return _changed(reader, chosen, "reassigned", owner=owner)


def snooze(reader: User, chosen: Task, days: int) -> Task:
    """The task, put off by so many days from today."""
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"A task is put off by 1 to {MOST_DAYS} days, not {days}.")
    return _changed(reader, chosen, "snoozed", snoozed_until=today() + timedelta(days=days))


def reopen(reader: User, chosen: Task) -> Task:
    """The task, to be done after all."""
    return _changed(
        reader, chosen, "reopened", state=Task.State.OPEN, done_at=None, done_by=None, outcome="", snoozed_until=None
    )


def done(reader: User, chosen: Task, outcome: str = "") -> Task:
    """The task as done, with what came of it; nothing where it was closed already."""
    return _closed(reader, chosen, Task.State.DONE, outcome)


def drop(reader: User, chosen: Task, reason: str = "") -> Task:
    """The task, given up."""
    return _closed(reader, chosen, Task.State.DROPPED, reason)


def log_call(
    reader: User, customer: str, outcome: str, *, kind: str = "customer", note: str = "", chosen: Task | None = None
) -> None:
    """Nothing; a call with somebody is in the timeline. `chosen` is the task that it was about.

    Raises Http404 where nobody has that id, UsageError for an outcome that is not one.
    """
    require(reader, Right.WORK)
    if outcome not in OUTCOMES:
        raise UsageError(f"There is no outcome {outcome[:40]!r} of a call.", hint=f"There are: {', '.join(OUTCOMES)}.")
    worth(customer, kind)
    told: dict[str, Any] = {"direction": "out", "outcome": outcome, "staff": reader.get_full_name()}
    if note.strip():
        told["note"] = note.strip()[:2000]
    if chosen is not None:
        told["task_id"] = f"task-{chosen.pk}"
    with transaction.atomic():
        tell("Call Logged", customer, told, by=reader.username, kind=kind)
        record(reader, "logged a call", customer, outcome=outcome)


def assign(reader: User, customers: Sequence[str], owner: User | None, *, accounts: Sequence[str] = ()) -> int:
    """How many people have an owner now, or none any more; those without a known id are left alone.

    `accounts` notes that they were chosen as the people of those.
    """
    require(reader, Right.WORK)
    name = owner.get_full_name() if owner else None
    known, now = _known(customers), moment()
    with transaction.atomic():
        for customer in known:
            tell("Identified", customer, {}, by=reader.username, time=now, traits={"owner": name})
        if known:
            one = known[0] if len(known) == 1 else f"{len(known)} people"
            what = f"accounts {', '.join(accounts)}"[:300] if accounts else one
            record(reader, "gave an owner", what, owner=name, people=len(known))
    return len(known)


def worth(customer: str, kind: str = "customer") -> Decimal | None:
    """What somebody is worth now; None where it is not known yet. Raises Http404 where nobody has that id."""
    ws = holding.workspace()
    found = ws.roster.look(Asked(kind=kind, ids=(customer,)), limit=1, counted=False).rows
    if found:
        return Decimal(str(found[0]["money"]))
    if not customer or not ws.knows(customer):
        raise Http404
    return None


def made_for(source: str, references: Sequence[str]) -> Mapping[tuple[str, str], Task]:
    """The tasks that were made for things of a source, by the thing's id and the customer's."""
    found: dict[tuple[str, str], Task] = {}
    # databases limit how many values a question may have
    for begin in range(0, len(references), 500):
        rows = Task.objects.select_related("owner", "done_by").filter(
            source=source, reference__in=references[begin : begin + 500]
        )
        found |= {(one.reference, one.customer): one for one in rows}
    return found


def latest() -> int:
    """The number of the task that was made last; 0 where there is none."""
    return Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def handled(sources: Collection[str], references: Sequence[str]) -> set[tuple[str, str, str]]:
    """Of which things of these sources tasks were made: source, id of the thing, and customer."""
    found: set[tuple[str, str, str]] = set()
    for begin in range(0, len(references), 500):
        rows = Task.objects.filter(source__in=sources, reference__in=references[begin : begin + 500])
        found |= set(rows.values_list("source", "reference", "customer"))
    return found


def _known(customers: Sequence[str]) -> list[str]:
    wanted = tuple(dict.fromkeys(customers))
    rows = holding.workspace().roster.look(Asked(ids=wanted), limit=len(wanted) or 1, counted=False).rows
    there = {str(row["id"]) for row in rows}
    return [one for one in wanted if one in there]


def _same(made: Task) -> Task | None:
    """The task there is already for the same thing."""
    return Task.objects.filter(
        source=made.source, reference=made.reference, kind=made.kind, customer=made.customer
    ).first()


def _changed(reader: User, chosen: Task, change: str, **fields: Any) -> Task:
    require(reader, Right.WORK)
    with transaction.atomic():
        for name, value in fields.items():
            setattr(chosen, name, value)
        chosen.save(update_fields=list(fields))
        _told(reader, chosen, "Task Changed", f"{change} a task", change=change)
    return chosen


def _closed(reader: User, chosen: Task, state: Any, outcome: str) -> Task:
    require(reader, Right.WORK)
    told = outcome.strip()[:300]
    with transaction.atomic():
        # only once, whoever else closes it at the same moment
        closed = Task.objects.filter(pk=chosen.pk, state=Task.State.OPEN).update(
            state=state, outcome=told, done_at=timezone.now(), done_by=reader
        )
        chosen.refresh_from_db()
        if closed and state == Task.State.DONE:
            _told(reader, chosen, "Task Completed", "did a task", outcome=told)
            if chosen.source in _FOLLOWED_UP:
                followed = {"outcome": told, "staff": reader.get_full_name(), "task_id": f"task-{chosen.pk}"}
                tell("Follow-up Done", chosen.customer, followed, by=reader.username, kind=chosen.kind)
        elif closed:
            _told(reader, chosen, "Task Dropped", "dropped a task", reason=told)
    return chosen


def _told(reader: User, chosen: Task, event: str, did: str, **more: str) -> None:
    """Writes the event and the entry of a change of a task."""
    properties: dict[str, Any] = {"task_id": f"task-{chosen.pk}", "title": chosen.title}
    if chosen.owner:
        properties["owner"] = chosen.owner.get_full_name()
    if chosen.due_on:
        properties["due_at"] = chosen.due_on.isoformat()
    if chosen.snoozed_until:
        properties["snoozed_until"] = chosen.snoozed_until.isoformat()
    properties |= {name: value for name, value in more.items() if value}
    tell(event, chosen.customer, properties, by=reader.username, kind=chosen.kind)
    record(reader, did, f"{chosen.title} ({chosen.customer})"[:300], task=chosen.pk)
