"""A definition file as text, checked while somebody writes."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenure.errors import ConditionError, DefinitionError, Problem, UsageError
from tenure.expressions import in_words, parse
from tenure.server.access import definitions
from tenure.server.access.definitions import Stale
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.setup import planning
from tenure.server.pages.setup.completion import words
from tenure.server.pages.setup.written import Draft
from tenure.workspace.changed_files import definition_file


@page(Right.DEFINE)
def definition_file_page(request: HttpRequest, file: str) -> HttpResponse:
    """The editor of a file; a POST previews or applies what was written."""
    name = _known(file)
    held = definitions.file(request.user, name)
    if request.method != "POST" or request.POST.get("do") == "back":
        text, base = request.POST.get("text", held.text), request.POST.get("base", held.base)
        return _editor(request, name, text, base, held.base)
    text, base = request.POST.get("text", ""), request.POST.get("base", "")
    draft = Draft(texts={name: text}, bases={name: base}, back=reverse("definition_file", args=[name]))
    return proposed(request, draft, lambda error: _editor(request, name, text, base, held.base, error))


def proposed(request: HttpRequest, draft: Draft, otherwise: object) -> HttpResponse:
    """The preview of a draft, or what follows from applying it; where it is wrong, what `otherwise` makes of that."""
    assert callable(otherwise)
    try:
        if request.POST.get("do") == "apply":
            return planning.apply(request, draft, request.POST.get("note", ""))
        return planning.propose(request, draft)
    except (DefinitionError, Stale) as error:
        response: HttpResponse = otherwise(error)
        response.status_code = 409 if isinstance(error, Stale) else 400
        return response


@page(Right.DEFINE)
def check(request: HttpRequest) -> HttpResponse:
    """The problems that the workspace's files would have with a file as it is being written: a part of the editor."""
    name = definition_file(request.POST.get("file", ""))
    text = request.POST.get("text", "")
    found = definitions.problems(request.user, {name: text})
    return render(request, "setup/problems_part.html", told_of(found, name))


@page(Right.DEFINE)
def check_condition(request: HttpRequest) -> HttpResponse:
    """What a condition says in words, or what is wrong in it."""
    text = request.POST.get("when", "")[:4000]
    if not text.strip():
        return HttpResponse("")
    try:
        said = in_words(parse(text))
    except ConditionError as error:
        column = error.start - (text.rfind("\n", 0, error.start) + 1) + 1
        return render(request, "setup/condition_part.html", {"error": error, "column": column})
    return render(request, "setup/condition_part.html", {"said": said})


@page(Right.DEFINE)
def completion(request: HttpRequest) -> HttpResponse:
    """What the editor completes, as JSON."""
    return JsonResponse({"words": words()})


def told_of(problems: tuple[Problem, ...], name: str) -> dict[str, object]:
    """What the part with the problems shows: those of the file that is being written first."""
    own = [one for one in problems if one.file == name]
    return {"own": own, "others": [one for one in problems if one.file != name], "problems": problems}


def _editor(
    request: HttpRequest, name: str, text: str, base: str, held: str, error: Exception | None = None
) -> HttpResponse:
    found = error.problems if isinstance(error, DefinitionError) else ()
    told = {
        "file": name, "text": text.removeprefix("\ufeff"), "base": base, "is_new": not held, "checked": bool(found),
        "stale": error if isinstance(error, Stale) else None, "may_remove": bool(held) and name != "tenure.yaml",
        "title": _("What does %(file)s say?") % {"file": name}, **told_of(tuple(found), name),
    }  # fmt: skip
    return render(request, "setup/editor.html", told)


def _known(file: str) -> str:
    try:
        return definition_file(file)
    except UsageError:
        raise Http404 from None
