"""The reference page of the library is what its docstrings say."""

from __future__ import annotations

from pathlib import Path

from tenure import predict
from tenure.predict.reference import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "predict.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `python -m tenure.predict.reference docs/reference/predict.md`"
    )


def test_it_tells_every_public_name() -> None:
    assert all(f"### predict.{name}\n" in page() for name in predict.__all__)
