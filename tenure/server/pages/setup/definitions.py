"""What is defined here? Lifecycles, segments, events, targets and sources, and forms for the common changes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenure.errors import UsageError
from tenure.events import EVENTS, STANDARD
from tenure.expressions import in_words
from tenure.lifecycle import library
from tenure.lifecycle.definition import Lifecycle
from tenure.server import holding
from tenure.server.access import definition_forms as forms
from tenure.server.access import definitions as files
from tenure.server.access import stage_forms
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.setup.editing import proposed
from tenure.server.pages.setup.written import Draft
from tenure.server.words import typed
from tenure.workspace.config import CONFIG_FILE

STAGE_FIELDS = ("title", "means", "when", "kind", "phase")
PERIODS = ("day", "week", "month", "quarter", "year")


@page(Right.FIGURES)
def definitions(request: HttpRequest) -> HttpResponse:
    """Everything that is defined, in words; with links to forms and files for those who may change it."""
    ws = holding.workspace()
    may_define = request.user.may(Right.DEFINE)
    config = ws.definitions.config
    lifecycles = [one for one in ws.definitions.lifecycles if not one.segment]
    told = {
        "lifecycles": [(one, [stage.title for stage in one.stages]) for one in lifecycles],
        "segments": [_segment(one) for one in ws.definitions.lifecycles if one.segment],
        "events": sorted(config.bindings.items()),
        "targets": ws.targets.all.targets,
        "own_metrics": [
            one for one in files.files(request.user) if one.startswith("metrics/")
        ] if may_define else [],
        "sources": config.sources, "exclusion": ws.definitions.exclusion, "money_words": ws.money_words,
        "may_define": may_define, "may_sources": request.user.may(Right.SOURCES),
        "files": files.files(request.user) if may_define else (),
        "warnings": ws.definitions.warnings,
        "changes": files.changes(request.user, limit=5) if may_define else [],
    }  # fmt: skip
    return render(request, "setup/definitions.html", told)


@page(Right.FIGURES)
def definition(request: HttpRequest, name: str) -> HttpResponse:
    """A lifecycle or segment: its conditions in words and in code; a POST previews or applies what a form changes."""
    found = holding.workspace().definitions.lifecycle(name)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _change(request, found)
    return _shown(request, found)


@page(Right.DEFINE)
def segment_new(request: HttpRequest) -> HttpResponse:
    """The form of a new segment."""
    post = request.POST
    if request.method == "POST":
        name = post.get("name", "").strip()

        def texts() -> forms.Texts:
            if holding.workspace().definitions.lifecycle(name) is not None:
                raise UsageError(_("There is something of that name already."), hint=_("Take another name."))
            return forms.with_segment(
                request.user, name, when=post.get("when", ""), title=post.get("title", ""), means=post.get("means", "")
            )

        return form(request, texts, lambda error: _segment_form(request, error), back=reverse("definitions"))
    return _segment_form(request, None)


@page(Right.DEFINE)
def lifecycle_library(request: HttpRequest) -> HttpResponse:
    """The lifecycles that come with the application; a POST copies one into the workspace."""
    if request.method == "POST":
        name = request.POST.get("lifecycle", "")
        return form(
            request, lambda: forms.with_library(request.user, name), lambda error: _library(request, error),
            back=reverse("definitions"),
        )  # fmt: skip
    return _library(request, None)


@page(Right.DEFINE)
def targets(request: HttpRequest) -> HttpResponse:
    """The targets, each with a form, and one for a new one."""
    if request.method == "POST":
        return form(
            request, lambda: _target_texts(request), lambda error: _targets(request, error),
            back=reverse("definition_targets"),
        )  # fmt: skip
    return _targets(request, None)


@page(Right.DEFINE)
def events(request: HttpRequest) -> HttpResponse:
    """The workspace's short names of events, each with a form, and one for a new one."""
    if request.method == "POST":
        return form(
            request, lambda: _event_texts(request), lambda error: _events(request, error),
            back=reverse("definition_events"),
        )  # fmt: skip
    return _events(request, None)


def form(
    request: HttpRequest, texts: Callable[[], forms.Texts], again: Callable[[Any], HttpResponse], *, back: str
) -> HttpResponse:
    """The preview or application of what a form changes, or the form again with what is wrong."""
    try:
        made = texts()
    except UsageError as error:
        response = again(error)
        response.status_code = 400
        return response
    seen = request.POST.get("base")
    bases = {name: files.file(request.user, name).base for name in made}
    if seen is not None and len(bases) == 1:
        # what the form was made from; another has changed the file where it is not that any more
        bases = dict.fromkeys(bases, seen)
    return proposed(request, Draft(texts=made, bases=bases, back=back), again)


def _change(request: HttpRequest, found: Lifecycle) -> HttpResponse:
    gone = found.segment and request.POST.get("what") == "remove"
    back = reverse("definitions") if gone else reverse("definition", args=[found.name])
    texts = _segment_texts if found.segment else _stage_texts
    return form(request, lambda: texts(request, found), lambda error: _shown(request, found, error), back=back)


def _segment_texts(request: HttpRequest, found: Lifecycle) -> forms.Texts:
    post = request.POST
    if post.get("what") == "remove":
        return forms.without_segment(request.user, found.name)
    return forms.with_segment(
        request.user, found.name, when=post.get("when", ""), title=post.get("title", ""), means=post.get("means", "")
    )


