"""The command line: `tenure …`, one file a subject. Everything it shows comes from `Workspace`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Nothing; runs the command of this process's arguments, and exits with its code: 0 ok, 1 failed, 2 wrong usage."""
    # imported here, so that Ctrl-C while modules load is heard as well
    from tenure.cli.faults import reported

    with reported():
        from tenure.cli.commands import app

        app.only(sys.argv[1:])(prog_name="tenure")
