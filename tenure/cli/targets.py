"""`tenure targets`: what metrics are to reach, proposed from what was reached, or taken from a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import PeriodOption, period_unit
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working
from tenure.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pyarrow as pa

    from tenure.cli.screen import Cell, Screen
    from tenure.metrics.definition import Unit
    from tenure.metrics.judged import Judged
    from tenure.metrics.proposals import Proposal
    from tenure.metrics.targets import Target
    from tenure.workspace import Workspace
    from tenure.workspace.target_files import Written

MOST_BAD = 10


@app.command(
    "targets",
    epilog="tenure targets\ntenure targets --propose\ntenure targets --propose --accept\n"
    "tenure targets --propose --period quarter --metric nps --aim median --accept\n"
    "tenure targets --import targets.csv",
)
def targets(
    context: typer.Context,
    propose: Annotated[
        bool, typer.Option("--propose", help="Propose targets: median and best quarter of the last 12 periods.")
    ] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Write what is proposed into targets.yaml.")] = False,
    aim: Annotated[str, typer.Option("--aim", metavar="AIM", help="What --accept aims at: best or median.")] = "best",
    metric: Annotated[
        list[str] | None, typer.Option("--metric", metavar="NAME", help="Propose for this metric; may be repeated.")
    ] = None,
    period: PeriodOption = "month",
    spreadsheet: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Take targets from a CSV file.")
    ] = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """What metrics are to reach, and how they stand in the present period.

    As CSV and JSON: metric, period, lifecycle, stage, by, part, since, min, max, seasonal, owner, note,
    benchmark_value, benchmark_source, benchmark_date, file; with --propose: metric, period, median, best, low, high,
    periods, first, last, seasonal.
    """
    if accept and not propose:
        raise UsageError(
            "--accept goes with --propose.", hint="See first what is proposed: `tenure targets --propose`."
        )
    if propose and spreadsheet is not None:
        raise UsageError("Targets are either proposed or imported.", hint="Take one of --propose and --import.")
    aims: dict[str, Literal["best", "median"]] = {"best": "best", "median": "median"}
    if aim not in aims:
        raise UsageError(f"There is no aim {aim!r}.", hint="There are: best, median.")
    unit = period_unit(period)
    with opened(context) as ws:
        if spreadsheet is not None:
            text = _read(spreadsheet)
            written = ws.targets.take(text)
            give(Listing(lambda: _bad(written), lambda screen: _imported(screen, context, written)), form, file)
        elif propose:
            with working("Looking back"):
                found = ws.targets.propose(metric, period=unit)
            done = ws.targets.accept(found, aim=aims[aim]) if accept else None
            give(
                Listing(
                    lambda: _proposals(found), lambda screen: _proposed(screen, context, ws, found, done, period, aim)
                ),
                form, file,
            )  # fmt: skip
        else:
            held = ws.targets.all.targets
            give(Listing(lambda: _rows(held), lambda screen: _show(screen, context, ws, held)), form, file)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", hint="Name a CSV file of targets.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8.", hint="Save the spreadsheet as CSV in UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from None


def _unit(ws: Workspace, name: str) -> Unit:
    from tenure.metrics.targets import STAGE_FIGURES

    known = ws.metrics.all
    return known[name].unit if name in known else STAGE_FIGURES[name].unit


# --- what there is


def _show(screen: Screen, context: typer.Context, ws: Workspace, held: Sequence[Target]) -> None:
    from tenure.cli.judging import band, for_each, state
    from tenure.cli.screen import Column
    from tenure.wording import figure, several

    screen.title("Targets", as_of(ws, ws.moment(None)))
    if not held:
        screen.say("There are none yet. Tenure proposes some from what was reached, or write targets.yaml.")
        screen.next(typed(context, "targets --propose"), typed(context, "targets --import FILE.csv"))
        return
    currency = ws.definitions.config.currency
    now = _now(ws, held)
    running = any(not judged.over for judged in now.values())
    owned, compared = any(one.owner for one in held), any(one.benchmark for one in held)
    rows: list[list[Cell]] = []
    for one in held:
        judged = now.get((one.metric, one.period, one.lifecycle, one.stage, one.by))
        unit = _unit(ws, one.metric)
        start = judged.period.start if judged else max(one.since, _today(ws))
        row: list[Cell] = [
            _title(ws, one),
            for_each(one.period, one.by, one.stage),
            band(unit, one.at(start), currency),
        ]
        row.append(figure(judged.value, unit, currency, short=True) if judged else "")
        row += [_ahead(judged, unit, currency) if judged else ""] if running else []
        row.append(state(judged.status if judged and judged.target == one else None))
        row += [one.owner] if owned else []
        row += [_compared(one, unit, currency)] if compared else []
        rows.append(row)
    screen.table(
        [Column("Metric", long="fold"), Column("Each", long="fold"), Column("Target", right=True),
         Column("Now", right=True), *([Column("Pace", right=True)] if running else []), Column(""),
         *([Column("Owner", long="cut", spare=True)] if owned else []),
         *([Column("Benchmark", right=True, spare=True)] if compared else [])],
        rows,
    )  # fmt: skip
    if running:
        screen.say("Pace: where the present period ends if it goes on as now, by the shape of earlier ones.", "dim")
    screen.say(f"{several(len(held), 'target')}; key metrics: {', '.join(ws.targets.key_metrics)}.", "dim")
    screen.next(typed(context, "scorecard"))


def _now(ws: Workspace, held: Sequence[Target]) -> dict[tuple[object, ...], Judged]:
    """How everything with a target stands in the present period, by metric, period, lifecycle, stage and part."""
    found: dict[tuple[object, ...], Judged] = {}
    for each, lifecycle in dict.fromkeys((one.period, one.lifecycle) for one in held):
        alike = [one for one in held if (one.period, one.lifecycle) == (each, lifecycle)]
        names = dict.fromkeys(one.metric for one in alike if one.stage is None and one.by is None)
        judged = ws.targets.judged(list(names), period=each, lifecycle=lifecycle) if names else ()
        found |= {(one.name, each, lifecycle, None, None): one for one in judged}
        if any(one.by is not None for one in alike):
            parts = ws.targets.judged_parts(period=each, lifecycle=lifecycle)
            found |= {(one.name, each, lifecycle, None, one.target.by): one for one in parts if one.target}
        if any(one.stage is not None for one in alike):
            for card in ws.targets.scorecard(period=each, lifecycle=lifecycle).stages:
                told = {one.name: one for one in (*card.metrics, *card.figures.values())}
                found |= {(name, each, lifecycle, card.stage.name, None): one for name, one in told.items()}
    return found


def _title(ws: Workspace, one: Target) -> str:
    from tenure.metrics.targets import STAGE_FIGURES

    known = ws.metrics.all
    return known[one.metric].title if one.metric in known else STAGE_FIGURES[one.metric].title


def _ahead(judged: Judged, unit: Unit, currency: str | None) -> str:
    from tenure.wording import figure

    return "" if judged.over or judged.pace is None else figure(judged.pace, unit, currency, short=True)


def _today(ws: Workspace) -> date:
    from tenure.lifecycle.periods import day_of

    return day_of(ws.zone, ws.moment(None))


def _compared(one: Target, unit: Unit, currency: str | None) -> str:
    from tenure.wording import figure

    return "" if one.benchmark is None else figure(one.benchmark[0], unit, currency, short=True)


def _rows(held: Sequence[Target]) -> pa.Table:
    import pyarrow as pa

    from tenure.cli.rows import TEXT, table

    exact = pa.decimal128(38, 9)
    return table(
        metric=(TEXT, [one.metric for one in held]),
        period=(TEXT, [one.period for one in held]),
        lifecycle=(TEXT, [one.lifecycle for one in held]),
        stage=(TEXT, [one.stage for one in held]),
        by=(TEXT, [one.by[0] if one.by else None for one in held]),
        part=(TEXT, [one.by[1] if one.by else None for one in held]),
        since=(TEXT, [one.since.isoformat() if one.since.year > 1 else None for one in held]),
        min=(exact, [one.limits.low if one.limits else None for one in held]),
        max=(exact, [one.limits.high if one.limits else None for one in held]),
        seasonal=(TEXT, [_months({m: (a.low, a.high) for m, a in one.seasonal.items()}) for one in held]),
        owner=(TEXT, [one.owner or None for one in held]),
        note=(TEXT, [one.note or None for one in held]),
        benchmark_value=(exact, [one.benchmark[0] if one.benchmark else None for one in held]),
        benchmark_source=(TEXT, [one.benchmark[1] if one.benchmark else None for one in held]),
        benchmark_date=(TEXT, [one.benchmark[2] if one.benchmark else None for one in held]),
        file=(TEXT, [one.file for one in held]),
    )


def _months(seasonal: dict[int, tuple[object, object]]) -> str | None:
    """`jan 5 10 feb 6 12`: of each month two figures, `-` for none."""
    from tenure.metrics.targets import MONTHS

    told = [
        f"{MONTHS[month - 1]} {' '.join('-' if one is None else str(one) for one in pair)}"
        for month, pair in sorted(seasonal.items())
    ]
    return "; ".join(told) or None


# --- what may be


def _proposed(
    screen: Screen, context: typer.Context, ws: Workspace, found: Sequence[Proposal], done: Written | None,
    period: str, aim: str,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import figure, several

    screen.title("Targets proposed", as_of(ws, ws.moment(None)))
    if not found:
        screen.say(f"There are too few whole {period}s with figures: four are needed.")
        screen.next(typed(context, "targets --propose --period week"))
        return
    currency = ws.definitions.config.currency
    seasonal = any(one.seasonal for one in found)
    rows: list[list[Cell]] = []
    for one in found:
        unit = _unit(ws, one.metric)
        told = [figure(value, unit, currency, short=True) for value in (one.median, one.best, one.low, one.high)]
        best = (
            f"{'≥' if one.direction == 'up' else '≤'} {told[1]}" if one.best is not None else f"{told[2]} – {told[3]}"
        )
        by_month = [("by month" if one.seasonal else "")] if seasonal else []
        rows.append([one.metric, told[0], best, *by_month, f"{one.periods}"])
    columns = [
        Column("Metric", long="cut"), Column("Median", right=True), Column("Best quarter", right=True),
        *([Column("")] if seasonal else []), Column(f"{period.capitalize()}s", right=True, spare=True),
    ]  # fmt: skip
    screen.table(columns, rows)
    screen.say("Best quarter: a quarter of the periods were as good or better.", "dim")
    if seasonal:
        screen.line("By month: the months differ by more than chance, so each has its own.", "dim")
    if done is None:
        options = "" if aim == "best" else f" --aim {aim}"
        options += "" if period == "month" else f" --period {period}"
        screen.next(typed(context, f"targets --propose{options} --accept"))
        return
    screen.say(f"{several(len(done.added), 'target')} written to {done.path.name}, {_aimed(aim)}.")
    if done.left:
        verb = "has a target and keeps" if len(done.left) == 1 else "have targets and keep"
        screen.line(f"{', '.join(done.left)} {verb} {'it' if len(done.left) == 1 else 'them'}.")
    screen.next(typed(context, "scorecard"))


def _aimed(aim: str) -> str:
    return "at the best quarter, the median as benchmark" if aim == "best" else "at the median"


def _proposals(found: Sequence[Proposal]) -> pa.Table:
    import pyarrow as pa

    from tenure.cli.rows import TEXT, WHOLE, table

    exact = pa.decimal128(38, 9)
    return table(
        metric=(TEXT, [one.metric for one in found]),
        period=(TEXT, [one.period for one in found]),
        median=(exact, [one.median for one in found]),
        best=(exact, [one.best for one in found]),
        low=(exact, [one.low for one in found]),
        high=(exact, [one.high for one in found]),
        periods=(WHOLE, [one.periods for one in found]),
        first=(TEXT, [one.first.isoformat() for one in found]),
        last=(TEXT, [one.last.isoformat() for one in found]),
        seasonal=(TEXT, [_months(dict(one.seasonal)) for one in found]),
    )


# --- a spreadsheet


def _imported(screen: Screen, context: typer.Context, written: Written) -> None:
    from tenure.wording import several

    told = [f"{several(len(written.added), 'target')} added"] if written.added or not written.changed else []
    told += [f"{several(len(written.changed), 'target')} changed"] if written.changed else []
    screen.say(f"{', '.join(told)}.".capitalize())
    if written.bad:
        count = len(written.bad)
        screen.say(f"{several(count, 'row')} {'is' if count == 1 else 'are'} no target:")
        screen.listed([f"line {one.line}: {one.reason}" for one in written.bad[:MOST_BAD]])
        screen.more(MOST_BAD, count, "all with --format csv")
    screen.next(typed(context, "targets"))


def _bad(written: Written) -> pa.Table:
    from tenure.cli.rows import TEXT, WHOLE, table

    return table(
        line=(WHOLE, [one.line for one in written.bad]), reason=(TEXT, [one.reason for one in written.bad])
    )  # fmt: skip
