"""The weekly digest, and requests to the outside."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tenure.errors import DefinitionError, UsageError


@pytest.fixture
def monday(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are of this morning, which is a Monday."""
    from tenure.server import holding

    ws = holding.workspace()
    as_of = ws.refreshed_as_of
    assert as_of is not None
    # the shop's log ends on Monday, 30 June 2025
    monkeypatch.setattr(holding, "now", lambda: as_of)


def test_who_asked_for_it_gets_it_once(undone: None, users: dict[str, Any], monday: None) -> None:
    from django.core import mail

    from tenure.server.accounts.models import User
    from tenure.server.loops.digest import send_digests

    User.objects.filter(username="viewer").update(digest=True, email="viewer@example.com")
    User.objects.filter(username="agent").update(digest=True, email="")
    User.objects.filter(username="analyst").update(email="analyst@example.com")
    mail.outbox.clear()
    send_digests()
    send_digests()
    (sent,) = mail.outbox
    assert sent.to == ["viewer@example.com"]
    assert "2025" in sent.subject
    assert "on the week before" in sent.body
    assert "@example.com" not in sent.body
    page = str(sent.alternatives[0][0])
    assert "<table" in page
    assert "/metrics/" in page


def test_each_reads_it_in_their_language(undone: None, users: dict[str, Any], monday: None) -> None:
    from django.core import mail

    from tenure.server.accounts.models import User
    from tenure.server.loops.digest import send_digests

    for role, language in (("viewer", "de"), ("agent", "")):
        User.objects.filter(username=role).update(digest=True, email=f"{role}@example.com", language=language)
    mail.outbox.clear()
    send_digests()
    told = {one.to[0]: one.body for one in mail.outbox}
    assert "gegen die Woche davor" in told["viewer@example.com"]
    assert "on the week before" in told["agent@example.com"]


def test_figures_that_stand_still_are_no_news(undone: None, site: Path) -> None:
    from django.core import mail

    from tenure.server.accounts.models import User
    from tenure.server.loops.digest import send_digests

    User.objects.filter(username="viewer").update(digest=True, email="viewer@example.com")
    mail.outbox.clear()
    send_digests()
    assert mail.outbox == []


def test_the_digest_is_of_the_last_whole_week(site: Path) -> None:
    from tenure.server.digest import weekly

    digest = weekly()
    assert digest is not None
    assert digest.week == "2025-06-23"
    assert digest.lines
    assert all(one.value for one in digest.lines)


def test_a_webhook_is_told(monkeypatch: pytest.MonkeyPatch, site: Path) -> None:
    from tenure.server.outward import post_json

    heard: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *told: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/hook?a=1"
        assert post_json(address, {"week": "2025-06-23"}, private=True) == 302
        with pytest.raises(UsageError, match="private network"):
            post_json(address, {})
        server.shutdown()
    assert heard == [("/hook?a=1", {"week": "2025-06-23"})]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/", "http://127.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://10.0.0.1/",
        "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "file:///etc/passwd", "gopher://example.com", "http:///x", "",
    ],
)  # fmt: skip
def test_nothing_is_sent_into_the_own_network(site: Path, url: str) -> None:
    from tenure.server.outward import post_json

    with pytest.raises(UsageError):
        post_json(url, {})


def test_settings_come_from_the_file_and_variables_go_before(tmp_path: Path) -> None:
    from tenure.server.environment import environment, secret_of

    (tmp_path / "server.yaml").write_text("port: 9000\nthreads: 4\n")
    told = environment(tmp_path, {"TENURE_PORT": "9001", "TENURE_PRIVATE_ADDRESSES": "true"})
    assert (told.port, told.threads, told.private_addresses) == (9001, 4, True)
    with pytest.raises(UsageError, match="TENURE_PORT"):
        environment(tmp_path, {"TENURE_PORT": "many"})
    with pytest.raises(UsageError, match="hear the network"):
        environment(tmp_path, {"TENURE_HOST": "0.0.0.0"})
    outside = {"TENURE_HOST": "0.0.0.0", "TENURE_PUBLIC_URL": "https://crm.example.com"}
    with pytest.raises(UsageError, match="TENURE_PROXIES"):
        environment(tmp_path, outside)
    assert environment(tmp_path, {**outside, "TENURE_PROXIES": "1"}).encrypted
    (tmp_path / "server.yaml").write_text("prot: 9000\n")
    with pytest.raises(DefinitionError, match="port"):
        environment(tmp_path, {})
    assert secret_of(tmp_path) == secret_of(tmp_path)
    assert ((tmp_path / ".tenure" / "secret").stat().st_mode & 0o777) == 0o600


def test_settings_behind_https_are_what_django_wants(tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    found = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"], text=True,
        capture_output=True, check=False,
        env={
            **os.environ, "DJANGO_SETTINGS_MODULE": "tenure.server.settings", "TENURE_WORKSPACE": str(tmp_path),
            "TENURE_PUBLIC_URL": "https://crm.example.com", "TENURE_DATABASE_URL": "", "TENURE_PROXIES": "1",
        },
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
