"""Overview, stages, forecast and their lists: figures open exactly those behind them, and roles see what is theirs."""

from __future__ import annotations

import csv
import html
import io
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

LINK = re.compile(r'<a[^>]*href="(?P<href>[^"]+)"[^>]*>(?P<text>.*?)</a>', re.DOTALL)
NUMBER = re.compile(r"^\D{0,9}([\d,]+)")
MAIN = re.compile(r"<main.*?</main>", re.DOTALL)
JUNE = "since=2025-06-01&until=2025-06-30"


# how many rows lists have that several pages open
COUNTED: dict[str, int] = {}


def content(answer: Any) -> str:
    assert answer.status_code == 200, answer.content.decode()[:2000]
    found = MAIN.search(answer.content.decode())
    return found[0] if found else answer.content.decode()


def numbers(page: str) -> dict[str, int]:
    """The lists that numbers of a page open, with the numbers."""
    found: dict[str, int] = {}
    for link in LINK.finditer(page):
        href, text = html.unescape(link["href"]), " ".join(re.sub(r"<[^>]+>", " ", link["text"]).split())
        number = NUMBER.match(text)
        if number and href.startswith(("/people?", "/lists/")) and "as=csv" not in href:
            found[href] = int(number[1].replace(",", ""))
    return found


def part(client: Any, address: str, **told: Any) -> str:
    """A part of a page that may take a while, once it is there."""
    for _ in range(60):
        page = content(client.get(address, told))
        if 'hx-trigger="load delay' not in page:
            return page
        time.sleep(0.25)
    raise AssertionError(f"{address} never came")


def rows_of(client: Any, address: str) -> int:
    """How many rows a list has, page after page."""
    count, offset = 0, 0
    while True:
        answer = client.get(f"{address}&offset={offset}")
        shown = len(answer.context["found"].rows)
        count += shown
        offset += shown
        if not answer.context["found"].more:
            return count


