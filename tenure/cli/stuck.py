"""`tenure stuck`: who is in a stage for longer than three quarters of the others."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.stuck import StuckStage
    from tenure.workspace import Workspace


@app.command("stuck", epilog="tenure stuck\ntenure people --stage conversion --stuck --format csv -o stuck.csv")
def stuck(
    context: typer.Context, lifecycle: LifecycleOption = None, form: FormatOption = None, file: OutputOption = None
) -> None:
    """Who has been in a stage for longer than three quarters of the visits to it last."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        found = ws.moves.stuck(chosen.name)
        give(Listing(lambda: _rows(chosen, found), lambda s: _show(s, context, ws, chosen, found)), form, file)


def _rows(lifecycle: Lifecycle, found: tuple[StuckStage, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table
    from tenure.cli.times import exact_days

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [one.stage for one in found]),
        limit_days=(AMOUNT, [exact_days(one.limit) for one in found]),
        inside=(WHOLE, [one.inside for one in found]),
        people=(WHOLE, [one.people for one in found]),
        money=(AMOUNT, [one.money for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[StuckStage, ...]
) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import Money, length, units

    who = "Who stays" if lifecycle.unit == "customer" else f"{units(lifecycle.unit).capitalize()} that stay"
    screen.title(f"{who} longer than three quarters of the others", as_of(ws, ws.moment(None), lifecycle))
    if not any(one.inside or one.limit is not None for one in found):
        screen.say("Nobody was ever in a stage.")
        screen.next(typed(context, f"stages{chosen_with(ws, lifecycle)}"))
        return
    money = Money(ws.definitions.config.currency, [one.money for one in found])
    screen.table(
        [Column("Stage", long="cut"), Column("Longer than", right=True), Column("Stuck", right=True),
         Column("Of", right=True), Column("Money", right=True)],
        [
            [one.stage, "so many never left" if one.limit is None else length(one.limit), f"{one.people:,}",
             f"{one.inside:,}", money(one.money)]
            for one in found
            if one.inside or one.limit is not None
        ],
    )  # fmt: skip
    screen.say(f"Money is {ws.money_words}.", style="dim")
    most = max(found, key=lambda one: (one.money, one.people), default=None)
    if most is not None and most.people:
        screen.next(typed(context, f"people --stage {quote(most.stage)} --stuck{chosen_with(ws, lifecycle)}"))
