"""The API: keys and sessions, pages of rows, the same figures as the pages show, errors that read well."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


@pytest.fixture
def keys(undone: None) -> dict[str, str]:
    """A key of every scope."""
    from tenure.server.accounts.keys import make_key

    return {scope: make_key(f"test {scope}", scope)[1] for scope in ("write", "read", "admin")}


@pytest.fixture
def ask(undone: None) -> Callable[..., Any]:
    """What asks the API with a key."""
    from django.test import Client

    client = Client()

    def asked(path: str, key: str | None = None, *, body: Any = None, header: str = "Authorization") -> Any:
        headers = {} if key is None else {header: f"Bearer {key}" if header == "Authorization" else key}
        if body is None:
            return client.get(f"/api/v1{path}", headers=headers)
        return client.post(f"/api/v1{path}", body, content_type="application/json", headers=headers)

    return asked


def test_nobody_asks_without_a_key(ask: Callable[..., Any]) -> None:
    assert ask("/customers").status_code == 401
    assert ask("/customers", "tnr_guessed").status_code == 401


def test_scopes(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    assert ask("/customers", keys["write"]).status_code == 403
    assert ask("/customers", keys["read"]).status_code == 200
    assert ask("/customers", keys["read"], header="X-API-Key").status_code == 200
    assert (
        ask("/plan", keys["read"], body={"files": {"segments/vip.yaml": "when: count(order) >= 1"}}).status_code == 403
    )
    assert ask("/definitions", keys["admin"]).status_code == 200


def test_a_revoked_key_opens_nothing(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    from tenure.server.accounts.keys import find_key, revoke

    found = find_key(keys["read"])
    assert found is not None
    revoke(found)
    assert ask("/customers", keys["read"]).status_code == 401


def test_keys_are_kept_as_hashes(keys: dict[str, str]) -> None:
    from tenure.server.accounts.models import ApiKey

    kept = [str(value) for row in ApiKey.objects.values() for value in row.values()]
    assert not any(key in value for key in keys.values() for value in kept)


def test_a_session_asks_too_and_by_its_role(as_: Callable[..., Any]) -> None:
    assert as_("analyst").get("/api/v1/customers").status_code == 200
    assert as_("viewer").get("/api/v1/customers").status_code == 403
    assert as_("viewer").get("/api/v1/lifecycles/classic/stages").status_code == 200


def test_viewers_break_figures_down_by_groups_alone(as_: Callable[..., Any]) -> None:
    asked = "/api/v1/metrics/orders?period=year&by="
    for role, by, status in (
        ("viewer", "email", 400), ("viewer", "first_name", 400), ("viewer", "channel", 200), ("analyst", "email", 200),
    ):  # fmt: skip
        answer = as_(role).get(asked + by)
        assert answer.status_code == status, (role, by)
        assert ("@" in answer.content.decode()) == (by == "email" and status == 200)


def test_a_session_without_the_token_of_a_page_changes_nothing(as_: Callable[..., Any]) -> None:
    client = as_("administrator", enforce_csrf_checks=True)
    body = {"files": {"segments/vip.yaml": "when: count(order) >= 1"}}
    assert client.post("/api/v1/definitions", body, content_type="application/json").status_code == 403


def test_pages_of_customers_are_the_whole_list(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    found = ask("/customers?in.classic=at_risk&limit=5", keys["read"]).json()
    ids: list[str] = []
    for offset in range(0, found["count"] + 5, 5):
        page = ask(f"/customers?in.classic=at_risk&limit=5&offset={offset}", keys["read"]).json()
        ids += [one["id"] for one in page["customers"]]
    assert len(ids) == len(set(ids)) == found["count"] > 5
    stages = {one["stage"]: one["people"] for one in ask("/lifecycles/classic/stages", keys["read"]).json()}
    assert stages["at_risk"] == found["count"]


def test_one_customer_now_then_and_always(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    first = ask("/customers?in.classic=loyalty&limit=1", keys["read"]).json()["customers"][0]
    one = ask(f"/customers/{first['id']}", keys["read"]).json()
    assert (one["stage"], one["money"]) == ("loyalty", first["money"])
    assert ask(f"/customers/{first['id']}/stage", keys["read"]).json()["stage"] == "loyalty"
    history = ask(f"/customers/{first['id']}/history", keys["read"]).json()
    before = history[0]
    assert ask(f"/customers/{first['id']}/stage?at={before['entered_at']}", keys["read"]).json() == before
    why = ask(f"/customers/{first['id']}/explain", keys["read"]).json()
    assert (why["stage"], len(why["stages"]) > 3) == ("loyalty", True)
    events = ask(f"/customers/{first['id']}/timeline?limit=3", keys["read"]).json()
    assert len(events["events"]) == 3
    assert events["more"]


def test_the_forecast_counts_whom_it_lists(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    found = ask("/forecast?days=90&limit=200", keys["read"]).json()
    assert len(found["people"]) == min(found["count"], 200) > 0
    times = [one["moves_at"] for one in found["people"]]
    assert times == sorted(times)


def test_metrics_and_scorecard(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    catalogue = {one["name"]: one for one in ask("/metrics", keys["read"]).json()}
    assert catalogue["average_order_value"]["lacks"] == ""
    points = ask("/metrics/average_order_value?since=2025-01-01", keys["read"]).json()
    assert [one["period"] for one in points][:2] == ["2025-01-01", "2025-02-01"]
    assert float(points[0]["value"]) == pytest.approx(float(points[0]["numerator"]) / float(points[0]["denominator"]))
    card = ask("/scorecard", keys["read"]).json()
    assert card["stages"][0]["stage"] == "reach"


def test_figures_wait_for_no_import(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    """Once their measures are there: a long import holds up no page and no program."""
    from tenure.server import holding

    paths = ("/metrics/average_order_value", "/scorecard", "/lifecycles/classic/stages", "/customers")
    for path in paths:
        assert ask(path, keys["read"]).status_code == 200
    imports, over = threading.Event(), threading.Event()

    def import_for_long() -> None:
        with holding.workspace()._store.transaction():
            imports.set()
            over.wait(60)

    with ThreadPoolExecutor(1) as other:
        held = other.submit(import_for_long)
        assert imports.wait(10)
        for path in paths:
            assert ask(path, keys["read"]).status_code == 200
        assert not held.done()
        over.set()


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/customers/nobody", 404, ""),
        ("/customers/nobody/history", 404, ""),
        ("/customers?in.classic=at_rsk", 400, "at_risk"),
        ("/customers?in.clasic=at_risk", 400, "classic"),
        ("/customers?sort=money&limit=100000", 422, ""),
        ("/customers?from=NaN", 400, "amount"),
        ("/metrics/average_ordr_value", 400, "average_order_value"),
        ("/metrics/average_order_value?since=yesterday", 400, "yesterday"),
        ("/lifecycles/none/stages", 400, "classic"),
        ("/nowhere", 404, ""),
    ],
)  # fmt: skip
def test_errors_read_well(ask: Callable[..., Any], keys: dict[str, str], path: str, status: int, said: str) -> None:
    answer = ask(path, keys["read"])
    assert answer.status_code == status
    assert said in answer.content.decode()


def test_a_plan_changes_nothing_and_a_wrong_one_says_where(ask: Callable[..., Any], keys: dict[str, str]) -> None:
    wrong = ask("/plan", keys["admin"], body={"files": {"segments/vip.yaml": "when: cont(order) >= 1"}}).json()
    assert (wrong["problems"][0]["file"], wrong["problems"][0]["line"]) == ("segments/vip.yaml", 1)
    right = ask("/plan", keys["admin"], body={"files": {"segments/vip.yaml": "when: count(order) >= 1"}}).json()
    assert right["problems"] == []
    assert "vip" not in [one["name"] for one in ask("/segments", keys["admin"]).json()]


def test_questions_are_counted(ask: Callable[..., Any], keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.api.api import ByReader, api

    throttle = next(one for one in api.throttle if isinstance(one, ByReader))  # type: ignore[union-attr]
    monkeypatch.setattr(throttle, "num_requests", 2)
    assert [ask("/metrics", keys["read"]).status_code for _ in range(3)] == [200, 200, 429]


def test_the_schema_is_whole(ask: Callable[..., Any]) -> None:
    schema = ask("/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    assert {"/api/v1/customers", "/api/v1/scorecard", "/api/v1/plan"} <= set(schema["paths"])
    assert all(one.get("summary") for path in schema["paths"].values() for one in path.values())
