"""How far work is, on stderr and only where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from tenure.ingest.report import Progress


@contextmanager
def importing(grouped: Collection[str] = ()) -> Iterator[Callable[[Progress], None] | None]:
    """What an import calls with how far it is; None where nobody watches.

    Of the sources in `grouped` the events are counted, which are no part of the file's rows.
    """
    if not sys.stderr.isatty():
        yield None
        return

    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (
        SpinnerColumn(), TextColumn("{task.fields[name]}", markup=False), BarColumn(bar_width=20),
        TextColumn("{task.fields[rows]}"), TimeElapsedColumn(),
    )  # fmt: skip
    with Display(*columns, console=_stderr(), transient=True) as display:
        task = display.add_task("", total=None, name="reading …", rows="")

        def show(at: Progress) -> None:
            events = at.source in grouped
            display.update(
                task, name=f"{at.source}  {_end(at.file)}", completed=at.rows, total=None if events else at.total,
                rows=f"{at.rows:,} {'events' if events else 'rows'}",
            )  # fmt: skip

        yield show


@contextmanager
def working(what: str) -> Iterator[None]:
    """Nothing; says what is being done as long as it is."""
    if not sys.stderr.isatty():
        yield
        return
    with _stderr().status(f"{what} …"):
        yield


def _stderr() -> Console:
    from rich.console import Console

    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False)


def _end(name: str, limit: int = 32) -> str:
    return name if len(name) <= limit else f"…{name[1 - limit :]}"
