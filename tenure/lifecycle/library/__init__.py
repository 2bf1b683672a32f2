"""The lifecycles that come with Tenure, one YAML file each.

    library.names()                                     # acquire-to-refer, acquiring-to-loyal, …
    library.lifecycle("shopper")                        # defined over the standard short names
    with_stages(library.document("shopper").text, ["at_risk", "lapsed"])       # the file's text with add-on stages

Windows stand in the files as they are before they are fitted to a trade: 90 and 180 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from tenure.documents import Document, parse, validate
from tenure.errors import DefinitionError
from tenure.events import STANDARD, EventBinding
from tenure.lifecycle.definition import Lifecycle, LifecycleSpec, define
from tenure.lifecycle.library.aliases import AliasSpec, joined

DEFAULT = "classic"
"""The lifecycle of whoever names none."""


def names() -> tuple[str, ...]:
    """The names of the library's lifecycles, sorted."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in entries if name.endswith(".yaml")))


@cache
def document(name: str) -> Document:
    """The library's file of that name; of an alias, the file that it stands for."""
    found = _file(name)
    if not isinstance(found.data, dict) or "alias" not in found.data:
        return found
    alias = validate(AliasSpec, found)
    return parse(joined(alias, validate(LifecycleSpec, _file(alias.alias))), file=found.file)


def alias_of(name: str) -> str | None:
    """The lifecycle whose stages the one of that name joins or renames; None where it is no alias."""
    found = _file(name).value(("alias",))
    return found if isinstance(found, str) else None


def lifecycle(name: str, bindings: Mapping[str, EventBinding] = STANDARD) -> Lifecycle:
    """The library's lifecycle of that name, counting what `bindings` say. Raises DefinitionError."""
    return defined(document(name), bindings)


def defined(written: Document, bindings: Mapping[str, EventBinding] = STANDARD) -> Lifecycle:
    """The lifecycle that a document describes, where it refers to no other one. Raises DefinitionError."""
    found = define(validate(LifecycleSpec, written), written, bindings=bindings, others={})
    if found.lifecycle is None:
        raise DefinitionError(found.problems)
    return found.lifecycle


@cache
def _file(name: str) -> Document:
    text = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return parse(text, file=f"library/{name}.yaml")
