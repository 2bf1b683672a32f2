"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

LifecycleOption = Annotated[
    str | None,
    typer.Option("-l", "--lifecycle", metavar="NAME", help="A lifecycle or segment. Default: the workspace's first."),
]
AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="As it was then: 2011-06-30 (its end), or 2011-06-30T12:00Z."),
]
