"""Clients as their makers ship them, against a server that runs: every call arrives as it was meant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenure.server.intake.snippets import SNIPPETS
from tests.server.intake.conftest import Live, drained, logged, make_keys

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NODE = "@segment/analytics-node@^2 || ^3"
SCRIPT = """
const { Analytics } = require('@segment/analytics-node')
const client = new Analytics({ writeKey: process.env.KEY, host: process.env.HOST, flushAt: 4 })
const timestamp = new Date('2026-01-02T03:04:05Z')
client.identify({ userId: 'n1', anonymousId: 'na1', traits: { email: 'n1@example.com', age: 41 }, timestamp })
const properties = { revenue: 19.99, products: [{ sku: 'a' }] }
client.track({ userId: 'n1', event: 'Order Completed', properties, timestamp })
client.page({ userId: 'n1', name: 'Home', properties: { url: 'https://example.com/' }, timestamp })
client.screen({ anonymousId: 'na2', name: 'Start', timestamp })
client.group({ userId: 'n1', groupId: 'acme', traits: { name: 'Acme' }, timestamp })
client.alias({ userId: 'n1', previousId: 'old', timestamp })
client.closeAndFlush().then(() => console.log('sent'))
"""


@pytest.fixture(scope="module")
def live(workspace: Callable[[str], Path]) -> Iterator[tuple[Live, dict[str, str]]]:
    folder = workspace("clients")
    keys = make_keys(folder, "python", "node", "customerio", "snippets")
    server = Live(folder)
    yield server, keys
    server.end()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Segment's client for Node; where npm brings none, its tests are skipped."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no Node: `apt-get install nodejs npm` brings it")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    (folder / "send.js").write_text(SCRIPT, encoding="utf-8")
    try:
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", NODE],
            cwd=folder, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm brings no {NODE}: {(error.stderr or b'')[-200:].decode(errors='replace')}")
    return folder


def by_python(host: str, key: str) -> None:
    from segment.analytics.client import Client

    failed: list[Any] = []
    for packed in (False, True):
        who = "p2" if packed else "p1"
        client = Client(key, host=host, gzip=packed, on_error=lambda error, items: failed.append(error))
        client.identify(who, {"email": f"{who}@example.com", "age": 41}, anonymous_id=f"a-{who}", timestamp=WHEN)
        client.track(who, "Order Completed", {"revenue": 19.99, "products": [{"sku": "a"}]}, timestamp=WHEN)
        client.page(who, "shop", "Home", {"url": "https://example.com/"}, timestamp=WHEN)
        client.screen(anonymous_id=f"b-{who}", name="Start", timestamp=WHEN)
        client.group(who, "acme", {"name": "Acme"}, timestamp=WHEN)
        client.alias("old", who, timestamp=WHEN)
        client.shutdown()
    assert not failed


def by_customerio(host: str, key: str) -> None:
    from customerio import CustomerIO

    client = CustomerIO("site", key)
    # the client knows https alone, and nothing here speaks it
    client.base_url = f"{host}/api/v1"
    client.identify(id="k/1", email="k1@example.com", plan="pro")
    client.track(customer_id="k/1", name="Order Completed", data={"revenue": 12.5}, timestamp=int(WHEN.timestamp()))
    client.track_anonymous(anonymous_id="ka", name="Signed Up", data={"plan": "free"}, id="01HB4HBDKTFWYZCK01DMRSWRFD")
    client.pageview(customer_id="k/1", page="https://example.com/", referrer="search")
    client.backfill("k/1", "Signed Up", WHEN)
    client.add_device(customer_id="k/1", device_id="d1", platform="ios")
    client.delete_device(customer_id="k/1", device_id="d1")
    client.suppress(customer_id="k/1")
    client.unsuppress(customer_id="k/1")
    client.merge_customers("id", "k/1", "email", "k2@example.com")
    client.delete(customer_id="k/1")
    client.close()


def run_snippet(name: str, host: str, key: str, command: list[str], folder: Path) -> None:
    """Nothing; the code of the page has run as it stands there."""
    snippet = next(one for one in SNIPPETS if one.name == name)
    code = snippet.filled(host, key)
    told = {**os.environ, "no_proxy": "*", "NODE_PATH": str(folder / "node_modules")}
    done = subprocess.run(
        command, cwd=folder, env=told, input=code, text=True, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def sent(live: tuple[Live, dict[str, str]], request: pytest.FixtureRequest) -> dict[str, list[dict[str, Any]]]:
    """What stands in the log after every client has sent, by the name of its key."""
    server, keys = live
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_python(server.address, keys["python"])
        by_customerio(server.address, keys["customerio"])
    try:
        folder = request.getfixturevalue("node")
    except pytest.skip.Exception:
        pass
    else:
        told = {**os.environ, "KEY": keys["node"], "HOST": server.address}
        subprocess.run(["node", "send.js"], cwd=folder, env=told, check=True, capture_output=True, timeout=60)
        run_snippet("node", server.address, keys["snippets"], ["node", "-"], folder)
    run_snippet("python", server.address, keys["snippets"], [sys.executable, "-"], server.folder)
    if shutil.which("curl"):
        run_snippet("curl", server.address, keys["snippets"], ["sh", "-e"], server.folder)
        run_snippet("events", server.address, keys["snippets"], ["sh", "-e"], server.folder)
    drained(server.folder)
    server.end()
    assert not logged(server.folder, "SELECT reason, raw FROM rejected")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in logged(server.folder, "SELECT * FROM events ORDER BY time, name, user_id"):
        found.setdefault(row["source"].removeprefix("live:"), []).append(row)
    return found


def check_segment(rows: list[dict[str, Any]], who: str, visitor: str, other: str) -> None:
    """Each kind of call, as Segment's clients send them."""
    by_type = {row["type"]: row for row in rows}
    assert set(by_type) == {"identify", "track", "page", "screen", "group", "alias"}
    for row in rows:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=row["time"])
        assert abs(moment - WHEN) < timedelta(seconds=30), row["type"]
        assert row["user_id"] == (None if row["type"] == "screen" else who)
        assert row["message_id"]
        assert json.loads(row["context"])["library"]["name"]
    told = {kind: json.loads(row["properties"]) for kind, row in by_type.items()}
    assert by_type["track"]["name"] == "Order Completed"
    assert told["track"] == {"revenue": 19.99, "products": [{"sku": "a"}]}
    assert by_type["identify"]["anonymous_id"] == visitor
    assert json.loads(by_type["identify"]["context"])["traits"] == {"email": f"{who}@example.com", "age": 41}
    assert by_type["page"]["name"] == by_type["screen"]["name"] == "Page Viewed"
    assert told["page"]["url"] == "https://example.com/" and told["page"]["name"] == "Home"
    assert by_type["screen"]["anonymous_id"] == other
    assert (by_type["group"]["account"], told["group"]) == ("acme", {"name": "Acme"})
    assert told["alias"] == {"previous_id": "old"}


