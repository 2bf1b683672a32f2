"""Every number of people or rows opens a list, and the list has exactly that many: all pages are gone through.

A list says in one place how many it has: the first `strong` of a `note`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from tests.server.reading import Node, heading, read
from tests.server.test_work_pages import opened

FIRST = (
    "/overview", "/overview?show=money", "/forecast", "/people", "/today?whose=all", "/accounts", "/renewals",
    "/feedback?days=3650", "/actions", "/metrics", "/cohorts", "/cohorts?show=number", "/journeys",
    "/journeys?show=paths", "/channels", "/definitions", "/data", "/access", "/access/log", "/me", "/changes",
    "/data/rejected",
)  # fmt: skip
# links of one view to the same kind of list are alike: so many of them are opened
_TRIED = 2
# views that show no number of people: what belongs to a login, what draws, what is taken away as a file
_PASSED = re.compile(r"^/account/|^/api/|\.csv\b|\bas=(csv|json|html)\b|/charts$")
COMPANIES = ("/accounts", "/accounts?sort=people", "/renewals", "/renewals?risk=1")

_UNITS = "people|persons?|customers?|accounts?|companies|moves?|terms?|rows?|times?|events?|users?|entry|entries"
_COUNT = re.compile(
    rf"^(?:all |see all |look at the )?(\d[\d,]*)(?: (?:{_UNITS}|of the next|moved from|that did not)\b.*)?$",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"\b(\d[\d,]*) (?:people|persons?|customers?|subscribers?|accounts?|companies)\b")
_HEADINGS = re.compile(
    "(People|Customers|Accounts|Moves.*|Times|Came|Left|Here at its end|Now|Terms|At risk|Treated|Held out|Converted"
    "|Went that way)$"
)

# what a number in it is no figure of: links, fields, drawings, code, the head of a list that says what it has
_NEVER = ("a", "select", "svg", "pre", "code", "label", "button", "h1")

# where a number of people is no link, and why
UNLINKED = {
    ("definition_file", "Made with seed 7"): "text of a file",
    ("journeys", "Of "): "how many are counted in all: those of the lists beneath, and more",
}


@dataclass(slots=True)
class Found:
    """What a walk through all pages came upon."""

    pages: int = 0
    lists: int = 0
    wrong: list[str] = field(default_factory=list)
    unlinked: list[str] = field(default_factory=list)


class Walk:
    """Through all pages: each kind of them once, and some of the lists of each kind."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._stated: dict[str, int | None] = {}
        self._tried: Counter[Any] = Counter()
        self.found = Found()

    def through(self, addresses: tuple[str, ...], *, within: str | tuple[str, ...] = "") -> Found:
        """What was found on these pages, and on one page of every other view that they lead to (`within` some)."""
        seen = {_kind(one)[0] for one in addresses}
        waiting = list(addresses)
        while waiting:
            address = waiting.pop()
            view = _kind(address)[0]
            for tree in self._parts(address):
                self._look(view, address, tree)
                for target in _targets(address, tree):
                    kind = _kind(target)[0]
                    if kind not in seen and target.startswith(within):
                        seen.add(kind)
                        waiting.append(target)
        return self.found

    def _parts(self, address: str) -> Iterator[Node]:
        """The page, and what it fetches by itself."""
        answer = self._client.get(address, follow=True)
        if answer.streaming or "text/html" not in answer["Content-Type"]:
            return
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        self.found.pages += 1
        waiting = [read(answer.content.decode())]
        for tree in waiting:
            yield tree
            for one in tree.all():
                if "load" in one.said.get("hx-trigger", "") and "hx-get" in one.said:
                    part = urljoin(address, one.said["hx-get"])
                    if _PASSED.search(urlsplit(part).path):
                        continue
                    answer = self._client.get(part, headers={"HX-Request": "true"})
                    assert answer.status_code == 200, f"{part}: {answer.status_code}"
                    waiting.append(read(answer.content.decode()))

    def _look(self, view: str, address: str, tree: Node) -> None:
        for link in tree.all("a"):
            if (many := _many(link, address)) is not None:
                self._open(view, address, link, many)
        for node, text in tree.strings():
            for told in _PEOPLE.finditer(text):
                if told[1] != "0" and not _led_on(node, told[1]) and not _excused(view, text):
                    self.found.unlinked.append(f"{address}: {' '.join(text.split())[:120]}")
        for cell in tree.all("td"):
            said = cell.text
            if re.fullmatch(r"[\d,]+", said) and said != "0" and not any(cell.all("a")):
                head = heading(cell)
                # the sum of rows, each of which is a link, is none
                summed = "total" in (cell.within.classes if cell.within else ())
                if _HEADINGS.fullmatch(head) and not summed and not _excused(view, head):
                    self.found.unlinked.append(f"{address}: {head}: {said}")

    def _open(self, view: str, address: str, link: Node, many: int) -> None:
        target = _opened(address, link)
        kind = (view, _kind(target))
        if target not in self._stated:
            if self._tried[kind] >= _TRIED:
                return
            self._tried[kind] += 1
            self._stated[target] = self._count(target)
            self.found.lists += 1
        if self._stated[target] != many:
            self.found.wrong.append(f"{address}: {link.text!r} opens {target}, which has {self._stated[target]}")

    def _count(self, address: str) -> int | None:
        """How many a list says that it has."""
        for tree in self._parts(address):
            for one in tree.all("strong"):
                if any("note" in around.classes for around in one.around()) and (told := re.match(r"[\d,]+", one.text)):
                    return int(told[0].replace(",", ""))
        return None


