"""Segment's client for browsers, as the page of snippets writes it, in Chromium: on another site, with a key for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tenure.server.intake.snippets import SNIPPETS
from tests.server.browser.conftest import _FLAGS, chromium
from tests.server.intake.conftest import Live, database_of, drained, logged

pytestmark = pytest.mark.slow
PAGE = '<!doctype html><meta charset="utf-8"><title>Shop</title><script src="bundle.js"></script>'
_KEY = """
import sys
from pathlib import Path
from tenure.server.serving import prepare
prepare(Path("."))
from tenure.server.accounts.keys import make_key
print(make_key("shop", "write", source="web", origins=sys.argv[1:])[1])
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *told: Any) -> None:
        pass


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Segment's client and what bundles it; where npm brings neither, the test is skipped."""
    if shutil.which("npm") is None:
        pytest.skip("there is no Node: `apt-get install nodejs npm` brings it")
    folder = tmp_path_factory.mktemp("packed")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    wanted = ["@segment/analytics-next", "esbuild"]
    try:
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", *wanted],
            cwd=folder, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm brings no {wanted}: {(error.stderr or b'')[-200:].decode(errors='replace')}")
    return folder


@pytest.fixture
def shop(packed: Path) -> Iterator[str]:
    """A site of its own, with nothing on it yet."""
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(packed)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def test_the_snippet_for_browsers(workspace: Callable[[str], Path], packed: Path, shop: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    path = chromium()
    folder = workspace("browsers")
    made = subprocess.run(
        [sys.executable, "-c", _KEY, shop], cwd=folder, text=True, capture_output=True, check=True,
        env={**os.environ, "TENURE_DATABASE_URL": database_of(folder)},
    )  # fmt: skip
    server = Live(folder)
    try:
        snippet = next(one for one in SNIPPETS if one.name == "browser")
        (packed / "page.js").write_text(snippet.filled(server.address, made.stdout.strip()), encoding="utf-8")
        (packed / "page.html").write_text(PAGE, encoding="utf-8")
        bundle = ["node_modules/.bin/esbuild", "page.js", "--bundle", "--outfile=bundle.js", "--log-level=error"]
        subprocess.run(bundle, cwd=packed, check=True, capture_output=True, timeout=60)
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=_FLAGS)
            page = browser.new_page()
            answers: list[tuple[str, int]] = []
            page.on("response", lambda one: answers.append((one.url, one.status)))
            with page.expect_response(lambda one: one.url.endswith("/v1/t"), timeout=30_000):
                page.goto(f"{shop}/page.html")
            page.wait_for_timeout(300)
            browser.close()
        assert {status for url, status in answers if server.address in url} <= {200, 204}
        drained(folder)
    finally:
        server.end()
    rows = logged(folder, "SELECT * FROM events ORDER BY name")
    assert {row["source"] for row in rows} == {"live:web"}
    by_name = {row["name"]: row for row in rows}
    assert set(by_name) == {"Identified", "Page Viewed", "Product Viewed"}
    assert by_name["Product Viewed"]["user_id"] == "c17" and by_name["Product Viewed"]["anonymous_id"]
    assert json.loads(by_name["Product Viewed"]["properties"]) == {"product_id": "p1", "price": 49.9}