def test_segments_python_client(sent: dict[str, list[dict[str, Any]]]) -> None:
    for who in ("p1", "p2"):
        mine = [row for row in sent["python"] if row["user_id"] == who or row["anonymous_id"] == f"b-{who}"]
        assert len(mine) == 6
        check_segment(mine, who, f"a-{who}", f"b-{who}")


def test_segments_node_client(node: Path, sent: dict[str, list[dict[str, Any]]]) -> None:
    assert len(sent["node"]) == 6
    check_segment(sent["node"], "n1", "na1", "na2")


def test_the_customerio_client(sent: dict[str, list[dict[str, Any]]]) -> None:
    rows = sent["customerio"]
    assert sorted(row["name"] for row in rows) == sorted(
        [
            "Identified", "Order Completed", "Signed Up", "Page Viewed", "Signed Up", "Device Added", "Device Removed",
            "Suppression Requested", "Suppression Lifted", "Identities Merged", "Deletion Requested",
        ]
    )  # fmt: skip
    by_name = {row["name"]: row for row in rows}
    assert {row["user_id"] for row in rows if row["anonymous_id"] is None} == {"k/1"}
    assert json.loads(by_name["Identified"]["context"])["traits"] == {"email": "k1@example.com", "plan": "pro"}
    order = by_name["Order Completed"]
    assert (order["time"], json.loads(order["properties"])) == (int(WHEN.timestamp()) * 1_000_000, {"revenue": 12.5})
    (anonymous,) = [row for row in rows if row["anonymous_id"]]
    assert (anonymous["anonymous_id"], anonymous["message_id"]) == ("ka", "01HB4HBDKTFWYZCK01DMRSWRFD")
    assert json.loads(by_name["Identities Merged"]["properties"]) == {"previous_id": "k2@example.com"}
    assert json.loads(by_name["Page Viewed"]["properties"])["referrer"] == "search"


def test_the_snippets_of_the_page(sent: dict[str, list[dict[str, Any]]]) -> None:
    found = sorted(
        row["name"] for row in sent["snippets"] if json.loads(row["properties"] or "{}").get("revenue") == 49.9
    )
    ran = 1 + 2 * bool(shutil.which("curl")) + ("node" in sent)
    assert found == ["Order Completed"] * ran
    assert {row["user_id"] for row in sent["snippets"]} == {"c17"}
