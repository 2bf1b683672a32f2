"""`tenure users` and `tenure keys`: without the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Invoke, invoke

__all__ = ["invoke"]


def test_users_and_keys_from_the_terminal(as_: Callable[..., Any], site: Path, tmp_path: Path, invoke: Invoke) -> None:
    from tenure.server.accounts.keys import find_key
    from tenure.server.accounts.models import User

    secret = tmp_path / "secret"
    secret.write_text("a-long-enough-password\n")
    made = invoke("-C", site, "users", "create", "erin", "--role", "agent", "--password-file", secret).output
    assert "erin may come in as agent." in made
    invoke("-C", site, "users", "create", "erin", "--role", "agent", "--password-file", secret, code=2)
    invoke("-C", site, "users", "create", "otto", "--role", "king", "--password-file", secret, code=2)
    listed = json.loads(invoke("-C", site, "users", "list", "--format", "json").output)
    assert {"name": "erin", "role": "agent", "shut_out": False}.items() <= next(
        one.items() for one in listed if one["name"] == "erin"
    )
    assert "erin" in invoke("-C", site, "users", "list").output
    secret.write_text("another-long-password\n")
    invoke("-C", site, "users", "password", "erin", "--password-file", secret)
    assert User.objects.get(username="erin").check_password("another-long-password")
    assert (
        "Did you mean 'erin'"
        in invoke("-C", site, "users", "password", "erim", "--password-file", secret, code=2).output
    )
    secret.write_text("short\n")
    invoke("-C", site, "users", "password", "erin", "--password-file", secret, code=2)
    text = next(
        line for line in invoke("-C", site, "keys", "create", "shop", "--scope", "read").output.splitlines()
        if line.startswith("tnr_")
    )  # fmt: skip
    key = find_key(text)
    assert key is not None
    shown = invoke("-C", site, "keys", "list").output
    assert key.prefix in shown
    assert text not in shown
    assert "shop opens nothing any more." in invoke("-C", site, "keys", "revoke", key.prefix).output
    assert find_key(text) is None
    invoke("-C", site, "keys", "revoke", key.prefix, code=2)
    invoke("-C", site, "keys", "revoke", "tnr_", code=2)
    assert "revoked" in invoke("-C", site, "keys", "list").output
    invoke("-C", site, "keys", "create", "shop", "--scope", "root", code=2)
