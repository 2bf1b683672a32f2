"""`tenure init`: a new workspace that works at once."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.app import CONFIG, app
from tenure.errors import TenureError, UsageError

EXAMPLE = "data/example.csv"


@app.command("init", epilog="tenure init shop\ntenure init shop --lifecycle classic")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make, or to put the workspace into.")],
    lifecycle: Annotated[
        str, typer.Option("-l", "--lifecycle", metavar="NAME", help="A lifecycle of the library.", show_default=True)
    ] = "classic",
) -> None:
    """Make a workspace that works at once.

    It gets a commented tenure.yaml, and an example in data/. Nothing that is there is overwritten.
    """
    from tenure.cli.new import text
    from tenure.documents import did_you_mean
    from tenure.lifecycle import library

    names = library.names()
    if lifecycle not in names:
        hint = did_you_mean(lifecycle, names) or f"There are: {', '.join(names)}."
        raise UsageError(f"The library has no lifecycle {lifecycle!r}.", hint=hint)
    there = next((name for name in (CONFIG, EXAMPLE) if (folder / name).exists()), None)
    if there is not None:
        raise UsageError(f"There is a {folder / there} already.", hint="Name another folder; nothing was changed.")
    name = json.dumps(folder.resolve().name or "Workspace", ensure_ascii=False)
    config = text(CONFIG).replace("{name}", name).replace("{lifecycle}", lifecycle)
    try:
        (folder / EXAMPLE).parent.mkdir(parents=True, exist_ok=True)
        for path, content in ((folder / EXAMPLE, text(EXAMPLE)), (folder / CONFIG, config)):
            # never in the place of a file that came up meanwhile
            with path.open("x", encoding="utf-8") as stream:
                stream.write(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TenureError(f"{folder} cannot be written: {reason}.", hint="Name another folder.") from None
    _tell(folder)


def _tell(folder: Path) -> None:
    from tenure.cli.screen import Screen

    with Screen.on(None) as screen:
        screen.title(f"A workspace in {folder}")
        screen.listed(
            [
                f"{folder / CONFIG} says where events come from and what is worked out from them.",
                f"{folder / EXAMPLE} holds made-up orders, to try it with; put files of your own beside it.",
            ]
        )
        screen.next(f"cd {folder}" if os.fspath(folder) != "." else "tenure run", *(
            ["tenure run", "tenure stages"] if os.fspath(folder) != "." else ["tenure stages"]
        ))  # fmt: skip
