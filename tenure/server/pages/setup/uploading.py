"""What is in this file? A table is uploaded, people say what its columns are, and it is taken in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tenure.errors import TenureError, UsageError
from tenure.events import EVENTS
from tenure.server import holding
from tenure.server.access import uploads
from tenure.server.access.uploads import Mapped, Understood, Upload
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.setup import jobs
from tenure.server.pages.setup.data import progressed
from tenure.server.pages.setup.jobs import SECONDS, Job

# what people are asked for: the role, its words, whether purchases alone have it
ASKED = (
    ("customer", _l("Who"), _l("The column with the customer's number or mail address"), False),
    ("time", _l("When"), _l("The column with date or time"), False),
    ("amount", _l("How much"), _l("The column with what the row is worth"), True),
    ("invoice", _l("Which order"), _l("Rows that share this are lines of one order; may stay empty"), True),
    ("quantity", _l("How many"), _l("Where the amount is that of one piece"), True),
    ("price", _l("Price of one"), _l("Where there is no amount"), True),
    ("product", _l("What"), _l("The product, where there is one"), True),
    ("currency", _l("Currency"), _l("Where rows are in several"), True),
)


@page(Right.SOURCES)
def upload(request: HttpRequest) -> HttpResponse:
    """The form for a file; a POST keeps it and asks what it holds."""
    if request.method != "POST":
        return _form(request, None)
    file = request.FILES.get("file")
    if file is None:
        return _form(request, UsageError(_("No file was chosen."), hint=_("Choose a CSV, Parquet or JSON Lines file.")))
    try:
        kept = uploads.keep(
            request.user, file.name or "", file.size or 0, file.chunks(), address=request.META.get("REMOTE_ADDR")
        )
    except UsageError as error:
        return _form(request, error)
    return redirect("upload_map", token=kept.token)


@page(Right.SOURCES)
def upload_map(request: HttpRequest, token: str) -> HttpResponse:
    """What the file holds, as understood or as somebody says; a POST takes it in."""
    kept = uploads.find(request.user, token)
    if kept is None:
        messages.warning(request, _("That file is not waiting any more. Upload it again."))
        return redirect("upload")
    if request.method == "POST" and request.POST.get("do") == "drop":
        uploads.drop(request.user, kept)
        messages.info(request, _("The file was thrown away."))
        return redirect("data")
    asked = request.POST if request.method == "POST" else request.GET
    mapped = _mapped(asked)
    job = _looking(request, kept, mapped)
    if not job.done(SECONDS):
        again = f"{reverse('upload_map', args=[token])}?{request.GET.urlencode()}"
        part = bool(getattr(request, "htmx", False))
        return render(request, "setup/looking_part.html" if part else "setup/looking.html", {"again": again})
    found: Understood = job.future.result()
    if request.method == "POST" and request.POST.get("do") == "take":
        return _take(request, kept, found)
    return _shown(request, kept, mapped, found)


def _take(request: HttpRequest, kept: Upload, found: Understood) -> HttpResponse:
    job = Job(page="import", user=request.user.pk, future=None, told={"upload": kept.name})  # type: ignore[arg-type]
    job.future = uploads.take_in(
        request.user, kept, found, as_of_last="last" in request.POST, progressed=lambda told: progressed(job, told),
        address=request.META.get("REMOTE_ADDR"),
    )  # fmt: skip
    job.done(SECONDS)
    return redirect("import_wait", token=jobs.keep(job))


def _looking(request: HttpRequest, kept: Upload, mapped: Mapped) -> Job:
    """The job that looks at a file as it is mapped; one for each way to map it."""
    user = request.user.pk
    key = f"{kept.token}:{mapped.event}:{sorted(mapped.columns.items())}:{mapped.traits}"
    job = jobs.find("look", user, key)
    if job is None or (job.done() and job.future.exception() is not None):
        job = Job(page="look", user=user, future=uploads.understood(request.user, kept, mapped))
        jobs.keep(job, key)
    return job


def _shown(request: HttpRequest, kept: Upload, mapped: Mapped, found: Understood) -> HttpResponse:
    names = [name for name, _kind in found.sample.columns]
    roles = [
        {"role": role, "title": title, "means": means, "chosen": found.columns.get(role, ""), "sales": sales}  # type: ignore[call-overload]
        for role, title, means, sales in ASKED
        if mapped.purchases or not sales
    ]
    used = {found.columns.get(one["role"]) for one in roles}
    refused = sum(found.rejected.values())
    taken = sorted({str(one) for source in found.sources for one in dict(source.get("traits") or {}).values()}  # type: ignore[call-overload]
                   & set(names) - set(mapped.traits))  # fmt: skip
    told: dict[str, Any] = {
        "kept": kept, "mapped": mapped, "found": found, "roles": roles, "columns": names, "refused": refused,
        "taken": taken,
        "others": [name for name in names if name not in used and name not in taken],
        "events": sorted(EVENTS), "fresh": uploads.fresh(),
        "old": uploads.old(found.last_time), "moving": holding.workspace().definitions.config.as_of == "now",
        "purchase": uploads.PURCHASE,
    }  # fmt: skip
    part = bool(getattr(request, "htmx", False))
    return render(request, "setup/mapping_part.html" if part else "setup/mapping.html", told,
                  status=200)  # fmt: skip


def _mapped(asked: QueryDict) -> Mapped:
    columns = {
        role: asked.get(f"is.{role}", "")[:200]
        for role, *_rest in ASKED
        if f"is.{role}" in asked and asked.get(f"is.{role}")
    }
    event = " ".join(asked.get("event", "").split())[:100] or uploads.PURCHASE
    traits = tuple(dict.fromkeys(one[:200] for one in asked.getlist("trait")[:50]))
    return Mapped(event=event, columns=columns, traits=traits)  # type: ignore[arg-type]


def _form(request: HttpRequest, error: TenureError | None) -> HttpResponse:
    told = {
        "error": error, "most": uploads.MOST_BYTES // 2**20, "accepts": ",".join(f".{one}" for one in uploads.ENDINGS),
        "fresh": uploads.fresh(),
    }  # fmt: skip
    return render(request, "setup/upload.html", told, status=400 if error else 200)
