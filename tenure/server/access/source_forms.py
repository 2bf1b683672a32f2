"""Sources made, changed and taken out by forms: what that makes of tenure.yaml, whose comments and order stay.

held(user, "orders").values["customer"]                                     # CustomerID
texts = with_source(user, "orders", {"customer": "client_id"})              # for `definitions.change`
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from tenure.documents import Document, parse
from tenure.documents import Path as Place
from tenure.documents.document import Data
from tenure.documents.editing import flow, scalar, with_item, with_order, with_value
from tenure.errors import UsageError
from tenure.ingest.source import Source
from tenure.server import holding
from tenure.server.access import definitions
from tenure.server.access.definition_forms import Texts
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.changed_files import text_of
from tenure.workspace.config import CONFIG_FILE

Shape = Literal["text", "number", "choice", "lines", "pairs"]
_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A source as its form shows it: what stands at each key, one item a line, and the keys that only text can hold.

    `base` is the mark of tenure.yaml as it is.
    """

    values: Mapping[str, str]
    as_text: tuple[str, ...]
    base: str


def _kinds(key: str) -> tuple[Any, ...]:
    """The types that a key can have, without None and what is said about them."""
    annotation = Source.model_fields[key].annotation
    several = get_args(annotation) if type(None) in get_args(annotation) else (annotation,)
    return tuple(one for one in several if one is not type(None))


def choices(key: str) -> tuple[str, ...]:
    """What can stand at a key, where that is a choice."""
    return next((get_args(one) for one in _kinds(key) if get_origin(one) is Literal), ())


def shape(key: str) -> Shape:
    """How a key of a source is written in a form: `lines` has a text a line, `pairs` has `name: text` in each."""
    kinds = _kinds(key)
    if choices(key):
        return "choice"
    if int in kinds:
        return "number"
    if any(get_origin(one) is dict for one in kinds):
        return "pairs"
    return "lines" if any(get_origin(one) is tuple for one in kinds) else "text"


SHAPES: Mapping[str, Shape] = {key: shape(key) for key in Source.model_fields if key != "name"}


def base(reader: Reader) -> str:
    """The mark of tenure.yaml as it is."""
    require(reader, Right.SOURCES)
    return definitions.digest(text_of(holding.workspace().folder, CONFIG_FILE))


def held(reader: Reader, name: str) -> Held:
    """What tenure.yaml says of a source. Raises UsageError where it names none of that name."""
    mark = base(reader)
    document = _document()
    path = _place(document, name)
    values, as_text = {}, []
    for key, kind in SHAPES.items():
        told = _told(document.value((*path, key)), kind)
        if told is None:
            as_text.append(key)
        else:
            values[key] = told
    return Held(values=values, as_text=tuple(as_text), base=mark)


def with_source(reader: Reader, name: str, fields: Mapping[str, str]) -> Texts:
    """The files with some keys of a source changed; an empty text takes a key away, and what is the same stays."""
    require(reader, Right.SOURCES)
    document = _document()
    path = _place(document, name)
    for key, written in fields.items():
        there = document.value((*path, key))
        told = _told(there, _shape(key))
        if told is None:
            raise UsageError(f"A form cannot change {key!r} of this source.", hint="Change it as text.")
        if _plain(written) != _plain(told):
            document = _changed(document, (*path, key), there, _read(key, written))
    return {CONFIG_FILE: document.text}


def with_new_source(reader: Reader, name: str, fields: Mapping[str, str]) -> Texts:
    """The files with a source more. Raises UsageError where there is one of that name."""
    require(reader, Right.SOURCES)
    if not name.strip():
        raise UsageError("A source needs a name.", hint="Such as: orders")
    document = _document()
    if name in _names(document):
        raise UsageError(f"There is a source {name[:60]!r} already.", hint="Take another name.")
    if len(_names(document)) >= _MOST:
        raise UsageError(f"A workspace of more than {_MOST} sources is not made by forms.", hint="Write it as text.")
    read = {key: _read(key, text) for key, text in fields.items() if text.strip()}
    source: dict[str, Data] = {"name": name, **read}
    lines = "\n".join(line for key, value in source.items() for line in _lines(key, value))
    item = f"- {textwrap.indent(lines, '  ').lstrip()}\n"
    return {CONFIG_FILE: with_item(document, ("sources",), source, item)}


