"""`tenure paths`: the most travelled ways to a stage or event, or from one."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.journeys import SegmentOption
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.times import exact_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.metrics.journeys.paths import Path
    from tenure.workspace import Workspace

ARROW = " › "


@app.command(
    "paths",
    epilog="tenure paths --to retention\ntenure paths --to order --steps 3 --days 30\ntenure paths --from at_risk",
)
def paths(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Option("--to", metavar="STAGE|EVENT", help="The ways that lead to it, each person's first.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="STAGE|EVENT", help="The ways that people go after it.")
    ] = None,
    days: Annotated[int, typer.Option("--days", metavar="N", help="So many days before, or after.")] = 90,
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="At most so many steps.")] = 5,
    most: Annotated[int, typer.Option("--most", metavar="N", help="So many paths.")] = 20,
    segment: SegmentOption = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """The most travelled ways to a stage or event, or from one, and how many drop off."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        found = ws.journeys.paths(chosen.name, to=to, start=start, days=days, steps=steps, most=most, segment=segment)
        give(
            Listing(
                lambda: _rows(chosen, found),
                lambda screen: _show(screen, context, ws, chosen, found, to, start or "", days),
                lambda: _document(chosen, found),
            ),
            form, file,
        )  # fmt: skip


def _rows(lifecycle: Lifecycle, found: Sequence[Path]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, SHARE, TEXT, TRUTH, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        path=(TEXT, [ARROW.join(one.steps) for one in found]),
        steps=(WHOLE, [len(one.steps) for one in found]),
        people=(WHOLE, [one.people for one in found]),
        share=(SHARE, [one.share for one in found]),
        median_days=(AMOUNT, [exact_days(one.median) for one in found]),
        walked=(WHOLE, [one.walked for one in found]),
        came=(WHOLE, [one.came for one in found]),
        drop_off=(SHARE, [one.drop_off for one in found]),
        stopped=(TRUTH, [one.stopped for one in found]),
    )


def _document(lifecycle: Lifecycle, found: Sequence[Path]) -> object:
    """The rows, each with its steps as a list."""
    return [
        {
            "lifecycle": lifecycle.name, "path": list(one.steps), "people": one.people, "share": float(one.share),
            "median_days": None if one.median is None else float(exact_days(one.median) or 0), "walked": one.walked,
            "came": one.came, "drop_off": None if one.drop_off is None else float(one.drop_off),
            "stopped": one.stopped,
        }
        for one in found
    ]  # fmt: skip


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Sequence[Path], to: str | None,
    start: str, days: int,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import length, number, several, share, units

    which = f"to {to}" if to is not None else f"from {start}"
    screen.title(f"The most travelled paths {which}", as_of(ws, ws.moment(None), lifecycle))
    if not found:
        late = "" if to is not None else f", or not {several(days, 'day')} ago yet"
        screen.say(f"Nobody came to {to or start} yet{late}.")
        return
    columns = [
        Column("Path", long="fold"), Column(units(lifecycle.unit).capitalize(), right=True),
        Column("Share", right=True), Column("Half within", right=True),
    ]  # fmt: skip
    if to is not None:
        columns += [Column("Walked", right=True), Column("Lost", right=True)]
    rows = []
    for one in found:
        nothing = "(nothing before)" if to is not None else "(nothing after)"
        path = ARROW.join(one.steps) or nothing
        ended = f"{ARROW}(end)" if one.stopped and one.steps else ""
        row = [path + ended, f"{one.people:,}", share(one.people, one.of),
               "" if one.median is None else length(one.median)]  # fmt: skip
        if to is not None:
            lost = "" if one.walked is None or one.came is None else share(one.walked - one.came, one.walked)
            row += ["" if one.walked is None else number(one.walked), lost]
        rows.append(row)
    screen.table(columns, rows)
    of = f"{several(found[0].of, units(lifecycle.unit, 1), units(lifecycle.unit))}"
    if to is not None:
        screen.say(
            f"Of {of} who came to {to}, each the first time, over the {several(days, 'day')} before. Walked: whoever "
            f"went that way and long enough ago; lost: those who then did not come within {several(days, 'day')}.",
            style="dim",
        )
        other = f"--from {quote(to)}"
    else:
        screen.say(f"Of {of}, over the {several(days, 'day')} after the first time.", style="dim")
        other = f"--to {quote(start)}"
    screen.next(typed(context, f"paths {other}{chosen_with(ws, lifecycle)}"))
