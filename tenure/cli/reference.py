"""The reference of the command line, written from the commands: `python -m tenure.cli.reference FILE`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from tenure.cli.app import SECTIONS
from tenure.cli.commands import app

HEAD = """\
# Command line

This page is written by `python -m tenure.cli.reference`; do not edit it.

`tenure COMMAND --help` shows the same. A command works on the workspace in the present folder or one above it, or on
the one that `-C DIR` names before the command: `tenure -C shop stages`.

Results go to stdout, progress and messages to stderr. The exit code is 0 where all went well, 1 where something failed,
2 where the command was typed wrong or names something that does not exist, and 130 after Ctrl-C.

Every listing takes `--format table|csv|json` and `-o FILE`. A file appears whole or not at all; its name (`.csv`,
`.json`, `.txt`) tells the form where `--format` does not. CSV and JSON are exact: moments are ISO 8601 in UTC with six
digits of second and `Z`, amounts are plain numbers, what does not exist is empty or `null`. Tables are for reading:
their times are those of the workspace's time zone, amounts are rounded, and long ones show their first 40 rows.

`NO_COLOR` takes the colours from a terminal; `TENURE_DEBUG=1` shows the traceback of an unexpected error.
"""


def page() -> str:
    """The page, in Markdown."""
    group: Any = get_command(app)
    names = [name for section in SECTIONS.values() for name in section if name in group.commands]
    names += sorted(set(group.commands) - set(names))
    parts = [HEAD, *_parameters(group)]
    for name in names:
        command = group.commands[name]
        if hasattr(command, "commands"):
            for inner in sorted(command.commands):
                parts += _command(f"{name} {inner}", command.commands[inner])
        else:
            parts += _command(name, command)
    return "\n".join(parts).rstrip() + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"## tenure {name}\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    arguments = [_argument(one) for one in command.params if one.param_type_name == "argument"]
    yield f"```\ntenure {' '.join([name, *arguments, '[OPTIONS]'])}\n```\n"
    yield from _parameters(command)
    if command.epilog:
        yield f"```\n{command.epilog}\n```\n"


def _argument(parameter: Any) -> str:
    name = str(parameter.metavar or parameter.name.upper())
    return name if parameter.nargs == 1 else f"[{name}]..."


def _parameters(command: Any) -> Iterator[str]:
    rows = [_row(one) for one in command.params if one.name != "help" and not getattr(one, "hidden", False)]
    if rows:
        yield "| | |\n|---|---|"
        yield from rows
        yield ""


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        shown = _argument(parameter)
    else:
        value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
        shown = ", ".join(parameter.opts) + value
    default = parameter.default
    told = parameter.help or ""
    if default not in (None, False, ()) and "Default" not in told:
        told += f" Default: {getattr(default, 'value', default)}."
    return f"| `{shown}` | {told.strip()} |".replace("\n", " ")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
