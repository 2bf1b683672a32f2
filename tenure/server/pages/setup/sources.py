"""What is read, and how? The form of a source of data, which changes tenure.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tenure.errors import UsageError
from tenure.events import EVENTS
from tenure.server.access import source_forms as forms
from tenure.server.access.definition_forms import Texts
from tenure.server.accounts.roles import Right
from tenure.server.pages.page import page
from tenure.server.pages.setup.definitions import form

MOST = 20_000
# what most sources say; the others are folded away
USUAL = ("files", "event", "customer", "time", "id", "properties", "traits")
# written over several lines, though it is one text
_TALL = ("query", "where")


@page(Right.SOURCES)
def source_form(request: HttpRequest, name: str) -> HttpResponse:
    """The form of a source; a POST previews or applies what it changes, or takes the source out."""
    try:
        held = forms.held(request.user, name)
    except UsageError:
        raise Http404 from None
    if request.method != "POST":
        return _shown(request, name, held, None)
    gone = request.POST.get("what") == "remove"

    def texts() -> Texts:
        if gone:
            return forms.without_source(request.user, name)
        return forms.with_source(request.user, name, _fields(request))

    back = reverse("data") if gone else reverse("source", args=[name])
    return form(request, texts, lambda error: _shown(request, name, held, error), back=back)


@page(Right.SOURCES)
def source_new(request: HttpRequest) -> HttpResponse:
    """The form of a new source; a POST previews or applies it."""
    if request.method != "POST":
        return _shown(request, "", None, None)
    name = request.POST.get("name", "").strip()[:100]
    return form(
        request, lambda: forms.with_new_source(request.user, name, _fields(request)),
        lambda error: _shown(request, "", None, error), back=reverse("data"),
    )  # fmt: skip


def _fields(request: HttpRequest) -> Mapping[str, str]:
    return {key: request.POST[key][:MOST] for key in forms.SHAPES if key in request.POST}


def _shown(request: HttpRequest, name: str, held: forms.Held | None, error: Any) -> HttpResponse:
    posted = request.POST if error is not None and request.POST.get("what") != "remove" else {}
    values = held.values if held is not None else {}

    def field(key: str, label: str, note: str) -> dict[str, Any]:
        return {
            "key": key, "label": label, "note": note, "shape": forms.SHAPES[key], "choices": forms.choices(key),
            "tall": key in _TALL, "value": posted.get(key, values.get(key, "")),
        }  # fmt: skip

    sections = []
    for title, fields in _sections():
        kept = [field(*one) for one in fields if held is None or one[0] not in held.as_text]
        # what is folded away stands open where it says something
        usual = [one for one in kept if one["key"] in USUAL or one["value"]]
        others = [one for one in kept if one not in usual]
        sections.append({"title": title, "usual": usual, "others": others})
    told = {
        "name": name, "posted": posted, "sections": sections, "as_text": held.as_text if held is not None else (),
        "base": held.base if held is not None else forms.base(request.user), "events": sorted(EVENTS),
        "error": error, "problems": getattr(error, "problems", ()), "is_new": held is None,
    }  # fmt: skip
    return render(request, "setup/source_form.html", told)


def _sections() -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """The questions of the form: each key with its label, and a note or none."""
    line, pair = _("One a line"), _("One a line, as name: column")
    return (
        (_("Where are its rows?"), (
            ("files", _("Files, as paths or patterns"), _("One a line, such as data/orders*.csv")),
            ("query", _("Or a query: one SELECT over files or a database"), ""),
            ("database", _("The database of the query"),
             _("The environment variable with its URL, such as SHOP_DATABASE; or sqlite:FILE")),
            ("cursor", _("The column that tells what is new"), _("With a database, such as updated_at")),
            ("overlap", _("How far before the last value rows are read again"), _("Such as 2 hours")),
            ("folders", _("The folders that a query may read"), line),
            ("where", _("Only rows where"), _("A condition in SQL")),
        )),
        (_("What is a row?"), (
            ("event", _("The event that each row is"), _("Such as Order Completed")),
            ("event_column", _("Or the column that names the event"), ""),
            ("type", _("The kind of message"), ""),
            ("group", _("Rows that share this are one event"), _("Such as the invoice of its lines")),
            ("id", _("The column of the row's own id"), _("It makes a second import harmless.")),
        )),
        (_("Whose is it, and when?"), (
            ("customer", _("The column of the customer's id"), _("Or none, for facts without a customer")),
            ("anonymous", _("The column of an unknown visitor's id"), ""),
            ("account", _("The column of the account's id"), ""),
            ("time", _("The column of the moment"), ""),
            ("timezone", _("The time zone of times that carry none"), _("Such as Europe/London")),
        )),
        (_("What does it say?"), (
            ("properties", _("About the event"), pair),
            ("traits", _("About the customer"), pair),
            ("currency_column", _("The column of the currency"), ""),
        )),
        (_("When is it read, and how?"), (
            ("every", _("How often"), _("Such as 15 minutes")),
            ("at", _("Or at which times of the day"), _("One a line, such as 03:00")),
            ("on_change", _("A row that is loaded already and says something else now"),
             _("Rows also say something else where this form reads them differently.")),
            ("format", _("What the files are, where their names do not tell"), ""),
            ("skip", _("Lines above the header of a CSV file"), ""),
            ("delimiter", _("What separates the columns of a CSV file"), ""),
            ("decimal", _("The decimal sign of a CSV file"), ""),
            ("encoding", _("The encoding of a text file"), _("Such as latin-1")),
        )),
    )  # fmt: skip
