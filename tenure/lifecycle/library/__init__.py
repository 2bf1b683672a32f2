"""The lifecycles that come with Tenure, one YAML file each."""

from __future__ import annotations

from importlib.resources import files

from tenure.documents import Document, parse


def names() -> tuple[str, ...]:
    """The names of the library's lifecycles, sorted."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in entries if name.endswith(".yaml")))


def document(name: str) -> Document:
    """The library's file of that name."""
    text = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return parse(text, file=f"library/{name}.yaml")
