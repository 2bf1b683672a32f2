"""Every page: no error in the console, nothing wider than the screen, nothing that axe-core finds serious."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.server.browser.conftest import settle

PAGES = (
    "/overview", "/overview?show=money&by=month", "/stages/classic/at_risk", "/stages/classic/at_risk/sheet",
    "/lists/due?lifecycle=classic&days=30", "/lists/moved?lifecycle=classic&to=at_risk", "/forecast?days=90",
    "/people", "/people?in.classic=at_risk&from=10&sort=name", "/people?q=nobody-has-this-name", "/today?whose=all",
    "/accounts", "/renewals", "/feedback?days=3650", "/actions", "/actions/new?in.classic=lapsed",
    "/metrics", "/metrics/revenue?by=month", "/metrics/new_customers", "/cohorts", "/journeys", "/channels",
    "/definitions", "/definitions/classic", "/definitions/file/tenure.yaml", "/definitions/new/segment",
    "/definitions/new/lifecycle", "/definitions/list/events", "/definitions/list/targets", "/changes",
    "/data", "/data/upload", "/data/rejected", "/data/new/source", "/access", "/access/log", "/me", "/nothing-is-here",
)  # fmt: skip
# pages that are reached by the first row of another
FIRST = ("/people", "/actions", "/changes", "/data", "/access")
# said of itself by the browser, and wanted: the page that does not exist
_WANTED = "404 (Not Found)"

# the rows of a long list are alike: the first ones are looked at
_SERIOUS = """async () => {
    const told = await axe.run({exclude: ["tbody tr:nth-of-type(n+6)", "ol > li:nth-of-type(n+6)", "option"]}, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], preload: false,
    });
    return told.violations.filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
}"""


def test_pages_fit_and_are_accessible(look: Callable[..., Any], tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe().axe_script
    page = look("/overview")
    begin_an_action(page)
    change_a_title(page)
    found = []
    for address in every(page, tmp_path):
        settle(page)
        page.evaluate(axe)
        for theme, width, thorough in (
            ("light", 1280, True),
            ("light", 390, False),
            ("dark", 390, True),
            ("dark", 1280, False),
        ):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{address}: wider than {width}")
            if thorough:
                found += [f"{address}, {theme}, {width}: {one}" for one in page.evaluate(_SERIOUS)]
        found += [f"{address}: {fault}" for fault in page.faults if _WANTED not in fault]
        page.faults.clear()
    assert found == [], "\n".join(found)
    assert page.strayed == []


def every(page: Any, folder: Path) -> Iterator[str]:
    """Every page, opened one after the other."""
    for address in PAGES:
        page.goto(address)
        yield address
        if address in FIRST:
            page.locator("table.list tbody a.row").first.click()
            page.wait_for_load_state()
            yield page.url
    file = folder / "visits.csv"
    file.write_text("who,when,page\na@example.com,2025-05-01 10:00,/\nb@example.com,2025-05-02 11:00,/shoes\n")
    page.goto("/data/upload")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_url("**/data/upload/*")
    yield page.url
    page.goto("/definitions/classic")
    page.get_by_text("Change it").first.click()
    page.get_by_role("button", name="Preview the change").first.click()
    page.get_by_role("heading", name="What would the files say?").wait_for()
    yield "the preview of a change"


def begin_an_action(page: Any) -> None:
    """Nothing; an action has begun."""
    page.goto("/actions/new?in.classic=lapsed")
    page.get_by_label("Name", exact=True).fill("Win back, June")
    page.get_by_label("They are to").fill("purchase")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="Win back, June").wait_for()


def change_a_title(page: Any) -> None:
    """Nothing; there is a change in the history."""
    page.goto("/definitions/classic")
    page.get_by_text("Change it").first.click()
    page.get_by_label("Title").first.fill("Heard of us")
    page.get_by_role("button", name="Apply without a preview").first.click()
    page.get_by_text("Applied.").wait_for()
