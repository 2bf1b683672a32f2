"""What `tenure init` puts into a new workspace."""

from __future__ import annotations

from importlib.resources import files


def text(name: str) -> str:
    """The file of that name, such as data/example.csv."""
    return files(__name__).joinpath(*name.split("/")).read_text(encoding="utf-8")
