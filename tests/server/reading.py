"""Pages as trees: what they say, where, under which heading of a table, and what leads on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(slots=True, eq=False)
class Node:
    """An element, with what stands in it."""

    tag: str
    said: dict[str, str] = field(default_factory=dict)
    within: Node | None = None
    parts: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its words."""
        told = (
            one if isinstance(one, str) else f" {one.text} " if one.tag in _BLOCKS else one.text for one in self.parts
        )
        return " ".join("".join(told).split())

    @property
    def classes(self) -> set[str]:
        return set(self.said.get("class", "").split())

    def all(self, *tags: str) -> Iterator[Node]:
        """Every element in it of these tags (of any, without), in their order."""
        for one in self.parts:
            if isinstance(one, Node):
                if not tags or one.tag in tags:
                    yield one
                yield from one.all(*tags)

    def around(self) -> Iterator[Node]:
        """Itself, and every element that it stands in."""
        here: Node | None = self
        while here is not None:
            yield here
            here = here.within

    def strings(self) -> Iterator[tuple[Node, str]]:
        """Every piece of text with the element it stands in."""
        for one in self.parts:
            if isinstance(one, Node):
                yield from one.strings()
            elif one.strip():
                yield self, one


_BLOCKS = {"p", "li", "td", "th", "div", "br", "tr", "h1", "h2", "h3", "dd", "dt", "section", "summary", "option"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("page")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.parts.append(made)
        if tag not in _VOID:
            self.here = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.parts.append(Node(tag, {name: value or "" for name, value in attrs}, self.here))

    def handle_endtag(self, tag: str) -> None:
        if any(one.tag == tag for one in self.here.around()):
            while self.here.tag != tag:
                self.here = self.here.within  # type: ignore[assignment]
            self.here = self.here.within  # type: ignore[assignment]

    def handle_data(self, data: str) -> None:
        self.here.parts.append(data)


def read(html: str) -> Node:
    """A page, or a part of one, as a tree; of a page only what stands in `main`."""
    reader = _Reader()
    reader.feed(html)
    return next(reader.root.all("main"), reader.root)


def heading(cell: Node) -> str:
    """What the head of its table says above a cell."""
    row = cell.within
    table = next(one for one in cell.around() if one.tag == "table")
    head = next(table.all("thead"), None)
    if head is None or row is None:
        return ""
    at = 0
    for one in row.parts:
        if one is cell:
            break
        at += int(one.said.get("colspan") or 1) if isinstance(one, Node) else 0
    for one in next(head.all("tr")).all("th", "td"):
        width = int(one.said.get("colspan") or 1)
        if at < width:
            return one.text
        at -= width
    return ""
