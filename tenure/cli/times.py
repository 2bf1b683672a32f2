"""`tenure times`: how long people stay in every stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption, SinceOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.moves.times import TimeInStage
    from tenure.workspace import Workspace


@app.command("times", epilog="tenure times\ntenure times --since 2011-01-01\ntenure times --format json")
def times(
    context: typer.Context,
    since: SinceOption = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """How long people stay in every stage, those still inside counted as far as they have come."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        found = ws.moves.times(chosen.name, since=since)
        give(
            Listing(
                lambda: _rows(chosen, found), lambda screen: _show(screen, context, ws, chosen, found),
                lambda: _document(chosen, found),
            ),
            form, file,
        )  # fmt: skip


def exact_days(microseconds: int | None) -> Decimal | None:
    """A length of time in days, to six decimals."""
    from decimal import Decimal

    return None if microseconds is None else (Decimal(microseconds) / 86_400_000_000).quantize(Decimal("0.000001"))


def _rows(lifecycle: Lifecycle, found: Sequence[TimeInStage]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [one.stage for one in found]),
        visits=(WHOLE, [one.visits for one in found]),
        ended=(WHOLE, [one.ended for one in found]),
        inside=(WHOLE, [one.inside for one in found]),
        quarter_days=(AMOUNT, [exact_days(one.quarter) for one in found]),
        median_days=(AMOUNT, [exact_days(one.median) for one in found]),
        three_quarters_days=(AMOUNT, [exact_days(one.three_quarters) for one in found]),
    )


def _document(lifecycle: Lifecycle, found: Sequence[TimeInStage]) -> object:
    """The rows, each with its curve: days, and the share still there."""

    def days(microseconds: int | None) -> float | None:
        exact = exact_days(microseconds)
        return None if exact is None else float(exact)

    return [
        {
            "lifecycle": lifecycle.name, "stage": one.stage, "visits": one.visits, "ended": one.ended,
            "inside": one.inside, "quarter_days": days(one.quarter), "median_days": days(one.median),
            "three_quarters_days": days(one.three_quarters),
            "curve": [{"days": days(time), "staying": round(share, 9)} for time, share in one.curve],
        }
        for one in found
    ]  # fmt: skip


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Sequence[TimeInStage]
) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import length, units

    def told(microseconds: int | None) -> str:
        return "never so many" if microseconds is None else length(microseconds)

    screen.title(f"How long {units(lifecycle.unit)} stay", as_of(ws, ws.moment(None), lifecycle))
    screen.table(
        [Column("Stage", long="cut"), Column("Visits", right=True), Column("Ended", right=True),
         Column("Still inside", right=True), Column("A quarter left", right=True),
         Column("Half left", right=True), Column("¾ left", right=True)],
        [
            [one.stage, f"{one.visits:,}", f"{one.ended:,}", f"{one.inside:,}",
             *((told(one.quarter), told(one.median), told(one.three_quarters)) if one.visits else ("", "", ""))]
            for one in found
        ],
    )  # fmt: skip
    screen.say(
        "Within so long a part of the visits has ended, by Kaplan and Meier: those still inside count as long as they "
        "have been seen.",
        style="dim",
    )
    screen.next(typed(context, f"stuck{chosen_with(ws, lifecycle)}"))
