"""People and access: users, roles, keys, passwords, second factors, and the log of what was done."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conftest import PASSWORD

As = Callable[..., Any]


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.unescape(answer.content.decode())))


def noted(did: str) -> list[tuple[str, str]]:
    from tenure.server.accounts.models import AuditEntry

    return [(one.who, one.what) for one in AuditEntry.objects.filter(did=did)]


@pytest.mark.parametrize("role", [None, "viewer", "analyst", "marketer", "agent"])
def test_only_administrators_see_who_may_come_in(as_: As, users: dict[str, Any], role: str | None) -> None:
    client = as_(role)
    number = users["viewer"].pk
    for address in ("/access", "/access/log", "/access/log.csv", f"/access/{number}", "/access/999999"):
        assert client.get(address).status_code == (302 if role is None else 403), address
    for address in ("/access", f"/access/{number}", "/access/keys", "/access/keys/1/revoke"):
        answer = client.post(address, {"name": "mallory", "role": "administrator", "do": "keep", "scope": "admin"})
        assert answer.status_code == (302 if role is None else 403), address
    from tenure.server.accounts.models import ApiKey, User

    assert not ApiKey.objects.exists()
    assert not User.objects.filter(username="mallory").exists()


def test_a_user_is_made_with_a_link_to_set_a_password(as_: As) -> None:
    made = as_("administrator").post("/access", {"name": "erin", "role": "agent", "email": "erin@example.com"})
    assert made.status_code == 200
    link = re.search(r'id="link-text">([^<]+)<', made.content.decode())
    assert link is not None
    assert link[1].startswith("http://testserver/account/password/reset/key/")
    path = link[1].removeprefix("http://testserver")
    stranger = as_(None)
    assert stranger.post("/account/login/", {"login": "erin", "password": ""}).status_code == 200
    form = stranger.get(path, follow=True)
    assert "Set your password" in text_of(form)
    where = form.redirect_chain[-1][0]
    weak = stranger.post(where, {"password1": "short", "password2": "short"})
    assert "Set your password" in text_of(weak)
    assert stranger.post(where, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302
    assert as_(None).post("/account/login/", {"login": "erin", "password": PASSWORD}).status_code == 302
    again = as_(None).get(path, follow=True)
    assert "does not open any more" in text_of(again), "a link opens once"
    assert ("administrator", "erin") in noted("made a user")
    assert ("erin", "") in noted("set a password by a link")
    assert ("erin", "") in noted("logged in")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "erin", "role": "king"}, "no role"),
        ({"name": "viewer", "role": "agent"}, "already exists"),
        ({"name": "", "role": "agent"}, "blank"),
        ({"name": "erin", "role": "agent", "password": "password12"}, "common"),
        ({"name": "erin", "role": "agent", "email": "no address"}, "valid email"),
    ],
)
def test_a_user_that_cannot_be(as_: As, fields: dict[str, str], said: str) -> None:
    answer = as_("administrator").post("/access", fields)
    assert answer.status_code == 400
    assert said in text_of(answer)


def test_a_role_changes_what_is_open(as_: As, users: dict[str, Any]) -> None:
    client, viewer = as_("administrator"), as_("viewer")
    assert viewer.get("/people").status_code == 403
    number = users["viewer"].pk
    kept = client.post(f"/access/{number}", {"do": "keep", "role": "agent", "full_name": "Vi", "email": ""})
    assert kept.status_code == 302
    assert viewer.get("/people").status_code == 200
    assert "What may Vi do?" in text_of(client.get(f"/access/{number}"))
    assert ("administrator", "viewer") in noted("changed a user")
    assert client.get("/access/999999").status_code == 404
    assert client.post(f"/access/{number}", {"do": "nonsense"}).status_code == 400


def test_whoever_is_shut_out_is_out_at_once(as_: As, users: dict[str, Any]) -> None:
    client, agent = as_("administrator"), as_("agent")
    assert agent.get("/people").status_code == 200
    number = users["agent"].pk
    assert client.post(f"/access/{number}", {"do": "out"}).status_code == 302
    assert agent.get("/people").status_code == 302
    shut = as_(None).post("/account/login/", {"login": "agent", "password": PASSWORD}, follow=True)
    assert "_auth_user_id" not in shut.client.session
    assert client.post(f"/access/{number}", {"do": "link"}).status_code == 400
    assert client.post(f"/access/{number}", {"do": "in"}).status_code == 302
    assert as_(None).post("/account/login/", {"login": "agent", "password": PASSWORD}).status_code == 302


def test_the_last_administrator_stays(as_: As, users: dict[str, Any]) -> None:
    from tenure.server.accounts.models import User
    from tenure.server.accounts.users import make_user

    client, number = as_("administrator"), users["administrator"].pk
    for form in ({"do": "out"}, {"do": "keep", "role": "viewer", "email": "", "full_name": ""}):
        answer = client.post(f"/access/{number}", form)
        assert answer.status_code == 400
        assert "last administrator" in text_of(answer)
    assert User.objects.get(pk=number).role == "administrator"
    make_user("second", role="administrator", password=PASSWORD)
    assert client.post(f"/access/{number}", {"do": "out"}).status_code == 302
    assert client.get("/access").status_code == 302


def test_a_second_factor_is_set_up_asked_for_and_taken_away(as_: As, users: dict[str, Any]) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(users["agent"], generate_totp_secret())
    client = as_(None)
    asked = client.post("/account/login/", {"login": "agent", "password": PASSWORD}, follow=True)
    assert asked.redirect_chain[-1][0] == "/account/2fa/authenticate/"
    assert "_auth_user_id" not in client.session
    page = as_("administrator").get(f"/access/{users['agent'].pk}")
    assert "Take away the second factor" in text_of(page)
    taken = as_("administrator").post(f"/access/{users['agent'].pk}", {"do": "factor"})
    assert taken.status_code == 302
    assert not Authenticator.objects.filter(user=users["agent"]).exists()
    assert as_(None).post("/account/login/", {"login": "agent", "password": PASSWORD}).status_code == 302
    assert ("administrator", "agent") in noted("took away a second factor")


def test_a_key_is_shown_once_and_kept_as_a_hash(as_: As) -> None:
    from tenure.server.accounts.keys import find_key
    from tenure.server.accounts.models import ApiKey

    client = as_("administrator")
    made = client.post("/access/keys", {"name": "warehouse", "scope": "read"})
    assert "no-store" in made["Cache-Control"]
    text = re.search(r'id="key-text">(tnr_[^<]+)<', made.content.decode())
    assert text is not None
    key = find_key(text[1])
    assert key is not None
    assert (key.name, key.scope) == ("warehouse", "read")
    assert text[1] not in client.get("/access").content.decode()
    assert not [value for value in ApiKey.objects.values().get(pk=key.pk).values() if text[1] in str(value)]
    assert client.post(f"/access/keys/{key.pk}/revoke").status_code == 302
    assert find_key(text[1]) is None
    assert "revoked" in text_of(client.get("/access"))
    assert client.post("/access/keys/999999/revoke").status_code == 404
    assert client.get(f"/access/keys/{key.pk}/revoke").status_code == 405
    assert client.post("/access/keys", {"name": "x", "scope": "root"}).status_code == 400
    assert client.post("/access/keys", {"name": " ", "scope": "read"}).status_code == 400
    assert noted("made an API key") == [("administrator", "warehouse")]
    assert noted("revoked an API key") == [("administrator", "warehouse")]


def test_the_log_tells_who_came_in_and_who_did_not(as_: As) -> None:
    client = as_(None)
    client.post("/account/login/", {"login": "agent", "password": "wrong"})
    client.post("/account/login/", {"login": "my-secret-password", "password": "wrong"})
    client.post("/account/login/", {"login": "agent", "password": PASSWORD})
    changed = client.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": "another-long-password", "password2": "another-long-password"},
    )
    assert changed.status_code == 302
    assert noted("failed to log in")[::-1] == [("system", "agent"), ("system", "a name that nobody has")]
    assert ("agent", "") in noted("logged in")
    assert ("agent", "") in noted("changed the password")
    assert client.get("/people").status_code == 302, "a changed password asks to log in anew"
    admin = as_("administrator")
    page = admin.get("/access/log")
    assert "my-secret-password" not in page.content.decode()
    assert "failed to log in" in text_of(page)


def test_the_log_is_filtered_and_taken_out(as_: As) -> None:
    from datetime import UTC, datetime

    from tenure.server.accounts.audit import record
    from tenure.server.accounts.models import AuditEntry, User

    AuditEntry.objects.all().delete()
    user = User.objects.get(username="analyst")
    for place in range(130):
        record(user, "changed", f"=file-{place}")
    client = as_("administrator")
    today = datetime.now(UTC).date().isoformat()
    assert "130 entries" in text_of(client.get("/access/log?who=analyst"))
    assert "1 entry" in text_of(client.get("/access/log?who=analyst&what=file-77"))
    assert "130 entries" in text_of(client.get(f"/access/log?did=changed&from={today}&to={today}"))
    assert "0 entries" in text_of(client.get("/access/log?who=analyst&to=2020-01-01"))
    assert client.get("/access/log?from=yesterday").status_code == 400
    rest = client.get("/access/log?who=analyst&offset=100", headers={"HX-Request": "true"})
    assert rest.content.decode().count("<tr") == 30
    table = b"".join(client.get("/access/log.csv?who=analyst").streaming_content).decode()
    assert table.count("\n") == 131
    assert '"\'=file-77"' in table, "no spreadsheet runs it"


@pytest.mark.parametrize("address", ["signup", "email", "confirm-email", "password/set"])
def test_pages_of_accounts_that_make_no_sense_are_shut(as_: As, address: str) -> None:
    for role in (None, "agent"):
        assert as_(role).get(f"/account/{address}/").status_code == 404


def test_pages_of_accounts_stand_in_the_frame(as_: As) -> None:
    for address in ("login/", "password/reset/", "password/reset/done/", "inactive/"):
        page = as_(None).get(f"/account/{address}")
        assert (page.status_code, b'class="shell alone"' in page.content) == (200, True), address
    client = as_(None)
    client.post("/account/login/", {"login": "agent", "password": PASSWORD})
    for address in ("password/change/", "2fa/", "2fa/totp/activate/", "logout/"):
        page = client.get(f"/account/{address}", follow=True)
        assert (page.status_code, b'id="navigation"' in page.content) == (200, True), address
        assert b"<h1" in page.content


def test_a_forgotten_password(as_: As, users: dict[str, Any]) -> None:
    from django.conf import settings
    from django.core import mail
    from django.test import override_settings

    from tenure.server.accounts.models import User

    assert "sends no mail" in text_of(as_(None).get("/account/password/reset/"))
    User.objects.filter(username="agent").update(email="agent@example.com")
    told = {"email_url": "smtp://localhost", "public_url": "https://tenure.example.com"}
    with override_settings(ENVIRONMENT=settings.ENVIRONMENT.model_copy(update=told)):
        client = as_(None)
        assert "Send the link" in text_of(client.get("/account/password/reset/"))
        mail.outbox.clear()
        sent = client.post("/account/password/reset/", {"email": "agent@example.com"})
        assert sent.status_code == 302
        (message,) = mail.outbox
        assert "https://tenure.example.com/account/password/reset/key/" in message.body
        nobody = client.post("/account/password/reset/", {"email": "nobody@example.com"})
        assert (nobody.status_code, nobody["Location"]) == (302, sent["Location"]), "nothing tells who is here"
