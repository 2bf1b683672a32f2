"""What would change? The preview of changed definitions, and applying them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenure.lifecycle.plan import Plan
from tenure.server import holding
from tenure.server.access import definitions
from tenure.server.access.definitions import Preview
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.setup import jobs
from tenure.server.pages.setup.jobs import SECONDS, Job
from tenure.server.pages.setup.written import Draft, carried, difference, origin

EXCLUDED = "#excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """A stage before and after: its title, people and money."""

    name: str | None
    title: str
    people: int
    people_would_be: int
    money: Decimal
    money_would_be: Decimal

    @property
    def differs(self) -> bool:
        """Whether anything would be different."""
        return (self.people, self.money) != (self.people_would_be, self.money_would_be)

    @property
    def more(self) -> int:
        """How many more there would be."""
        return self.people_would_be - self.people


def propose(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The page of what a draft would do, or the one that waits for it. Raises DefinitionError, Stale, Denied."""
    future = definitions.previewed(request.user, draft.texts, bases=draft.bases)
    job = Job(page="plan", user=request.user.pk, future=future, told={"draft": draft})
    if job.done(SECONDS):
        return _shown(request, job)
    return redirect("plan_wait", token=jobs.keep(job))


def apply(request: HttpRequest, draft: Draft, note: str) -> HttpResponse:
    """Where somebody goes once a draft is applied, or the page that waits for it. Raises as `propose` does."""
    future = definitions.begin(
        request.user, draft.texts, note=note, bases=draft.bases, address=request.META.get("REMOTE_ADDR")
    )
    job = Job(page="plan", user=request.user.pk, future=future, told={"draft": draft, "applies": True})
    if job.done(SECONDS):
        return _applied(request, job)
    return redirect("plan_wait", token=jobs.keep(job))


@page(Right.DEFINE)
def plan(request: HttpRequest) -> HttpResponse:
    """The preview of the draft that a form carries; `do=apply` applies it."""
    if request.method != "POST":
        return redirect("definitions")
    draft = carried(request.POST.get("draft", ""))
    if request.POST.get("do") == "apply":
        return apply(request, draft, request.POST.get("note", ""))
    return propose(request, draft)


@page(Right.DEFINE)
def plan_wait(request: HttpRequest, token: str) -> HttpResponse:
    """The page that waits; a part of it asks until the work is done."""
    job = jobs.find("plan", request.user.pk, token)
    if job is None:
        raise Http404
    if job.done():
        if job.told.get("applies"):
            return _applied(request, job)
        return _shown(request, job)
    told = {"token": token, "applies": job.told.get("applies"), "again": reverse("plan_wait", args=[token])}
    return render(request, "setup/waiting_part.html" if _part(request) else "setup/waiting.html", told)


@require_POST
@page(Right.DEFINE)
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Nothing; takes a change back, as a new change."""
    made = definitions.undo(request.user, number, address=request.META.get("REMOTE_ADDR"))
    messages.success(request, _("Taken back: the files say what they said before."))
    return redirect("change", number=made.pk)


def _applied(request: HttpRequest, job: Job) -> HttpResponse:
    made = job.future.result()
    messages.success(request, _("Applied. It is in the history of changes, where one click takes it back."))
    draft: Draft = job.told["draft"]
    address = draft.back or reverse("change", args=[made.pk])
    if _part(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _shown(request: HttpRequest, job: Job) -> HttpResponse:
    draft: Draft = job.told["draft"]
    found: Preview = job.future.result()
    told = {"draft": draft, "differences": differences(request, draft), **told_of(found)}
    return render(request, "setup/plan_part.html" if _part(request) else "setup/plan.html", told)


def differences(request: HttpRequest, draft: Draft) -> list[dict[str, Any]]:
    """Each file of a draft with how it differs from what is there."""
    found = []
    for name, text in draft.texts.items():
        held = definitions.file(request.user, name)
        before, copied = origin(name, held.text if held.base else None)
        lines = difference(before, text)
        if lines or copied:
            found.append({"file": name, "lines": lines, "new": not held.base, "gone": text is None, "copied": copied})
    return found


def told_of(found: Preview) -> dict[str, Any]:
    """What the page says of a preview."""
    plan = found.plan
    return {
        "plan": plan,
        "changed": [_changed(found, name) for name in plan.changed],
        "new": [{"name": _called(name), "stages": counts} for name, counts in found.new.items()],
        "removed": [_called(name) for name in plan.removed],
        "unmoved": not plan.moves and not plan.new and not plan.removed,
    }


def _changed(found: Preview, name: str) -> dict[str, Any]:
    moves = [move for move in found.plan.moves if move.lifecycle == name]
    people = found.people.get(name)
    rows = people.to_pylist() if people is not None else []
    count = sum(move.people for move in moves)
    return {
        "name": _called(name), "lifecycle": None if name == EXCLUDED else name, "moves": moves, "count": count,
        "money": sum((move.money for move in moves), Decimal(0)), "people": rows, "more": count - len(rows),
        "stages": _stages(found.plan, name), "months": _months(found.plan, name),
        "rows": found.plan.history_rows.get(name, (0, 0)), "unit": _unit(name),
    }  # fmt: skip


def _stages(plan: Plan, name: str) -> list[StageChange]:
    """People and money by stage now: the last of the months that the plan tells anew ends now."""
    own = [one for one in plan.restated if one.lifecycle == name]
    last = max((one.period.begins for one in own), default=None)
    return [
        StageChange(
            name=one.stage, title=one.stage or _("no stage"), people=one.people, people_would_be=one.people_would_be,
            money=one.money, money_would_be=one.money_would_be,
        )
        for one in own if one.period.begins == last
    ]  # fmt: skip


def _months(plan: Plan, name: str) -> list[Any]:
    return [
        one for one in plan.restated
        if one.lifecycle == name and (one.people, one.money) != (one.people_would_be, one.money_would_be)
    ]  # fmt: skip


def _called(name: str) -> str:
    if name == EXCLUDED:
        return _("People left out (exclude)")
    known = holding.workspace().definitions.lifecycle(name)
    return known.title if known else name


def _unit(name: str) -> str:
    known = holding.workspace().definitions.lifecycle(name)
    return known.unit if known else "customer"


def _part(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
