"""`tenure webhooks`, `tenure feed`: who is told of moves, and the moves as they become known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.cli.app import App, Commands, app, folder_of, opened, typed
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.workspace import Workspace

webhooks = App(name="webhooks", cls=Commands, no_args_is_help=True, help="Addresses that are told of moves.")
app.add_typer(webhooks)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The webhook's name.")]


@app.command("feed", epilog="tenure feed\ntenure feed --after 1200 --format json")
def feed(
    context: typer.Context,
    after: Annotated[int, typer.Option("--after", metavar="N", min=0, help="Only rows after that number.")] = 0,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="At most so many rows.")
    ] = 1_000,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Moves in the order in which they became known, corrections included."""
    with opened(context) as ws:
        rows = ws.feed.rows(after=after, limit=limit)
        give(Listing(lambda: _told(rows), lambda screen: _show(screen, context, ws, rows)), form, file)


@webhooks.command("list")
def listed(context: typer.Context, form: FormatOption = None, file: OutputOption = None) -> None:
    """The addresses, and what waits for them."""
    from tenure.cli.rows import TEXT, TRUTH, WHOLE, table

    with _server(context) as access:
        found = access.endpoints(_owner())
    rows = table(
        name=(TEXT, [one.name for one in found]), url=(TEXT, [one.url for one in found]),
        lifecycles=(TEXT, [" ".join(one.lifecycles) for one in found]),
        stages=(TEXT, [" ".join(one.stages) for one in found]), causes=(TEXT, [" ".join(one.causes) for one in found]),
        on=(TRUTH, [one.on for one in found]), waiting=(WHOLE, [one.waiting for one in found]),
        parked=(WHOLE, [one.parked for one in found]),
    )  # fmt: skip
    give(Listing(lambda: rows, lambda screen: _show_endpoints(screen, context, rows)), form, file)


@webhooks.command("create", epilog="tenure webhooks create crm https://example.com/moves --stage at_risk --cause event")
def create(
    context: typer.Context,
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to: https://host/path.")],
    lifecycle: Annotated[list[str] | None, typer.Option("--lifecycle", "-l", help="Only of these; repeat it.")] = None,
    stage: Annotated[list[str] | None, typer.Option("--stage", help="Only into these stages; repeat it.")] = None,
    cause: Annotated[list[str] | None, typer.Option("--cause", help="Only for these causes; repeat it.")] = None,
) -> None:
    """Tell an address of moves from now on; its secret is shown this once."""
    with _server(context) as access, opened(context) as ws:
        _, secret = access.make(
            None, name, url, lifecycles=lifecycle or (), stages=stage or (), causes=cause or (), workspace=ws
        )
    typer.echo(secret)
    typer.echo("Keep it now: it is not shown again.", err=True)


@webhooks.command("test")
def test(context: typer.Context, name: Name) -> None:
    """Send a message of the type `test`, and say what it was answered with."""
    with _server(context) as access, opened(context) as ws:
        sent = access.probe(None, access.named(_owner(), name), workspace=ws)
    typer.echo(sent.fault or f"It answered with {sent.code}.")
    if sent.state != "sent":
        raise typer.Exit(1)


@webhooks.command("on")
def switch_on(context: typer.Context, name: Name) -> None:
    """Tell it again, of what happens from now on."""
    with _server(context) as access, opened(context) as ws:
        access.switch(None, access.named(_owner(), name), on=True, workspace=ws)
    typer.echo(f"{name} is told of moves.")


@webhooks.command("off")
def switch_off(context: typer.Context, name: Name) -> None:
    """Tell it of nothing."""
    with _server(context) as access, opened(context) as ws:
        access.switch(None, access.named(_owner(), name), on=False, workspace=ws)
    typer.echo(f"{name} is told of nothing.")


@webhooks.command("again")
def again(context: typer.Context, name: Name) -> None:
    """Send once more what was parked."""
    from tenure.wording import several

    with _server(context) as access:
        count = access.again(None, access.named(_owner(), name))
    typer.echo(f"{several(count, 'message')} of {name} {'waits' if count == 1 else 'wait'} again.")


@webhooks.command("remove")
def remove(context: typer.Context, name: Name) -> None:
    """Take an address away, with what waits for it."""
    with _server(context) as access:
        access.remove(None, access.named(_owner(), name))
    typer.echo(f"{name} is not told of anything any more.")


@contextmanager
def _server(context: typer.Context) -> Iterator[Any]:
    from tenure.server.serving import prepare

    prepare(folder_of(context))
    from tenure.server.access import webhooks as access

    yield access


def _owner() -> Any:
    """Whoever may run commands in the folder may do all."""
    from tenure.server.access.reader import KeyHolder

    return KeyHolder(name="command", scope="admin")


def _told(rows: pa.Table) -> pa.Table:
    """The rows with times that people read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in ("moved_at", "recorded_at"):
        at = rows.column_names.index(name)
        rows = rows.set_column(at, name, pc.cast(rows[name], pa.timestamp("us", tz="UTC")))
    return rows


def _show(screen: Screen, context: typer.Context, ws: Workspace, rows: pa.Table) -> None:
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import moment

    screen.title("Moves as they became known", f"times in {ws.zone.key}")
    if not rows.num_rows:
        screen.say("Nothing moved since.")
        return
    shown = rows.slice(0, PAGE)
    screen.table(
        [Column("No.", right=True), Column("Lifecycle", long="cut"), Column("Who", long="cut"),
         Column("From", long="cut"), Column("To", long="cut"), Column("At"), Column("Cause"),
         Column("Takes back", right=True, spare=True)],
        [
            [f"{row['seq']}", row["lifecycle"], row["customer_id"] or ("" if row["kind"] else "all"),
             row["previous"] or "none", row["stage"] or "none", moment(row["moved_at"], ws.zone), row["cause"],
             "" if row["retracts"] is None else str(row["retracts"])]
            for row in shown.to_pylist()
        ],
    )  # fmt: skip
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    screen.next(typed(context, f"feed --after {rows['seq'][shown.num_rows - 1].as_py()}"))


def _show_endpoints(screen: Screen, context: typer.Context, rows: pa.Table) -> None:
    from tenure.cli.screen import Column

    screen.title("Who is told of moves")
    if not rows.num_rows:
        screen.say("Nobody yet.")
        screen.next(typed(context, "webhooks create NAME https://example.com/moves"))
        return
    screen.table(
        [Column("Name", long="cut"), Column("Address", long="cut"), Column("Lifecycles", long="cut", spare=True),
         Column("Stages", long="cut", spare=True), Column("On"), Column("Waiting", right=True),
         Column("Parked", right=True)],
        [
            [row["name"], row["url"], row["lifecycles"] or "all", row["stages"] or "all", "yes" if row["on"] else "no",
             f"{row['waiting']:,}", f"{row['parked']:,}"]
            for row in rows.to_pylist()
        ],
    )  # fmt: skip
