"""Lists that act: laid down, looked at, begun, handed over, measured; who may do what."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from tenure.lifecycle.roster import Asked
from tenure.server import holding

Client = Callable[..., Any]
LIST = "in.classic=lapsed"
FORM = {"name": "Win back, June", "goal": "purchase", "days": "30", "share": "20", "kind": "download", "owner": ""}


def lapsed() -> set[str]:
    rows = holding.workspace().roster.rows(Asked(stages=(("classic", ("lapsed",)),)), "classic")
    return set(rows["id"].to_pylist())


def people_in(client: Any, query: str) -> int:
    found = re.search(rb"<strong>([0-9,]+) (?:people|person)</strong>", client.get(f"/people?{query}").content)
    assert found
    return int(found[1].replace(b",", b""))


@pytest.fixture
def begun(as_: Client) -> str:
    """An action on those who lapsed, begun once for all tests."""
    as_("marketer").post(f"/actions/new?{LIST}", {**FORM, "do": "start"})
    return "win-back-june"


def test_a_list_becomes_an_action(as_: Client) -> None:
    client = as_("marketer")
    assert f"/actions/new?{LIST}" in client.get(f"/people?{LIST}").content.decode()
    form = client.get(f"/actions/new?{LIST}").content.decode()
    assert f"<strong>{len(lapsed()):,} people</strong>" in form
    assert 'name="share" inputmode="decimal" required value="10"' in form


def test_a_preview_writes_nothing(as_: Client) -> None:
    client = as_("marketer")
    text = client.post(f"/actions/new?{LIST}", {**FORM, "name": "Only looked at", "do": "preview"}).content.decode()
    told = [int(one.replace(",", "")) for one in re.findall(r'class="count">([0-9,]+)<', text)]
    assert sum(told) == len(lapsed())
    assert 'value="start"' in text
    assert "only-looked-at" not in client.get("/actions").content.decode()


def test_an_action_begins_and_tells_what_it_brought(as_: Client, begun: str) -> None:
    from tenure.server.accounts.models import AuditEntry

    client = as_("marketer")
    result = holding.workspace().actions.result(begun)
    assert result.begun.treated + result.begun.held_out == len(lapsed())
    text = client.get(f"/actions/{begun}").content.decode()
    assert "Too early to tell" in text
    assert f">{result.lift.treated.people:,}</a>" in text
    assert AuditEntry.objects.filter(did="started an action").count() == 1
    again = client.post(f"/actions/new?{LIST}", {**FORM, "do": "start"}, follow=True).content.decode()
    assert "had begun before" in again


def test_numbers_open_lists_with_as_many(as_: Client, begun: str) -> None:
    client = as_("marketer")
    text = client.get(f"/actions/{begun}").content.decode()
    links = re.findall(r'href="/people\?(action=[^"]+)">([0-9,]+)<', text)
    assert len(links) >= 2
    for query, number in links:
        assert people_in(client, query.replace("&amp;", "&")) == int(number.replace(",", ""))


def test_the_download_has_those_treated_and_their_consent(as_: Client, begun: str) -> None:
    answer = as_("marketer").get(f"/actions/{begun}/people.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    ws = holding.workspace()
    assert {row["customer_id"] for row in rows} == set(ws.actions.members(begun))
    assert not {row["customer_id"] for row in rows} & set(ws.actions.members(begun, held_out=True))
    assert {f"consent_{channel}" for channel in ws.actions.channels()} <= set(rows[0])


def test_tasks_are_made_for_those_treated_once(as_: Client, users: dict[str, Any]) -> None:
    from tenure.server.work.models import Task

    client = as_("administrator")
    form = {**FORM, "name": "Call them", "kind": "tasks", "owner": "agent", "note": "Ask why", "do": "start"}
    for _ in range(2):
        client.post(f"/actions/new?{LIST}", form)
    treated = holding.workspace().actions.members("call-them")
    tasks = Task.objects.filter(source="action", reference="call-them")
    assert sorted(tasks.values_list("customer", flat=True)) == sorted(treated)
    first = tasks.first()
    assert first is not None
    assert (first.title, first.owner, first.note) == ("Call them", users["agent"], "Ask why")
    assert f"{len(treated):,} open" in client.get("/actions/call-them").content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "needs a name"), ({"goal": "no_such_event"}, "There is no event"), ({"share": "80"}, "held out"),
        ({"share": "a few"}, "is no share"), ({"days": "0"}, "days cannot be waited for"),
        ({"days": "x"}, "whole number"),
        ({"owner": "mallory"}, "nobody of that name"), ({"channel": "pigeon"}, "pigeon"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_what_was_typed_stays(as_: Client, changed: dict[str, str], words: str) -> None:
    form = {**FORM, "name": "Never begun", "note": "as typed", "do": "start", **changed}
    answer = as_("marketer").post(f"/actions/new?{LIST}", form)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert "as typed" in answer.content.decode()
    assert "never-begun" not in as_("marketer").get("/actions").content.decode()


def test_nobody_on_the_list_is_told(as_: Client) -> None:
    answer = as_("marketer").get("/actions/new?q=nobody-is-called-that")
    assert "Nobody is on this list." in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "sees", "acts"),
    [(None, 302, 302), ("viewer", 200, 403), ("analyst", 200, 403), ("agent", 200, 403), ("marketer", 200, 200)],
)
def test_who_may_act(as_: Client, begun: str, role: str | None, sees: int, acts: int) -> None:
    client = as_(role)
    assert client.get("/actions").status_code == sees
    assert client.get(f"/actions/{begun}").status_code == sees
    for address in (f"/actions/new?{LIST}", f"/actions/{begun}/people.csv"):
        assert client.get(address).status_code == acts


def test_viewers_see_figures_and_nobody(as_: Client, begun: str) -> None:
    text = as_("viewer").get(f"/actions/{begun}").content.decode()
    assert "held out by lot" in text
    assert "/people" not in text
    assert "Download" not in text
    assert as_("viewer").get(f"/people?action={begun}&arm=treated").status_code == 403


@pytest.mark.parametrize("address", ["/actions/forged", "/actions/forged/people.csv"])
def test_a_forged_id_is_not_there(as_: Client, address: str) -> None:
    assert as_("marketer").get(address).status_code == 404


def test_a_viewer_reads_neither_search_nor_note(as_: Client) -> None:
    """What a list was searched by may be somebody's name."""
    form = {**FORM, "name": "The Smiths", "note": "ask for Ada", "days": "5", "do": "start"}
    as_("marketer").post("/actions/new?q=smith", form)
    assert "smith" in as_("marketer").get("/actions/the-smiths").content.decode().replace("the-smiths", "")
    for path in ("/actions", "/actions/the-smiths"):
        page = as_("viewer").get(path).content.decode().replace("the-smiths", "").replace("The Smiths", "")
        assert "smith" not in page
        assert "Ada" not in page


