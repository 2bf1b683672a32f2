"""`tenure report`: the lifecycle on one page, or a period for the board."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.app import app, opened
from tenure.cli.options import LifecycleOption
from tenure.errors import UsageError


class Audience(StrEnum):
    """Whom a report of a period is for."""

    BOARD = "board"


@app.command(
    "report",
    epilog="tenure report\ntenure report --full -o june.html --lifecycle vip\n"
    "tenure report --for board --period 2011-Q3 --comments q3.md -o q3.pdf",
)
def report(
    context: typer.Context,
    lifecycle: LifecycleOption = None,
    audience: Annotated[
        Audience | None, typer.Option("--for", help="board: ten key figures of a period, on two printed pages.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(
            "--period", metavar="PERIOD", help="2011-Q3, 2011-09, 2011-W36 or 2011. Default: the last quarter."
        ),
    ] = None,
    comments: Annotated[
        Path | None, typer.Option("--comments", metavar="FILE", help="Markdown that stands below the key figures.")
    ] = None,
    file: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="The file to write, .html or .pdf. Default: report.html."),
    ] = Path("report.html"),
    full: Annotated[
        bool, typer.Option("--full", help="Metrics, cohorts, journeys, channels, personas and the outlook, too.")
    ] = False,
) -> None:
    """The lifecycle on one page: map, findings, months, moves, time in stages, forecast; or a period for the board."""
    from tenure.cli.output import write_bytes, write_text
    from tenure.cli.printing import pdf
    from tenure.cli.progress import working

    for_board = audience is not None or period is not None
    if comments is not None and not for_board:
        raise UsageError("Comments stand in the report to the board.", hint="Add --for board.")
    prints = file.suffix.lower() == ".pdf"
    kept = ""
    with opened(context) as ws:
        # the page is read by others: it names no folder of this machine
        command = "tenure"
        with working("asking for the figures"):
            if for_board:
                from tenure.report import board, board_page, frozen

                told = board(ws, period, lifecycle=lifecycle, comments=_read(comments))
                text = board_page(told, command=command)
                kept = json.dumps(frozen(told), ensure_ascii=False, indent=2) + "\n"
            else:
                from tenure.report import figures, page

                text = page(figures(ws, lifecycle, full=full), command=command)
    if prints:
        with working("printing"):
            content = pdf(text)
        write_bytes(content, file)
    else:
        write_text(text, file)
    if kept:
        write_text(kept, file.with_suffix(".json"))


def _read(comments: Path | None) -> str:
    if comments is None:
        return ""
    try:
        return comments.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{comments} cannot be read: {error}.", hint="Name a file of Markdown in UTF-8.") from None
