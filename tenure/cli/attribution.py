"""`tenure attribution`: what each channel is credited with, by all methods side by side."""

from __future__ import annotations

from decimal import Decimal
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import LifecycleOption, SinceOption, UntilOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    import pyarrow as pa

    from tenure.cli.screen import Cell, Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.metrics.attribution.side_by_side import Attribution, ChannelCredit
    from tenure.workspace import Workspace

_HEADINGS = {
    "first": "First", "last": "Last", "last_non_direct": "Sent", "linear": "Alike", "u": "U", "j": "J",
    "time_decay": "Decay", "markov": "Markov", "shapley": "Shapley",
}  # fmt: skip
_SPARE = ("last_non_direct", "u", "j", "time_decay")


@app.command(
    "attribution",
    epilog="tenure attribution order\ntenure attribution --stage retention --days 60\n"
    "tenure attribution order --by campaign --since 2025-01-01 --every\n"
    "tenure attribution order --format csv -o channels.csv",
)
def attribution(
    context: typer.Context,
    event: Annotated[
        str | None, typer.Argument(metavar="[EVENT]", help="What counts as a conversion: order, signup, 'Deal Won'.")
    ] = None,
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="Entering this stage is the conversion.")
    ] = None,
    days: Annotated[int, typer.Option("--days", metavar="N", help="Touches of so many days before count.")] = 30,
    by: Annotated[
        str, typer.Option("--by", metavar="PROPERTY", help="channel, source, medium, campaign or another property.")
    ] = "channel",
    every: Annotated[bool, typer.Option("--every", help="Every conversion of a person, not only the first.")] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """What each channel is credited with for an event or stage, by nine methods, and what it cost."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        found = ws.journeys.attribution(
            event, chosen.name, stage=stage, by=by, days=days, every=every, since=since, until=until
        )
        give(
            Listing(
                lambda: _rows(found, by),
                lambda screen: _show(screen, context, ws, chosen, found, event or stage or "", by, every=every),
            ),
            form, file,
        )  # fmt: skip


def _rows(found: Attribution, by: str) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table
    from tenure.metrics.attribution.side_by_side import METHODS

    return table(
        by=(TEXT, [by] * len(found.channels)),
        channel=(TEXT, [one.channel for one in found.channels]),
        touches=(WHOLE, [one.touches for one in found.channels]),
        **{
            method: (AMOUNT, [_exact(one.credits[method]) for one in found.channels]) for method in METHODS
        },
        spend=(AMOUNT, [one.spend for one in found.channels]),
        **{f"cac_{method}": (AMOUNT, [one.cost(method) for one in found.channels]) for method in METHODS},
    )  # fmt: skip


def _exact(credit: Fraction) -> Decimal:
    return (Decimal(credit.numerator) / credit.denominator).quantize(Decimal("0.000001"))


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Attribution, what: str, by: str,
    *, every: bool,
) -> None:  # fmt: skip
    from tenure.wording import Money, several, share

    times = "every time" if every else "the first time"
    screen.title(f"Who is credited with {what}, {times}, by {by}", as_of(ws, ws.moment(None), lifecycle))
    if not found.conversions:
        screen.say(f"There is no {what} in that time.")
        return
    credited = [one for one in found.channels if any(one.credits.values())]
    digits = 0 if found.conversions >= 10_000 else 1

    def credit(one: ChannelCredit, method: str) -> str:
        told = one.credits[method]
        return f"{float(told):,.{digits}f}" if told else ""

    _table(screen, by, credited, credit, found.conversions)
    paid = [one for one in found.channels if one.spend is not None and any(one.credits.values())]
    if paid:
        amounts = [told for one in paid for method in one.credits if (told := one.cost(method)) is not None]
        money = Money(ws.definitions.config.currency, amounts)

        def cost(one: ChannelCredit, method: str) -> str:
            amount = one.cost(method)
            return "" if amount is None else money(amount)

        screen.say("What each cost, by the spend of the same time (CAC):" if not every else "What each cost:")
        _table(screen, by, paid, cost)
    known, paths = found.conversions - found.touched, found.touched + found.others
    screen.say(
        f"{several(found.conversions, 'conversion')}, {found.touched:,} after a touch that tells a {by}"
        + (f"; the other {known:,} count for what they tell themselves" if known else "")
        + f". {several(paths, 'path')} of touches, {share(found.touched, paths)} converted. "
        "Sent: the last touch that is not direct. No method proves what caused a conversion.",
        style="dim",
    )
    unplaced = sum((one.spend for one in found.channels if one.spend is not None and one not in paid), Decimal(0))
    if unplaced:
        rest = Money(ws.definitions.config.currency, [unplaced])(unplaced)
        screen.line(f"{rest} of spend belongs to none of these.", style="dim")
    screen.next(typed(context, f"paths --to {quote(what)}{chosen_with(ws, lifecycle)}"))


def _table(
    screen: Screen, by: str, channels: list[ChannelCredit], told: Callable[[ChannelCredit, str], str],
    total: int | None = None,
) -> None:  # fmt: skip
    from tenure.cli.screen import PAGE, Column

    columns = [Column(by.capitalize(), long="cut")]
    columns += [Column(word, right=True, spare=method in _SPARE) for method, word in _HEADINGS.items()]
    rows: list[list[Cell]] = [
        [one.channel or "(unknown)", *(told(one, method) for method in _HEADINGS)] for one in channels[:PAGE]
    ]
    if total is not None:
        rows.append(["All", *(f"{total:,}" for _ in _HEADINGS)])
    screen.table(columns, rows, total=total is not None)
    screen.more(min(len(channels), PAGE), len(channels), "use --format csv -o FILE.")
