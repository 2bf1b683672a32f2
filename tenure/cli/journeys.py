"""`tenure journeys`: which touchpoint follows which, and the map of stages and touchpoints."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption, PeopleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.people import explaining
from tenure.cli.personas import CountOption, SeedOption
from tenure.cli.times import exact_days
from tenure.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.metrics.journeys.follows import Follow
    from tenure.metrics.journeys.journey_map import MapCell
    from tenure.workspace import Workspace

# touchpoints of each stage that the map shows at least
_LEAST = 6

SegmentOption = Annotated[
    str | None, typer.Option("--segment", metavar="NAME", help="Only people who are in this segment now.")
]


@app.command(
    "journeys",
    epilog='tenure journeys\ntenure journeys --stage conversion --from "Order Completed"\n'
    'tenure journeys --from order --to "Case Opened" --people\ntenure journeys --map --segment vip\n'
    "tenure journeys --map --persona p2",
)
def journeys(
    context: typer.Context,
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="Only within stays in this stage.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="EVENT", help="Only what follows this touchpoint, or begin.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--to", metavar="EVENT", help="Only what this touchpoint follows, or end.")
    ] = None,
    mapped: Annotated[
        bool, typer.Option("--map", help="The journey map: volume, satisfaction, cases, cost, drop-off.")
    ] = False,
    segment: SegmentOption = None,
    persona: Annotated[
        str | None, typer.Option("--persona", metavar="PERSONA", help="The map of a persona: p2 of `tenure personas`.")
    ] = None,
    k: CountOption = None,
    seed: SeedOption = 1,
    people: PeopleOption = False,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Which touchpoint follows which, how often and how soon; or the map of stages and touchpoints."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        if mapped:
            if source or target or people:
                raise UsageError("The map has a row for every touchpoint.", hint="Leave out --from, --to and --people.")
            if stage is not None:
                ws.moves.scope(chosen.name).code(stage)
            told = ws.journeys.map(chosen.name, segment=segment, persona=persona, k=k, seed=seed)
            cells = [one for one in told if stage in (None, one.stage)]
            listing = Listing(
                lambda: _map_rows(chosen, cells), lambda screen: _show_map(screen, context, ws, chosen, cells)
            )
        elif persona is not None:
            raise UsageError("A persona has a map.", hint="Add --map.")
        elif people:
            if source is None or target is None:
                raise UsageError("Two touchpoints make a list of people.", hint="Name them with --from and --to.")
            rows = ws.journeys.people_follow(source, target, chosen.name, stage=stage, segment=segment)
            listing = Listing(lambda: rows, lambda screen: _show_people(screen, context, ws, chosen, rows))
        else:
            found = ws.journeys.follows(chosen.name, stage=stage, segment=segment)
            names = ws.journeys.touchpoints(chosen.name)
            if source is not None:
                wanted = ws.journeys.touchpoint(source, names)
                found = tuple(one for one in found if one.source == wanted)
            if target is not None:
                wanted = ws.journeys.touchpoint(target, names)
                found = tuple(one for one in found if one.target == wanted)
            listing = Listing(
                lambda: _rows(chosen, found), lambda screen: _show(screen, context, ws, chosen, found, stage, segment)
            )
        give(listing, form, file)


def _rows(lifecycle: Lifecycle, found: Sequence[Follow]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, SHARE, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [one.stage for one in found]),
        **{"from": (TEXT, [one.source for one in found])},
        to=(TEXT, [one.target for one in found]),
        times=(WHOLE, [one.times for one in found]),
        share=(SHARE, [one.share for one in found]),
        median_days=(AMOUNT, [exact_days(one.median) for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Sequence[Follow],
    stage: str | None, segment: str | None,
) -> None:  # fmt: skip
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import length, share

    within = f", within {stage}" if stage else ""
    screen.title(f"What follows what{within}", as_of(ws, ws.moment(None), lifecycle))
    if not found:
        screen.say("Nothing followed anything." if stage is None else f"Nothing was seen of anybody in {stage}.")
        return
    screen.table(
        [Column("From", long="cut"), Column("To", long="cut"), Column("Times", right=True),
         Column("Share", right=True), Column("Half within", right=True)],
        [
            [one.source or "(begin)", one.target or "(end)", f"{one.times:,}", share(one.times, one.of),
             "" if one.median is None else length(one.median)]
            for one in found[:PAGE]
        ],
    )  # fmt: skip
    screen.more(min(PAGE, len(found)), len(found), "use --format csv -o FILE, or name one with --from.")
    begin = "the stay" if stage else "what is known of somebody"
    screen.say(f"The share is of all that follows the first; begin and end are those of {begin} so far.", style="dim")
    most = found[0]
    pair = f"--from {quote(most.source or 'begin')} --to {quote(most.target or 'end')}"
    more = "".join(f" --{name} {quote(value)}" for name, value in (("stage", stage), ("segment", segment)) if value)
    screen.next(
        typed(context, f"journeys {pair}{more} --people{chosen_with(ws, lifecycle)}"),
        typed(context, f"journeys --map{chosen_with(ws, lifecycle)}"),
    )


def _show_people(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table) -> None:
    from tenure.cli.rows import moments
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import moment, several, units

    screen.title("Every time, the latest first", as_of(ws, ws.moment(None), lifecycle))
    if not rows.num_rows:
        screen.say("It never happened.")
        return
    shown = rows.slice(0, PAGE)
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("From", long="cut"), Column("On"),
         Column("To", long="cut"), Column("On")],
        [
            [who, source or "(begin)", moment(at, ws.zone), target or "(end)", moment(next_at, ws.zone)]
            for who, source, target, at, next_at in zip(
                shown["customer_id"].to_pylist(), shown["from"].to_pylist(), shown["to"].to_pylist(),
                moments(shown, "happened_at"), moments(shown, "next_at"), strict=True,
            )
        ],
    )  # fmt: skip
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    screen.say(f"{several(rows.num_rows, 'time')}.", style="dim")
    screen.next(explaining(context, ws, lifecycle, rows))


def _map_rows(lifecycle: Lifecycle, cells: Sequence[MapCell]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, SHARE, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(cells)),
        stage=(TEXT, [one.stage for one in cells]),
        touchpoint=(TEXT, [one.touchpoint for one in cells]),
        events=(WHOLE, [one.events for one in cells]),
        people=(WHOLE, [one.people for one in cells]),
        csat=(AMOUNT, [one.csat for one in cells]),
        csat_answers=(WHOLE, [one.csat_answers for one in cells]),
        nps_score=(AMOUNT, [one.nps for one in cells]),
        nps_answers=(WHOLE, [one.nps_answers for one in cells]),
        cases=(WHOLE, [one.cases for one in cells]),
        cost=(AMOUNT, [one.cost for one in cells]),
        drop_off=(SHARE, [one.drop_off for one in cells]),
    )


def _show_map(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, cells: Sequence[MapCell]
) -> None:
    from rich.text import Text

    from tenure.cli.screen import PAGE, Cell, Column
    from tenure.wording import Money, share, units

    screen.title("Journey map: stages and touchpoints", as_of(ws, ws.moment(None), lifecycle))
    if not cells:
        screen.say("Nothing has happened.")
        return
    shown = _busiest(cells, PAGE)
    money = Money(ws.definitions.config.currency, [one.cost for one in shown])
    rows: list[list[Cell]] = []
    for place, one in enumerate(shown):
        if not place or shown[place - 1].stage != one.stage:
            rows.append([Text(one.stage or "in no stage", style="bold"), *[""] * 7])
        rows.append(
            [f"  {one.touchpoint}", f"{one.events:,}", f"{one.people:,}",
             "" if one.csat is None else f"{one.csat:.1f}", "" if one.nps is None else f"{one.nps:.1f}",
             f"{one.cases:,}" if one.cases else "", money(one.cost) if one.cost else "",
             "" if one.drop_off is None else share(one.dropped, one.seen)]
        )  # fmt: skip
    screen.table(
        [Column("Touchpoint", long="cut"), Column("Times", right=True),
         Column(units(lifecycle.unit).capitalize(), right=True), Column("CSAT", right=True),
         Column("NPS", right=True), Column("Cases", right=True), Column("Cost", right=True, spare=True),
         Column("Lost", right=True)],
        rows,
    )  # fmt: skip
    screen.more(len(shown), len(cells), "use --format csv -o FILE, or --stage STAGE.")
    screen.say(
        "CSAT and NPS are mean scores. An answer, case or cost belongs to the last touch of the week before it; lost "
        "are those touches after which nothing followed for 30 days.",
        style="dim",
    )
    first = next((one.stage for one in shown if one.stage is not None), None)
    if first is not None:
        screen.next(typed(context, f"journeys --stage {quote(first)}{chosen_with(ws, lifecycle)}"))


def _busiest(cells: Sequence[MapCell], most: int) -> list[MapCell]:
    """The busiest touchpoints of each stage, about so many in all, in the order of the cells."""
    stages = {one.stage for one in cells}
    each = max(most // len(stages), _LEAST)
    seen: dict[str | None, int] = {}
    kept = []
    for one in cells:
        seen[one.stage] = seen.get(one.stage, 0) + 1
        if seen[one.stage] <= each:
            kept.append(one)
    return kept
