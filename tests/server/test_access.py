"""Every address × every role × a stranger × a forged id: who sees what, read off the addresses themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

# what addresses ask for, where it is there and where it is forged
REAL = {"lifecycle": "classic", "name": "at_risk"}
FORGED = {
    "customer": "nobody-of-this-name", "account": "none-of-this-name", "number": 987654, "pk": 987654, "view": 987654,
    "task": 987654, "user": 987654, "key": 987654, "change": 987654,
    "action": "no-such-action", "source": "no-such-source",
}  # fmt: skip
OPEN = {"home", "healthz", "welcome", "shut"}


def addresses() -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """Every address of our own: its name, its route, its view and the names of what it asks for."""
    from tenure.server.urls import urlpatterns

    for one in urlpatterns:
        for inner in getattr(one, "url_patterns", [one]):
            if getattr(inner, "callback", None) and inner.callback.__module__.startswith("tenure."):
                yield inner.name, str(inner.pattern), inner.callback, inner.pattern.converters


def test_every_view_says_who_may_come(site: Any) -> None:
    for name, route, view, _ in addresses():
        assert hasattr(view, "right") or name in OPEN, route
        assert name in OPEN or not getattr(view, "open_to_all", False), route


def test_strangers_see_nothing(as_: Callable[..., Any]) -> None:
    client = as_(None)
    for name, route, _, converters in addresses():
        if name in OPEN:
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(_address(name, converters))
            if answer.status_code != 405:
                assert answer.status_code == 302, (method, route)
                assert answer["Location"].startswith("/account/login/"), (method, route)


@pytest.mark.parametrize("role", ["viewer", "analyst", "marketer", "agent", "administrator"])
def test_roles_see_what_is_theirs(as_: Callable[..., Any], role: str) -> None:
    from tenure.server.accounts.roles import may

    client = as_(role)
    for name, route, view, converters in addresses():
        if name in OPEN:
            continue
        answer = client.get(_address(name, converters))
        if answer.status_code == 405:
            answer = client.post(_address(name, converters))
        if may(role, view.right):
            assert answer.status_code in (200, 302, 400, 404, 405), (route, answer.status_code)
            if converters.keys() & FORGED.keys():
                assert answer.status_code != 200, route
        else:
            assert answer.status_code == 403, (route, answer.status_code)


def test_viewers_never_read_a_name(as_: Callable[..., Any]) -> None:
    client = as_("viewer")
    names = [one["email"] for one in as_("analyst").get("/api/v1/customers?limit=200").json()["customers"]]
    for name, route, _, converters in addresses():
        if name in OPEN or converters:
            continue
        page = client.get(_address(name, converters)).content.decode()
        assert not [one for one in names if one and one in page], route


def _address(name: str, converters: dict[str, Any]) -> str:
    from django.urls import reverse

    told = {asked: FORGED.get(asked, REAL.get(asked, "none")) for asked in converters}
    numbers = {asked: 987654 for asked, one in converters.items() if type(one).__name__ == "IntConverter"}
    return str(reverse(name, kwargs={**told, **numbers}))


def test_whoever_may_not_export_does_not_page_through_everybody(
    as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenure.server.access import people
    from tenure.server.accounts.models import AuditEntry

    monkeypatch.setattr(people, "LOOKED_AT", 60)
    monkeypatch.setattr(people, "A_DAY", 200)
    agent, analyst = as_("agent"), as_("analyst")
    assert len(agent.get("/api/v1/customers?limit=50&offset=50").json()["customers"]) == 10
    assert agent.get("/api/v1/customers?limit=50&offset=60").status_code == 403
    assert agent.get("/api/v1/forecast?days=900&offset=60").status_code == 403
    assert agent.get("/people?offset=100").status_code == 403
    assert len(analyst.get("/api/v1/customers?limit=50&offset=60").json()["customers"]) == 50
    statuses = [agent.get("/api/v1/customers?limit=50").status_code for _ in range(6)]
    assert (statuses[0], statuses[-1]) == (200, 403)
    assert AuditEntry.objects.filter(did="looked at very many people").count() == 1


def test_a_request_does_not_wait_for_the_worker_for_long(
    as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import Future

    from tenure.server.access import definitions
    from tenure.server.api import defined

    never: list[Future[Any]] = []

    def busy(*told: Any, **more: Any) -> Future[Any]:
        never.append(Future())
        return never[-1]

    monkeypatch.setattr(defined, "PATIENCE", 0.01)
    monkeypatch.setattr(definitions, "previewed", busy)
    monkeypatch.setattr(definitions, "begin", busy)
    client, body = as_("administrator"), {"files": {"segments/vip.yaml": "when: count(order) >= 1"}}
    for address in ("/api/v1/plan", "/api/v1/definitions"):
        answer = client.post(address, body, content_type="application/json")
        assert (answer.status_code, "busy" in answer.json()["error"]) == (503, True)
    assert all(one.cancelled() for one in never)
    with defined._waiting(), defined._waiting():
        assert client.post("/api/v1/plan", body, content_type="application/json").status_code == 503
