"""The list of people: who may see it, found and filtered, kept as views, taken out as CSV."""

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


def count(answer: Any) -> int:
    """How many people the list says it has."""
    found = re.search(rb"<strong>([0-9,]+) (?:people|person)</strong>", answer.content)
    assert found, answer.content[:300]
    return int(found[1].replace(b",", b""))


def exported(client: Any, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/people.csv?{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_everybody_is_there_the_most_money_first(as_: Client) -> None:
    answer = as_("analyst").get("/people")
    everybody = holding.workspace().roster.look(Asked())
    assert count(answer) == everybody.people
    first, second = everybody.rows[:2]
    assert answer.content.index(str(first["id"]).encode()) < answer.content.index(str(second["id"]).encode())


@pytest.mark.parametrize(
    "query",
    [
        "in.classic=at_risk", "in.classic=at_risk&in.classic=lapsed", "in.classic=none", "is.country=GB",
        "is.country=none", "is.country=GB&in.classic=lapsed", "from=50", "from=50&to=200", "quiet=60", "due=30",
        "due=60&next=lapsed", "entered=30", "q=example.com", "q=smith&is.country=GB", "q=nobody-is-called-that",
    ],
)  # fmt: skip
def test_the_list_has_as_many_as_it_says(as_: Client, query: str) -> None:
    client = as_("analyst")
    assert count(client.get(f"/people?{query}")) == len(exported(client, query))


def test_filters_keep_those_who_are_like_that(as_: Client) -> None:
    client = as_("analyst")
    rows = exported(client, "in.classic=lapsed&is.country=GB&from=10")
    assert rows
    assert {row["stage"] for row in rows} == {"lapsed"}
    assert {row["country"] for row in rows} == {"GB"}
    assert all(float(row["money"]) >= 10 for row in rows)
    assert {row["next"] for row in exported(client, "due=90&next=lapsed")} == {"lapsed"}


def test_search_counts_what_it_finds_in_any_order(as_: Client) -> None:
    client = as_("analyst")
    by_money, by_name = exported(client, "q=smith"), exported(client, "q=smith&sort=name")
    assert by_money
    assert sorted(row["id"] for row in by_money) == sorted(row["id"] for row in by_name)
    assert count(client.get("/people?q=smith&sort=-last_seen")) == len(by_money)


def test_any_trait_may_be_asked_for(as_: Client) -> None:
    answer = as_("analyst").get("/people?trait=first_name&value=Anna&q=&sort=name")
    assert (answer.status_code, answer["Location"]) == (302, "/people?sort=name&is.first_name=Anna")


def test_filters_are_chips_that_can_be_taken_away(as_: Client) -> None:
    client = as_("analyst")
    answer = client.get("/people?in.classic=at_risk&is.country=GB&quiet=30").content.decode()
    assert re.findall(r'class="chip" href="\?([^"]*)"', answer) == [
        "is.country=GB&amp;quiet=30", "in.classic=at_risk&amp;quiet=30", "in.classic=at_risk&amp;is.country=GB",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    ["in.nothing=at_risk", "in.classic=at_riks", "is.shoe_size=44", "from=much", "quiet=-1", "due=9999999", "q=%00"],
)
def test_what_cannot_be_asked_is_told(as_: Client, query: str) -> None:
    answer = as_("analyst").get(f"/people?{query}")
    assert answer.status_code in (200, 400)
    assert b"Traceback" not in answer.content


def test_more_rows_come_as_one_goes_on(as_: Client) -> None:
    client = as_("agent")
    first = client.get("/people").content.decode()
    following = re.search(r'hx-get="(/people\?[^"]+)"', first)
    assert following
    part = client.get(following[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    ids = [re.findall(r'class="row" href="/people/([^"]+)"', text) for text in (first, part)]
    assert len(ids[0]) == 25
    assert ids[1]
    assert not set(ids[0]) & set(ids[1])


def test_taking_a_list_out_is_noted_and_harmless(as_: Client) -> None:
    from tenure.events import Event
    from tenure.server.accounts.models import AuditEntry

    ws = holding.workspace()
    event = Event(
        name="Identified", customer_id="formula-1", time=ws.as_of, type="identify",
        traits={"first_name": "=HYPERLINK(0)", "last_name": "Formula"},
    )  # fmt: skip
    ws.record([event])
    ws.roster.refresh()
    rows = exported(as_("marketer"), "q=formula-1")
    assert [row["first_name"] for row in rows] == ["'=HYPERLINK(0)"]
    entry = AuditEntry.objects.first()
    assert (entry.who, entry.did, entry.detail) == ("marketer", "exported people", {"rows": 1})


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("agent", 403), ("analyst", 200), (None, 302)])
def test_who_may_take_lists_out(as_: Client, role: str | None, status: int) -> None:
    answer = as_(role).get("/people.csv?q=smith")
    assert answer.status_code == status
    assert (b"CSV" in as_("agent").get("/people").content) is False


def test_views_are_kept_shared_and_deleted(as_: Client) -> None:
    from tenure.server.work.models import SavedView

    analyst, agent = as_("analyst"), as_("agent")
    kept = {"do": "keep", "name": "Quiet Brits", "query": "is.country=GB&quiet=30&offset=50&q="}
    answer = analyst.post("/people-views", kept)
    assert (answer.status_code, answer["Location"]) == (302, "/people?is.country=GB&quiet=30")
    assert b"Quiet Brits" in analyst.get("/people").content
    assert b"Quiet Brits" not in agent.get("/people").content
    view = SavedView.objects.get()
    analyst.post("/people-views", {**kept, "query": "is.country=GB", "shared": "on"})
    assert b"Quiet Brits" in agent.get("/people").content
    view.refresh_from_db()
    assert (view.query, view.shared) == ("is.country=GB", True)
    for do in ("delete", "unshare"):
        assert agent.post("/people-views", {"do": do, "view": view.pk}).status_code == 404
    assert analyst.post("/people-views", {"do": "delete", "view": view.pk}).status_code == 302
    assert not SavedView.objects.exists()
    assert analyst.post("/people-views", {"do": "keep", "name": " "}).status_code == 400


def test_viewers_see_nobody(as_: Client) -> None:
    client = as_("viewer")
    assert client.get("/people").status_code == 403
    assert client.post("/people-views", {"do": "keep", "name": "x"}).status_code == 403
    assert client.get("/overview").status_code == 200
