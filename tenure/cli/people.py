"""`tenure people`: who is in a stage, the most valuable first."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import AtOption, LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.workspace import Workspace


@app.command(
    "people",
    epilog="tenure people --stage at_risk\n"
    "tenure people --stage at_risk --from loyalty --format csv -o call.csv\n"
    "tenure people --stage at_risk --highest loyalty\n"
    "tenure people --stage conversion --stuck\n"
    "tenure people --short-of loyalty --by purchase\n"
    "tenure people --stage loyalty --at 2011-06-30",
)
def people(
    context: typer.Context,
    stage: Annotated[str | None, typer.Option("--stage", metavar="STAGE", help="Only those in this stage.")] = None,
    previous: Annotated[
        str | None, typer.Option("--from", metavar="STAGE", help="Only those who came from this stage.")
    ] = None,
    highest: Annotated[
        str | None, typer.Option("--highest", metavar="STAGE", help="Only those who never came further than this.")
    ] = None,
    stuck: Annotated[
        bool, typer.Option("--stuck", help="Only those who are there longer than three quarters of the others.")
    ] = False,
    short_of: Annotated[
        str | None, typer.Option("--short-of", metavar="STAGE", help="Those whom one more event would bring there.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="EVENT", help="With --short-of: one more of which event.")
    ] = None,
    value: Annotated[
        str | None, typer.Option("--value", metavar="VALUE", help="With --by: with which value, or none.")
    ] = None,
    lifecycle: LifecycleOption = None,
    at: AtOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Who is in which stage, the most valuable first.

    Since when, until when if they stay silent, and worth how much.
    """
    from tenure.errors import UsageError
    from tenure.lifecycle.moves.people import Who

    if by is not None and short_of is None:
        raise UsageError("--by names the event that is missing.", hint="Name the stage, too: --short-of STAGE.")
    if value is not None and by is None:
        raise UsageError("--value is that of the event that is missing.", hint="Name the event, too: --by EVENT.")
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        if short_of is not None:
            _only_with(at, previous, highest, stuck)
            rows = ws.moves.people_short(chosen.name, to=short_of, event=by, value=value, stage=stage)
            title = f"Who is one {by or 'event'}{f' of {value}' if value else ''} short of {short_of}"
            give(
                Listing(lambda: rows, lambda screen: _show_short(screen, context, ws, chosen, rows, title)), form, file
            )
            return
        if stuck and at is not None:
            raise UsageError("Who is stuck is known of the present only.", hint="Leave out --at.")
        who = Who(stage=stage, previous=previous, highest=highest, stuck=stuck)
        rows = ws.moves.people(chosen.name, who, at=at)
        title = f"Who is in {stage or 'which stage'}" + (f", from {previous}" if previous else "")
        title += f", never further than {highest}" if highest else ""
        title += ", longer than three quarters of the others" if stuck else ""
        give(Listing(lambda: rows, lambda screen: _show(screen, context, ws, chosen, rows, title, at)), form, file)


def _only_with(at: str | None, previous: str | None, highest: str | None, stuck: bool) -> None:
    """Nothing; raises UsageError where an option stands beside --short-of that says nothing with it."""
    from tenure.errors import UsageError

    if at or previous or highest or stuck:
        raise UsageError(
            "--short-of goes with --stage, --by, --value and --lifecycle only.", hint="Leave out the others."
        )


def _show_short(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, title: str
) -> None:
    from tenure.cli.rows import moments
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import Money, moment, several, units

    screen.title(title, as_of(ws, ws.moment(None), lifecycle))
    if not rows.num_rows:
        screen.say("Nobody.")
        return
    shown = rows.slice(0, PAGE)
    money = Money(ws.definitions.config.currency, shown["money"].to_pylist())
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Stage", long="cut"), Column("Since"),
         Column("One more", long="cut"), Column("Money", right=True)],
        [
            [row["customer_id"], row["stage"] or "none", moment(since, ws.zone),
             row["event"] if row["value"] is None else f"{row['event']} of {row['value']}", money(row["money"])]
            for row, since in zip(
                shown.drop_columns(["entered_at"]).to_pylist(), moments(shown, "entered_at"), strict=True
            )
        ],
    )  # fmt: skip
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    screen.say(f"{several(rows.num_rows, 'row')}. Money is {ws.money_words}.", style="dim")
    screen.next(explaining(context, ws, lifecycle, rows))


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, title: str,
    at: str | None,
) -> None:  # fmt: skip
    from tenure.cli.rows import moments, total
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import Money, moment, units

    shown = rows.slice(0, PAGE)
    everything = total(rows, "money")
    currency = ws.definitions.config.currency
    money = Money(currency, shown["money"].to_pylist())
    columns = [
        Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Stage", long="cut"),
        Column("Before", long="cut", spare=True), Column("Since"), Column("Until", spare=True),
        Column("Money", right=True),
    ]  # fmt: skip
    listed = [
        [row["customer_id"], row["stage"] or "none", row["previous"], *(moment(time, ws.zone) for time in times),
         money(row["money"])]
        for row, *times in zip(
            shown.drop_columns(["entered_at", "left_at"]).to_pylist(), moments(shown, "entered_at"),
            moments(shown, "left_at"), strict=True,
        )
    ]  # fmt: skip
    screen.title(title, as_of(ws, ws.moment(at), lifecycle))
    if not listed:
        screen.say("Nobody.")
        return
    screen.table(columns, listed)
    screen.more(len(listed), rows.num_rows, "use --format csv -o FILE.")
    count = f"{rows.num_rows:,} {units(lifecycle.unit, rows.num_rows)}"
    screen.say(f"{count}, {Money(currency, [everything])(everything)}. Money is {ws.money_words}.", style="dim")
    screen.next(explaining(context, ws, lifecycle, rows, f" --at {quote(at)}" if at else ""))


def explaining(context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, options: str = "") -> str:
    """The command that explains the first of the rows; an id that looks like an option stands after `--`."""
    first = rows["customer_id"][0].as_py()
    options = f"{chosen_with(ws, lifecycle)}{options}"
    told = f"explain{options} -- {quote(first)}" if first.startswith("-") else f"explain {quote(first)}{options}"
    return typed(context, told)
