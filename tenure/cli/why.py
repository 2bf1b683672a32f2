"""`tenure why`: why a metric changed from one period to another."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import LifecycleOption, period_unit
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working
from tenure.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal

    import pyarrow as pa

    from tenure.cli.screen import Cell, Screen
    from tenure.metrics.why.found import Breakdown, PartChange, Why
    from tenure.workspace import Workspace

# beyond chance, as the analysis has it
SURE = 0.05
_SHOWN, _ROWS = 3, 6
_CAUSES, _PEOPLE = 5, 5


@app.command(
    "why",
    epilog="tenure why orders\ntenure why orders --from 2025-02 --to 2025-03\n"
    "tenure why website_visits --period week --by channel\n"
    "tenure why orders --people country=DE --format csv -o de.csv",
)
def why(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="METRIC", help="A metric, as `tenure metrics` lists it.")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="PERIOD", help="The earlier period: 2025-03, 2025-Q1, 2025-W10.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="PERIOD", help="The later one. Default: the last complete one.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option("--period", metavar="PERIOD", help="day, week, month, quarter or year. Default: as written."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="WHAT", help="Every part of one breakdown: channel, country, stage, persona."),
    ] = None,
    people: Annotated[
        str | None, typer.Option("--people", metavar="WHAT=PART", help="List the people of a part: country=DE.")
    ] = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Why a metric changed: data, rules, calendar and chance first, then parts that add up to the change.

    As CSV: a row a part, with before, after, contribution, rate, mix, excess, low, high, probability. As JSON: the
    causes in their order, the breakdowns, the people, notes and comments too.
    """
    unit = period_unit(period) if period else None
    with opened(context) as ws:
        if people is not None:
            dimension, sign, part = people.partition("=")
            if not sign:
                raise UsageError(f"{people!r} is no part.", hint="Write --people country=DE.")
            with working("Looking for the people"):
                rows = ws.why.people(name, dimension, part, since=since, until=until, period=unit, lifecycle=lifecycle)
            give(Listing(lambda: rows, lambda screen: _show_people(screen, people, rows)), form, file)
            return
        with working("Looking for the reasons"):
            found = ws.why.metric(
                name, since=since, until=until, period=unit, lifecycle=lifecycle, personas=by == "persona"
            )
        shown = _chosen(found, by)
        give(
            Listing(
                lambda: _rows(found, shown if by else found.breakdowns),
                lambda screen: _show(screen, context, ws, found, shown, by, lifecycle),
                lambda: _document(found, ws),
            ),
            form, file,
        )  # fmt: skip


def _chosen(found: Why, by: str | None) -> tuple[Breakdown, ...]:
    """The breakdowns to show: the asked one, or where most stands out. Raises UsageError for an unknown one."""
    if by is None:
        telling = [one for one in found.breakdowns if any(_sure(part) for part in one.parts)]
        return tuple(telling[:_SHOWN]) or found.breakdowns[:1]
    chosen = tuple(one for one in found.breakdowns if one.dimension == by)
    if not chosen and found.breakdowns:
        from tenure.documents import did_you_mean

        names = [one.dimension for one in found.breakdowns]
        hint = did_you_mean(by, names) or f"There are: {', '.join(names)}."
        raise UsageError(f"There is no breakdown by {by!r}.", hint=hint)
    return chosen


def _rows(found: Why, breakdowns: tuple[Breakdown, ...]) -> pa.Table:
    import pyarrow as pa

    from tenure.cli.rows import TEXT, WHOLE, table

    exact, real = pa.decimal128(38, 12), pa.float64()
    parts = [(broken, part) for broken in breakdowns for part in _in_order(broken)]

    def rate(part: PartChange) -> object:
        return None if part.mix is None else _cut(part.contribution - part.mix)

    return table(
        metric=(TEXT, [found.metric.name] * len(parts)),
        **{
            "from": (TEXT, [found.one.start.isoformat()] * len(parts)),
            "to": (TEXT, [found.two.start.isoformat()] * len(parts)),
        },
        dimension=(TEXT, [broken.dimension for broken, _ in parts]),
        part=(TEXT, [part.part for _, part in parts]),
        before=(exact, [_cut(part.before) for _, part in parts]),
        after=(exact, [_cut(part.after) for _, part in parts]),
        contribution=(exact, [_cut(part.contribution) for _, part in parts]),
        rate=(exact, [rate(part) for _, part in parts]),
        mix=(exact, [_cut(part.mix) for _, part in parts]),
        excess=(real, [part.excess for _, part in parts]),
        low=(real, [part.low for _, part in parts]),
        high=(real, [part.high for _, part in parts]),
        probability=(real, [part.probability for _, part in parts]),
        people_before=(WHOLE, [part.people_before for _, part in parts]),
        people_after=(WHOLE, [part.people_after for _, part in parts]),
    )