def without_source(reader: Reader, name: str) -> Texts:
    """The files without a source; what was loaded of it stays."""
    require(reader, Right.SOURCES)
    document = _document()
    path = _place(document, name)
    rest = [place for place in range(len(_names(document))) if place != path[-1]]
    return {CONFIG_FILE: with_order(document, ("sources",), rest)}


def _shape(key: str) -> Shape:
    if key not in SHAPES:
        raise UsageError(f"A form does not change {key[:40]!r} of a source.", hint="Change it as text.")
    return SHAPES[key]


def _document() -> Document:
    text = text_of(holding.workspace().folder, CONFIG_FILE) or ""
    return parse(text.removeprefix("\ufeff"), file=CONFIG_FILE)


def _names(document: Document) -> tuple[object, ...]:
    """The names of the sources in their order."""
    listed = document.value(("sources",))
    return (
        tuple(one.get("name") if isinstance(one, dict) else None for one in listed) if isinstance(listed, list) else ()
    )


def _place(document: Document, name: str) -> Place:
    names = _names(document)
    if name not in names:
        raise UsageError(f"tenure.yaml names no source {name[:60]!r}.")
    return ("sources", names.index(name))


def _told(there: Data, kind: Shape) -> str | None:
    """What stands at a key, as a field of a form; None where a field cannot hold it."""
    if there is None:
        return ""
    if kind == "pairs":
        if not isinstance(there, dict):
            return None
        pairs = [(str(name), _one(text)) for name, text in there.items()]
        fits = all(text is not None and "\n" not in text and ":" not in name for name, text in pairs)
        return "\n".join(f"{name}: {text}" for name, text in pairs) if fits else None
    if kind == "lines":
        listed = [_one(one) for one in (there if isinstance(there, list) else [there])]
        fitting = [one for one in listed if one is not None and "\n" not in one]
        return "\n".join(fitting) if len(fitting) == len(listed) else None
    return _one(there)


def _one(there: Data) -> str | None:
    return str(there) if isinstance(there, str | int | Decimal) and not isinstance(there, bool) else None


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))


def _read(key: str, written: str) -> Data:
    """What a field says; None for an empty one. Raises UsageError where it is none of its kind."""
    text = _plain(written)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        return None
    match _shape(key):
        case "number":
            if not (text.isascii() and text.isdigit() and len(text) < 6):
                raise UsageError(f"{key} is a whole number, and not {text[:40]!r}.")
            return int(text)
        case "lines":
            return lines[0] if len(lines) == 1 else list(lines)
        case "pairs":
            return _pairs(key, lines)
        case _:
            return text


def _pairs(key: str, lines: list[str]) -> dict[str, Data]:
    found: dict[str, Data] = {}
    for line in lines:
        name, divided, text = (part.strip() for part in line.partition(":"))
        if not (name and divided and text):
            raise UsageError(f"{line[:60]!r} in {key} is no name with a column.", hint="Such as: revenue: Total")
        if name in found:
            raise UsageError(f"{key} names {name[:60]!r} twice.", hint="Keep one of them.")
        found[name] = text
    return found


def _changed(document: Document, path: Place, there: Data, wanted: Data) -> Document:
    """The document with another value at a key; of a mapping that is written in lines, only the lines that differ."""
    if not (isinstance(there, dict) and isinstance(wanted, dict)) or document.text[document.marks[path].start] == "{":
        return parse(with_value(document, path, wanted), file=document.file)
    for name in (*there, *(name for name in wanted if name not in there)):
        value = wanted.get(name)
        if value is None or str(value) != _one(there.get(name)):
            document = parse(with_value(document, (*path, name), value), file=document.file)
    return document


def _lines(key: str, value: Data) -> list[str]:
    """A key of a new source as it is written."""
    if isinstance(value, dict):
        return [f"{key}:", *(f"  {scalar(name)}: {scalar(str(text), indent=8)}" for name, text in value.items())]
    return [f"{key}: {scalar(value, indent=6) if isinstance(value, str) else flow(value)}"]
