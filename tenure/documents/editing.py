"""One place of a definition file written anew, and nothing else: comments, quotes and order stay as they are.

    with_value(document, ("stages", 2, "conversion", "when"), "count(purchase) >= 2")      # the new text of the file

The text is cut where the value stands. What comes out is read again, and has to say what the file said with that one
change; where it does not, the whole file is written by ruamel.yaml, which keeps comments too.
"""

from __future__ import annotations

import copy
import io
import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tenure.documents.document import Data, Document, Path
from tenure.documents.reading import parse
from tenure.errors import DefinitionError, UsageError

_WIDTH = 110
_MOST_KEYS = 5


def with_value(document: Document, path: Path, value: Data) -> str:
    """The text of the file with another value at `path`; None takes it away. The mapping or list around it is there.

    Raises UsageError where that cannot be written.
    """
    if document.value(path) == value:
        return document.text
    wanted = _changed(document.data, path, value)
    for text in (*_cut(document, path, value), *_whole(document.text, path, value)):
        if _says(text, wanted):
            return text
    raise UsageError(f"{document.file} cannot be changed there by a form.", hint="Change it as text.")


def with_item(document: Document, path: Path, item: Data, lines: str = "") -> str:
    """The text of the file with one more item at the end of the list at `path`, which is made where there is none.

    `lines` are the item as it is to be written in a list of its own, with its comments.
    """
    held = document.value(path)
    grown: list[Data] = [*(held if isinstance(held, list) else []), item]
    wanted = _changed(document.data, path, grown)
    for text in _appended(document, path, item, lines):
        if _says(text, wanted):
            return text
    return with_value(document, path, grown)


def with_order(document: Document, path: Path, items: Sequence[int | str]) -> str:
    """The text of the file with the list at `path` in another order, some items gone and some new.

    `items` are the places of those that are there, or the lines of new ones (`- name: x`). Comments above an item
    belong to it. Raises UsageError where that cannot be written.
    """
    if not items:
        return with_value(document, path, [])
    held = document.value(path)
    listed = held if isinstance(held, list) else []
    wanted_items: list[Data] = []
    for item in items:
        wanted_items += [listed[item]] if isinstance(item, int) else _items(item)
    wanted = _changed(document.data, path, wanted_items)
    blocks = _blocks(document, path, len(listed))
    texts = []
    if blocks is not None:
        first, last, parts, column = blocks
        told = [
            parts[item] if isinstance(item, int) else textwrap.indent(textwrap.dedent(item), " " * column)
            for item in items
        ]
        texts.append(document.text[:first] + "".join(told) + document.text[last:])
    for text in (*texts, *_whole(document.text, path, wanted_items)):
        if _says(text, wanted):
            return text
    raise UsageError(f"{document.file} cannot be changed there by a form.", hint="Change it as text.")


def scalar(text: str, *, flow: bool = False, indent: int = 0) -> str:
    """The text as a YAML scalar that stands after a key: plain where that means the text, else in quotes.

    `flow` tells that it stands between braces; a long one is folded, or several lines kept, with lines `indent` deep.
    """
    forms = [text, f"'{text}'", json.dumps(text, ensure_ascii=False)]
    if not flow and ("\n" in text or len(text) > _WIDTH - indent):
        lines = text.split("\n") if "\n" in text else textwrap.wrap(
            text, _WIDTH - indent, break_long_words=False, break_on_hyphens=False
        )  # fmt: skip
        sign = "|-" if "\n" in text else ">-"
        forms.insert(0, "\n".join([sign, *(f"{' ' * indent}{line}" if line else "" for line in lines)]))
    for form in forms:
        around = f"{' ' * max(indent - 2, 0)}a: {form}\n" if not flow else f"{{a: {form}, b: 1}}"
        try:
            data = parse(around, file="value").data
        except DefinitionError:
            continue
        if isinstance(data, dict) and data.get("a") == text:
            return form
    return json.dumps(text)


def flow(value: Data) -> str:
    """A value as it stands in one line behind its key."""
    return scalar(value) if isinstance(value, str) else _written(value, flow=True)


def _cut(document: Document, path: Path, value: Data) -> Iterator[str]:
    """The text with the value's own characters replaced, put in, or taken out; nothing where that is not so simple."""
    text, parent = document.text, path[:-1]
    around = document.marks.get(parent)
    if around is None or not isinstance(document.value(parent), dict):
        return
    flow = text[around.start : around.start + 1] in "{["
    mark = document.marks.get(path)
    if mark is not None and value is not None and _short(value):
        column = document.place(path, key=True)[1] - 1
        written = _written(value, flow=flow, indent=column + 2)
        start = mark.start
        end = start + len(text[start : mark.end].rstrip())
        blank = "" if start and text[start - 1] in " \n" else " "
        yield text[:start] + blank + written + text[end:]
    elif mark is not None and value is None and not flow:
        line = document.place(path, key=True)[0]
        first = document.line_starts[line - 1]
        end = mark.start + len(text[mark.start : mark.end].rstrip())
        stop = text.find("\n", end)
        yield text[:first] + (text[stop + 1 :] if stop >= 0 else "")
    elif mark is None and value is not None:
        yield from _put_in(document, path, value, flow=flow)


