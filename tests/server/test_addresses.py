"""Addresses and forms that nobody writes but to try us: each is told what is wrong, and none brings a page down."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

As = Callable[..., Any]
LONG = "0" * 5_000 + "1"


@pytest.mark.parametrize(
    "address",
    [
        "/people?quiet=000000000000999999999999999", "/people?offset=0000000000009999999999999999999",
        f"/people?quiet={LONG}", "/people?from=NaN", "/stages/classic/at_risk?period=9999", "/overview?period=9998-12",
        "/people?q=%00", "/access/log?what=%00", "/feedback?product=%00", "/today?since=%00",
        "/access/log?to=9999-12-31", "/access/log?from=yesterday",
        "/api/v1/scorecard?at=0001-01-01", "/api/v1/scorecard?at=9999-12-31",
    ],
)  # fmt: skip
def test_what_an_address_may_not_say(as_: As, address: str) -> None:
    assert as_().get(address).status_code == 400


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/plan", {"draft": "[" * 100_000}),
        ("/tasks", {"customer": "c100069", "title": "Call", "due": "9999-12-31"}),
        ("/me", {"name": "\0"}),
        ("/access/keys", {"name": "\0", "scope": "read"}),
        ("/people-views", {"do": "keep", "name": "\0"}),
    ],
)
def test_what_a_form_may_not_say(as_: As, address: str, form: dict[str, str]) -> None:
    assert as_().post(address, form).status_code == 400


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example"])
def test_a_draft_goes_back_to_this_server(site: Any, back: str) -> None:
    from tenure.server.pages.setup.written import carried

    assert carried(json.dumps({"texts": {}, "bases": {}, "back": back})).back == ""
    assert carried(json.dumps({"texts": {}, "bases": {}, "back": "/definitions"})).back == "/definitions"
