"""What stands around every page: the way through the application, who is looking, and as of when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tenure.server import holding
from tenure.server.accounts.roles import Right
from tenure.wording import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page in the navigation: its URL name, title, the right it asks for, and other URL names that belong to it."""

    name: str
    title: Any
    right: Right
    also: tuple[str, ...] = ()


SECTIONS: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(name="today", title=_("Today"), right=Right.WORK),
            Entry(name="overview", title=_("Overview"), right=Right.FIGURES, also=("stage", "stage_sheet")),
            Entry(name="forecast", title=_("Forecast"), right=Right.FIGURES),
        ),
    ),
    (
        _("People"),
        (
            Entry(name="people", title=_("People"), right=Right.PEOPLE, also=("person",)),
            Entry(name="accounts", title=_("Accounts"), right=Right.PEOPLE, also=("account",)),
            Entry(name="renewals", title=_("Renewals"), right=Right.PEOPLE),
            Entry(name="feedback", title=_("Feedback"), right=Right.PEOPLE),
            Entry(name="actions", title=_("Actions"), right=Right.FIGURES, also=("action", "action_new")),
        ),
    ),
    (
        _("Figures"),
        (
            Entry(name="metrics", title=_("Metrics"), right=Right.FIGURES, also=("metric",)),
            Entry(name="cohorts", title=_("Cohorts"), right=Right.FIGURES),
            Entry(name="journeys", title=_("Journeys"), right=Right.FIGURES),
            Entry(name="channels", title=_("Channels"), right=Right.FIGURES),
            Entry(name="value", title=_("Value"), right=Right.FIGURES, also=("value_of",)),
            Entry(name="predictions", title=_("Predictions"), right=Right.FIGURES, also=("prediction",)),
            Entry(name="notes", title=_("Notes"), right=Right.FIGURES),
        ),
    ),
    (
        _("Set up"),
        (
            Entry(
                name="definitions", title=_("Definitions"), right=Right.FIGURES,
                also=(
                    "definition", "definition_file", "definition_events", "definition_targets", "segment_new",
                    "lifecycle_library", "plan", "plan_wait", "changes", "change",
                ),
            ),
            Entry(
                name="data", title=_("Data"), right=Right.FIGURES,
                also=(
                    "source", "source_form", "source_new", "snippets", "upload", "upload_map", "rejected",
                    "import_wait", "import_now",
                ),
            ),
            Entry(name="webhooks", title=_("Webhooks"), right=Right.ACCESS, also=("webhook",)),
            Entry(name="access", title=_("People and access"), right=Right.ACCESS, also=("user", "audit", "key_new")),
        ),
    ),
)  # fmt: skip


def around(request: HttpRequest) -> dict[str, Any]:
    """What the shell shows; nothing but the names for whoever is not logged in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    here = request.resolver_match.url_name if request.resolver_match else ""
    ws = holding.workspace()
    refreshed = ws.refreshed_as_of
    return {
        "navigation": _navigation(tuple(filter(user.may, Right)), here or "", get_language()),
        "workspace_name": ws.definitions.config.name,
        "as_of": moment(refreshed, ws.zone) if refreshed is not None else "",
        "zone": ws.zone.key,
        "may_see_people": user.may(Right.PEOPLE),
    }


@lru_cache(1_000)
def _navigation(rights: tuple[Right, ...], here: str, language: str | None) -> SafeString:
    """The way through the application for whoever has these rights, written once for each page and language."""
    sections = []
    for title, entries in SECTIONS:
        shown = [
            {"name": entry.name, "title": entry.title, "here": here == entry.name or here in entry.also}
            for entry in entries
            if entry.right in rights
        ]
        if shown:
            sections.append({"title": title, "entries": shown})
    return render_to_string("parts/navigation.html", {"sections": sections})
