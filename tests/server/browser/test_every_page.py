"""Every page: no error in the console, nothing wider than the screen, nothing that axe-core finds serious."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PAGES = (
    "/overview", "/forecast", "/people", "/today", "/accounts", "/renewals", "/feedback", "/actions", "/metrics",
    "/cohorts", "/journeys", "/channels", "/definitions", "/data", "/access", "/me",
)  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_pages_fit_and_are_accessible(look: Callable[..., Any], width: int, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = look("/overview", width=width, theme=theme)
    found = []
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{path}: wider than {width}")
        serious = [
            f"{path}: {one['id']}: {one['nodes'][0]['html'][:120]}"
            for one in Axe()
            .run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            .response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        found += serious
        found += [f"{path}: {fault}" for fault in page.faults]
        page.faults.clear()
    assert found == []
