"""`tenure outlook`: people by stage in the periods to come, what must convert for a target, and what helps most."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption, PeriodOption, period_unit
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.metrics.outlook.backtest import Backtest, Errors
    from tenure.workspace import Workspace
    from tenure.workspace.outlook import Outlook

SHOWN = 5
WIDER = 1.05
RULES = {"outlook": "this outlook", "last value": "the last value", "same season": "the same season before"}


@app.command(
    "outlook",
    epilog="tenure outlook\ntenure outlook --stage loyalty --periods 6\ntenure outlook --leverage\n"
    "tenure outlook --target loyalty=500\ntenure outlook --errors --format csv",
)
def outlook(
    context: typer.Context,
    periods: Annotated[int, typer.Option("--periods", metavar="N", help="So many periods ahead.")] = 12,
    period: PeriodOption = "month",
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="One stage, with its limits in every period.")
    ] = None,
    leverage: Annotated[
        bool, typer.Option("--leverage", help="What one more point of conversion in each stage would bring.")
    ] = False,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="STAGE=N", help="What must convert for the stage to have so many in the end."),
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="How far earlier outlooks were off, stage by stage.")
    ] = False,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """People in every stage in the periods to come, if things go on as they did, and how far that can be trusted.

    As CSV and JSON: lifecycle, period, begins, stage, people, entries, each with low and high: four outcomes in five
    are expected between those; money is what so many people are worth today.
    """
    from tenure.cli.outlook_ways import show_leverage, show_target, split_target
    from tenure.errors import UsageError

    if sum(map(bool, (stage, leverage, target, errors))) > 1:
        raise UsageError(
            "--stage, --leverage, --target and --errors are asked one at a time.", hint="Leave all but one of them out."
        )
    unit = period_unit(period)
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        if leverage:
            listing = show_leverage(context, ws, chosen, unit=unit, periods=periods)
        elif target is not None:
            named, people = split_target(target)
            listing = show_target(context, ws, chosen, named, people, unit=unit, periods=periods)
        else:
            if stage is not None:
                ws.moves.scope(chosen.name).code(stage)
            with working("Looking ahead"):
                found = ws.outlook.expected(chosen.name, periods=periods, unit=unit)
            listing = _listing(context, ws, chosen, found, stage, errors=errors)
        give(listing, form, file)


def _listing(
    context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Outlook, stage: str | None, *, errors: bool
) -> Listing:
    if errors:
        return Listing(
            lambda: _error_rows(lifecycle, found), lambda screen: _show_errors(screen, context, ws, lifecycle, found)
        )
    if stage is not None:
        return Listing(
            lambda: _rows(lifecycle, found, stage),
            lambda screen: _show_stage(screen, context, ws, lifecycle, found, stage),
        )
    return Listing(lambda: _rows(lifecycle, found, None), lambda screen: _show(screen, context, ws, lifecycle, found))


def _rows(lifecycle: Lifecycle, found: Outlook, stage: str | None) -> pa.Table:
    from decimal import Decimal

    from tenure.cli.rows import AMOUNT, MOMENT, TEXT, table

    chosen = [one for one in found.expected if stage is None or one.stage == stage]
    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(chosen)),
        period=(TEXT, [one.period.name for one in chosen]),
        begins=(MOMENT, [one.period.begins for one in chosen]),
        stage=(TEXT, [one.stage for one in chosen]),
        **{
            name: (AMOUNT, [Decimal(f"{getattr(one, name):.2f}") for one in chosen])
            for name in ("people", "people_low", "people_high", "entries", "entries_low", "entries_high")
        },
        money=(
            AMOUNT, [(Decimal(one.people) * found.worth[one.stage]).quantize(Decimal("0.01")) for one in chosen],
        ),
    )  # fmt: skip


def _show(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Outlook) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import units

    noun = units(lifecycle.unit)
    screen.title(
        f"{noun.capitalize()} expected by stage at the end of each period", as_of(ws, ws.moment(None), lifecycle)
    )
    outside = "not in it" if lifecycle.segment else "none"
    stages = list(dict.fromkeys(one.stage for one in found.expected))
    stages = [at for at in stages if any(one.people >= 0.5 for one in found.expected if one.stage == at)]
    names = list(dict.fromkeys(one.period.name for one in found.expected))
    # evenly, the first and the last among them
    chosen = sorted({round(at * (len(names) - 1) / (SHOWN - 1)) for at in range(SHOWN)})
    by_stage: dict[str | None, list[float]] = {}
    for one in found.expected:
        by_stage.setdefault(one.stage, []).append(one.people)
    screen.table(
        [Column("Stage", long="cut"), Column("Now", right=True), *(Column(names[at], right=True) for at in chosen)],
        [
            ["(new in it)", "", *(_about(found.new[at].people) for at in chosen)],
            *(
                [stage or outside, f"{found.now[stage]:,}", *(_about(by_stage[stage][at]) for at in chosen)]
                for stage in stages
            ),
        ],
    )  # fmt: skip
    last = found.expected[-1].period.name
    tested = {one.stage: one.people for one in found.backtest.stages} if found.backtest else {}
    screen.table(
        [Column("Stage", long="cut"), Column(f"In {last}", right=True), Column("Four in five cases", right=True),
         *([Column("Was off by", right=True), Column("Last value", right=True),
            Column("Same season", right=True, spare=True)] if tested else [])],
        [
            [one.stage or outside, _about(one.people), _limits(one.people_low, one.people_high),
             *(_three(tested[one.stage]) if tested else [])]
            for one in found.expected if one.period.name == last and one.stage in stages
        ],
    )  # fmt: skip
    screen.say(_verdict(found.backtest))
    worst = [one.stage or outside for one in (found.backtest.stages if found.backtest else ()) if one.stage in stages
             and one.people.best != "outlook"]  # fmt: skip
    if worst and found.backtest and found.backtest.people.best == "outlook":
        screen.line(f"For {', '.join(worst)} a simple rule did as well or better; see --errors.")
    screen.next(
        typed(context, f"outlook --leverage{chosen_with(ws, lifecycle)}"),
        typed(context, f"outlook --stage {quote(_largest(found))}{chosen_with(ws, lifecycle)}"),
    )


def _largest(found: Outlook) -> str:
    named = [one for one in found.expected if one.stage is not None]
    return max(named, key=lambda one: (one.period, one.people)).stage or ""


def _verdict(tested: Backtest | None) -> str:
    """How good earlier outlooks were, in words."""
    from tenure.wording import several

    if tested is None:
        return "The log is too short to try this on the past: it takes seven complete periods."
    off = tested.people
    made = f"Made {several(len(tested.made_at), 'time')} in the past, up to {several(tested.ahead, 'period')} ahead,"
    others = f"the last value by {_percent(off, off.last)}"
    if off.season is not None:
        others += f", the same season before by {_percent(off, off.season)}"
    end = "" if off.best == "outlook" else f" Take {RULES[off.best]} rather than this outlook: it was nearer."
    inside = f" {round(100 * tested.within)} % of the figures lay in the limits meant for 80 %"
    inside += f", which are {tested.stretch:.1f} times as wide now." if tested.stretch > WIDER else "."
    return f"{made} it was off by {_percent(off, off.outlook)} of the people, {others}.{end}{inside}"


def _percent(errors: Errors, error: float | None) -> str:
    part = errors.wape(error)
    return "–" if part is None else f"{100 * part:.1f} %"


def _three(errors: Errors) -> list[str]:
    return [_percent(errors, errors.outlook), _percent(errors, errors.last), _percent(errors, errors.season)]


def _about(people: float) -> str:
    return f"{round(people):,}"


def _limits(low: float, high: float) -> str:
    return f"{_about(low)} to {_about(high)}"


def _show_stage(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Outlook, stage: str
) -> None:
    from decimal import Decimal

    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    told = lifecycle.stage(stage)
    screen.title(f"{told.title if told else stage} to come", as_of(ws, ws.moment(None), lifecycle))
    chosen = [one for one in found.expected if one.stage == stage]
    amounts = [Decimal(one.people) * found.worth[stage] for one in chosen]
    money = Money(ws.definitions.config.currency, amounts)
    screen.table(
        [Column("Period"), Column(units(lifecycle.unit).capitalize(), right=True),
         Column("four in five cases", right=True), Column("Come in", right=True),
         Column("four in five cases", right=True), Column("Money", right=True, spare=True)],
        [
            [one.period.name, _about(one.people), _limits(one.people_low, one.people_high), _about(one.entries),
             _limits(one.entries_low, one.entries_high), money(amount)]
            for one, amount in zip(chosen, amounts, strict=True)
        ],
    )  # fmt: skip
    screen.say(f"Money is {ws.money_words}: as somebody in the stage is worth today, on average.", style="dim")
    screen.next(typed(context, f"population --stage {quote(stage)}{chosen_with(ws, lifecycle)}"))


def _error_rows(lifecycle: Lifecycle, found: Outlook) -> pa.Table:
    from decimal import Decimal

    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    def exact(error: float | None) -> Decimal | None:
        return None if error is None else Decimal(f"{error:.6f}")

    told = found.backtest
    rows = [
        (stage, measure, errors)
        for stage, people, entries in (
            [] if told is None else
            [("all", told.people, told.entries), *((one.stage, one.people, one.entries) for one in told.stages)]
        )
        for measure, errors in (("people", people), ("entries", entries))
    ]  # fmt: skip
    return table(
        lifecycle=(TEXT, [lifecycle.name] * len(rows)),
        stage=(TEXT, [stage for stage, _, _ in rows]),
        measure=(TEXT, [measure for _, measure, _ in rows]),
        points=(WHOLE, [errors.points for *_, errors in rows]),
        actual=(AMOUNT, [exact(errors.actual) for *_, errors in rows]),
        outlook_error=(AMOUNT, [exact(errors.outlook) for *_, errors in rows]),
        last_value_error=(AMOUNT, [exact(errors.last) for *_, errors in rows]),
        same_season_error=(AMOUNT, [exact(errors.season) for *_, errors in rows]),
        outlook_wape=(AMOUNT, [exact(errors.wape(errors.outlook)) for *_, errors in rows]),
        last_value_wape=(AMOUNT, [exact(errors.wape(errors.last)) for *_, errors in rows]),
        same_season_wape=(AMOUNT, [exact(errors.wape(errors.season)) for *_, errors in rows]),
        best=(TEXT, [errors.best for *_, errors in rows]),
    )


def _show_errors(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Outlook) -> None:
    from tenure.cli.screen import Column

    screen.title("How far earlier outlooks were off", as_of(ws, ws.moment(None), lifecycle))
    if found.backtest is None:
        screen.say(_verdict(None))
        return
    told = found.backtest
    outside = "not in it" if lifecycle.segment else "none"
    stages = [(one.stage or outside, one) for one in told.stages]
    tables = {
        "People at the end": [("All", told.people), *((name, one.people) for name, one in stages)],
        "Entries": [("All", told.entries), *((name, one.entries) for name, one in stages)],
    }
    for heading, rows in tables.items():
        screen.table(
            [Column(heading, long="cut"), Column("On average", right=True), Column("Outlook", right=True),
             Column("Last value", right=True), Column("Same season", right=True), Column("Nearest")],
            [[name, f"{off.actual:,.1f}", *_three(off), off.best] for name, off in rows if off.actual],
        )  # fmt: skip
    screen.say(_verdict(told))
    screen.line("Errors are mean absolute errors as part of the mean of what came (WAPE).", "dim")
    screen.next(typed(context, f"outlook{chosen_with(ws, lifecycle)}"))
