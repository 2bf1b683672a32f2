"""HTML printed as PDF, by a browser of the Chromium family where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tenure.errors import TenureError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_SECONDS = 60


def browser() -> str | None:
    """The program that prints; None where there is none."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def pdf(html: str) -> bytes:
    """The page as PDF. Raises TenureError where no browser is found, or it does not print."""
    program = browser()
    if program is None:
        raise TenureError(
            "No browser that prints PDF was found (Chromium, Chrome or Edge).",
            hint="Install one, or write HTML with -o FILE.html and print it from any browser.",
        )
    with tempfile.TemporaryDirectory(prefix="tenure-") as scratch:
        page, printed = Path(scratch) / "page.html", Path(scratch) / "page.pdf"
        page.write_text(html, encoding="utf-8")
        command = [
            program, "--headless", "--disable-gpu", f"--user-data-dir={scratch}/profile", "--no-pdf-header-footer",
            f"--print-to-pdf={printed}", page.as_uri(),
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # the browser's own sandbox does not run for root, and the page is ours
            command.insert(1, "--no-sandbox")
        try:
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
            return printed.read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise TenureError(
                f"{Path(program).name} did not print the page ({type(error).__name__}).",
                hint="Write HTML with -o FILE.html and print it from any browser.",
            ) from error
