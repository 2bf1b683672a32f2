"""What was changed, by whom? The history of every change of the workspace's files."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.errors import UsageError
from tenure.server.access import definitions
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.setup.written import difference, origin
from tenure.server.words import offset_of, with_query

PAGE = 50


@page(Right.DEFINE)
def changes(request: HttpRequest) -> HttpResponse:
    """The changes, the newest first; `file` keeps those of one file."""
    offset, file = offset_of(request.GET), request.GET.get("file") or None
    found = definitions.changes(request.user, file=file, offset=offset, limit=PAGE + 1)
    told = {
        "changes": found[:PAGE], "file": file,
        "next_query": with_query(request.GET, offset=offset + PAGE) if len(found) > PAGE else "",
        "last_query": with_query(request.GET, offset=max(offset - PAGE, 0) or None) if offset else "",
        "offset": offset,
    }  # fmt: skip
    return render(request, "setup/changes.html", told)


@page(Right.DEFINE)
def change(request: HttpRequest, number: int) -> HttpResponse:
    """One change: every file before and after, and the way back."""
    try:
        found = definitions.one_change(request.user, number)
    except UsageError:
        raise Http404 from None
    files = []
    for name, (before, after) in found.files.items():
        held, copied = origin(name, before) if after is not None else (before, False)
        files.append(
            {"file": name, "lines": difference(held, after), "new": before is None, "gone": after is None,
             "copied": copied}
        )  # fmt: skip
    bases = {name: definitions.file(request.user, name).base for name in found.files}
    undone = all(bases[name] == definitions.digest(after) for name, (_, after) in found.files.items())
    return render(request, "setup/change.html", {"change": found, "files": files, "may_undo": undone})
