"""Tables and sentences for readers: in the colours and width of a terminal, plain and uncut in a pipe or a file."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tenure.cli.layout import GAP, Need, blocks, lines, told_apart
from tenure.documents import listing
from tenure.wording import clean

PAGE = 40
WIDTH = 80
# so many columns that have no room are named, of more the first and the last
_NAMED = 4
_EIGHTHS = " ▏▎▍▌▋▊▉"

Cell = str | Text | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, where its cells lean, how they look.

    Columns that lean right hold numbers: their cells are never cut, their headings may be. Of the others `long` ones
    take what room is left, and are cut or folded; `spare` ones go where a terminal is too narrow for all.
    """

    heading: str
    right: bool = False
    style: str = ""
    long: Literal["", "cut", "fold"] = ""
    spare: bool = False


class Screen:
    """What a reader sees. Text that comes from data is cleaned of control characters, and never read as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._written = False

    @classmethod
    @contextmanager
    def on(cls, stream: BinaryIO | None) -> Iterator[Screen]:
        """A screen on stdout, or on the file that `stream` writes."""
        if stream is None and sys.stdout.isatty():
            yield cls(_console())
            return
        page = io.StringIO()
        width = int(os.environ["COLUMNS"]) if os.environ.get("COLUMNS", "").isdigit() and stream is None else WIDTH
        try:
            yield cls(_console(page, max(width, 40)))
        finally:
            # blanks at the ends of lines are for terminals; what was found before a failure is shown
            text = "".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())
            if stream is None:
                sys.stdout.write(text)
            else:
                stream.write(text.encode())

    @property
    def width(self) -> int:
        """The columns there are."""
        return self._console.width

    def title(self, text: str, under: str = "") -> None:
        """Nothing; a heading, and the line under it. Without one, what follows stands right below."""
        self._gap()
        self._console.print(Text(clean(text), style="bold"))
        if under:
            self._console.print(Text(clean(under), style="dim"))
        self._written = bool(under)

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, total: bool = False) -> None:
        """Nothing; the rows under the headings; with `total` the last row is set off.

        Where the screen is too narrow, the columns come in blocks one below the other, each with the first column.
        """
        cells = [[_cell(cell) for cell in row] for row in rows]
        kept = told_apart([column.heading for column in columns if column.right])
        needs = [
            Need.of(
                column.heading, max((_width(row[place]) for row in cells), default=0), kept=kept, right=column.right,
                spare=column.spare, long=column.long,
            )
            for place, column in enumerate(columns)
        ]  # fmt: skip
        # in a pipe or a file nothing needs to be cut
        free = not self._console.is_terminal and "COLUMNS" not in os.environ
        folds = any(column.long == "fold" for column in columns)
        shown = blocks(needs, None if free and not folds else self.width)
        for block in shown:
            self._gap()
            self._block(columns, block, cells, total=total)
        there = {place for block in shown for place, _ in block}
        if left := [column.heading for place, column in enumerate(columns) if column.right and place not in there]:
            names = listing(left, "and") if len(left) <= _NAMED else f"{left[0]}, {left[1]}, … {left[-1]}"
            self.line(f"No room for {names}: take a wider terminal, or --format csv.", "dim")

    def _block(
        self, columns: Sequence[Column], block: Sequence[tuple[int, int]], cells: Sequence[Sequence[Text]], *,
        total: bool,
    ) -> None:  # fmt: skip
        table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
        for place, width in block:
            column = columns[place]
            fold = column.long == "fold"
            table.add_column(
                Text(lines(column.heading, width) if column.right else column.heading),
                justify="right" if column.right else "left", style=column.style, no_wrap=not fold,
                overflow="fold" if fold else "ellipsis", width=width,
            )  # fmt: skip
        for at, row in enumerate(cells):
            table.add_row(*(row[place] for place, _ in block), style="bold" if total and at == len(cells) - 1 else None)
        console = self._console
        # a number that is wider than the screen is shown all the same
        whole = sum(width for _, width in block) + GAP * (len(block) - 1)
        console.width, width = max(console.width, whole), console.width
        console.print(table)
        console.width = width

    def more(self, shown: int, count: int, how: str) -> None:
        """Nothing; how many rows are not shown, and how to have them."""
        if count > shown:
            self._console.print(Text(f"… and {count - shown:,} more; {how}", style="dim"))

    def say(self, text: str | Text, style: str = "") -> None:
        """Nothing; a sentence or two."""
        self._gap()
        self.line(text, style)

    def line(self, text: str | Text, style: str = "") -> None:
        """Nothing; a sentence right under the one before."""
        self._written = True
        self._console.print(text if isinstance(text, Text) else Text(clean(text), style=style))

    def command(self, text: str) -> None:
        """Nothing; writes a command, never broken into lines of its own."""
        self._console.print(Text(f"   {clean(text)}", style="cyan"), soft_wrap=True)

    def listed(self, items: Sequence[str | Text], style: str = "") -> None:
        """Nothing; the items, one each line, lines after the first under its text."""
        self._gap()
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold", style=style)
        for item in items:
            table.add_row("-", _cell(item))
        self._console.print(table)

    def next(self, *commands: str) -> None:
        """Nothing; what to type next."""
        self._gap()
        for place, command in enumerate(commands):
            line = Text("Next: " if place == 0 else "      ", style="dim")
            # kept on one line, to be copied
            self._console.print(line.append(clean(command), style="cyan not dim"), soft_wrap=True)

    def gap(self) -> None:
        """Nothing; a blank line before what comes next, for a screen that goes on where another ended."""
        self._written = True

    def _gap(self) -> None:
        if self._written:
            self._console.print()
        self._written = True


def bar(part: float, cells: int, style: str = "") -> Text:
    """A bar of `part` (0 to 1) of so many cells, to an eighth of one."""
    if not cells:
        return Text("")
    eighths = round(max(0.0, min(part, 1.0)) * cells * 8)
    eighths = max(eighths, 1) if part > 0 else 0
    full, rest = divmod(eighths, 8)
    return Text("█" * full + (_EIGHTHS[rest] if rest else ""), style=style)


def _console(page: io.StringIO | None = None, width: int | None = None) -> Console:
    return Console(
        file=page or sys.stdout, width=width, highlight=False, markup=False, emoji=False,
        force_terminal=None if page is None else False, color_system="auto" if page is None else None,
    )  # fmt: skip


def _width(cell: Text) -> int:
    return max((line.cell_len for line in cell.split()), default=0)


def _cell(cell: Cell) -> Text:
    if cell is None:
        return Text("")
    if isinstance(cell, Text):
        cell.plain = "\n".join(map(clean, cell.plain.split("\n")))
        return cell
    return Text(clean(cell))
