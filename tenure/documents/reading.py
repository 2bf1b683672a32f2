"""Reading YAML 1.2: scalars as written, repeated keys refused, one clear line for every slip.

The text is composed to a graph of nodes (by ruamel.yaml) and turned into plain data here, so that what a scalar means
does not depend on a YAML version: `true` and `false` are truth values, `no` and `on` are text, `0.30` is an exact
decimal, `007`, `1_000` and `2024-05-01` stay text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path as FilePath

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from tenure.documents.document import Data, Document, Mark, Path, Style, line_starts
from tenure.documents.slips import comma_slip, syntax_slip
from tenure.errors import DefinitionError, Problem

MAX_BYTES = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 40

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,3})?")
_STYLES: dict[str, Style] = {"'": "single", '"': "double", "|": "block", ">": "block"}
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = {"", "~", "null", "Null", "NULL"}


def read(path: str | os.PathLike[str], *, file: str | None = None) -> Document:
    """The document in the file at `path`; `file` is how messages name it (default: the path as given).

    Raises DefinitionError where there is no such file, or it is larger than 1 MB, no text, or no YAML.
    """
    name = file or os.fspath(path)
    try:
        with FilePath(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refusal(name, "There is no such file.") from None
    except OSError as error:
        raise _refusal(name, f"The file cannot be read: {(error.strerror or str(error)).lower()}.") from None
    if len(content) > MAX_BYTES:
        raise _refusal(name, "The file is larger than 1 MB: too large for a definition.", "Is it the right file?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refusal(name, "The file is not text in UTF-8.", "Save it as UTF-8.", line=line) from None
    return parse(text, file=name)


def parse(text: str, *, file: str) -> Document:
    """The document written in `text`; raises DefinitionError with every problem that YAML itself has with it."""
    return _parsed(text, file)


# nobody changes what a document holds; a workspace that is checked while somebody writes reads the same texts again
@lru_cache(maxsize=64)
def _parsed(text: str, file: str) -> Document:
    starts = line_starts(text)
    if len(text) > MAX_BYTES:
        raise _refusal(file, "The text is larger than 1 MB: too large for a definition.")
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    try:
        root: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        index, message, hint = syntax_slip(text, error)
        bare = Document(file=file, data=None, text=text, marks={}, line_starts=starts)
        line, column = bare.at(min(index, len(text)))
        raise _refusal(file, message, hint, line=line, column=column) from None
    except ReaderError as error:
        bare = Document(file=file, data=None, text=text, marks={}, line_starts=starts)
        line, column = bare.at(error.position)
        message = f"The character U+{error.character:04X} cannot stand in a text file."
        raise _refusal(file, message, "Remove it.", line=line, column=column) from None
    except YAMLError as error:
        raise _refusal(file, f"This is not YAML: {str(error).splitlines()[0]}.") from None
    except RecursionError:
        raise _refusal(file, f"Lists and mappings are nested deeper than {MAX_DEPTH} levels.") from None
    reading = _Reading(file=file, text=text, starts=starts)
    data = reading.data(root, (), None) if root is not None else None
    if reading.problems:
        raise DefinitionError(sorted(reading.problems, key=lambda problem: (problem.line, problem.column)))
    return Document(file=file, data=data, text=text, marks=reading.marks, line_starts=starts)


def _refusal(file: str, message: str, hint: str = "", *, line: int = 0, column: int = 0) -> DefinitionError:
    return DefinitionError([Problem(file=file, line=line, column=column, message=message, hint=hint)])


@dataclass(slots=True, kw_only=True)
class _Reading:
    """Turns nodes into data, noting marks and problems on the way."""

    file: str
    text: str
    starts: tuple[int, ...]
    marks: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    open: list[Node] = field(default_factory=list)
    nodes: int = 0

    def data(self, node: Node, path: Path, key: int | None) -> Data:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _refusal(self.file, f"The file holds more than {MAX_NODES:,} values, aliases counted each time.")
        if len(self.open) > MAX_DEPTH:
            raise _refusal(self.file, f"Lists and mappings are nested deeper than {MAX_DEPTH} levels.")
        if any(node is ancestor for ancestor in self.open):
            self.problem(node, "This alias stands inside what it names, without end.")
            return None
        style = _STYLES.get(node.style or "", "plain") if isinstance(node, ScalarNode) else "collection"
        self.marks[path] = Mark(start=node.start_mark.index, end=node.end_mark.index, key=key, style=style)
        if self.text[node.start_mark.index : node.start_mark.index + 1] == "!":
            self.problem(node, "Tags ('!…') have no meaning here.", "Is it part of the text? Put the text in quotes.")
            return None
        self.open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self.mapping(node, path)
            if isinstance(node, SequenceNode):
                return self.sequence(node, path)
            return scalar(node.value, style)
        finally:
            self.open.pop()

    def sequence(self, node: SequenceNode, path: Path) -> Data:
        if node.flow_style and self.cut_by_comma(node, node.value):
            return []
        return [self.data(item, (*path, position), None) for position, item in enumerate(node.value)]

    def mapping(self, node: MappingNode, path: Path) -> Data:
        if node.flow_style and self.cut_by_comma(node, [value if value.value else key for key, value in node.value]):
            return {}
        found: dict[str, Data] = {}
        first: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self.problem(key, "A key is text, not a list or mapping.", "Is a text with '{' or '[' meant? Quote it.")
                continue
            name, start = key.value, key.start_mark.index
            if name == "<<":
                self.problem(key, "Merge keys ('<<') are not YAML 1.2 and are not read.", "Write the keys out.")
            elif name in found:
                line = self.place(first[name])[0]
                self.problem(key, f"'{name}' stands twice in this mapping (first in line {line}).", "Keep one of them.")
            else:
                first[name] = start
                found[name] = self.data(value, (*path, name), start)
        return found

    def cut_by_comma(self, node: Node, items: Sequence[Node]) -> bool:
        for item in items:
            if isinstance(item, ScalarNode) and (item.style or "") not in _STYLES:
                slip = comma_slip(self.text, item.start_mark.index, node.end_mark.index)
                if slip:
                    self.problem(item, *slip)
                    return True
        return False

    def problem(self, node: Node, message: str, hint: str = "") -> None:
        line, column = self.place(node.start_mark.index)
        self.problems.append(Problem(file=self.file, line=line, column=column, message=message, hint=hint))

    def place(self, index: int) -> tuple[int, int]:
        return Document(file=self.file, data=None, text=self.text, marks={}, line_starts=self.starts).at(index)


def scalar(text: str, style: Style) -> Data:
    """What a scalar stands for: only plain ones may be numbers, truth values or nothing."""
    if style != "plain":
        return text
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text