def _cut(value: object) -> object:
    from decimal import Decimal

    return value.quantize(Decimal("0.000000000001")) if isinstance(value, Decimal) else None


def _in_order(broken: Breakdown) -> list[PartChange]:
    """The parts, those that stand out first, then by what they contributed."""
    return sorted(broken.parts, key=lambda part: (not _sure(part), -abs(part.contribution)))


def _sure(part: PartChange) -> bool:
    """Whether what a part did is beyond chance."""
    return part.probability is not None and part.probability < SURE


def _document(found: Why, ws: Workspace) -> object:
    from tenure.metrics.why.sentences import sentence

    currency = ws.definitions.config.currency
    return {
        "metric": found.metric.name,
        "from": found.one.start.isoformat(),
        "to": found.two.start.isoformat(),
        "before": _number(found.before),
        "after": _number(found.after),
        "change": _number(found.change),
        "low": found.low,
        "high": found.high,
        "within_noise": found.within_noise,
        "running": found.running,
        "status": found.status,
        "causes": [
            {"kind": one.kind, "dimension": one.dimension, "part": one.part, "sentence": sentence(found, one, currency)}
            for one in found.causes
        ],
        "breakdowns": [
            {
                "dimension": broken.dimension,
                "rest": _number(broken.rest),
                "parts": [
                    {
                        "part": part.part, "before": _number(part.before), "after": _number(part.after),
                        "contribution": _number(part.contribution), "mix": _number(part.mix),
                        "excess": part.excess, "low": part.low, "high": part.high, "probability": part.probability,
                        "people_before": part.people_before, "people_after": part.people_after,
                    }
                    for part in _in_order(broken)
                ],
            }
            for broken in found.breakdowns
        ],
        "people": None if found.behind is None else {
            "dimension": found.behind.dimension, "part": found.behind.part, "stayed": found.behind.stayed,
            "gone": found.behind.gone, "come": found.behind.come,
            "most": [
                {"customer_id": one.customer_id, "before": _number(one.before), "after": _number(one.after)}
                for one in found.behind.people
            ],
            "voices": [
                {
                    "day": one.day.isoformat(), "customer_id": one.customer_id, "event": one.event, "text": one.text,
                    "score": _number(one.score),
                }
                for one in found.behind.voices
            ],
        },
        "notes": [{"day": one.day.isoformat(), "event": one.event, "text": one.text} for one in found.notes],
    }  # fmt: skip


def _number(value: object) -> float | None:
    from decimal import Decimal

    return float(value) if isinstance(value, Decimal) else None


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, found: Why, shown: tuple[Breakdown, ...], by: str | None,
    lifecycle: str | None,
) -> None:  # fmt: skip
    from tenure.metrics.why.sentences import difference, sentence
    from tenure.wording import figure

    currency, metric = ws.definitions.config.currency, found.metric
    screen.title(f"{metric.title}: {found.one.name} to {found.two.name}", as_of(ws, ws.moment(None)))
    if found.change is None:
        screen.say(f"Nothing to compare. {found.status or ''}".strip(), "yellow")
        screen.next(typed(context, f"metric {metric.name}"))
        return
    change = difference(metric, found.change, currency)
    percent = f", {found.change / abs(found.before) * 100:+.1f} %" if found.before and metric.unit != "rate" else ""
    resting = (
        f" (n {found.n_before:,} and {found.n_after:,})"
        if found.n_before is not None and found.n_after is not None and metric.unit != "count" else ""
    )  # fmt: skip
    usual = f" Changes of {difference(metric, found.usual, currency).lstrip('+')} are usual." if found.usual else ""
    screen.say(
        f"{figure(found.before, metric.unit, currency)} → {figure(found.after, metric.unit, currency)}{resting}: "
        f"{change}{percent}.{usual}"
    )
    if found.running:
        screen.line(f"{found.two.name} is not over.", "yellow")
    screen.listed([sentence(found, one, currency) for one in found.causes[:_CAUSES]])
    screen.more(min(len(found.causes), _CAUSES), len(found.causes), "--format json has all")
    if found.status:
        screen.say(found.status, "dim")
    for broken in shown:
        _show_parts(screen, found, broken, currency, every=by is not None)
    if shown and by is None and len(found.breakdowns) > len(shown):
        others = [one.dimension for one in found.breakdowns if one not in shown]
        screen.say(f"Other breakdowns, with --by: {', '.join(others)}.", "dim")
    _show_behind(screen, ws, found)
    if found.notes:
        screen.say("Noted meanwhile:")
        screen.listed([f"{one.day}  {one.text}" for one in found.notes])
    again = f"why {metric.name} --from {found.one.name} --to {found.two.name}"
    again += f" -l {quote(lifecycle)}" if lifecycle else ""
    if found.behind is not None:
        screen.next(typed(context, f"{again} --people {quote(f'{found.behind.dimension}={found.behind.part}')}"))
    elif found.breakdowns and by is None:
        screen.next(typed(context, f"{again} --by {quote(found.breakdowns[0].dimension)}"))


