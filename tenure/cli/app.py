"""The Typer application: its options, its groups of commands, and the workspace that a command works on."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_name

from tenure.cli.faults import told
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.lifecycle.definition import Lifecycle
    from tenure.workspace import Workspace

CONFIG = "tenure.yaml"

F = TypeVar("F", bound=Callable[..., Any])

# the commands in the order of the work; one that is not listed comes last
SECTIONS: dict[str, tuple[str, ...]] = {
    "Start": ("init", "demo"),
    "Bring in": ("import", "run", "rejected"),
    "Take out": ("export",),
    "Look": ("stages", "people", "history", "forecast", "explain"),
    "Analyse": (
        "report",
        "findings",
        "why",
        "drivers",
        "population",
        "moves",
        "times",
        "conversion",
        "cohorts",
        "stuck",
        "short",
        "risk",
        "crosstab",
        "outlook",
        "predict",
        "value",
        "journeys",
        "paths",
        "attribution",
        "rfm",
        "personas",
    ),
    "Act": ("act", "actions", "identity"),
    "Measure": ("scorecard", "targets", "alerts", "metrics", "metric"),
    "Define": ("lifecycles", "plan", "sql", "schema"),
    "Serve": ("serve", "users", "keys", "webhooks", "feed"),
    "Care": ("doctor", "retention", "compact"),
}


class Help:
    """Help as plain text, headings in bold where that is a terminal, examples as they are written."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Nothing; writes the page."""
        formatter.write_heading = lambda heading: formatter.write(typer.style(f"{heading}:", bold=True) + "\n")
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Nothing; writes the examples line by line."""
        if self.epilog:  # type: ignore[attr-defined]
            with formatter.section("Examples"):
                for line in self.epilog.splitlines():  # type: ignore[attr-defined]
                    formatter.write(f"  {line}\n")


class Command(Help, TyperCommand):
    """A command with such help."""


class Commands(Help, TyperGroup):
    """A group of commands, listed in sections; what they raise on purpose becomes a message."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands in the order of the work."""
        order = [name for names in SECTIONS.values() for name in names]
        return sorted(self.commands, key=lambda name: (order.index(name) if name in order else len(order), name))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Nothing; writes the sections."""
        names = self.list_commands(ctx)
        width = max(map(len, names))
        listed = {name for section in SECTIONS.values() for name in section}
        others = tuple(name for name in names if name not in listed)
        for title, section in {**SECTIONS, ("Commands" if len(others) == len(names) else "More"): others}.items():
            rows = [
                (name.ljust(width), self.commands[name].get_short_help_str(200)) for name in section if name in names
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        """What the command gives."""
        with told():
            return super().invoke(ctx)


class App(typer.Typer):
    """A Typer application whose commands have such help."""

    def command(self, *args: Any, **settings: Any) -> Callable[[F], F]:
        """What registers a function as a command; its `epilog` are examples, one a line."""
        registered: Callable[[F], F] = super().command(*args, **{"cls": Command, **settings})
        return registered

    def only(self, words: list[str]) -> App:
        """The application with no command but the one that the words name; the whole where they name none.

        Typer works out the options of every command that there is before it looks at the words, and that takes longer
        than all of a short command.
        """
        place = 2 if words[:1] in (["-C"], ["--workspace"]) else 0
        for one in self.registered_commands:
            if one.callback and words[place : place + 1] == [one.name or get_command_name(one.callback.__name__)]:
                alone = copy(self)
                alone.registered_commands, alone.registered_groups = [one], []
                return alone
        return self


app = App(
    name="tenure", cls=Commands, add_completion=False, no_args_is_help=True, rich_markup_mode=None,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
    epilog="tenure init shop                    a workspace with an example in it\n"
    "tenure -C shop run                  import, and work out every stage\n"
    "tenure -C shop stages               people and money by stage\n"
    "tenure -C shop people --stage at_risk --format csv -o at_risk.csv",
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        from tenure import __version__

        typer.echo(f"tenure {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "-C", "--workspace", metavar="DIR", help="The workspace's folder. Default: this folder, or one above it."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Every customer's stage, past, now and scheduled, from your tables of events."""
    context.obj = workspace


def folder_of(context: typer.Context) -> Path:
    """The folder of the workspace that the command works on. Raises UsageError where there is none."""
    named: Path | None = context.obj
    if named is not None:
        if (named / CONFIG).is_file():
            return named
        if named.name == CONFIG and named.is_file():
            return named.parent
        what = f"There is no {CONFIG} in {named}." if named.is_dir() else f"There is no folder {named}."
        raise UsageError(what, hint=f"Make a workspace there with `tenure init {named}`, or name another folder.")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG).is_file():
            # paths in messages are short where the workspace is the present folder
            return Path() if folder == here else folder
    raise UsageError(
        f"There is no {CONFIG} in this folder, nor in one above it.",
        hint="Name a workspace with `tenure -C DIR …`, or make one with `tenure init DIR`.",
    )


@contextmanager
def opened(context: typer.Context) -> Iterator[Workspace]:
    """The workspace that the command works on, held until the end."""
    folder = folder_of(context)

    import tenure

    with tenure.open(folder) as workspace:
        yield workspace


def typed(context: typer.Context, command: str) -> str:
    """The command as it is typed to work on the same workspace."""
    named: Path | None = context.obj
    return f"tenure -C {shlex.quote(str(named))} {command}" if named else f"tenure {command}"


def chosen_with(workspace: Workspace, lifecycle: Lifecycle) -> str:
    """The option that chooses the lifecycle; none where it is chosen anyway."""
    return "" if lifecycle.name == workspace.lifecycle().name else f" -l {lifecycle.name}"


def as_of(workspace: Workspace, time: int, lifecycle: Lifecycle | None = None) -> str:
    """The line under a title: which lifecycle, as of when, by which clocks."""
    from tenure.wording import moment

    named = f"{lifecycle.title} · " if lifecycle else ""
    return f"{named}as of {moment(time, workspace.zone)} {workspace.zone.key}"
