"""Today, feedback, accounts and renewals: what they show, and that every number is the length of its list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest

PAGES = ("/today", "/feedback", "/accounts", "/renewals")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages wait for what is being worked out, however slow the machine is."""
    from tenure.server.access import later

    monkeypatch.setattr(later, "PATIENCE", 120)


@pytest.fixture(scope="module")
def companies(site: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A simulated b2b company's workspace, open."""
    yield from opened(tmp_path_factory, "b2b", 300)


@pytest.fixture(scope="module")
def subscribers(site: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The workspace of a simulated company with subscriptions, open."""
    yield from opened(tmp_path_factory, "subscription", 200)


def opened(tmp_path_factory: pytest.TempPathFactory, flavour: str, people: int) -> Iterator[Any]:
    """A simulated workspace with everything loaded, closed in the end."""
    from tenure.server.holding import now
    from tenure.simulate import simulate
    from tenure.workspace import Workspace

    folder = tmp_path_factory.mktemp(flavour) / flavour
    simulate(flavour, seed=5, people=people, end=date(2025, 6, 30)).write(folder)  # type: ignore[arg-type]
    with Workspace.open(folder, clock=now) as ws:
        ws.load()
        ws.roster.refresh()
        yield ws


@pytest.fixture
def b2b(companies: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The b2b company's workspace, held."""
    from tenure.server import holding

    monkeypatch.setattr(holding, "_held", companies)
    return companies


@pytest.fixture
def subscription(subscribers: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The workspace with subscriptions, held."""
    from tenure.server import holding

    monkeypatch.setattr(holding, "_held", subscribers)
    return subscribers


def text(answer: Any) -> str:
    """The words of a page."""
    body = answer.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body.partition("<main")[2] or body))


def rows(client: Any, address: str, mark: str) -> int:
    """How many rows a list has, gone through to its end as a browser does."""
    found = 0
    while address:
        headers = {"HX-Request": "true"} if "offset=" in address or "before=" in address else {}
        body = client.get(address, headers=headers).content.decode()
        found += body.count(mark)
        following = re.search(r'hx-get="([^"]+)" hx-trigger="revealed"', body)
        address = following[1].replace("&amp;", "&") if following else ""
    return found


@pytest.mark.parametrize("address", PAGES)
def test_who_may_see_them(as_: Callable[..., Any], address: str) -> None:
    assert as_(None).get(address).status_code == 302
    assert as_("viewer").get(address).status_code == 403
    assert as_("analyst").get(address).status_code == (403 if address == "/today" else 200)
    assert as_("agent").get(address).status_code == 200


@pytest.mark.parametrize("address", ["/today/do", "/tasks", "/owner", "/feedback/follow-up"])
def test_who_may_do_what_they_offer(as_: Callable[..., Any], address: str) -> None:
    for role, status in ((None, 302), ("viewer", 403), ("analyst", 403)):
        assert as_(role).post(address, {"customer": "c1"}).status_code == status
    assert as_("agent").get(address).status_code == 405
    assert as_("agent", enforce_csrf_checks=True).post(address, {}).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/today?since=yesterday", "/today?since=1999-01-01", "/today?offset=x", "/feedback?kind=rumour",
        "/feedback?mood=odd", "/feedback?before=1", "/feedback?days=99999", "/feedback?stage=nowhere",
        "/renewals?month=soon", "/renewals?within=-1", "/accounts?offset=9e9",
    ],
)  # fmt: skip
def test_odd_addresses_get_a_reason(as_: Callable[..., Any], address: str) -> None:
    answer = as_("agent").get(address)
    assert answer.status_code == 400


def test_nothing_to_show_says_what_would_bring_it(as_: Callable[..., Any]) -> None:
    assert "There are no accounts yet." in text(as_("agent").get("/accounts"))
    assert "Nothing is up for renewal." in text(as_("agent").get("/renewals"))
    assert "Nobody said anything like that." in text(as_("agent").get("/feedback?product=nothing"))


def test_ids_that_nobody_has(as_: Callable[..., Any], b2b: Any) -> None:
    client = as_("agent")
    assert client.get("/accounts/nobody").status_code == 404
    line = {"sort": "risk", "reference": "r", "customer": "nobody", "do": "done"}
    assert client.post("/today/do", line).status_code == 404
    assert client.post("/today/do", {"task": "12345678", "do": "done"}).status_code == 404
    assert client.post("/today/do", {**line, "sort": "rumour"}).status_code == 404
    assert client.post("/owner", {"account": "nobody", "owner": "agent"}).status_code == 404
    assert client.post("/feedback/follow-up", {"customer": "nobody", "message": "m"}).status_code == 404


# today


@pytest.mark.parametrize("flavour", ["shop", "b2b", "subscription"])
def test_every_number_of_today_is_its_list(
    as_: Callable[..., Any], flavour: str, request: pytest.FixtureRequest, users: dict[str, Any]
) -> None:
    from tenure.server.access import todo

    if flavour != "shop":
        request.getfixturevalue(flavour)
    client = as_("agent")
    found = todo.today(users["agent"], since=date(2025, 6, 2))
    assert sum(found.counts.values()) > 0
    assert rows(client, "/today?since=2025-06-02", 'class="line"') == sum(found.counts.values())
    for sort, count in found.counts.items():
        assert rows(client, f"/today?since=2025-06-02&show={sort}", 'class="line"') == count
    money = [row.money or 0 for row in found.rows]
    assert money == sorted(money, reverse=True)


def test_since_the_last_working_day() -> None:
    from tenure.server.access.todo import last_working_day

    assert last_working_day(date(2025, 6, 30)) == date(2025, 6, 27)
    assert last_working_day(date(2025, 7, 1)) == date(2025, 6, 30)


def line(client: Any, show: str) -> dict[str, str]:
    """What the form of the first line of a sort would send."""
    body = client.get(f"/today?since=2025-06-02&show={show}").content.decode()
    form = re.search(r'<form class="acts".*?</form>', body, re.DOTALL)
    assert form, show
    sent = re.findall(r'name="(sort|reference|customer|title|detail)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in sent}


def test_what_the_log_says_is_done_with_one_click(as_: Callable[..., Any]) -> None:
    from tenure.server.work.models import InboxEvent, Task

    client = as_("agent")
    before = rows(client, "/today?since=2025-06-02&show=complaint", 'class="line"')
    answer = client.post("/today/do", {**line(client, "complaint"), "do": "done"}, headers={"HX-Request": "true"})
    assert "Done." in text(answer)
    assert "Open it again" in text(answer)
    task = Task.objects.get()
    assert (task.source, task.state, task.owner.username) == ("feedback", "done", "agent")
    assert [row.body["name"] for row in InboxEvent.objects.order_by("id")] == [
        "Task Created", "Task Completed", "Follow-up Done",
    ]  # fmt: skip
    assert rows(client, "/today?since=2025-06-02&show=complaint", 'class="line"') == before - 1


def test_what_the_log_says_is_put_off_handed_on_and_called(as_: Callable[..., Any]) -> None:
    from tenure.server.work.models import InboxEvent, Task

    client = as_("agent")
    sent = line(client, "risk")
    called = client.post("/today/do", {**sent, "call": "no answer"}, headers={"HX-Request": "true"})
    assert "Call logged: no answer." in text(called)
    assert not Task.objects.exists()
    assert InboxEvent.objects.get().body["customer_id"] == sent["customer"]
    client.post("/today/do", {**sent, "snooze": "7"})
    task = Task.objects.get()
    assert (task.source, task.state, task.snoozed_until) == ("risk", "open", date(2025, 7, 7))
    client.post("/today/do", {"task": task.pk, "to": "marketer"})
    task.refresh_from_db()
    assert task.owner.username == "marketer"


def test_without_scripts_a_form_leads_back(as_: Callable[..., Any]) -> None:
    client = as_("agent")
    sent = {**line(client, "risk"), "do": "done", "next": "/today?show=risk"}
    answer = client.post("/today/do", sent)
    assert (answer.status_code, answer["Location"]) == (302, "/today?show=risk")
    assert client.post("/today/do", {**sent, "do": "explode"}).status_code == 400


def test_others_do_what_belongs_to_them(as_: Callable[..., Any], b2b: Any, users: dict[str, Any]) -> None:
    from tenure.server.access import todo

    everybody = todo.today(users["agent"])
    owner = next(row.owner for row in everybody.rows if row.owner)
    users["marketer"].name = owner
    users["marketer"].save()
    try:
        mine = todo.today(users["agent"])
        assert len(mine.rows) < len(everybody.rows)
        assert all(row.owner != owner for row in mine.rows)
        assert len(todo.today(users["agent"], whose="all").rows) == len(everybody.rows)
    finally:
        users["marketer"].name = ""


# feedback


@pytest.mark.parametrize("flavour", ["shop", "b2b"])
def test_the_stream_in_parts(as_: Callable[..., Any], flavour: str, request: pytest.FixtureRequest) -> None:
    if flavour != "shop":
        request.getfixturevalue(flavour)
    client = as_("analyst")
    whole = rows(client, "/feedback?days=120", 'class="said-one"')
    kinds = [rows(client, f"/feedback?days=120&kind={kind}", 'class="said-one"')
             for kind in ("answer", "review", "complaint")]  # fmt: skip
    assert all(kinds)
    assert sum(kinds) == whole
    moods = [rows(client, f"/feedback?days=120&kind=review&mood={mood}", 'class="said-one"')
             for mood in ("bad", "middling", "good")]  # fmt: skip
    assert sum(moods) == kinds[1]
    at_risk = rows(client, "/feedback?days=120&stage=at_risk", 'class="said-one"')
    assert 0 < at_risk < whole
    assert "Follow up" not in text(client.get("/feedback"))


def test_a_follow_up_is_made_once(as_: Callable[..., Any]) -> None:
    from tenure.server.work.models import Task

    client = as_("agent")
    body = client.get("/feedback?days=120").content.decode()
    sent = dict(re.findall(r'name="(customer|message)" value="([^"]*)"', body)[:2])
    answer = client.post("/feedback/follow-up", sent, headers={"HX-Request": "true"})
    assert "To follow up: agent" in text(answer)
    client.post("/feedback/follow-up", sent)
    task = Task.objects.get()
    assert (task.source, task.reference, task.customer) == ("feedback", sent["message"], sent["customer"])
    assert "To follow up: agent" in text(client.get("/feedback?days=120"))


def test_what_people_write_cannot_speak_to_the_store(as_: Callable[..., Any]) -> None:
    answer = as_("agent").get("/feedback", {"product": "x' or 1 == 1 or 'y", "survey": "nps'); --"})
    assert answer.status_code == 200
    assert "Nobody said anything like that." in text(answer)


# accounts


def test_accounts_and_their_people(as_: Callable[..., Any], b2b: Any) -> None:
    client = as_("agent")
    body = client.get("/accounts").content.decode()
    counted = re.search(r"<strong>([\d,]+) accounts</strong>", body)
    assert counted
    assert rows(client, "/accounts", 'class="row"') == int(counted[1].replace(",", ""))
    people = re.findall(r'href="(/people\?account=[^"]+)">([\d,]+)</a>', body)
    for address, count in people[:5]:
        words = text(client.get(address.replace("&amp;", "&")))
        assert re.search(rf"\b{count} (person|people|customers?)\b", words), address
    first = re.search(r'href="(/accounts/[^"]+)"', body)
    assert first
    page = client.get(first[1])
    assert page.status_code == 200
    for address, count in re.findall(r'href="(/people\?account=[^"]+)">(\d+)</a>', page.content.decode()):
        words = text(client.get(address.replace("&amp;", "&")))
        assert re.search(rf"\b{count} (person|people|customers?)\b", words), address


def test_accounts_found_and_filtered(as_: Callable[..., Any], b2b: Any) -> None:
    from tenure.lifecycle.roster import AccountsAsked

    every = b2b.roster.accounts(AccountsAsked(), limit=10_000)
    one = every.rows[0]
    assert [row.id for row in b2b.roster.accounts(AccountsAsked(search=one.id)).rows] == [one.id]
    owned = b2b.roster.accounts(AccountsAsked(owner=one.owner), limit=10_000)
    assert owned.count == sum(row.owner == one.owner for row in every.rows)
    fewest = b2b.roster.accounts(AccountsAsked(sort="people", descending=False), limit=10_000)
    sizes = [row.people for row in fewest.rows]
    assert sizes == sorted(sizes)
    assert sum(row.money for row in every.rows) == every.money
    assert f"/accounts/{one.id}" in as_("agent").get(f"/accounts?q={one.id}").content.decode()


def test_all_people_of_an_account_get_an_owner(as_: Callable[..., Any], b2b: Any) -> None:
    from tenure.lifecycle.roster import AccountsAsked
    from tenure.server.work.models import InboxEvent

    one = b2b.roster.accounts(AccountsAsked(sort="people")).rows[0]
    as_("agent").post("/owner", {"account": one.id, "owner": "marketer"})
    bodies = [row.body for row in InboxEvent.objects.all()]
    assert len(bodies) == one.people
    assert {body["traits"]["owner"] for body in bodies} == {"marketer"}


def test_an_owner_is_there_after_the_next_round(as_: Callable[..., Any], b2b: Any) -> None:
    from tenure.lifecycle.roster import AccountsAsked
    from tenure.server.loops.inbox import drain

    one = b2b.roster.accounts(AccountsAsked(sort="people")).rows[0]
    as_("agent").post("/owner", {"account": one.id, "owner": "agent"})
    as_("agent").post("/owner", {"account": one.id, "owner": "marketer"})
    drain()
    b2b.roster.refresh()
    (found,) = b2b.roster.accounts(AccountsAsked(id=one.id)).rows
    # of two given at one moment, the later one
    assert found.owner == "marketer"
    assert found.people == one.people


def test_a_task_about_an_account(as_: Callable[..., Any], b2b: Any) -> None:
    from tenure.lifecycle.roster import AccountsAsked
    from tenure.server.work.models import InboxEvent

    one = b2b.roster.accounts(AccountsAsked()).rows[0]
    client = as_("agent")
    sent = {"customer": one.id, "kind": "account", "title": "Prepare the review", "due": "2025-07-04"}
    client.post("/tasks", {**sent, "next": f"/accounts/{one.id}"})
    assert "Prepare the review" in text(client.get(f"/accounts/{one.id}"))
    assert f'href="/accounts/{one.id}"' in client.get("/today?show=task").content.decode()
    assert InboxEvent.objects.get().body["account"] == one.id


# renewals


@pytest.mark.parametrize("flavour", ["b2b", "subscription"])
def test_every_number_of_renewals_is_its_list(
    as_: Callable[..., Any], flavour: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(flavour)
    client = as_("analyst")
    body = client.get("/renewals").content.decode()
    table = body.partition("</table>")[0]
    numbers = re.findall(r'href="\?([^"]*)">([\d,]+)</a>', table)
    assert len(numbers) > 5
    # the first two months, the last one, and all of them
    for query, count in numbers[:4] + numbers[-4:]:
        address = f"/renewals?{query.replace('&amp;', '&')}"
        assert rows(client, address, 'class="row"') == int(count.replace(",", "")), address
    months = [int(count.replace(",", "")) for query, count in numbers if "month=" in query and "risk" not in query]
    total = [int(count.replace(",", "")) for query, count in numbers if "month=" not in query and "risk" not in query]
    assert [sum(months)] == total


def test_terms_are_worth_what_they_bring(subscription: Any) -> None:
    terms = subscription.roster.renewals().to_pylist()
    assert all(row["value"] > 0 and row["months"] in (1, 12) for row in terms)
    now = subscription.as_of
    month = 30 * 86_400_000_000
    assert all(now - month < row["due"] <= now + 13 * month for row in terms)
    assert len({(row["customer_id"], row["subscription"]) for row in terms}) == len(terms)


def test_what_has_ended_is_not_up_for_renewal(subscription: Any) -> None:
    terms = {row["customer_id"] for row in subscription.roster.renewals().to_pylist()}
    ended = 0
    for one in subscription.timeline.feed(["Subscription Ended"], limit=200):
        last = subscription.timeline.of(
            one.customer, ["Subscription Started", "Subscription Renewed", "Subscription Ended"], limit=1
        )
        if last[0].name == "Subscription Ended":
            ended += 1
            assert one.customer not in terms
    assert ended
