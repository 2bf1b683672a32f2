"""`tenure short`: for whom one more event, now, would bring a later stage of the journey."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.short import OneStep
    from tenure.workspace import Workspace


@app.command("short", epilog="tenure short\ntenure people --short-of loyalty --by purchase --format csv -o almost.csv")
def short(
    context: typer.Context, lifecycle: LifecycleOption = None, form: FormatOption = None, file: OutputOption = None
) -> None:
    """Who is one step short: one more event, now, would bring a later stage."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        with working("Supposing one more event for everybody"):
            found = ws.moves.short(chosen.name)
        untried = ws.moves.events_left_out(chosen.name)
        give(Listing(lambda: _rows(chosen, found), lambda s: _show(s, context, ws, chosen, found, untried)), form, file)


def _rows(lifecycle: Lifecycle, found: tuple[OneStep, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [one.stage for one in found]),
        to=(TEXT, [one.to for one in found]),
        event=(TEXT, [one.event for one in found]),
        value=(TEXT, [one.value for one in found]),
        people=(WHOLE, [one.people for one in found]),
        of=(WHOLE, [one.of for one in found]),
        money=(AMOUNT, [one.money for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[OneStep, ...],
    untried: tuple[str, ...],
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    screen.title("Who is one step short of a later stage", as_of(ws, ws.moment(None), lifecycle))
    if not found:
        screen.say("Nobody.")
        _say_untried(screen, context, ws, lifecycle, untried)
        return
    money = Money(ws.definitions.config.currency, [one.money for one in found])
    screen.table(
        [Column("One more", long="cut"), Column("brings", long="cut"), Column("those in", long="cut"),
         Column(units(lifecycle.unit).capitalize(), right=True), Column("Of", right=True, spare=True),
         Column("Money", right=True)],
        [
            [one.event if one.value is None else f"{one.event} of {one.value}", one.to, one.stage or "none",
             f"{one.people:,}", f"{one.of:,}", money(one.money)]
            for one in found
        ],
    )  # fmt: skip
    screen.say(f"Whom several events would bring there is in several rows. Money is {ws.money_words}.", style="dim")
    _say_untried(screen, context, ws, lifecycle, untried)
    first = found[0]
    # without a value, the rows with one of the same event would be listed, too
    several = any(one.event == first.event and one.value != first.value for one in found)
    value = f" --value {quote(first.value or 'none')}" if first.value or several else ""
    where = f"--by {quote(first.event)}{value} --stage {quote(first.stage or 'none')}"
    screen.next(typed(context, f"people --short-of {quote(first.to)} {where}{chosen_with(ws, lifecycle)}"))


def _say_untried(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, untried: tuple[str, ...]
) -> None:
    """Nothing; tells which events were not tried, and how to."""
    if untried:
        last = next(stage.name for stage in reversed(lifecycle.stages) if not stage.side)
        asked = f"people --short-of {quote(last)} --by {quote(untried[0])}{chosen_with(ws, lifecycle)}"
        screen.say(f"Not tried, as there are more than twenty: {', '.join(untried)}. One by one:", style="dim")
        screen.command(typed(context, asked))
