"""What the log says of requests: pages, and never an address, which may hold the id or the name of a person."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture
def log(site: Any) -> Iterator[io.StringIO]:
    """What goes through the handler of the settings, in a text of its own."""
    from django.conf import settings
    from pythonjsonlogger.json import JsonFormatter

    from tenure.server.logs import Nameless

    (console,) = settings.LOGGING["handlers"].values()
    assert console["filters"] == ["nameless"]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter("%(levelname)s %(name)s %(message)s"))
    handler.addFilter(Nameless())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_addresses_are_not_logged(as_: Callable[..., Any], log: io.StringIO) -> None:
    client = as_()
    assert client.get("/people/ada%40example.com?q=lovelace").status_code == 404
    assert client.get("/nowhere/ada%40example.com").status_code == 404
    assert client.post("/person/erase/ada%40example.com", {"sure": "lovelace"}).status_code == 404
    told = log.getvalue()
    assert "Not Found: person" in told
    assert "an address that is no page" in told
    for secret in ("ada", "lovelace", "WSGIRequest"):
        assert secret not in told


def test_what_makes_no_sense_is_a_line(as_: Callable[..., Any], log: io.StringIO) -> None:
    assert as_().get("/overview", headers={"Host": "a b"}).status_code == 400
    assert as_().get("/overview?" + "&".join(f"q{n}=1" for n in range(2_000))).status_code == 400
    lines = [json.loads(line) for line in log.getvalue().splitlines() if "django.security" in line]
    assert [line["levelname"] for line in lines] == ["WARNING", "WARNING"]
    assert not [line for line in lines if "exc_info" in line]
