"""The written reference is what the application is."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "web.md"


def test_the_reference_is_current(site: Path) -> None:
    from tenure.server.reference import page

    assert page() == PAGE.read_text(encoding="utf-8"), "run `python -m tenure.server.reference docs/reference/web.md`"
