"""`tenure moves`: how often people moved from each stage to each other, and who."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption, PeopleOption, SinceOption, UntilOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.people import explaining
from tenure.cli.times import exact_days

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.transitions import Transition
    from tenure.workspace import Workspace


@app.command(
    "moves",
    epilog="tenure moves\ntenure moves --since 2011-06-01 --until 2011-11-30\n"
    "tenure moves --from at_risk --to loyalty --people\ntenure moves --format csv -o moves.csv",
)
def moves(
    context: typer.Context,
    stage: Annotated[
        str | None,
        typer.Option("--from", metavar="STAGE", help="Only moves from this stage, from none, or of the new."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="STAGE", help="Only moves to this stage, or to none.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    people: PeopleOption = False,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """How often people moved from each stage to each other, and after how long."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        if people:
            rows = ws.moves.people_moved(chosen.name, since=since, until=until, stage=stage, to=to)
            listing = Listing(lambda: rows, lambda screen: _show_people(screen, context, ws, chosen, rows))
        else:
            found = _limited(ws, chosen, ws.moves.transitions(chosen.name, since=since, until=until), stage, to)
            again = "".join(
                f" --{name} {quote(value)}" for name, value in (("since", since), ("until", until)) if value
            )
            listing = Listing(
                lambda: _rows(chosen, found), lambda screen: _show(screen, context, ws, chosen, found, again)
            )
        give(listing, form, file)


def _limited(
    ws: Workspace, lifecycle: Lifecycle, found: tuple[Transition, ...], stage: str | None, to: str | None
) -> tuple[Transition, ...]:
    """The transitions between the stages asked for. Raises UsageError where there is no such stage."""
    scope = ws.moves.scope(lifecycle.name)
    for asked in (None if stage == "new" else stage, to):
        if asked is not None:
            scope.state(asked)
    return tuple(one for one in found if stage in (None, origin(one)) and to in (None, one.to or "none"))


def origin(one: Transition) -> str:
    """Where the moves of a transition come from, in a word."""
    return "new" if one.new else one.stage or "none"


def _rows(lifecycle: Lifecycle, found: tuple[Transition, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, SHARE, TEXT, TRUTH, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        **{"from": (TEXT, [one.stage for one in found])},
        new=(TRUTH, [one.new for one in found]),
        to=(TEXT, [one.to for one in found]),
        moves=(WHOLE, [one.moves for one in found]),
        people=(WHOLE, [one.people for one in found]),
        share=(SHARE, [one.share for one in found]),
        median_days=(AMOUNT, [exact_days(one.median) for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[Transition, ...],
    again: str,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import length, share, units

    screen.title("Who moved from where to where", as_of(ws, ws.moment(None), lifecycle))
    if not found:
        screen.say("Nobody moved.")
        return
    screen.table(
        [Column("From", long="cut"), Column("To", long="cut"), Column("Moves", right=True),
         Column(units(lifecycle.unit).capitalize(), right=True, spare=True), Column("Share", right=True),
         Column("Half within", right=True)],
        [
            [origin(one), one.to or "none", f"{one.moves:,}", f"{one.people:,}", share(one.moves, one.of),
             "" if one.median is None else length(one.median)]
            for one in found
        ],
    )  # fmt: skip
    screen.say("The share is of all moves from that stage; new are those who were not known before.", style="dim")
    back = [one for one in found if not one.new]
    most = max(back or found, key=lambda one: one.moves)
    pair = f"--from {quote(origin(most))} --to {quote(most.to or 'none')}"
    screen.next(typed(context, f"moves {pair}{again} --people{chosen_with(ws, lifecycle)}"))


def _show_people(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table) -> None:
    from tenure.cli.rows import moments
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import Money, moment, several, units

    screen.title("Every move, the latest first", as_of(ws, ws.moment(None), lifecycle))
    if not rows.num_rows:
        screen.say("Nobody moved.")
        return
    shown = rows.slice(0, PAGE)
    money = Money(ws.definitions.config.currency, shown["money"].to_pylist())
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("From", long="cut"),
         Column("To", long="cut"), Column("On"), Column("Money", right=True)],
        [
            [row["customer_id"], "new" if row["new"] else row["from"] or "none", row["to"] or "none",
             moment(at, ws.zone), money(row["money"])]
            for row, at in zip(shown.drop_columns(["moved_at"]).to_pylist(), moments(shown, "moved_at"), strict=True)
        ],
    )  # fmt: skip
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    screen.say(f"{several(rows.num_rows, 'move')}. Money is {ws.money_words}, as it is now.", style="dim")
    screen.next(explaining(context, ws, lifecycle, rows))