ADDRESSES = (
    "/overview", "/overview?by=quarter&show=money&period=2025-Q1", "/stages/classic/at_risk?by=week",
    "/forecast?days=90",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_number_opens_a_list_of_exactly_so_many(as_: Callable[..., Any], address: str) -> None:
    client = as_()
    found = numbers(content(client.get(address)))
    assert len(found) > 8
    for href, number in found.items():
        if href not in COUNTED:
            answer = client.get(href)
            assert answer.status_code == 200, href
            COUNTED[href] = answer.context["found"].count
        assert COUNTED[href] == number, href


def test_the_stages_are_those_of_now(as_: Callable[..., Any]) -> None:
    from tenure.server import holding

    client = as_()
    told = numbers(content(client.get("/overview")))
    for one in holding.workspace().stages("classic"):
        href = f"/people?lifecycle=classic&in.classic={one.stage or 'none'}"
        assert told.get(href, 0) == one.people
        if one.people:
            assert rows_of(client, href) == one.people


def test_lists_of_flows_have_a_row_for_each_move(as_: Callable[..., Any]) -> None:
    from tenure.server import holding

    client = as_()
    flows = holding.workspace().moves.transitions("classic", since="2025-06-01", until="2025-06-30")
    chosen = [one for one in flows if one.stage and one.to][:3]
    assert len(chosen) == 3
    overview = numbers(content(client.get("/overview?period=2025-06")))
    for one in chosen:
        address = f"/lists/moved?lifecycle=classic&from={one.stage}&to={one.to}&{JUNE}"
        assert overview[address] == one.moves
        assert rows_of(client, address) == one.moves
        listed = client.get(address).context["found"].rows
        assert {(row.stage, row.to) for row in listed} == {(one.stage, one.to)}


def test_parts_that_come_later(as_: Callable[..., Any]) -> None:
    client = as_()
    for address in ("/overview/findings", "/stages/classic/at_risk/staying", "/stages/classic/at_risk/metrics"):
        for href, number in numbers(part(client, address)).items():
            assert client.get(href).context["found"].count == number, href
    assert "No targets yet" in part(client, "/overview/targets")
    assert "<svg" in part(client, "/stages/classic/at_risk/charts")
    assert "<svg" in part(client, "/forecast/days")
    outlook = part(client, "/forecast/outlook")
    assert "Four in five cases" in outlook
    assert "<svg" in outlook


def test_findings_open_their_people(as_: Callable[..., Any]) -> None:
    client = as_()
    page = part(client, "/overview/findings")
    links = [html.unescape(link["href"]) for link in LINK.finditer(page)]
    assert links
    for link in links:
        answer = client.get(link)
        assert f"See all {answer.context['found'].count:,}" in page


@pytest.mark.parametrize("address", ["/overview", "/stages/classic/at_risk", "/forecast"])
def test_viewers_see_numbers_and_no_people(as_: Callable[..., Any], address: str) -> None:
    from tenure.server import holding

    seen = content(as_("viewer").get(address))
    assert not numbers(seen)
    assert "/people" not in seen
    ids = holding.workspace().people("classic")["customer_id"].to_pylist()
    assert not [one for one in ids if one in seen]


@pytest.mark.parametrize(
    ("role", "lists", "csv_status", "sheet"),
    [("viewer", 403, 403, 403), ("agent", 200, 403, 403), ("analyst", 200, 200, 200), ("marketer", 200, 200, 200),
     ("administrator", 200, 200, 200)],
)  # fmt: skip
def test_roles(as_: Callable[..., Any], role: str, lists: int, csv_status: int, sheet: int) -> None:
    client = as_(role)
    address = "/lists/due?lifecycle=classic&days=30"
    assert client.get(address).status_code == lists
    assert client.get(f"{address}&as=csv").status_code == csv_status
    assert client.get("/stages/classic/at_risk/sheet").status_code == sheet
    assert client.get("/overview").status_code == 200


def test_a_list_taken_out(as_: Callable[..., Any]) -> None:
    from tenure.server.accounts.models import AuditEntry

    client = as_("analyst")
    address = "/lists/due?lifecycle=classic&days=30"
    answer = client.get(f"{address}&as=csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert answer["Content-Type"].startswith("text/csv")
    assert len(rows) == client.get(address).context["found"].count
    assert {"customer_id", "name", "email", "stage", "to", "moves_at"} <= set(rows[0])
    assert AuditEntry.objects.filter(did="took out a list", who="analyst").count() == 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/stages/classic/forged", 404), ("/stages/forged/at_risk", 404), ("/stages/classic/forged/sheet", 404),
        ("/stages/classic/forged/charts", 404), ("/stages/classic/forged/staying", 404),
        ("/overview?lifecycle=forged", 404), ("/forecast?lifecycle=forged", 404), ("/lists/forged", 404),
        ("/lists/moved?from=forged", 400), ("/lists/due?from=forged", 400), ("/lists/due?days=900000", 400),
        ("/lists/stage", 400), ("/lists/moved?since=';--", 400), ("/lists/moved?since=2025-99-99", 400),
        ("/overview?period=forged", 400), ("/overview?period=2090-01", 400), ("/overview?period=2025", 400),
        ("/overview?by=forged", 200), ("/forecast?days=12", 200),
    ],
)  # fmt: skip
def test_forged_addresses(as_: Callable[..., Any], address: str, status: int) -> None:
    assert as_().get(address).status_code == status


@pytest.fixture
def restored(site: Path) -> Iterator[Path]:
    """The workspace, whose files are afterwards as they were."""
    from tenure.server import holding

    before = {path: path.read_text(encoding="utf-8") for path in site.glob("**/*.yaml")}
    yield site
    for path in site.glob("**/*.yaml"):
        if path not in before:
            path.unlink()
    for path, text in before.items():
        path.write_text(text, encoding="utf-8")
    holding.changed().roster.refresh()