def _kind(address: str) -> tuple[str, tuple[str, ...]]:
    """The view of an address, and what it is asked."""
    from django.urls import resolve

    split = urlsplit(address)
    return resolve(split.path).url_name or "", tuple(sorted({key for key, _ in parse_qsl(split.query)}))


def _targets(address: str, tree: Node) -> Iterator[str]:
    for link in tree.all("a"):
        href = link.said.get("href", "")
        if href and not href.startswith(("mailto:", "http:", "https:", "#")) and "download" not in link.said:
            target = _opened(address, link)
            if not _PASSED.search(target):
                yield target


def _opened(address: str, link: Node) -> str:
    """The address that a link of a page leads to; `?` is the page without its query, as browsers read it."""
    href = link.said["href"]
    return (urlsplit(address).path if href == "?" else urljoin(address, href)).partition("#")[0]


def _many(link: Node, address: str) -> int | None:
    """How many a link says that it opens; None where it says nothing of the kind."""
    told = _COUNT.match(link.said.get("aria-label") or link.text)
    rate = "shade" in (link.within.said.get("class", "") if link.within else "") and "show=number" not in address
    if told is None or "href" not in link.said or rate:
        return None
    return int(told[1].replace(",", ""))


def _led_on(node: Node, many: str) -> bool:
    """Whether a number is a link, says what a list has, is chosen from, or stands beside the link to its list."""
    around = list(node.around())
    if any(one.tag in _NEVER or "head" in one.classes for one in around):
        return True
    nearest = next((one for one in around if one.tag in ("li", "p", "td")), None)
    return nearest is not None and any(many in link.text for link in nearest.all("a"))


def _excused(view: str, text: str) -> bool:
    return any(view == page and words in text for page, words in UNLINKED)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages wait for what is being worked out, however slow the machine is."""
    from tenure.server.access import later

    monkeypatch.setattr(later, "PATIENCE", 120)


@pytest.fixture(scope="module")
def companies(site: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A simulated b2b company's workspace, open."""
    yield from opened(tmp_path_factory, "b2b", 100)


def test_every_number_opens_as_many(as_: Callable[..., Any]) -> None:
    client = as_("administrator")
    told = {"name": "Win back, June", "goal": "purchase", "days": "30", "share": "20", "kind": "tasks", "owner": ""}
    client.post("/actions/new?in.classic=lapsed", {**told, "do": "start"})
    found = Walk(client).through(FIRST)
    assert found.wrong == []
    assert found.unlinked == []
    assert found.pages > 60
    assert found.lists > 30


def test_every_number_of_companies_opens_as_many(
    as_: Callable[..., Any], companies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server import holding

    monkeypatch.setattr(holding, "_held", companies)
    found = Walk(as_("administrator")).through(COMPANIES, within=("/accounts", "/renewals"))
    assert found.wrong == []
    assert found.unlinked == []
    assert found.lists > 5


def test_a_viewer_sees_numbers_that_open_nothing(as_: Callable[..., Any]) -> None:
    walk = Walk(as_("viewer"))
    for address in ("/overview", "/stages/classic/at_risk", "/forecast", "/metrics", "/cohorts", "/journeys"):
        for tree in walk._parts(address):
            shut = [one for one in _targets(address, tree) if urlsplit(one).path.startswith(("/people", "/lists"))]
            assert shut == [], address
