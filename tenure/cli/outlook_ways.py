"""`tenure outlook --leverage` and `--target`: what more conversion would bring, and what a target takes."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from tenure.cli.app import as_of, chosen_with, typed
from tenure.cli.output import Listing
from tenure.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    import pyarrow as pa
    import typer

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.lifecycle.periods import PeriodUnit
    from tenure.metrics.outlook.levers import Lever, Needed, Way
    from tenure.workspace import Workspace


def split_target(text: str) -> tuple[str, float]:
    """The stage and the people that STAGE=N names. Raises UsageError."""
    stage, sign, number = text.partition("=")
    try:
        people = float(number.replace(",", ""))
    except ValueError:
        people = -1.0
    if not sign or not stage or not 0 <= people < float("inf"):
        raise UsageError(f"{text!r} is no target.", hint="Write a stage and a number, such as loyalty=500.")
    return stage, people


def show_leverage(
    context: typer.Context, ws: Workspace, lifecycle: Lifecycle, *, unit: PeriodUnit, periods: int
) -> Listing:
    """The listing of what one more point in each stage brings."""
    found = ws.outlook.leverage(lifecycle.name, periods=periods, unit=unit)
    return Listing(
        lambda: _lever_rows(lifecycle, found),
        lambda screen: _levers(screen, context, ws, lifecycle, found, _span(periods, unit)),
    )


def show_target(
    context: typer.Context, ws: Workspace, lifecycle: Lifecycle, stage: str, people: float, *, unit: PeriodUnit,
    periods: int,
) -> Listing:  # fmt: skip
    """The listing of what alone would bring a stage to so many people."""
    found = ws.outlook.needed(stage, people, lifecycle.name, periods=periods, unit=unit)
    return Listing(
        lambda: _target_rows(lifecycle, found),
        lambda screen: _target(screen, context, ws, lifecycle, found, unit, _span(periods, unit)),
    )


def _span(periods: int, unit: PeriodUnit) -> str:
    from tenure.wording import several

    return several(periods, unit)


def _exact(value: float | None, digits: int = 6) -> Decimal | None:
    from decimal import Decimal

    return None if value is None else Decimal(f"{value:.{digits}f}")


def _lever_rows(lifecycle: Lifecycle, found: tuple[Lever, ...]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, table

    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(found)),
        stage=(TEXT, [one.stage for one in found]),
        into=(TEXT, [", ".join(one.into) for one in found]),
        conversion=(AMOUNT, [_exact(one.conversion) for one in found]),
        more_people=(AMOUNT, [_exact(one.people, 2) for one in found]),
        more_money=(AMOUNT, [_exact(one.money, 2) for one in found]),
    )


def _levers(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: tuple[Lever, ...], span: str
) -> None:
    from decimal import Decimal

    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    screen.title(f"What one more point of conversion brings within {span}", as_of(ws, ws.moment(None), lifecycle))
    if not found:
        screen.say("Nobody has gone on from any stage yet.")
        return
    money = Money(ws.definitions.config.currency, [Decimal(one.money) for one in found])
    customers = any(stage.kind == "customer" for stage in lifecycle.stages)
    noun = "customers" if customers and lifecycle.unit == "customer" else units(lifecycle.unit)
    screen.table(
        [Column("From", long="cut"), Column("Converts now", right=True), Column(f"More {noun}", right=True),
         Column("More money", right=True), Column("Into", long="cut", spare=True)],
        [
            [one.stage, f"{100 * one.conversion:.1f} %", f"{one.people:+,.1f}", money(Decimal(one.money)),
             ", ".join(one.into)]
            for one in found
        ],
    )  # fmt: skip
    screen.say(
        f"A point more of those who come into the stage go on to a better one within {span}; all else stays. What most "
        "people pass through weighs most. Whether a measure moves a point, only a test shows.",
        style="dim",
    )
    screen.line(f"Money is {ws.money_words}, as stages are worth today.", "dim")
    screen.next(
        typed(context, f"conversion {quote(found[0].stage)} {quote(found[0].into[0])}{chosen_with(ws, lifecycle)}")
    )


def _target_rows(lifecycle: Lifecycle, found: Needed) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, TRUTH, table

    ways = found.ways
    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(ways)),
        target=(TEXT, [found.stage] * len(ways)),
        people=(AMOUNT, [_exact(found.people, 2)] * len(ways)),
        expected=(AMOUNT, [_exact(found.expected, 2)] * len(ways)),
        way=(TEXT, ["new" if one.stage is None else "conversion" for one in ways]),
        stage=(TEXT, [one.stage for one in ways]),
        now=(AMOUNT, [_exact(one.now) for one in ways]),
        needed=(AMOUNT, [_exact(one.needed) for one in ways]),
        reachable=(TRUTH, [one.needed is not None for one in ways]),
    )


def _target(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Needed, unit: PeriodUnit,
    span: str,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import units

    noun = units(lifecycle.unit)
    screen.title(
        f"What it takes to have {found.people:,.0f} {units(lifecycle.unit, round(found.people))} in {found.stage} "
        f"after {span}",
        as_of(ws, ws.moment(None), lifecycle),
    )
    screen.say(f"{found.expected:,.0f} are expected if things go on as they did. Each of these alone would do it:")

    def told(way: Way, value: float | None) -> str:
        if value is None:
            return "not enough alone"
        return f"{value:,.1f}" if way.stage is None else f"{100 * value:.1f} %"

    screen.table(
        [Column("What", long="cut"), Column("Now", right=True), Column("Needed", right=True)],
        [
            [f"New {noun} a {unit}" if way.stage is None else f"Conversion from {way.stage}", told(way, way.now),
             told(way, way.needed)]
            for way in found.ways
        ],
    )  # fmt: skip
    screen.say(
        f"Conversion is the share of those who come into a stage who go on to a better one within {span}.", "dim"
    )
    screen.next(typed(context, f"outlook --leverage{chosen_with(ws, lifecycle)}"))
