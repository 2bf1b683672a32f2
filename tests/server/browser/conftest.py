"""A server in a process of its own, and Chromium to look at it with, which reaches nothing but this machine."""

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
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip

# what stands in a page as long as a part of it is on its way
_UNDER_WAY = '.turning, .htmx-request, [hx-trigger^="load delay"]'


def chromium() -> str:
    """The browser; where there is none the test is skipped, or fails where CI is set."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium, and here there must be one")
        pytest.skip("there is no Chromium: `apt-get install chromium` brings it")
    return found


class Served:
    """A command that ends by serving a workspace: started, its address, ended."""

    def __init__(self, command: list[str], folder: Path, **variables: str) -> None:
        self.folder = folder
        log = (folder / "server.log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tenure.cli", *command],
            cwd=folder, text=True, stdout=subprocess.PIPE, stderr=log,
            env={**os.environ, "TENURE_PORT": "0", "TENURE_DATABASE_URL": "", **variables},
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


@pytest.fixture(scope="session")
def serves() -> Iterator[Callable[..., Served]]:
    """What starts a server, which is ended after all tests."""
    chromium()
    started: list[Served] = []

    def serve(command: list[str], folder: Path, **variables: str) -> Served:
        started.append(Served(command, folder, **variables))
        return started[-1]

    yield serve
    assert [server.end() for server in started] == [0] * len(started)


@pytest.fixture(scope="session")
def served(shop: Path, serves: Callable[..., Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    """The simulated shop, served for the first time: nobody may come in yet but by the link that it shows."""
    folder = tmp_path_factory.mktemp("browser") / "shop"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns(".tenure"))
    return serves(["serve", "--no-browser"], folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window; shut after each file, since Django refuses to work where Playwright's loop runs."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Page]]:
    """What opens an empty window on a server.

    What the console says is kept on `page.faults`, what was asked of other hosts on `page.strayed`.
    """
    contexts = []

    def opened(server: Served, *, width: int = 1280, theme: Any = "light", state: Any = None) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, base_url=server.address, storage_state=state,
            reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        faults: list[str] = []
        strayed: list[str] = []
        page.on("console", lambda told: faults.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: None if _own(asked.url, server) else strayed.append(asked.url))
        page.faults, page.strayed = faults, strayed  # type: ignore[attr-defined]
        return page

    yield opened
    for context in contexts:
        context.close()


def _own(address: str, server: Served) -> bool:
    return address.startswith((f"{server.address}/", "data:", "blob:"))


@pytest.fixture(scope="module")
def state(browser: Browser, served: Served) -> Any:
    """The cookies of `ann`, who became the administrator by the link that the terminal shows, or logged in since."""
    context = browser.new_context(base_url=served.address)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/overview")
    assert page.url.startswith(f"{served.address}/account/login/")
    page.goto(served.opened)
    if "/welcome" in page.url:
        page.get_by_label("Name to log in with").fill("ann")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Once more").fill(PASSWORD)
        page.get_by_role("button", name="Begin").click()
    else:
        page.get_by_label("Name or mail address").fill("ann")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"/(overview|today)$"))
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def look(window: Callable[..., Page], served: Served, state: Any) -> Callable[..., Page]:
    """What opens a page of the served shop as `ann`: width, theme."""

    def opened(path: str = "/", *, width: int = 1280, theme: Any = "light") -> Page:
        page = window(served, width=width, theme=theme, state=state)
        page.goto(path)
        return page

    return opened


def settle(page: Page) -> None:
    """Nothing, once the page has all its parts."""
    from playwright.sync_api import expect

    page.wait_for_load_state("networkidle")
    expect(page.locator(_UNDER_WAY)).to_have_count(0, timeout=60_000)
    page.wait_for_load_state("networkidle")
