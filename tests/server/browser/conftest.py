"""A server in a process of its own, and Chromium to look at it with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.server.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium() -> str:
    """The browser; where there is none the test is skipped, or fails where CI is set."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium, and here there must be one")
        pytest.skip("there is no Chromium: `apt-get install chromium` brings it")
    return found


class Served:
    """`tenure serve` in a folder: started, its address, ended."""

    def __init__(self, command: list[str], folder: Path, **variables: str) -> None:
        self.folder = folder
        log = (folder / "server.log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tenure.cli", *command],
            cwd=folder, text=True, stdout=subprocess.PIPE, stderr=log,
            env={**os.environ, "TENURE_PORT": "0", **variables},
        )  # fmt: skip
        log.close()
        assert self._process.stdout is not None
        self.said: list[str] = []
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            if match := re.search(r"http://127\.0\.0\.1:\d+\S*", line):
                self.opened = match[0]
                break
        else:
            pytest.fail(
                "the server did not start: " + "\n".join([*self.said, (folder / "server.log").read_text()[-2000:]])
            )
        self.address = re.match(r"http://[^/]+", self.opened)[0]  # type: ignore[index]

    def end(self) -> int:
        """How the process ended, after SIGTERM."""
        self._process.terminate()
        try:
            return self._process.wait(60)
        finally:
            self._process.stdout.close()  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def served(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The simulated shop, served; the administrator is `ann`."""
    chromium()
    folder = tmp_path_factory.mktemp("browser") / "shop"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns(".tenure"))
    server = Served(
        ["serve", "--no-browser"],
        folder,
        TENURE_ADMIN_NAME="ann",
        TENURE_ADMIN_PASSWORD=PASSWORD,
        TENURE_DATABASE_URL="",
    )
    yield server
    assert server.end() == 0


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def look(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """What opens a page of the served shop as `ann`: width, theme; errors of the console are kept on `page.faults`."""
    contexts = []

    def opened(path: str = "/", *, width: int = 1280, theme: Any = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, base_url=served.address
        )
        contexts.append(context)
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda told: faults.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.faults = faults  # type: ignore[attr-defined]
        log_in(page)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def log_in(page: Page) -> None:
    """Nothing; `ann` is logged in."""
    page.goto("/account/login/")
    page.get_by_label("Name or mail address").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"/(overview|today)$"))
