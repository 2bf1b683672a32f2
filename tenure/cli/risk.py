"""`tenure risk`: people at risk by the level they left."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import AtOption, LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.risk import AtRisk
    from tenure.workspace import Workspace


@app.command("risk", epilog="tenure risk\ntenure risk --at 2011-06-30\ntenure people --stage at_risk --highest loyalty")
def risk(
    context: typer.Context,
    lifecycle: LifecycleOption = None,
    at: AtOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Who is at risk or gone, by the highest stage they ever reached and the one before."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        found = ws.moves.at_risk(chosen.name, at=at)
        give(Listing(lambda: _rows(chosen, found), lambda s: _show(s, context, ws, chosen, found, at)), form, file)


def _rows(lifecycle: Lifecycle, found: tuple[AtRisk, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [one.stage for one in found]),
        highest=(TEXT, [one.highest for one in found]),
        previous=(TEXT, [one.previous for one in found]),
        people=(WHOLE, [one.people for one in found]),
        money=(AMOUNT, [one.money for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[AtRisk, ...],
    at: str | None,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    screen.title(
        f"{units(lifecycle.unit).capitalize()} at risk, by the level they left", as_of(ws, ws.moment(at), lifecycle)
    )
    if not found:
        stages = [stage for stage in lifecycle.stages if stage.side and stage.phase in ("risk", "gone")]
        screen.say("Nobody." if stages else "No stage of this lifecycle is a `side` stage of the phase risk or gone.")
        return
    money = Money(ws.definitions.config.currency, [one.money for one in found])
    screen.table(
        [Column("Now", long="cut"), Column("Had reached", long="cut"), Column("Came from", long="cut"),
         Column(units(lifecycle.unit).capitalize(), right=True), Column("Money", right=True)],
        [
            [one.stage, one.highest or "none", one.previous or "none", f"{one.people:,}", money(one.money)]
            for one in found
        ],
    )  # fmt: skip
    screen.say(f"Money is {ws.money_words}.", style="dim")
    most = found[0]
    when = f" --at {quote(at)}" if at else ""
    chosen = (
        f"--stage {quote(most.stage)} --highest {quote(most.highest or 'none')} --from {quote(most.previous or 'none')}"
    )
    screen.next(typed(context, f"people {chosen}{when}{chosen_with(ws, lifecycle)}"))
