"""From a file of purchases to an action with a hold-out: one command, and few clicks."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.server.browser.conftest import Served
from tests.server.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

MOST = 40
COUNTRIES = ("Germany", "France", "Austria", "Netherlands")
GOODS = (("Ceramic mug", "12.90"), ("Linen apron", "34.50"), ("Oak board", "48.00"), ("Gift card, 25 EUR", "25.00"))


@dataclass(slots=True)
class Hand:
    """Somebody at the mouse, who counts: a click, a field that is gone to and filled, a choice in a list (two)."""

    page: Page
    clicks: int = 0

    def follow(self, address: str) -> None:
        """A link that stands in the terminal is clicked."""
        self.clicks += 1
        self.page.goto(address)

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def fill(self, label: str, text: str) -> None:
        self.clicks += 1
        self.page.get_by_label(label, exact=True).fill(text)

    def choose(self, label: str, option: str) -> None:
        self.clicks += 2
        self.page.get_by_label(label, exact=True).select_option(option)


def test_from_a_file_to_an_action_with_a_hold_out(
    serves: Callable[..., Served], window: Callable[..., Any], tmp_path: Path
) -> None:
    write_orders(tmp_path / "orders.csv")
    server = serves(["demo", "--data", "orders.csv"], tmp_path)
    page = window(server)
    hand = Hand(page)

    hand.follow(server.opened)
    hand.fill("Name to log in with", "ann")
    hand.fill("Password", PASSWORD)
    hand.fill("Once more", PASSWORD)
    hand.click(page.get_by_role("button", name="Begin"))
    page.wait_for_url("**/overview")

    hand.click(page.locator('tr.stage:has(th a[href*="/lapsed"]) .here a').first)
    people = counted(page.locator(".head .note strong").inner_text())
    assert people > 20
    hand.click(page.get_by_role("link", name="Act on this list"))
    hand.fill("Name", "Win back, June")
    hand.fill("They are to", "purchase")
    hand.fill("Held out, %", "20")
    hand.choose("Done by", "tasks")
    hand.click(page.get_by_role("button", name="Preview"))
    hand.click(page.get_by_role("button", name="Begin"))

    page.get_by_role("heading", name="Win back, June").wait_for()
    treated, held_out = map(counted, page.locator("ul.figures .count").all_inner_texts()[:2])
    assert treated + held_out == people
    assert 0 < held_out < treated
    assert hand.clicks < MOST
    assert page.faults == []
    assert page.strayed == []


def counted(text: str) -> int:
    """The number that a text begins with."""
    return int(text.split(maxsplit=1)[0].replace(",", ""))


def write_orders(file: Path) -> None:
    """The orders of a small shop over eighteen months, as shops export them: a row a line of an order."""
    dice = random.Random(7)
    begin, days = datetime(2024, 1, 1, 9, 30, tzinfo=UTC), 540
    names = [(f"{first} {last}", f"{first}.{last}@example.com".lower()) for first in FIRST for last in LAST]
    rows = []
    for number, (name, mail) in enumerate(names):
        day, country = dice.uniform(0, days), COUNTRIES[number % len(COUNTRIES)]
        while day < days:
            moment = begin + timedelta(days=day)
            good, price = dice.choice(GOODS)
            rows.append((moment, name, mail, country, good, dice.randint(1, 3), price))
            day += dice.expovariate(1 / 50) if dice.random() < 0.8 else days  # one in five does not come again
    rows.sort()
    with file.open("w", newline="") as written:
        told = csv.writer(written)
        told.writerow(
            [
                "Order ID",
                "Order Date",
                "Customer Name",
                "Customer Email",
                "Country",
                "Product",
                "Quantity",
                "Unit Price",
            ]
        )
        for number, (moment, *rest) in enumerate(rows, start=1001):
            told.writerow([f"#{number}", f"{moment:%Y-%m-%d %H:%M}", *rest])


FIRST = (
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Felix",
    "Greta",
    "Hugo",
    "Ida",
    "Jonas",
    "Karla",
    "Leo",
    "Mia",
    "Nils",
    "Olga",
)
LAST = ("Abel", "Bauer", "Conrad", "Dietz", "Engel", "Fuchs", "Graf", "Huber", "Iversen", "Jansen")
