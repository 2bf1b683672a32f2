"""What do they say? Answers, reviews and complaints in one stream, each with its follow-up."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenure.errors import UsageError
from tenure.server.access import tasks
from tenure.server.access.feedback import KINDS, MOODS, SOURCE, FeedbackAsked, said
from tenure.server.access.feedback import feedback as found
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.work.doing import back
from tenure.server.words import whole, with_query
from tenure.wording import number

DAYS = (7, 30, 90, 365, 3650)


@page(Right.PEOPLE)
def feedback(request: HttpRequest) -> HttpResponse:
    """The stream; what htmx asks for is only more of it."""
    query = request.GET
    asked = FeedbackAsked(
        kind=query.get("kind", ""), mood=query.get("mood", ""), stage=query.get("stage", ""),
        product=query.get("product", "").strip()[:100], survey=query.get("survey", "").strip()[:40],
        days=whole(query, "days", most=3650) or 90, text=bool(query.get("text")),
    )  # fmt: skip
    before = _place(query.get("before", ""))
    shown = found(request.user, asked, before=before)
    following = shown.following
    told = {
        "found": shown, "asked": asked, "may_work": request.user.may(Right.WORK), "here": request.get_full_path(),
        "next_query": with_query(query, before=f"{following[0]}~{following[1]}") if following else "",
    }  # fmt: skip
    if before is not None and request.htmx:  # type: ignore[attr-defined]
        return render(request, "work/feedback_rows.html", told)
    told |= {"kinds": KINDS, "moods": MOODS, "periods": DAYS, "lifecycle": shown.lifecycle}
    return render(request, "work/feedback.html", told)


@page(Right.WORK)
@require_POST
def follow_up(request: HttpRequest) -> HttpResponse:
    """The line with its task, or the stream; one task however often it is asked for."""
    one = said(request.user, request.POST.get("customer", "")[:300], request.POST.get("message", "")[:300])
    words = {"answer": _("Follow up an answer"), "review": _("Follow up a review"),
             "complaint": _("Follow up a complaint")}[one.kind]  # fmt: skip
    about = " ".join(filter(None, (one.about.upper() if one.kind == "answer" else one.about, _score(one.score))))
    tasks.create(
        request.user, one.customer, f"{words}: {about}" if about else words, note=one.text, source=SOURCE,
        reference=one.message_id, owner=request.user,
    )  # fmt: skip
    if request.htmx:  # type: ignore[attr-defined]
        again = said(request.user, one.customer, one.message_id)
        return render(request, "work/feedback_row.html", {"row": again, "may_work": True})
    messages.success(request, _("The follow-up is one of your tasks."))
    return redirect(back(request))


def _score(score: Decimal | None) -> str:
    return "" if score is None else number(score)


def _place(written: str) -> tuple[int, str] | None:
    """The place in the stream that an address names."""
    if not written:
        return None
    time, _mark, message = written.partition("~")
    digits = time.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18 or not message:
        raise UsageError("There is no such place in the stream.", hint="Begin with the newest.")
    return int(time), message[:300]
