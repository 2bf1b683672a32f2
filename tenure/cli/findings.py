"""`tenure findings`: what stands out, in sentences, each with the command that lists the people."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.findings import Finding
    from tenure.workspace import Workspace


@app.command("findings", epilog="tenure findings\ntenure findings --format json")
def findings(
    context: typer.Context, lifecycle: LifecycleOption = None, form: FormatOption = None, file: OutputOption = None
) -> None:
    """What stands out beyond chance, each with the command that lists the people."""
    from tenure.wording import Money, day

    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        # small change or none, as the report writes the money of the stages
        money = Money(ws.definitions.config.currency, [one.money for one in ws.stages(chosen.name)])
        found = ws.moves.findings(chosen.name, money=money, day=partial(day, zone=ws.zone))
        give(Listing(lambda: _rows(chosen, found), lambda s: _show(s, context, ws, chosen, found)), form, file)


def _rows(lifecycle: Lifecycle, found: tuple[Finding, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, SHARE, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        kind=(TEXT, [one.kind for one in found]),
        sentence=(TEXT, [one.sentence for one in found]),
        people=(WHOLE, [one.people for one in found]),
        money=(AMOUNT, [one.money for one in found]),
        period=(TEXT, [one.period for one in found]),
        chance=(
            SHARE, [None if one.chance is None else Decimal(one.chance).quantize(Decimal("0.000001")) for one in found]
        ),
        comparisons=(WHOLE, [one.comparisons for one in found]),
        command=(TEXT, [f"tenure {one.command}" for one in found]),
    )  # fmt: skip


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[Finding, ...]
) -> None:
    screen.title("What stands out", as_of(ws, ws.moment(None), lifecycle))
    if not found:
        screen.say(
            "Nothing: no level at risk holds a tenth of the money there, no move of the next two weeks concerns any "
            "money, and no difference is beyond chance."
        )
        return
    screen.listed([one.sentence for one in found])
    compared = next((one.comparisons for one in found if one.comparisons), None)
    if compared:
        screen.say(
            f"Shares differ beyond chance: Fisher's exact test, two-sided, {compared} comparisons corrected by Holm's "
            f"method at 5 %.",
            style="dim",
        )
    screen.line(f"Money is {ws.money_words}.", "dim")
    screen.next(*dict.fromkeys(typed(context, one.command) for one in found))
