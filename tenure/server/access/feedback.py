"""What people say: answers, reviews and complaints in one stream, each with what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.http import Http404

from tenure.errors import UsageError
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.roster import Asked
from tenure.server import holding
from tenure.server.access import tasks
from tenure.server.access.happenings import number_of
from tenure.server.access.kept import kept
from tenure.server.access.people import PAGE, Person, person
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.server.work.models import Task
from tenure.wording import clean
from tenure.workspace.timeline import Happened, Named, Place

SOURCE = "feedback"
KINDS = ("answer", "review", "complaint")
MOODS = ("bad", "middling", "good")
_ANSWERS, _REVIEWS = ("Survey Answered",), ("Product Reviewed", "Review Posted")
# the scales of the surveys that have one; other surveys have answers, and no mood
_GOOD = "survey == 'nps' and score >= 9 or survey == 'csat' and score >= 4 or survey == 'ces' and score >= 6"
_BAD = "survey == 'nps' and score <= 6 or survey == 'csat' and score <= 2 or survey == 'ces' and score <= 3"
_SCALED = "survey in ('nps', 'csat', 'ces')"
_STARS = {"bad": "rating <= 2", "middling": "rating > 2 and rating < 4", "good": "rating >= 4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackAsked:
    """What of it is asked for; what is empty asks nothing.

    `kind` is one of KINDS, `mood` of MOODS, `stage` where the person is now, `product` an id, `survey` a name; `days`
    how far back, `text` only what says something in words.
    """

    kind: str = ""
    mood: str = ""
    stage: str = ""
    product: str = ""
    survey: str = ""
    days: int = 90
    text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that was said, by whom (None: not in the lists) and when.

    `score` is on the scale up to `best`; `answers` are those chosen of a list. `task` is the follow-up in the
    application, `answered_at` when the company got back to them by the log (microseconds UTC).
    """

    message_id: str
    kind: str
    about: str
    time: int
    customer: str
    person: Person | None
    score: Decimal | None
    best: int | None
    mood: str
    text: str
    answers: tuple[str, ...]
    product: str
    answered_at: int | None
    place: Place
    task: Task | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A page of the stream, the newest first; and where the next one begins, None at the end."""

    rows: tuple[Said, ...]
    following: Place | None
    lifecycle: Lifecycle


def feedback(reader: Reader, asked: FeedbackAsked, *, before: Place | None = None, limit: int = PAGE) -> Feedback:
    """What was said, the newest first, before a place in the stream."""
    require(reader, Right.PEOPLE)
    stream = _stream(asked, before, limit)
    return Feedback(
        rows=_with_tasks(stream), following=stream[-1].place if len(stream) == limit else None,
        lifecycle=holding.workspace().lifecycle(),
    )  # fmt: skip


@kept(most=64)
def _stream(asked: FeedbackAsked, before: Place | None, limit: int) -> tuple[Said, ...]:
    """What was said, without what is done about it here; for those who may see people."""
    ws = holding.workspace()
    lifecycle = ws.lifecycle()
    now = ws.refreshed_as_of or ws.as_of
    only = Asked(stages=((lifecycle.name, (asked.stage,)),)) if asked.stage else None
    since = now - asked.days * DAY
    return _said(ws.timeline.feed(wanted(asked, lifecycle), before=before, limit=limit, since=since, asked=only))


def said(reader: Reader, customer: str, message_id: str) -> Said:
    """One thing that somebody said. Raises Http404 where they did not."""
    require(reader, Right.PEOPLE)
    names = (*_ANSWERS, *_REVIEWS, *meaning("complaint", holding.workspace().lifecycle().events).events)
    found = holding.workspace().timeline.of(customer, names, limit=1_000)
    one = next((row for row in found if row.message_id == message_id), None)
    if one is None:
        raise Http404
    return _with_tasks(_said([one]))[0]


def wanted(asked: FeedbackAsked, lifecycle: Lifecycle) -> tuple[Named, ...]:
    """The events that are asked for. Raises UsageError for what is none of the words."""
    for word, known, what in ((asked.kind, KINDS, "kind"), (asked.mood, MOODS, "mood")):
        if word and word not in known:
            raise UsageError(f"There is no {what} {word[:40]!r} of feedback.", hint=f"There are: {', '.join(known)}.")
    complaint = meaning("complaint", lifecycle.events)
    raised = Named(names=complaint.events, where=complaint.where)
    answers = [_mood_of_answers(asked.mood)] if asked.mood else []
    reviews = [_STARS[asked.mood]] if asked.mood else []
    complaints = [raised.where] if raised.where else []
    if asked.survey:
        answers.append(f"survey == {asked.survey!r}")
    if asked.product:
        for conditions in (answers, reviews, complaints):
            conditions.append(f"product_id == {asked.product!r}")
    if asked.text:
        answers.append("comment is not None")
        reviews.append("review_body is not None")
    found = []
    if asked.kind in ("", "answer"):
        found.append(Named(names=_ANSWERS, where=_all(answers)))
    if asked.kind in ("", "review") and not asked.survey:
        found.append(Named(names=_REVIEWS, where=_all(reviews)))
    if asked.kind in ("", "complaint") and asked.mood in ("", "bad") and not asked.survey and not asked.text:
        found.append(Named(names=raised.names, where=_all(complaints)))
    return tuple(found)


def _mood_of_answers(mood: str) -> str:
    return {"bad": _BAD, "good": _GOOD}.get(mood, f"{_SCALED} and not ({_BAD}) and not ({_GOOD})")


def _all(conditions: Sequence[str]) -> str | None:
    return " and ".join(f"({one})" for one in conditions) or None


def _with_tasks(rows: Sequence[Said]) -> tuple[Said, ...]:
    made = tasks.made_for(SOURCE, [row.message_id for row in rows])
    return tuple(replace(row, task=made.get((row.message_id, row.customer))) for row in rows) if made else tuple(rows)


def _said(found: Sequence[Happened]) -> tuple[Said, ...]:
    if not found:
        return ()
    ws = holding.workspace()
    ids = tuple(dict.fromkeys(one.customer for one in found if one.customer))
    rows = ws.roster.look(Asked(ids=ids), limit=len(ids) or 1, counted=False).rows
    there = {str(row["id"]): person(row) for row in rows}
    replies = ws.timeline.feed(
        ["Follow-up Done", "Case Resolved"], since=min(one.time for one in found), limit=1_000,
        asked=Asked(ids=ids),
    )  # fmt: skip
    return tuple(_one(one, there.get(one.customer or ""), replies) for one in found)


def _one(one: Happened, who: Person | None, replies: Sequence[Happened]) -> Said:
    told = one.properties
    kind = "answer" if one.name in _ANSWERS else "review" if one.name in _REVIEWS else "complaint"
    survey = str(told.get("survey") or "")
    score = number_of(told.get("score") if kind == "answer" else told.get("rating"))
    best = 5 if kind == "review" else {"nps": 10, "csat": 5, "ces": 7, "rqi": 100}.get(survey)
    later = [
        reply.time for reply in replies
        if reply.customer == one.customer and reply.time >= one.time and _answers(one, kind, reply)
    ]  # fmt: skip
    answers = told.get("answers")
    about = {"answer": survey, "review": str(told.get("site") or "")}.get(kind, str(told.get("topic") or ""))
    return Said(
        message_id=one.message_id, kind=kind, about=clean(about)[:60], time=one.time, customer=one.customer or "",
        person=who, score=score, best=best, mood=_mood(kind, survey, score),
        text=str(told.get("comment") or told.get("review_body") or "")[:2000].strip(),
        answers=tuple(clean(str(answer))[:100] for answer in answers[:8]) if isinstance(answers, list) else (),
        product=clean(str(told.get("product_id") or ""))[:60], answered_at=min(later, default=None),
        place=one.place,
    )  # fmt: skip


def _answers(one: Happened, kind: str, reply: Happened) -> bool:
    """Whether a reply is one to it: a complaint is settled by its own case's end, all else by whoever gets back."""
    if reply.name == "Follow-up Done":
        return kind != "complaint" or reply.properties.get("about") in ("case", None)
    return kind == "complaint" and reply.properties.get("case_id") == one.properties.get("case_id")


def _mood(kind: str, survey: str, score: Decimal | None) -> str:
    if kind == "complaint":
        return "bad"
    if score is None:
        return ""
    if kind == "review":
        return "bad" if score <= 2 else "good" if score >= 4 else "middling"
    limits = {"nps": (6, 9), "csat": (2, 4), "ces": (3, 6)}.get(survey)
    return "" if limits is None else "bad" if score <= limits[0] else "good" if score >= limits[1] else "middling"
