"""`tenure scorecard`: how every stage does, against its targets and the period before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, chosen_with, opened, typed
from tenure.cli.options import AtOption, LifecycleOption, PeriodOption, period_unit
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Cell, Screen
    from tenure.metrics.judged import Judged
    from tenure.metrics.scorecard import Scorecard, StageCard
    from tenure.workspace import Workspace

SHOWN = 6
_STEP = Decimal(1).scaleb(-9)


@app.command(
    "scorecard",
    epilog="tenure scorecard\ntenure scorecard --period quarter --at 2024-06-30\n"
    "tenure scorecard --every --format csv -o scorecard.csv",
)
def scorecard(
    context: typer.Context,
    period: PeriodOption = "month",
    at: AtOption = None,
    every: Annotated[bool, typer.Option("--every", help="Show every metric that has figures.")] = False,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Every stage in one period: people, flows, and its metrics against targets and the period before.

    The period is the present one, or the one with --at. As CSV and JSON, with every metric: lifecycle, period, stage,
    metric, unit, value, previous, numerator, denominator, n, pace, target_min, target_max, status, note.
    """
    with opened(context) as ws:
        with working("Working out the scorecard"):
            card = ws.targets.scorecard(period=period_unit(period), at=at, lifecycle=lifecycle)
            keys = ws.targets.key_metrics
        give(Listing(lambda: _rows(card), lambda screen: _show(screen, context, ws, card, keys, every)), form, file)


