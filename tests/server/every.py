"""Every address that the application has, its places filled: of pages, their parts, and the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_PLACE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>|\(\?P<(?P<group>\w+)>[^)]*\)")
# what a place is filled with, by its name
FILLED = {
    "lifecycle": "classic", "name": "classic", "kind": "customer", "what": "rfm", "file": "tenure.yaml", "path": "x",
    "uidb36": "1", "key": "1-x",
}  # fmt: skip


def addresses(*, customer: str = "friend-1") -> Iterator[str]:
    """Every address, each once."""
    from django.urls import get_resolver

    found = dict.fromkeys(_below(get_resolver(), "/", customer))
    assert len(found) > 80
    yield from found


def _below(resolver: Any, lead: str, customer: str) -> Iterator[str]:
    for one in resolver.url_patterns:
        told = lead + _filled(str(one.pattern), customer)
        if hasattr(one, "url_patterns"):
            yield from _below(one, told, customer)
        else:
            yield told


def _filled(pattern: str, customer: str) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match["name"] or match["group"]
        if name in ("customer", "id") and match["kind"] != "int":
            return customer
        return "1" if match["kind"] == "int" else FILLED.get(name, "1")

    return _PLACE.sub(fill, pattern).replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")
