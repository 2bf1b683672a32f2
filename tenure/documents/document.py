"""A definition file as read: its data, and where in the file each of them stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

Data: TypeAlias = "dict[str, Data] | list[Data] | str | int | Decimal | bool | None"
Path: TypeAlias = tuple[str | int, ...]
Style = Literal["plain", "single", "double", "block", "collection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a value stands: characters `start` to `end` of the file, its key's first character, how it is written."""

    start: int
    end: int
    key: int | None
    style: Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A definition file: `file` as messages name it, its `data`, its `text`, and a mark for every path in it."""

    file: str
    data: Data
    text: str = field(repr=False)
    marks: Mapping[Path, Mark] = field(repr=False)
    line_starts: tuple[int, ...] = field(repr=False)

    def place(self, path: Path = (), *, key: bool = False) -> tuple[int, int]:
        """Line and column (from 1) of the value at `path`, or of its key; of what is nearest above where it is absent.

        A value left empty stands where its key does.
        """
        while path and path not in self.marks:
            path, key = path[:-1], True
        mark = self.marks.get(path)
        if mark is None:
            return (1, 1)
        absent = mark.start == mark.end
        return self.at(mark.key if mark.key is not None and (key or absent) else mark.start)

    def at(self, index: int) -> tuple[int, int]:
        """Line and column (from 1) of the character at `index`."""
        line = bisect_right(self.line_starts, index)
        return line, index - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def value(self, path: Path) -> Data:
        """The data at `path`; None where there is none."""
        found: Data = self.data
        for part in path:
            if not holds(found, part):
                return None
            found = found[part]  # type: ignore[index]
        return found


def holds(data: Data, part: str | int) -> bool:
    """Whether `data` is a mapping with the key, or a list with the position, `part`."""
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data)


def line_starts(text: str) -> tuple[int, ...]:
    """The index of the first character of each line."""
    return (0, *(index + 1 for index, character in enumerate(text) if character == "\n"))
