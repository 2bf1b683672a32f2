"""`tenure serve`, `tenure users`, `tenure keys`: the web application, and who may come in."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tenure.cli.app import App, Commands, app, folder_of

users = App(name="users", cls=Commands, no_args_is_help=True, help="Who may come into the web application.")
keys = App(name="keys", cls=Commands, no_args_is_help=True, help="API keys for programs.")
app.add_typer(users)
app.add_typer(keys)


@app.command(
    "serve",
    epilog="tenure serve                         pages at http://127.0.0.1:8000\n"
    "tenure serve --port 8080 --no-browser\n"
    "TENURE_PUBLIC_URL=https://crm.example.com TENURE_PROXIES=1 tenure serve --host 0.0.0.0",
)
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Default: 8000.")] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the pages in the browser, where there is a screen.")
    ] = True,
) -> None:
    """The web application: pages, API and the loops that keep everything current, in one process."""
    folder = folder_of(context)
    if host is not None:
        os.environ["TENURE_HOST"] = host
    if port is not None:
        os.environ["TENURE_PORT"] = str(port)
    start(folder, browser=browser)


def start(folder: Path, *, browser: bool, anywhere: bool = False) -> None:
    """Nothing, once the server was ended; `anywhere` lets it listen on another port where that is taken."""
    from tenure.server.serving import serve as run

    run(folder, said=_say, opened=_open if browser and sys.stdout.isatty() else None, anywhere=anywhere)
    # both stores are closed; the interpreter would now complain of what threads that wait for visitors still hold
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@users.command("create", epilog="tenure users create ann --role marketer --email ann@example.com")
def create_user(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with.")],
    role: Annotated[
        str, typer.Option("--role", metavar="ROLE", help="viewer, analyst, marketer, agent or administrator.")
    ],
    email: Annotated[str, typer.Option("--email", metavar="ADDRESS", help="For a forgotten password.")] = "",
    password: Annotated[
        str | None,
        typer.Option("--password-file", metavar="FILE", help="Read the password from a file; - is the standard input."),
    ] = None,
) -> None:
    """A new user; the password is asked for."""
    from tenure.server.serving import prepare

    prepare(folder_of(context))
    from tenure.server.accounts.users import make_user

    made = make_user(name, role=role, password=_password(password), email=email)
    typer.echo(f"{made.username} may come in as {made.role}.")


@keys.command(
    "create",
    epilog="tenure keys create warehouse --scope read\n"
    "tenure keys create shop --scope write --source web --origin https://shop.example.com --origin 'https://*.example.org'",
)
def create_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    scope: Annotated[str, typer.Option("--scope", metavar="SCOPE", help="write, read or admin.")],
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="The source of its events in the log. Default: the name.")
    ] = "",
    origin: Annotated[
        list[str] | None,
        typer.Option("--origin", metavar="SITE", help="A site from which browsers may use it. Default: any."),
    ] = None,
    server: Annotated[
        bool, typer.Option("--server", help="With --origin: programs on servers may use it, too.")
    ] = False,
) -> None:
    """A new API key; it is shown this once."""
    from tenure.server.serving import prepare

    prepare(folder_of(context))
    from tenure.server.accounts.audit import record
    from tenure.server.accounts.keys import make_key

    key, text = make_key(name, scope, source=source, origins=origin or (), server_side=server if origin else None)
    record(None, "made an API key", key.name, scope=scope, source=key.source, origins=key.origins)
    typer.echo(text)
    typer.echo("Keep it now: it is not shown again.", err=True)


def _password(file: str | None) -> str:
    if file == "-":
        return sys.stdin.readline().rstrip("\n")
    if file is not None:
        return Path(file).read_text(encoding="utf-8").rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt="Once more"))


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
