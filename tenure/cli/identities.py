"""`tenure identity …`: the ids of a person, merges and their undoing, and who is likely one."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import App, Commands, app, opened, typed
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.warehouse.identity.asking import Shown
    from tenure.warehouse.identity.duplicates import Duplicate
    from tenure.workspace import Workspace

identity = App(name="identity", cls=Commands, no_args_is_help=True, help="Whose each id is, and who is one person.")
app.add_typer(identity)

AnyId = Annotated[str, typer.Argument(metavar="ID", help="Any id of the person: user, visitor, e-mail, telephone.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the decision.")]


@identity.command("show", epilog="tenure identity show c17\ntenure identity show ann@example.com --format json")
def show(context: typer.Context, any_id: AnyId, form: FormatOption = None, file: OutputOption = None) -> None:
    """Every id of a person: since when, why and by which event it is theirs; refused links and merges."""
    with opened(context) as ws:
        found = ws.identities.show(any_id)
        give(Listing(lambda: _rows(found), lambda screen: _show(screen, context, ws, found)), form, file)


@identity.command("merge", epilog='tenure identity merge c17 c204 --reason "wrote from the other address"')
def merge(
    context: typer.Context,
    kept: Annotated[str, typer.Argument(metavar="A", help="An id of the person whose id is kept.")],
    gone: Annotated[str, typer.Argument(metavar="B", help="An id of the person who is the same.")],
    reason: ReasonOption = "",
) -> None:
    """Make two people one; `undo` takes it back."""
    with opened(context) as ws:
        made = ws.identities.merge(kept, gone, reason=reason, by="command")
        name = ws.identities.find(kept)
        ws.roster.refresh()
    typer.echo(f"{kept} and {gone} are one person, {name}. Merge {made}.")
    typer.echo(f"Take it back with: {typed(context, f'identity undo {made}')}", err=True)


@identity.command("undo", epilog="tenure identity undo tenure:identity:4b0c2d9a1f3e5a77")
def undo(
    context: typer.Context,
    merged: Annotated[str, typer.Argument(metavar="MERGE", help="The merge's id, as `show` lists it.")],
    reason: ReasonOption = "",
) -> None:
    """Take a merge back: both have the histories they would have had without it."""
    with opened(context) as ws:
        ws.identities.undo(merged, reason=reason, by="command")
        ws.roster.refresh()
    typer.echo("The merge is undone.")


@identity.command("duplicates", epilog="tenure identity duplicates\ntenure identity duplicates --of c17")
def likely(
    context: typer.Context,
    of: Annotated[
        str | None, typer.Option("--of", metavar="ID", help="Only those likely one with this person.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="At most so many.")] = 50,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """People who are likely one, the likeliest first, with the reasons."""
    with opened(context) as ws:
        found = ws.identities.duplicates(of, limit=limit)
        give(Listing(lambda: _pairs(found), lambda screen: _show_pairs(screen, context, found)), form, file)


@identity.command("dismiss", epilog='tenure identity dismiss c17 c204 --reason "father and son"')
def dismiss(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="An id of the one.")],
    second: Annotated[str, typer.Argument(metavar="B", help="An id of the other.")],
    reason: ReasonOption = "",
) -> None:
    """Say that two are not one person: they are not proposed again."""
    with opened(context) as ws:
        ws.identities.dismiss(first, second, reason=reason, by="command")
    typer.echo(f"{first} and {second} stay two people.")


def _rows(found: Shown) -> pa.Table:
    """One row an id, a refused link, a merge."""
    from tenure.cli.rows import MOMENT, TEXT, table
    from tenure.workspace.identities import told

    rows = told(found)
    return table(
        customer_id=(TEXT, [found.customer] * len(rows)), what=(TEXT, [row.what for row in rows]),
        kind=(TEXT, [row.kind for row in rows]), id=(TEXT, [row.id for row in rows]),
        since=(MOMENT, [row.time or None for row in rows]), why=(TEXT, [row.why for row in rows]),
        event=(TEXT, [row.message_id or None for row in rows]),
    )  # fmt: skip


def _show(screen: Screen, context: typer.Context, ws: Workspace, found: Shown) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import clean, moment
    from tenure.workspace.identities import told

    screen.title(f"The ids of {clean(found.customer)}", f"times in {ws.zone.key}")
    rows = told(found)
    columns = [Column("Kind"), Column("Id", long="cut"), Column("Since"), Column("Why", long="fold")]
    for what, heading in (("id", ""), ("refused", "Refused"), ("merge", "Merges"), ("undone", "Undone")):
        chosen = [row for row in rows if row.what == what]
        if not chosen:
            continue
        if heading:
            screen.title(heading)
        screen.table(
            columns,
            [[row.kind, clean(row.id), moment(row.time or None, ws.zone), clean(row.why)] for row in chosen],
        )
    if found.merges:
        screen.next(typed(context, f"identity undo {found.merges[-1].link.message_id}"))


def _pairs(found: tuple[Duplicate, ...]) -> pa.Table:
    from decimal import Decimal

    from tenure.cli.rows import SHARE, TEXT, table

    return table(
        first=(TEXT, [one.first for one in found]), second=(TEXT, [one.second for one in found]),
        score=(SHARE, [Decimal(f"{one.score:.6f}") for one in found]),
        reasons=(TEXT, ["; ".join(f"{reason}: {value}" for reason, value in one.reasons) for one in found]),
    )  # fmt: skip


def _show_pairs(screen: Screen, context: typer.Context, found: tuple[Duplicate, ...]) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import clean

    screen.title("Who is likely one person?")
    if not found:
        screen.say("Nobody: no two share an e-mail, a telephone number, a device, or name and postcode.")
        return
    screen.table(
        [Column("One", long="cut"), Column("Other", long="cut"), Column("Likely", right=True),
         Column("They have", long="fold")],
        [
            [clean(one.first), clean(one.second), f"{one.score:.0%}".replace("%", " %"),
             clean("; ".join(f"{reason} ({value})" for reason, value in one.reasons))]
            for one in found
        ],
    )  # fmt: skip
    pair = f"{quote(found[0].first)} {quote(found[0].second)}"
    screen.next(typed(context, f"identity merge {pair}"), typed(context, f"identity dismiss {pair}"))