@pytest.mark.parametrize(
    ("list_", "role"),
    [
        ("/figures/rfm?cell=champion", "marketer"),
        ("/lists/moved?lifecycle=classic&to=conversion", "administrator"),
    ],
)
def test_a_list_behind_a_figure_becomes_an_action(as_: Callable[..., Any], list_: str, role: str) -> None:
    from urllib.parse import unquote

    from tests.server.reading import read

    client = as_(role)
    page = read(client.get(list_).content.decode())
    form = next(link.said["href"] for link in page.all("a") if link.said["href"].startswith("/actions/new?rows="))
    shown = read(client.get(form).content.decode())
    rows = [one for one in read(client.get(list_).content.decode()).all("td") if any(one.all("a"))]
    assert rows
    told = {"name": f"List {role}", "goal": "purchase", "days": "30", "share": "20", "kind": "download", "owner": ""}
    begun = client.post(form, {**told, "do": "start"})
    assert begun.status_code == 302, begun.content.decode()
    from tenure.server import holding

    made = next(one for one in holding.workspace().actions.list() if one.action.name == told["name"])
    table = client.get(f"{unquote(list_)}&as=csv") if role == "administrator" else None
    ids = {line.split(b",")[0] for line in b"".join(table.streaming_content).splitlines()[1:]} if table else None
    people = made.begun.treated + made.begun.held_out + made.begun.left_out
    assert people > 0
    assert ids is None or people == len(ids), "each person once"
    assert f"{people:,}" in shown.text
    assert "Who" in made.action.people


def test_a_list_that_does_not_exist_becomes_no_action(as_: Callable[..., Any]) -> None:
    client = as_("marketer")
    assert client.get("/actions/new?rows=elsewhere/moved").status_code == 400
    assert client.get("/actions/new?rows=figures/persona%3Fcell%3Dnobody").status_code == 400
