"""Who may come in: the first administrator, logging in, what each role opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import PASSWORD


def test_strangers_are_asked_to_log_in(as_: Callable[..., Any]) -> None:
    answer = as_(None).get("/people?q=smith")
    assert answer.status_code == 302
    assert answer["Location"] == "/account/login/?next=/people%3Fq%3Dsmith"


def test_health_needs_no_login(as_: Callable[..., Any]) -> None:
    answer = as_(None).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "stopped": []})


def test_health_says_which_store_is_silent(as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from tenure.server.pages import health

    def silent() -> None:
        raise OSError("gone")

    monkeypatch.setattr(health, "_ask_events", silent)
    answer = as_(None).get("/healthz")
    assert (answer.status_code, answer.json()["stopped"]) == (503, ["event store"])


def test_the_operational_database_is_its_owners_alone(site: Path) -> None:
    file = site / ".tenure" / "operations.sqlite3"
    assert not file.exists() or file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("role", "status"),
    [("viewer", 403), ("analyst", 200), ("marketer", 200), ("agent", 200), ("administrator", 200)],
)
def test_names_are_for_those_who_may_see_people(as_: Callable[..., Any], role: str, status: int) -> None:
    assert as_(role).get("/people").status_code == status


def test_logging_in_with_name_and_password(as_: Callable[..., Any]) -> None:
    client = as_(None)
    wrong = client.post("/account/login/", {"login": "analyst", "password": "wrong"})
    assert wrong.status_code == 200
    assert b"not correct" in wrong.content
    right = client.post("/account/login/", {"login": "analyst", "password": PASSWORD})
    assert (right.status_code, right["Location"]) == (302, "/")
    assert client.get("/overview").status_code == 200


def test_logging_in_is_throttled(as_: Callable[..., Any]) -> None:
    client = as_(None)
    answers = [
        client.post("/account/login/", {"login": "agent", "password": f"wrong {attempt}"}) for attempt in range(7)
    ]
    assert b"Too many failed" in answers[-1].content
    assert b"Too many failed" in client.post("/account/login/", {"login": "agent", "password": PASSWORD}).content


def test_nobody_signs_up(as_: Callable[..., Any]) -> None:
    client = as_(None)
    form = {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/signup/", form)
    from tenure.server.accounts.models import User

    assert not User.objects.filter(username="mallory").exists()


def test_the_welcome_page_is_shut_once_somebody_can_come_in(as_: Callable[..., Any]) -> None:
    answer = as_(None).get("/welcome?token=guessed")
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/")


def test_the_first_administrator_needs_the_token(as_: Callable[..., Any]) -> None:
    from tenure.server.accounts.models import User
    from tenure.server.pages.welcome import link

    User.objects.all().delete()
    client = as_(None)
    assert client.get("/welcome?token=guessed").status_code == 403
    address = link("")
    assert client.get(address).status_code == 200
    token = address.partition("token=")[2]
    form = {"token": token, "name": "ann", "password": PASSWORD, "again": PASSWORD}
    assert client.post("/welcome", {**form, "again": "another"}).status_code == 400
    assert client.post("/welcome", {**form, "password": "short", "again": "short"}).status_code == 400
    made = client.post("/welcome", form)
    assert (made.status_code, made["Location"]) == (302, "/overview")
    assert [(user.username, user.role) for user in User.objects.all()] == [("ann", "administrator")]
    assert client.get("/overview").status_code == 200


def test_a_changed_password_ends_other_sessions(as_: Callable[..., Any], users: dict[str, Any]) -> None:
    elsewhere = as_("agent")
    assert elsewhere.get("/people").status_code == 200
    user = users["agent"]
    before = user.password
    user.set_password("another-long-password")
    user.save()
    assert elsewhere.get("/people").status_code == 302
    user.password = before


def test_headers_shut_what_pages_do_not_need(as_: Callable[..., Any]) -> None:
    answer = as_("viewer").get("/overview")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe-eval" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
