"""What people do here, from the first start to an action with a hold-out, as they do it: by keys and clicks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.server.browser.conftest import Served, settle
from tests.server.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

AT_RISK = "at_risk"
VISITS = "who,when,page\n" + "".join(f"c1000{n:02d},2025-06-{n:02d} 10:00,/shoes/{n}\n" for n in range(1, 21))


def test_from_the_first_start_to_an_action(
    served: Served, state: Any, window: Callable[..., Any], tmp_path: Path
) -> None:
    page = window(served, state=state)
    page.goto(served.opened)
    page.wait_for_url("**/overview")
    out_and_in_again(page)
    find_somebody_and_read_why(page)
    change_a_condition_and_take_it_back(page)
    upload_a_file(page, tmp_path)
    begin_an_action(page)
    assert page.faults == []
    assert page.strayed == []
    strangers_are_asked_to_log_in(window(served))


def out_and_in_again(page: Page) -> None:
    """Logged out, and in again by name and password."""
    page.goto("/overview")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/account/login/**")
    page.get_by_label("Name or mail address").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(overview|today)$"))


def find_somebody_and_read_why(page: Page) -> None:
    """`/` goes to the search, arrows to the rows, Enter opens; the page says why somebody is where they are."""
    page.goto("/overview")
    page.keyboard.press("/")
    assert page.locator("input:focus").get_attribute("id") == "find"
    page.keyboard.type("c10001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people?q=c10001")
    page.keyboard.press("ArrowDown")
    name = page.locator("a.row:focus").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/c10001*")
    assert page.get_by_role("heading", level=1).inner_text() == name
    settle(page)
    stage = page.locator(".person-head .tag.stage").first.inner_text()
    page.get_by_role("heading", name=f"Why {stage}?").wait_for()
    assert page.get_by_text("Because:").count() == 1


def change_a_condition_and_take_it_back(page: Page) -> None:
    """Another condition: who would move is shown first; the map then shows it, and shows the old one after all."""
    page.goto("/overview")
    before = population(page)
    page.get_by_role("link", name="Definitions").click()
    page.locator("main a.card").first.click()
    form = page.locator("li.panel", has=page.locator(f"input[name=stage][value={AT_RISK}]"))
    form.get_by_text("Change it").click()
    condition = form.get_by_label("Condition", exact=True)
    condition.fill("since(nonsense")
    form.locator(f"#said-{AT_RISK} .bad").wait_for()
    page.faults.clear()  # type: ignore[attr-defined]
    condition.fill("since(purchase) >= days(20)")
    form.get_by_role("button", name="Preview the change").click()
    told = page.get_by_role("heading", name="Who would move").inner_text()
    moving = int(re.search(r"([\d,]+) (?:people|person)", told)[1].replace(",", ""))  # type: ignore[index]
    assert moving > 0
    page.goto("/overview")
    assert population(page) == before, "a preview changes nothing"

    page.go_back()
    page.get_by_label("Why (stands in the history)").fill("Twenty days are long")
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_text("Applied.").wait_for()
    page.goto("/overview")
    after = population(page)
    assert after[AT_RISK] > before[AT_RISK]
    assert sum(abs(after[name] - before[name]) for name in before) == 2 * moving

    page.goto("/changes")
    page.locator("tr", has_text="Twenty days are long").get_by_role("link").first.click()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("Taken back").wait_for()
    page.goto("/overview")
    assert population(page) == before


def upload_a_file(page: Page, folder: Path) -> None:
    """A table of visits: its columns are named, then its events are there."""
    file = folder / "visits.csv"
    file.write_text(VISITS)
    page.goto("/data")
    page.get_by_role("link", name="Upload a file").click()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_label("Each row is").fill("Page Viewed")
    page.get_by_label("Who", exact=True).select_option("who")
    page.get_by_label("When", exact=True).select_option("when")
    page.get_by_role("button", name="Look at it that way").click()
    page.get_by_text("20 events would load").wait_for()
    page.get_by_role("button", name="Take it in").click()
    page.get_by_text("20 new events").wait_for()
    page.goto("/people/c100007?kind=visits")
    settle(page)
    page.get_by_text("/shoes/7").first.wait_for(state="attached")


def begin_an_action(page: Page) -> None:
    """A list becomes an action, a tenth of it held out by lot; the sides add up to the list."""
    page.goto("/overview")
    settle(page)
    people = population(page)["lapsed"]
    page.locator('tr.stage:has(th a[href*="/lapsed"]) .here a').first.click()
    page.get_by_role("link", name="Act on this list").click()
    page.get_by_label("Name", exact=True).fill("Win back, summer")
    page.get_by_label("They are to").fill("purchase")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="This is what would begin").wait_for()
    told = [int(one.replace(",", "")) for one in page.locator("ul.figures .count").all_inner_texts()]
    assert sum(told) == people, "treated, held out, and left out for want of consent"
    assert told[0] > told[1] > 0
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="Win back, summer").wait_for()
    assert [int(one) for one in page.locator("ul.figures .count").all_inner_texts()[:2]] == told[:2]


def strangers_are_asked_to_log_in(page: Page) -> None:
    """Whoever is not logged in sees the login page, and comes from it to the page that they asked for."""
    page.goto("/people?q=c10001")
    page.wait_for_url("**/account/login/?next=/people%3Fq%3Dc10001")
    page.get_by_label("Name or mail address").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url("**/people?q=c10001")


def population(page: Page) -> dict[str, int]:
    """How many are in each stage by the map of the overview."""
    found = {}
    for row in page.locator("table.map tr.stage").all():
        name = str(row.get_by_role("rowheader").get_by_role("link").get_attribute("href")).rpartition("/")[2]
        found[name.partition("?")[0]] = int(row.locator(".amount").inner_text().replace(",", ""))
    return found