def _stage_texts(request: HttpRequest, found: Lifecycle) -> forms.Texts:
    """What a form changes in the list of stages, or in one of them."""
    post, user = request.POST, request.user
    name = post.get("stage", "").strip()
    told = {key: post.get(key, "").strip().replace("\r\n", "\n") for key in STAGE_FIELDS}
    # before all others where nothing is named
    after = post.get("after") or None
    match post.get("what"):
        case "add":
            return stage_forms.with_new_stage(user, found.name, name, told, after=after, side="side" in post)
        case "remove":
            return stage_forms.without_stage(user, found.name, name)
        case "move":
            return stage_forms.with_stage_moved(user, found.name, name, after=after)
        case _:
            stage = found.stage(name)
            if stage is not None and not told["when"] and stage.text:
                raise UsageError(_("A stage needs a condition."), hint=_("Take the stage out, if it should go."))
            return forms.with_stage(user, found.name, name, {key: told[key] for key in ("title", "means", "when")})


def _shown(request: HttpRequest, found: Lifecycle, error: Any = None) -> HttpResponse:
    written = forms.where(request.user, found.name) if request.user.may(Right.DEFINE) else None
    posted = request.POST if error is not None else {}
    new = posted.get("what") == "add"
    stages = [
        {
            "stage": stage, "words": in_words(stage.when) if stage.when is not None else "",
            "posted": posted if not new and (posted.get("stage") == stage.name or found.segment) else None,
            "text": stage.text,
            # what it may stand behind: every other one
            "behind": [one for one in found.stages if one is not stage],
            "follows": found.stages[place - 1].name if place else "",
        }
        for place, stage in enumerate(found.stages)
    ]  # fmt: skip
    told = {
        "found": found, "stages": stages, "written": written, "error": error,
        "problems": getattr(error, "problems", ()),
        "title": written.value("title") if written else "", "means": written.value("means") if written else "",
        "new": posted if new else {}, "kinds": stage_forms.KINDS, "phases": stage_forms.PHASES,
    }  # fmt: skip
    return render(request, "setup/definition.html", told)


def _segment_form(request: HttpRequest, error: Any) -> HttpResponse:
    return render(
        request, "setup/segment.html",
        {"error": error, "problems": getattr(error, "problems", ()), "posted": request.POST},
    )  # fmt: skip


def _library(request: HttpRequest, error: Any) -> HttpResponse:
    held = files.files(request.user)
    used = {one.name for one in holding.workspace().definitions.lifecycles}
    told = [
        {"name": name, "lifecycle": library.lifecycle(name), "copied": f"lifecycles/{name}.yaml" in held,
         "used": name in used}
        for name in library.names()
    ]  # fmt: skip
    return render(
        request, "setup/library.html",
        {"library": told, "error": error, "problems": getattr(error, "problems", ())},
    )  # fmt: skip


def _targets(request: HttpRequest, error: Any) -> HttpResponse:
    ws = holding.workspace()
    bases = {file: files.file(request.user, file).base for file in {one.file for one in ws.targets.all.targets}}
    metrics = [(name, one.title) for name, one in ws.metrics.all.items()]
    told = {
        "targets": [{"target": one, "base": bases[one.file]} for one in ws.targets.all.targets],
        "metrics": metrics, "periods": PERIODS, "error": error, "problems": getattr(error, "problems", ()),
        "posted": request.POST if error is not None else {}, "new_base": files.file(request.user, "targets.yaml").base,
    }  # fmt: skip
    return render(request, "setup/targets.html", told)


def _events(request: HttpRequest, error: Any) -> HttpResponse:
    config = holding.workspace().definitions.config
    told = {
        "events": [
            {"name": name, "events": ", ".join(one.event), "where": one.where or "", "value": ", ".join(one.value)}
            for name, one in config.events.items()
        ],
        "standard": sorted(STANDARD.items()), "known": sorted(EVENTS), "error": error,
        "problems": getattr(error, "problems", ()), "posted": request.POST if error is not None else {},
        "base": files.file(request.user, CONFIG_FILE).base,
    }  # fmt: skip
    return render(request, "setup/events.html", told)


def _event_texts(request: HttpRequest) -> forms.Texts:
    post = request.POST
    name = post.get("name", "").strip()
    if post.get("what") == "remove":
        return forms.without_event(request.user, name)
    told = {
        key: [one.strip() for one in post.get(key, "")[:2000].split(",") if one.strip()] for key in ("events", "value")
    }
    if not told["events"]:
        raise UsageError(_("A short name needs an event."), hint=_("Such as: Order Completed"))
    return forms.with_event(request.user, name, events=told["events"], where=post.get("where", ""), value=told["value"])


def _target_texts(request: HttpRequest) -> forms.Texts:
    post = request.POST
    file, place = post.get("file") or None, post.get("place")
    at = int(place) if place and place.isdigit() and len(place) < 6 else None
    if post.get("what") == "remove":
        if file is None or at is None:
            raise UsageError(_("The form does not say which target."))
        return forms.without_target(request.user, file, at)
    period = post.get("period", "month")
    if period not in PERIODS:
        raise UsageError(_("There is no such period."))
    value, low, high = (_number(post.get(key, "")) for key in ("value", "min", "max"))
    if value is None and low is None and high is None:
        raise UsageError(_("A target needs a figure."), hint=_("Give a value, or the least and the most."))
    return forms.with_target(
        request.user, metric=post.get("metric", "")[:100], period=period, value=value, low=low, high=high,
        note=post.get("note", "").strip()[:300] or None, file=file, place=at,
    )  # fmt: skip


def _number(written: str) -> Decimal | None:
    if not written.strip():
        return None
    found = typed(written)
    if found is None:
        raise UsageError(_("%(text)s is no number.") % {"text": written[:40]})
    return found


def _segment(one: Lifecycle) -> dict[str, Any]:
    (stage,) = one.stages
    return {"lifecycle": one, "stage": stage, "words": in_words(stage.when) if stage.when is not None else ""}