def _put_in(document: Document, path: Path, value: Data, *, flow: bool) -> Iterator[str]:
    """The text with a key more: last in braces, else after the first key of the mapping."""
    text, parent, key = document.text, path[:-1], str(path[-1])
    around, held = document.marks[parent], document.value(parent)
    if not isinstance(held, dict) or not held or not _short(value):
        return
    if flow:
        end = around.end - 1
        yield f"{text[:end].rstrip()}, {scalar(key, flow=True)}: {_written(value, flow=True)}{text[end:]}"
        return
    first = (*parent, next(iter(held)))
    column = document.place(first, key=True)[1] - 1
    mark = document.marks[first]
    end = mark.start + len(text[mark.start : mark.end].rstrip())
    stop = text.find("\n", end)
    head, rest = (text[: stop + 1], text[stop + 1 :]) if stop >= 0 else (f"{text}\n", "")
    yield f"{head}{' ' * column}{scalar(key)}: {_written(value, flow=False, indent=column + 2)}\n{rest}"


def _appended(document: Document, path: Path, item: Data, lines: str) -> Iterator[str]:
    """The text with an item more at the end of a list."""
    text, mark, held = document.text, document.marks.get(path), document.value(path)
    if mark is not None and isinstance(held, list) and text[mark.start] == "[" and isinstance(item, str):
        end = mark.end - 1
        joint = ", " if held else ""
        yield f"{text[:end].rstrip()}{joint}{scalar(item, flow=True)}{text[end:]}"
    if not lines:
        return
    if mark is not None and isinstance(held, list) and held and text[mark.start] != "[":
        column = document.at(mark.start)[1] - 1
        end = mark.start + len(text[mark.start : mark.end].rstrip())
        stop = text.find("\n", end)
        head, rest = (text[: stop + 1], text[stop + 1 :]) if stop >= 0 else (f"{text}\n", "")
        yield head + textwrap.indent(textwrap.dedent(lines), " " * column) + rest
    elif len(path) == 1 and (mark is None or not held):
        kept = text
        if mark is not None:
            first = document.line_starts[document.place(path, key=True)[0] - 1]
            stop = text.find("\n", mark.end)
            kept = text[:first] + (text[stop + 1 :] if stop >= 0 else "")
        head = kept if not kept or kept.endswith("\n") else f"{kept}\n"
        yield f"{head}{path[0]}:\n{textwrap.indent(textwrap.dedent(lines), '  ')}"


def _items(lines: str) -> list[Data]:
    """The items that lines of a list say."""
    data = parse(textwrap.dedent(lines), file="item").data
    return data if isinstance(data, list) else []


def _blocks(document: Document, path: Path, count: int) -> tuple[int, int, list[str], int] | None:
    """Where a list of lines begins and ends, the text of each item with the comments above it, and the column of its
    dashes; None where the list is none of lines.
    """
    text, around = document.text, document.marks.get(path)
    if around is None or not count or text[around.start : around.start + 1] == "[":
        return None
    starts = document.line_starts
    lines = [document.place((*path, place))[0] for place in range(count)]
    column = len(document.line(lines[0])) - len(document.line(lines[0]).lstrip())
    begins = []
    for place, line in enumerate(lines):
        least = lines[place - 1] if place else 0
        while line - 1 > least and document.line(line - 1).lstrip().startswith("#"):
            line -= 1
        begins.append(line)
    end = lines[-1] + 1
    after = end
    while after <= len(starts):
        told = document.line(after)
        if told.strip() and len(told) - len(told.lstrip()) <= column:
            break
        end, after = (after + 1, after + 1) if told.strip() else (end, after + 1)
    edges = [*(starts[line - 1] for line in begins), starts[end - 1] if end <= len(starts) else len(text)]
    parts = [text[edges[place] : edges[place + 1]] for place in range(count)]
    if parts and not parts[-1].endswith("\n"):
        parts[-1] += "\n"
    return edges[0], edges[-1], parts, column


def _whole(text: str, path: Path, value: Data) -> Iterator[str]:
    """The file written anew by ruamel.yaml."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        held = yaml.load(text)
        inner: Any = held
        for part in path[:-1]:
            inner = inner[part]
        if value is None:
            del inner[path[-1]]
        else:
            inner[path[-1]] = value
        stream = io.StringIO()
        yaml.dump(held, stream)
    except (YAMLError, KeyError, IndexError, TypeError):
        return
    yield stream.getvalue()


def _short(value: Data) -> bool:
    """Whether a value can stand behind its key in one line: a scalar, a list of texts, or a small mapping of those."""
    if isinstance(value, dict):
        return len(value) <= _MOST_KEYS and all(_short(one) and not isinstance(one, dict) for one in value.values())
    return not (isinstance(value, list) and any(not isinstance(one, str) for one in value))


def _written(value: Data, *, flow: bool, indent: int = 0) -> str:
    if isinstance(value, dict):
        told = (f"{scalar(str(key), flow=True)}: {_written(one, flow=True)}" for key, one in value.items())
        return f"{{{', '.join(told)}}}"
    if isinstance(value, list):
        return f"[{', '.join(scalar(str(one), flow=True) for one in value)}]"
    return scalar(value, flow=flow, indent=indent) if isinstance(value, str) else json.dumps(value, default=str)


def _changed(data: Data, path: Path, value: Data) -> Data:
    found: Any = copy.deepcopy(data) if data is not None else {}
    inner = found
    for part in path[:-1]:
        inner = inner[part]
    if value is None:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = value
    return found  # type: ignore[no-any-return]


def _says(text: str, wanted: Data) -> bool:
    try:
        return parse(text, file="changed").data == wanted
    except DefinitionError:
        return False
