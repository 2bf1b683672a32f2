"""What stands in every line of a list of what to do, written once for all of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from tenure.server.access import tasks


def menus(request: HttpRequest) -> dict[str, Any]:
    """The menus of a line: calls and days off, and to whom it can be handed on."""
    told = {"owners": tasks.owners(request.user), "outcomes": tasks.OUTCOMES}  # type: ignore[arg-type]
    return {
        "menus": render_to_string("work/todo_menus.html", told, request),
        "hands": render_to_string("work/todo_hands.html", told, request),
    }
