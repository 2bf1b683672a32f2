"""What needs doing: open tasks, and what the log says that somebody should look at, the most money at stake first.

What the log says becomes a task as soon as somebody does something about it: it is done, put off or handed on as a task
of its own, and does not come again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.http import Http404
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from tenure.lifecycle.bound import meaning
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.periods import day_of, midnight
from tenure.lifecycle.roster import Asked
from tenure.server import holding
from tenure.server.access import tasks
from tenure.server.access.later import later
from tenure.server.access.people import Person, people_of, person
from tenure.server.access.reader import require
from tenure.server.access.renewals import Renewal, coming
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.spoken import in_this_language, length
from tenure.server.work.models import Task
from tenure.wording import clean
from tenure.workspace.timeline import Happened, Named

# what a line of the list is about
SORTS = ("task", "risk", "answer", "complaint", "renewal", "stuck")
# the source of the tasks that come of it
SOURCES = {"risk": "risk", "answer": "feedback", "complaint": "feedback", "renewal": "renewal", "stuck": "stuck"}
ANSWER_DAYS, COMPLAINT_DAYS, RENEWAL_DAYS = 30, 365, 90
_MOST = 500
_MOST_READ = 16
_FRESH = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """A line of the list: what it is about, who, why, since when (microseconds UTC), and the money at stake.

    `task` is the task that it is, None where the log says it and nobody has done anything yet. `source` and
    `reference` name it for the task that it becomes.
    """

    sort: str
    source: str
    reference: str
    customer: str
    title: str
    kind: str = "customer"
    detail: str = ""
    name: str = ""
    stage: str | None = None
    owner: str = ""
    at: int | None = None
    money: Decimal | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The lines, the most money first; how many there are of each sort; and the day since which the log was read.

    `working` tells that the log is still being read, and only tasks are there.
    """

    rows: tuple[ToDo, ...]
    counts: Mapping[str, int]
    since: date
    day: date
    working: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What the log said, when it was read (seconds of the monotonic clock), of which version of the lists."""

    rows: tuple[ToDo, ...]
    at: float
    version: str
    # kept, so that no other ones take their place in memory, and with it their id
    definitions: object


# by definitions, day and language: what is said of them is text
_read: dict[tuple[int, date, str], _Read] = {}
# what was read, the latest task then, and what no task was made of
_left: tuple[Sequence[ToDo], int, list[ToDo]] | None = None


def today(reader: User, *, whose: str = "mine", since: date | None = None, show: str = "") -> Today:
    """What needs doing, of one sort or of all.

    `mine` are one's own tasks and those that nobody owns, and what the log says of people whom no other user looks
    after; `all` is everybody's. `since` is by default the last working day.
    """
    require(reader, Right.WORK)
    now = tasks.today()
    first = since or last_working_day(now)
    told = said(first)
    rows = [*_tasks(reader, whose), *_unhandled(told or ())]
    if whose != "all":
        others = {name for user in tasks.owners(reader) if user.pk != reader.pk for name in _names(user)}
        rows = [row for row in rows if row.task is not None or row.owner.casefold() not in others]
    counts = {sort: sum(row.sort == sort for row in rows) for sort in SORTS}
    chosen = [row for row in rows if not show or row.sort == show]
    chosen.sort(key=lambda row: (-(row.money or 0), SORTS.index(row.sort), row.customer, row.reference))
    return Today(rows=tuple(chosen), counts=counts, since=first, day=now, working=told is None)


def last_working_day(day: date) -> date:
    """The last day before a day that is no Saturday or Sunday."""
    before = day - timedelta(days=1)
    while before.weekday() > 4:
        before -= timedelta(days=1)
    return before


def as_line(chosen: Task) -> ToDo:
    """A task as a line of the list."""
    there = people_of([chosen.customer], kind=chosen.kind)
    return _line(chosen, there.get(chosen.customer))


def line(reader: User, sort: str, reference: str, customer: str, title: str, detail: str = "") -> ToDo:
    """What the log said of somebody, as a line of the list. Raises Http404 where nobody has that id."""
    require(reader, Right.WORK)
    # as it was read, where it still is; else as it was sent
    for held in list(_read.values()):
        if held.definitions is holding.workspace().definitions:
            for row in held.rows:
                if (row.sort, row.reference, row.customer) == (sort, reference, customer):
                    return row
    who = people_of([customer]).get(customer)
    if who is None:
        raise Http404
    return _about(who, sort, reference, title or sort, at=None, detail=detail)


def said(since: date) -> tuple[ToDo, ...] | None:
    """What the log says since a day, whoever's the people are, at most a minute old; None while it is worked out first.

    Events arrive all the time; what people work through need not be read anew with each of them.
    """
    ws = holding.workspace()
    language = get_language() or ""
    key = (id(ws.definitions), since, language)
    held = _read.get(key)
    if held is not None and time.monotonic() - held.at < _FRESH:
        return held.rows
    if held is not None and held.version == ws.roster.version:
        _read[key] = replace(held, at=time.monotonic())
        return held.rows
    found = later(_reading, since, language)
    return held.rows if found is None and held is not None else found


def _reading(since: date, language: str) -> tuple[ToDo, ...]:
    ws = holding.workspace()
    version = ws.roster.version
    with override(language), in_this_language():
        rows = _said(since)
    while len(_read) >= _MOST_READ:
        _read.pop(next(iter(_read)), None)
    _read[(id(ws.definitions), since, language)] = _Read(
        rows=rows, at=time.monotonic(), version=version, definitions=ws.definitions
    )
    return rows


def _said(since: date) -> tuple[ToDo, ...]:
    ws = holding.workspace()
    if not ws.definitions.lifecycles or ws.refreshed_as_of is None:
        return ()
    lifecycle, begin = ws.lifecycle(), midnight(ws.zone, since)
    now = ws.refreshed_as_of
    return (
        *_at_risk(lifecycle, begin),
        *_answers(lifecycle, now - ANSWER_DAYS * DAY),
        *_complaints(lifecycle, now - COMPLAINT_DAYS * DAY),
        *_renewals(now),
        *_stuck(lifecycle, begin, now),
    )


def _at_risk(lifecycle: Lifecycle, since: int) -> Iterable[ToDo]:
    stages = tuple(stage.name for stage in lifecycle.stages if stage.phase == "risk")
    if not stages:
        return
    titles = {stage.name: stage.title for stage in lifecycle.stages}
    asked = Asked(stages=((lifecycle.name, stages),), entered_since=since - 1)
    for one in _listed(asked, lifecycle):
        yield _about(
            one, "risk", _stay(lifecycle, one), _("Came into %(stage)s") % {"stage": titles[one.stage or ""]},
            at=one.since,
        )  # fmt: skip


def _stuck(lifecycle: Lifecycle, since: int, now: int) -> Iterable[ToDo]:
    """Those who became so since a moment; whoever is gone, or a stranger, is not waited for."""
    limits = {one.stage: one.limit for one in holding.workspace().moves.stuck() if one.limit}
    for stage in lifecycle.stages:
        limit = limits.get(stage.name)
        if limit is None or stage.kind == "former" or stage.phase in ("reach", "risk", "gone"):
            continue
        asked = Asked(
            stages=((lifecycle.name, (stage.name,)),), entered_since=since - limit - 1, entered_before=now - limit
        )
        for one in _listed(asked, lifecycle):
            told = {"stage": stage.title, "time": length(now - (one.since or now))}
            yield _about(
                one, "stuck", _stay(lifecycle, one), _("In %(stage)s for %(time)s") % told, at=one.since,
                detail=_("Three quarters leave it within %(time)s.") % {"time": length(limit)},
            )  # fmt: skip


def _answers(lifecycle: Lifecycle, since: int) -> Iterable[ToDo]:
    bad = meaning("bad_score", lifecycle.events)
    found = holding.workspace().timeline.unanswered(
        Named(names=bad.events, where=bad.where), ["Follow-up Done"], since=since, limit=_MOST
    )
    there = people_of([one.customer for one in found if one.customer])
    for one in found:
        survey = str(one.properties.get("survey") or _("survey")).upper()
        told = {"survey": survey, "score": one.properties.get("score", "")}
        yield from _happened(one, there, "answer", _("Answered %(survey)s with %(score)s") % told,
                             str(one.properties.get("comment") or ""))  # fmt: skip


def _complaints(lifecycle: Lifecycle, since: int) -> Iterable[ToDo]:
    raised = meaning("complaint", lifecycle.events)
    found = holding.workspace().timeline.unanswered(
        Named(names=raised.events, where=raised.where), ["Case Resolved"], since=since, same="case_id", limit=_MOST
    )
    there = people_of([one.customer for one in found if one.customer])
    for one in found:
        topic = str(one.properties.get("topic") or "")
        title = _("Open complaint: %(topic)s") % {"topic": topic} if topic else _("Open complaint")
        detail = _("Severity: %(severity)s.") % one.properties if one.properties.get("severity") else ""
        yield from _happened(one, there, "complaint", title, detail)


def _renewals(now: int) -> Iterable[ToDo]:
    """Of terms of a quarter or longer; what is renewed every month needs nobody to think of it."""
    found = [
        one for one in coming()
        if one.due <= now + RENEWAL_DAYS * DAY and (one.months is None or one.months >= 3)
    ]  # fmt: skip
    found.sort(key=lambda one: (-(one.value or 0), one.due))
    there = people_of([one.customer for one in found[:_MOST]])
    for one in found[:_MOST]:
        if who := there.get(one.customer):
            yield replace(
                _about(who, "renewal", _renewal_reference(one), _renewal_title(one, now), at=one.due,
                       detail=_("Notice was given.") if one.noticed else ""),
                money=one.value if one.value is not None else who.money,
            )  # fmt: skip


def _renewal_title(one: Renewal, now: int) -> str:
    ws = holding.workspace()
    told = {"day": day_of(ws.zone, one.due).isoformat()}
    return _("Renewal was due on %(day)s") % told if one.due <= now else _("Renewal is due on %(day)s") % told


def _renewal_reference(one: Renewal) -> str:
    return f"{one.subscription or 'date'}/{one.due}"


def _happened(one: Happened, there: Mapping[str, Person], sort: str, title: str, detail: str) -> Iterable[ToDo]:
    if one.customer and (who := there.get(one.customer)):
        yield _about(who, sort, one.message_id, title, at=one.time, detail=clean(detail)[:300])


def _about(who: Person, sort: str, reference: str, title: str, *, at: int | None, detail: str = "") -> ToDo:
    return ToDo(
        sort=sort, source=SOURCES[sort], reference=reference, customer=who.id, title=clean(title)[:200], detail=detail,
        name=who.name, stage=who.stage, owner=who.owner, at=at, money=who.money,
    )  # fmt: skip


def _stay(lifecycle: Lifecycle, one: Person) -> str:
    return f"{lifecycle.name}/{one.stage}/{one.since}"


def _listed(asked: Asked, lifecycle: Lifecycle) -> list[Person]:
    found = holding.workspace().roster.look(asked, lifecycle.name, limit=_MOST, counted=False)
    return [person(row) for row in found.rows]


def _tasks(reader: User, whose: str) -> list[ToDo]:
    found = list(tasks.open_tasks(reader, whose=whose)[: 2 * _MOST])
    there = {
        kind: people_of([one.customer for one in found if one.kind == kind], kind=kind)
        for kind in {one.kind for one in found}
    }
    return [_line(one, there[one.kind].get(one.customer)) for one in found]


def _line(chosen: Task, who: Person | None) -> ToDo:
    # what somebody is worth now says more than what they were when the task was made
    stake = who.money if who is not None and chosen.source != "renewal" else chosen.money
    return ToDo(
        sort="task", source=chosen.source, reference=chosen.reference, customer=chosen.customer, kind=chosen.kind,
        title=chosen.title, detail=chosen.note, name=who.name if who else chosen.customer,
        stage=who.stage if who else None, owner=chosen.owner.get_full_name() if chosen.owner else "",
        money=stake, task=chosen,
    )  # fmt: skip


def _unhandled(rows: Sequence[ToDo]) -> list[ToDo]:
    """Those of which no task was made; the same ones as last time, where no task was made since."""
    global _left  # noqa: PLW0603 what was asked last
    known, latest = _left, tasks.latest()
    if known is None or known[0] is not rows or known[1] != latest:
        handled = tasks.handled(set(SOURCES.values()), [row.reference for row in rows])
        left = [row for row in rows if (row.source, row.reference, row.customer) not in handled]
        _left = known = rows, latest, left
    return known[2]


def _names(user: User) -> tuple[str, ...]:
    return tuple(name.casefold() for name in (user.username, user.get_full_name()) if name)