def test_the_sheet_of_a_stage_is_written_into_its_file(as_: Callable[..., Any], restored: Path) -> None:
    from tenure.server import holding
    from tenure.server.accounts.models import AuditEntry
    from tenure.server.work.models import Change

    client = as_("marketer")
    before = holding.workspace().lifecycle("classic")
    form = client.get("/stages/classic/at_risk/sheet")
    told = {
        "base": form.context["base"], "title": "At risk", "means": "Silent for: too long", "owner": "Retention team",
        "needs": "A reason to come back\r\n\r\nTheir last order, at hand", "processes": "Win back",
        "metrics": "at_risk_rate",
    }  # fmt: skip
    answer = client.post("/stages/classic/at_risk/sheet", told)
    assert (answer.status_code, answer["Location"]) == (302, "/stages/classic/at_risk")
    now = holding.workspace().lifecycle("classic")
    stage = now.stage("at_risk")
    assert stage is not None
    assert stage.means == "Silent for: too long"
    assert stage.needs == ("A reason to come back", "Their last order, at hand")
    assert (stage.processes, stage.owner, stage.metrics) == (("Win back",), "Retention team", ("at_risk_rate",))
    # nothing else is different, and nobody has moved
    assert now.id == before.id
    assert [one for one in now.stages if one.name != "at_risk"] == [
        one for one in before.stages if one.name != "at_risk"
    ]
    assert "# Days of silence" in (restored / "lifecycles" / "classic.yaml").read_text(encoding="utf-8")
    assert Change.objects.get().files["lifecycles/classic.yaml"][1].count("A reason to come back") == 1
    assert AuditEntry.objects.filter(who="marketer", did="changed").count() == 1
    assert "Their last order, at hand" in content(client.get("/stages/classic/at_risk"))
    # what somebody else changed meanwhile is not written over
    stale = client.post("/stages/classic/at_risk/sheet", told | {"means": "Another"})
    assert stale.status_code == 400
    assert holding.workspace().lifecycle("classic").stage("at_risk").means == "Silent for: too long"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"metrics": "forged_metric"}, "There is no metric"), ({"title": ""}, "needs a title"),
     ({"means": "x" * 501}, "longer than")],
)  # fmt: skip
def test_sheets_that_cannot_be(as_: Callable[..., Any], restored: Path, wrong: dict[str, str], said: str) -> None:
    client = as_("analyst")
    base = client.get("/stages/classic/reach/sheet").context["base"]
    answer = client.post("/stages/classic/reach/sheet", {"base": base, "title": "Reach"} | wrong)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_a_workspace_without_events_says_what_to_do(as_: Callable[..., Any], tmp_path: Path, site: Path) -> None:
    from tenure.server import holding
    from tenure.workspace import Workspace

    (tmp_path / "tenure.yaml").write_text("name: New\nlifecycles: [classic]\n", encoding="utf-8")
    held = holding._held
    with Workspace.open(tmp_path, clock=holding.now) as empty:
        empty.roster.refresh()
        holding._held = empty
        try:
            for address in ("/overview", "/forecast"):
                page = content(as_().get(address))
                assert "Nobody is known yet" in page
                assert 'href="/data"' in page
            assert as_().get("/stages/classic/at_risk").status_code == 200
            assert as_().get("/lists/moved").context["found"].count == 0
        finally:
            holding._held = held


def test_an_empty_stage_says_what_would_fill_it(as_: Callable[..., Any], restored: Path) -> None:
    from tenure.server import holding

    (restored / "lifecycles").mkdir(exist_ok=True)
    text = (
        "lifecycle: fans\nevents:\n  joined: Fan Club Joined\nstages:\n  - bought:\n      when: count(purchase) >= 1\n"
    )
    text += "  - parted:\n      when: count(joined) >= 1\n"
    (restored / "lifecycles" / "fans.yaml").write_text(text, encoding="utf-8")
    config = restored / "tenure.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("lifecycles: [classic]", "lifecycles: [classic, fans]"), "utf-8"
    )
    holding.changed().roster.refresh()
    for address in ("/overview?lifecycle=fans", "/stages/fans/parted"):
        page = content(as_().get(address))
        assert "Nothing here can fill it yet. It takes Fan Club Joined." in page