def _rows(card: Scorecard) -> pa.Table:
    import pyarrow as pa

    from tenure.cli.rows import TEXT, WHOLE, table

    exact = pa.decimal128(38, 9)
    rows: list[tuple[str | None, Judged]] = [
        (one.stage.name, judged) for one in card.stages for judged in (*one.figures.values(), *one.metrics)
    ]
    rows += [(None, judged) for judged in card.besides]
    found = [judged for _, judged in rows]

    def told(values: Sequence[Decimal | None]) -> tuple[pa.DataType, list[Decimal | None]]:
        return exact, [None if value is None else value.quantize(_STEP) for value in values]

    return table(
        lifecycle=(TEXT, [card.lifecycle.name] * len(rows)),
        period=(TEXT, [card.period.start.isoformat()] * len(rows)),
        stage=(TEXT, [stage for stage, _ in rows]),
        metric=(TEXT, [one.name for one in found]),
        unit=(TEXT, [one.unit for one in found]),
        value=told([one.value for one in found]),
        previous=told([one.previous for one in found]),
        numerator=told([one.numerator for one in found]),
        denominator=told([one.denominator for one in found]),
        n=(WHOLE, [one.n for one in found]),
        pace=told([one.pace for one in found]),
        target_min=told([one.limits.low if one.limits else None for one in found]),
        target_max=told([one.limits.high if one.limits else None for one in found]),
        status=(TEXT, [one.status for one in found]),
        note=(TEXT, [one.lacks or None for one in found]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, card: Scorecard, keys: Sequence[str], every: bool
) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import change, figure, moment, units

    until = f"so far, up to {moment(card.until, ws.zone)}" if not card.over else "whole"
    screen.title(f"Scorecard {card.period.name}", f"{card.lifecycle.title} · {until} · beside {card.previous.name}")
    currency = ws.definitions.config.currency
    rows: list[list[Cell]] = []
    for one in card.stages:
        told = one.figures
        people = told["population"]
        rows.append(
            [one.stage.title, figure(people.value, "count", None, short=True),
             change(people.value, people.previous, "count"),
             *(figure(told[name].value, told[name].unit, None, short=True) for name in ("inflow", "outflow")),
             *("" if told["conversion"].value is None else figure(told["conversion"].value, "rate", None, short=True),),
             figure(told["time_in_stage"].value, "days", None, short=True)]
        )  # fmt: skip
    screen.table(
        [Column("Stage", long="cut"), Column(units(card.lifecycle.unit).capitalize(), right=True),
         Column("±", right=True), Column("In", right=True), Column("Out", right=True),
         Column("Moved on", right=True), Column("Half stay", right=True)],
        rows,
    )  # fmt: skip
    screen.line("Moved on: of those there and those who came, to a later stage of the journey.", "dim")
    shown: set[str] = set()
    hidden = lacking = 0
    for one in card.stages:
        chosen, left, without = _chosen(one, keys, shown, every)
        shown |= {judged.name for judged in one.metrics}
        hidden, lacking = hidden + left, lacking + without
        if chosen:
            screen.title(one.stage.title)
            _metrics(screen, card, chosen, currency)
    if besides := [one for one in card.besides if not one.lacks]:
        screen.title("Besides the stages")
        _metrics(screen, card, besides, currency)
    _foot(screen, context, ws, card, hidden, lacking)


def _chosen(one: StageCard, keys: Sequence[str], shown: set[str], every: bool) -> tuple[list[Judged], int, int]:
    """The figures shown of a stage, how many more it has, and how many metrics have no figure.

    Those with a target go first, then those that the stage lists, key metrics, the rest; a metric that an earlier stage
    of the phase showed is not shown again, unless it is the stage's own.
    """
    own = [judged for judged in one.figures.values() if judged.status is not None]
    new = [
        judged for judged in one.metrics
        if judged.name not in shown or judged.name in one.stage.metrics
        or (judged.target is not None and judged.target.stage is not None)
    ]  # fmt: skip
    ready = [judged for judged in new if not judged.lacks and (judged.value is not None or judged.status is not None)]
    ranked = sorted(
        ready,
        key=lambda judged: (judged.status is None, judged.name not in one.stage.metrics, judged.name not in keys),
    )
    least = sum(judged.status is not None for judged in ranked)
    chosen = ranked if every else ranked[: max(SHOWN, least)]
    return [*own, *chosen], len(ready) - len(chosen), sum(bool(judged.lacks) for judged in new)


def _metrics(screen: Screen, card: Scorecard, chosen: Sequence[Judged], currency: str | None) -> None:
    from tenure.cli.judging import band, state
    from tenure.cli.screen import Column
    from tenure.wording import change, figure

    aimed = any(one.status is not None for one in chosen)
    paced = aimed and not card.over
    columns = [
        Column("Metric", long="fold"), Column(card.period.name, right=True),
        Column(card.previous.name, right=True), *([Column("±", right=True, spare=True)] if card.over else []),
        *([Column("Pace", right=True)] if paced else []),
        *([Column("Target", right=True), Column("")] if aimed else []),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for one in chosen:
        row: list[Cell] = [
            one.title,
            figure(one.value, one.unit, currency, short=True),
            figure(one.previous, one.unit, currency, short=True),
        ]
        if card.over:
            row.append(change(one.value, one.previous, one.unit))
        if paced:
            row.append(figure(one.pace, one.unit, currency, short=True) if one.status and one.pace is not None else "")
        if aimed:
            row += [band(one.unit, one.limits, currency), state(one.status)]
        rows.append(row)
    screen.table(columns, rows)


def _foot(screen: Screen, context: typer.Context, ws: Workspace, card: Scorecard, hidden: int, lacking: int) -> None:
    from tenure.wording import several

    paced = not card.over and any(one.status for each in card.stages for one in each.metrics)
    notes = list(_notes(hidden, lacking))
    if paced:
        screen.say("Pace: where the period ends if it goes on as now, by the shape of earlier ones.", "dim")
    if notes:
        screen.say(". ".join(notes) + ".", "dim")
    everything = [judged for one in card.stages for judged in (*one.figures.values(), *one.metrics)] + [*card.besides]
    # a metric that two stages show under one target is one
    with_target = list({(one.name, one.target): one for one in everything if one.status is not None}.values())
    counts = {
        name: sum(one.status == name for one in with_target) for name in ("ahead", "on track", "behind", "missed")
    }
    if with_target:
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "no data"
        screen.say(f"Of {several(len(with_target), 'target')}: {told}.")
    else:
        screen.say("No metric here has a target yet.")
    option = chosen_with(ws, card.lifecycle)
    off = next((one for one in with_target if one.status in ("missed", "behind") and one.name in ws.metrics.all), None)
    if off is not None:
        screen.next(typed(context, f"metric {quote(off.name)}{option}"), typed(context, "targets"))
    elif not with_target:
        screen.next(typed(context, "targets --propose"))
    else:
        screen.next(typed(context, "alerts"))


def _notes(hidden: int, lacking: int) -> Iterator[str]:
    from tenure.wording import several

    if hidden:
        yield f"{several(hidden, 'more metric')} with figures: --every"
    if lacking:
        yield f"{lacking:,} more {'has' if lacking == 1 else 'have'} no data: `tenure metrics` says what they need"
