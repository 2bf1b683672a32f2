"""What comes in? Sources, what was loaded of them, rows that were refused, and the background jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenure.errors import UsageError
from tenure.ingest.report import Progress
from tenure.server import loops
from tenure.server.access import data as access
from tenure.server.accounts.audit import record
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.setup import jobs
from tenure.server.pages.setup.jobs import SECONDS, Job
from tenure.server.pages.taken import csv_file
from tenure.server.words import offset_of, with_query


@page(Right.FIGURES)
def data(request: HttpRequest) -> HttpResponse:
    """The sources and the background jobs."""
    user = request.user
    told = {
        "sources": access.sources(user), "loops": access.loop_states(user), "waiting": access.waiting(user),
        "exports": access.exports(user),
        "busy": loops.busy_with(), "stopped": loops.stopped(), "may_sources": user.may(Right.SOURCES),
        "may_see_rows": user.may(Right.PEOPLE), "may_define": user.may(Right.DEFINE),
    }  # fmt: skip
    return render(request, "setup/data.html", told)


@page(Right.FIGURES)
def source(request: HttpRequest, name: str) -> HttpResponse:
    """One source: its files, and how it is read."""
    user = request.user
    try:
        state, files = access.source(user, name)
    except UsageError:
        raise Http404 from None
    read = state.source.model_dump(exclude_defaults=True, exclude={"name"}) if state.source is not None else {}
    read = {key: ", ".join(value) if isinstance(value, tuple) else value for key, value in read.items()}
    told = {
        "state": state, "files": files, "may_sources": user.may(Right.SOURCES),
        # paths and expressions are for those who define
        "read": read.items() if user.may(Right.DEFINE) else (), "may_see_rows": user.may(Right.PEOPLE),
        "reasons": access.reasons(user, source=name) if user.may(Right.PEOPLE) else (),
    }  # fmt: skip
    return render(request, "setup/source.html", told)


@page(Right.PEOPLE)
def rejected(request: HttpRequest) -> HttpResponse:
    """The rows that did not load, each with its reason and what stood there."""
    offset = offset_of(request.GET)
    chosen = {key: request.GET.get(key, "")[:500] or None for key in ("source", "reason")}
    count, rows = access.rejected(request.user, **chosen, offset=offset)
    more = offset + access.PAGE < count
    told = {
        "count": count, "rows": rows, "chosen": chosen, "query": with_query(request.GET, offset=None),
        "next_query": with_query(request.GET, offset=offset + access.PAGE) if more else "",
        "may_export": request.user.may(Right.EXPORT),
    }  # fmt: skip
    if offset and getattr(request, "htmx", False):
        return render(request, "setup/rejected_rows.html", told)
    told |= {"reasons": access.reasons(request.user), "sources": sorted({s for s, *_ in access.reasons(request.user)})}
    return render(request, "setup/rejected.html", told)


@page(Right.EXPORT)
def rejected_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The rows that did not load, as CSV."""
    chosen = {key: request.GET.get(key, "")[:500] or None for key in ("source", "reason")}
    table = access.rejected_table(request.user, **chosen)
    record(
        request.user, "took out refused rows", chosen["source"] or "", address=request.META.get("REMOTE_ADDR"),
        rows=table.num_rows,
    )  # fmt: skip
    return csv_file(table, "rejected")


@require_POST
@page(Right.SOURCES)
def import_now(request: HttpRequest) -> HttpResponse:
    """The page that waits for an import of everything new, or of one source."""
    name = request.POST.get("source", "")
    job = Job(page="import", user=request.user.pk, future=None, told={"back": reverse("data")})  # type: ignore[arg-type]
    job.future = access.import_now(
        request.user, only=(name,) if name else (), progressed=lambda told: progressed(job, told),
        address=request.META.get("REMOTE_ADDR"),
    )  # fmt: skip
    if job.done(SECONDS):
        return _imported(request, job)
    return redirect("import_wait", token=jobs.keep(job))


@require_POST
@page(Right.SOURCES)
def export_now(request: HttpRequest) -> HttpResponse:
    """The list again; the export begins in a moment."""
    try:
        access.export_now(request.user, request.POST.get("export", ""), address=request.META.get("REMOTE_ADDR"))
    except UsageError:
        raise Http404 from None
    messages.success(request, _("The export begins."))
    return redirect("data")


@page(Right.SOURCES)
def import_wait(request: HttpRequest, token: str) -> HttpResponse:
    """How far an import is; what came of it, once it is over."""
    job = jobs.find("import", request.user.pk, token)
    if job is None:
        raise Http404
    if job.done():
        return _imported(request, job)
    told = {**job.progress, "again": reverse("import_wait", args=[token])}
    part = bool(getattr(request, "htmx", False))
    return render(request, "setup/importing_part.html" if part else "setup/importing.html", told)


def progressed(job: Job, told: Progress) -> None:
    """Nothing; notes how far an import is. Called from the worker."""
    job.progress.update(source=told.source, file=told.file, rows=told.rows, total=told.total)


def _imported(request: HttpRequest, job: Job) -> HttpResponse:
    reports = job.future.result()
    part = bool(getattr(request, "htmx", False))
    told: dict[str, Any] = {
        "reports": [one for one in reports if one.read or one.rejected or one.changed], "of": len(reports),
        "loaded": sum(one.loaded for one in reports), "rejected": sum(sum(one.rejected.values()) for one in reports),
        # what a terminal would do next is a link here
        "warnings": [told.replace(" See `tenure rejected`.", "") for one in reports for told in one.warnings],
        "upload": job.told.get("upload"),
        "may_see_rows": request.user.may(Right.PEOPLE),
    }  # fmt: skip
    if not part and not job.told.get("said"):
        job.told["said"] = True
        messages.success(request, _("The import is done."))
    return render(request, "setup/imported_part.html" if part else "setup/imported.html", told)
