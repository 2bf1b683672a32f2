"""`tenure explain`: why a customer is in a stage, and what would move them."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import AtOption, LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.stages import stage_style

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.explain import EventTold, Explanation, MeasureTold
    from tenure.lifecycle.suppose import Supposition
    from tenure.workspace import Workspace


@app.command(
    "explain",
    epilog="tenure explain 12346\ntenure explain 12346 --at 2011-06-30\ntenure explain 12346 --format json",
)
def explain(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The id, as the source writes it.")],
    lifecycle: LifecycleOption = None,
    at: AtOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Why a customer is in a stage, and what would move them.

    The conditions with their values, the events behind them, and what comes if they stay silent or act.
    """
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        found = ws.explain(customer, chosen.name, at=at)
        listing = Listing(
            lambda: _rows(found), lambda screen: _show(screen, context, ws, chosen, found), lambda: _document(found)
        )
        give(listing, form, file)


def _rows(found: Explanation) -> pa.Table:
    """One row a stage and measure."""
    from tenure.cli.rows import TEXT, TRUTH, table

    told = [(stage, measure) for stage in found.stages for measure in (stage.measures or (None,))]
    return table(
        lifecycle=(TEXT, [found.lifecycle] * len(told)),
        customer_id=(TEXT, [found.unit] * len(told)),
        stage=(TEXT, [stage.stage for stage, _ in told]),
        present=(TRUTH, [stage.stage == found.stage for stage, _ in told]),
        holds=(TRUTH, [stage.holds for stage, _ in told]),
        condition=(TEXT, [stage.condition or stage.words for stage, _ in told]),
        measure=(TEXT, [measure.measure if measure else None for _, measure in told]),
        value=(TEXT, [_value(measure, plain=True) if measure else None for _, measure in told]),
    )


def _document(found: Explanation) -> dict[str, object]:
    from tenure.cli.rows import iso

    return {
        "lifecycle": found.lifecycle,
        "customer_id": found.unit,
        "at": iso(found.at),
        "stage": found.stage,
        "title": found.title or None,
        "means": found.means or None,
        "entered_at": iso(found.entered_at),
        "previous": found.previous,
        "stages": [
            {**asdict(stage), "measures": [_measure(measure) for measure in stage.measures]} for stage in found.stages
        ],
        "events": [
            {"time": iso(event.time), "name": event.name, "properties": json.loads(event.properties)}
            for event in found.events
        ],
        "if_silent": [{"at": iso(time), "stage": stage} for time, stage in found.if_silent],
        "if_events": [asdict(one) for one in found.if_events],
    }


def _measure(measure: MeasureTold) -> dict[str, object]:
    """A measure for programs: lengths of time in seconds."""
    value = measure.value
    if measure.is_time and value is not None and not isinstance(value, str):
        return {"measure": measure.measure, "value": float(value) / 1_000_000, "unit": "seconds"}
    return {"measure": measure.measure, "value": float(value) if isinstance(value, Decimal) else value}


def _show(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Explanation) -> None:
    from rich.text import Text

    from tenure.cli.screen import Column
    from tenure.wording import clean, moment

    stage = lifecycle.stage(found.stage) if found.stage else None
    outside = "not in it" if lifecycle.segment else "in no stage"
    where = f"in {found.title}" if stage else f"not in {lifecycle.title}" if lifecycle.segment else outside
    screen.title(f"{found.unit} is {where}", as_of(ws, found.at, lifecycle))
    if stage and found.entered_at is not None:
        before = f", before that in {found.previous}" if found.previous else ""
        means = f" {found.means}" if found.means else ""
        screen.say(f"Since {moment(found.entered_at, ws.zone)}{before}.{means}")
    rows = []
    for one in found.stages:
        here = one.stage == found.stage
        condition = Text(clean(one.words), style="bold" if here else "" if one.holds else "dim")
        values = ", ".join(f"{measure.measure} = {_value(measure)}" for measure in one.measures)
        if values:
            condition.append(f"\n{clean(values)}", style="dim not bold")
        style = stage_style(lifecycle.stage(one.stage)) if one.holds or here else "dim"
        rows.append(
            [
                Text("→" if here else " "), Text(clean(one.stage), style=f"bold {style}" if here else style),
                Text("yes" if one.holds else "no", style="" if one.holds else "dim"), condition,
            ]
        )  # fmt: skip
    screen.table(
        [Column(""), Column("Stage"), Column("Holds"), Column("Condition, and what it reads", long="fold")], rows
    )
    if len(found.stages) > 1:
        screen.say(_rule(lifecycle, found), style="dim")
    if found.events:
        screen.title("The latest events behind it")
        screen.table(
            [Column("Time"), Column("Event", long="cut"), Column("Properties", long="cut")],
            [[moment(event.time, ws.zone), event.name, _properties(event)] for event in found.events],
        )
    screen.title("What would move them")
    screen.listed([_silence(found, ws, outside), *(_supposed(one, outside) for one in found.if_events)])
    screen.next(typed(context, f"history --customer {quote(found.unit)}{chosen_with(ws, lifecycle)}"))


def _rule(lifecycle: Lifecycle, found: Explanation) -> str:
    holding = [one.stage for one in found.stages if one.holds]
    if found.stage is not None and found.stage not in holding:
        stage = lifecycle.stage(found.stage)
        if stage is not None and stage.otherwise and not holding:
            return f"No condition holds, and {found.stage} is for everybody else."
        kept = "kept by `direction: forward`" if lifecycle.forward else "set by hand"
        return f"The last condition that holds decides; {found.stage} is {kept}."
    return "The last condition that holds decides."


def _silence(found: Explanation, ws: Workspace, outside: str) -> str:
    from tenure.wording import moment

    if not found.if_silent:
        return "If silent: nothing changes."
    moves = (f"{stage or outside} from {moment(time, ws.zone)}" for time, stage in found.if_silent)
    return f"If silent: {', '.join(moves)}."


def _supposed(one: Supposition, outside: str) -> str:
    value = f" with {one.value}" if one.value is not None else ""
    return f"{one.times} more {one.event}{value}: {one.stage or outside}."


def _value(measure: MeasureTold, *, plain: bool = False) -> str:
    """The value of a measure in words; for files in seconds and unadorned."""
    from tenure.wording import length, number

    value = measure.value
    if value is None:
        return "" if plain else "unknown"
    if isinstance(value, str):
        return value if plain else f"'{value}'"
    if plain:
        return number(Decimal(str(value)) / 1_000_000 if measure.is_time else value).replace(",", "")
    return length(value) if measure.is_time else number(value)


def _properties(event: EventTold) -> str:
    from tenure.wording import number

    found = json.loads(event.properties, parse_float=Decimal)
    told = []
    for name, value in found.items():
        if isinstance(value, list):
            told.append(f"{name} ({len(value):,})")
        elif isinstance(value, Decimal | int) and not isinstance(value, bool):
            told.append(f"{name} {number(value)}")
        elif value is not None:
            told.append(f"{name} {value}")
    return ", ".join(told)
