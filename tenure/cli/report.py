"""`tenure report`: the lifecycle on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.app import app, opened, typed
from tenure.cli.options import LifecycleOption


@app.command("report", epilog="tenure report\ntenure report -o june.html --lifecycle vip")
def report(
    context: typer.Context,
    lifecycle: LifecycleOption = None,
    file: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write. Default: report.html.")
    ] = Path("report.html"),
) -> None:
    """The lifecycle on one page: map, findings, months, moves, time in stages, forecast. One file, opens anywhere."""
    from tenure.cli.output import write_text
    from tenure.cli.progress import working
    from tenure.report import figures, page

    with opened(context) as ws:
        with working("asking for the figures"):
            told = figures(ws, lifecycle)
        with working("drawing"):
            text = page(told, command=typed(context, "").rstrip())
    write_text(text, file)