def _show_parts(screen: Screen, found: Why, broken: Breakdown, currency: str | None, *, every: bool) -> None:
    from tenure.cli.screen import Column
    from tenure.metrics.why.sentences import difference
    from tenure.wording import figure

    metric, ordered = found.metric, _in_order(broken)
    mixed = any(part.mix is not None for part in ordered)
    kept = ordered if every or len(ordered) <= _ROWS + 1 else ordered[:_ROWS]
    columns = [
        Column(f"By {broken.dimension}", long="cut"), Column("Before", right=True), Column("After", right=True),
        Column("Contributes", right=True),
        *([Column("By its rate", right=True, spare=True), Column("By its weight", right=True, spare=True)] if mixed
          else []),
        Column("Beyond the others", right=True, spare=True), Column("By chance", right=True, spare=True),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for part in kept:
        cells: list[Cell] = [
            part.part,
            figure(part.before, metric.unit, currency),
            figure(part.after, metric.unit, currency),
        ]
        cells.append(difference(metric, part.contribution, currency))
        if mixed:
            mix = part.mix or 0
            cells += [difference(metric, part.contribution - mix, currency), difference(metric, part.mix, currency)]
        cells += [difference(metric, part.excess, currency), _chance(part.probability)]
        rows.append(cells)
    left = ordered[len(kept) :]
    if left:
        rest = difference(metric, sum((part.contribution for part in left), start=broken.rest * 0), currency)
        rows.append([f"{len(left)} others", "", "", rest, *([""] * (4 if mixed else 2))])
    if broken.rest:
        rest = difference(metric, broken.rest, currency)
        rows.append(["length of the period", "", "", rest, *([""] * (4 if mixed else 2))])
    whole = [figure(found.before, metric.unit, currency), figure(found.after, metric.unit, currency)]
    rows.append(["Together", *whole, difference(metric, found.change, currency), *([""] * (4 if mixed else 2))])
    screen.table(columns, rows, total=True)
    screen.line(f"{broken.dimension}: {broken.told}.", "dim")


def _chance(probability: float | None) -> str:
    """A probability, as far as it says anything."""
    if probability is None:
        return "–"
    return "<0.1 %" if probability < 0.001 else f"{probability * 100:.1f} %" if probability < 0.1 else (
        f"{probability * 100:.0f} %"
    )  # fmt: skip


def _show_behind(screen: Screen, ws: Workspace, found: Why) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import number, several

    behind = found.behind
    if behind is None:
        return
    screen.say(
        f"Behind {behind.dimension} {behind.part}: {several(behind.stayed, 'person', 'people')} in both periods, "
        f"{behind.gone:,} no longer, {behind.come:,} only now. Those who changed most:"
    )

    def of(figure: Decimal, whole: Decimal | None) -> str:
        return number(figure) if whole is None else f"{number(figure)} of {number(whole)}"

    screen.table(
        [Column("Person"), Column(f"{behind.figure} before", right=True), Column("After", right=True)],
        [
            [one.customer_id, of(one.before, one.of_before), of(one.after, one.of_after)]
            for one in behind.people[:_PEOPLE]
        ],
    )
    if behind.voices:
        screen.say("Some of them say:")
        screen.listed(
            [
                f"{one.day} {one.customer_id}, {one.event}"
                f"{f' {number(one.score)}' if one.score is not None else ''}: {one.text}"
                for one in behind.voices
            ]
        )


def _show_people(screen: Screen, part: str, rows: pa.Table) -> None:
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import number

    screen.title(f"Behind {part}")
    if not rows.num_rows:
        screen.say("Nobody. `tenure why METRIC --by WHAT` lists the parts.")
        return
    rate = "of_before" in rows.column_names

    def number_of(row: dict[str, Decimal], name: str) -> str:
        return f"{number(row[name])} of {number(row[f'of_{name}'])}" if rate else number(row[name])

    screen.table(
        [Column("Person"), Column("Before", right=True), Column("After", right=True)],
        [
            [row["customer_id"], number_of(row, "before"), number_of(row, "after")]
            for row in rows.slice(0, PAGE).to_pylist()
        ],
    )
    screen.more(PAGE, rows.num_rows, "--format csv lists all")
