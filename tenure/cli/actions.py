"""`tenure actions`: what was done with lists of people, and what it brought beside those held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.options import AtOption
from tenure.cli.output import Format, FormatOption, Listing, OutputOption, give

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.workspace import Workspace
    from tenure.workspace.actions import ActionResult

_STYLES = {"more": "green", "fewer": "red", "too_early": "dim"}


@app.command(
    "actions",
    epilog="tenure actions\ntenure actions 'Win back, June'\ntenure actions win-back-june --people -o list.csv",
)
def actions(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One action; default: all of them.")] = None,
    people: Annotated[
        bool, typer.Option("--people", help="The list of those treated, with what reaches them.")
    ] = False,
    at: AtOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """What actions brought: who reached the goal among those treated and those held out, and the lift.

    The difference is of rates, in points, with the limits within which it lies in 95 of 100 cases.
    """
    from tenure.errors import UsageError

    if people and name is None:
        raise UsageError("Whose list?", hint="Name the action: tenure actions NAME --people.")
    with opened(context) as ws:
        if people and name is not None:
            give_people(ws, name, form, file)
            return
        found = (ws.actions.result(name, as_of=at),) if name else ws.actions.list(as_of=at)
        show = _show_one if name else _show
        give(Listing(lambda: _rows(found), lambda screen: show(screen, context, ws, found)), form, file)


def give_people(ws: Workspace, name: str, form: Format | None, file: Path | None) -> None:
    """Nothing; writes the list of those whom an action treats. In CSV no text is a formula."""
    from tenure.cli.faults import say
    from tenure.engage.handed import harmless
    from tenure.wording import several

    rows = ws.actions.download(name)
    as_json = form is Format.JSON or (form is None and file is not None and file.suffix.lower() == ".json")
    give(
        Listing(lambda: rows if as_json else harmless(rows), lambda screen: _show_people(screen, ws, rows)), form, file
    )
    gone = ws.actions.result(name).begun.treated - rows.num_rows
    if gone > 0:
        say(f"{several(gone, 'person is', 'people are')} not on it: no consent any more, or excluded by now.")


def _show_people(screen: Screen, ws: Workspace, rows: pa.Table) -> None:
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import Money

    screen.title("Who is treated", as_of(ws, ws.moment(None)))
    if not rows.num_rows:
        screen.say("Nobody.")
        return
    shown = rows.slice(0, PAGE)
    money = Money(ws.definitions.config.currency, shown["money"].to_pylist())
    columns = [
        Column(_heading(name), right=name == "money", long="" if name == "money" else "cut")
        for name in rows.column_names
    ]
    cells = [[money(value) if name == "money" else value for name, value in row.items()] for row in shown.to_pylist()]
    screen.table(columns, cells)
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")


def _heading(column: str) -> str:
    return "Person" if column == "customer_id" else column.replace("_", " ").capitalize()


def _show(screen: Screen, context: typer.Context, ws: Workspace, found: Sequence[ActionResult]) -> None:
    from rich.text import Text

    from tenure.cli.screen import Column
    from tenure.engage.words import VERDICTS, limits, percent, points
    from tenure.wording import Money, day

    screen.title("What was done, and what it brought", as_of(ws, ws.as_of))
    if not found:
        screen.say("Nothing yet.")
        screen.next(typed(context, "act 'Win back' --stage at_risk --goal order --preview"))
        return
    money = Money(ws.definitions.config.currency, [one.lift.extra_value for one in found if one.lift.extra_value])
    screen.table(
        [Column("Action", long="cut"), Column("Until", spare=True), Column("Treated", right=True),
         Column("came", right=True), Column("Held out", right=True), Column("came", right=True),
         Column("Lift", right=True), Column("within", right=True), Column("Money", right=True, spare=True),
         Column("Verdict")],
        [
            [one.action.name, day(one.action.ends_at, ws.zone), f"{one.lift.treated.people:,}",
             percent(one.lift.treated.rate), f"{one.lift.held_out.people:,}", percent(one.lift.held_out.rate),
             points(one.lift.difference), limits(one.lift),
             "" if one.lift.extra_value is None else money(one.lift.extra_value),
             Text(VERDICTS[one.verdict], style=_STYLES.get(one.verdict, ""))]
            for one in found
        ],
    )  # fmt: skip
    screen.say(
        "Lift: how many points more of those treated came to the goal; within these limits in 95 of 100 cases.",
        style="dim",
    )
    screen.next(typed(context, f"actions {found[0].action.id}"))


def _show_one(screen: Screen, context: typer.Context, ws: Workspace, found: Sequence[ActionResult]) -> None:
    from tenure.cli.screen import Column
    from tenure.engage.words import percent, said, worth
    from tenure.wording import Money, day, several

    one = found[0]
    action, lift = one.action, one.lift
    currency = ws.definitions.config.currency
    state = "finished" if one.finished else "running"
    screen.title(action.name, f"{state} · {as_of(ws, one.as_of)}")
    told = [f"{action.people.capitalize()}." if action.people else ""]
    told.append(
        f"Goal {action.goal.text} within {several(action.days, 'day')}, from {day(action.started_at, ws.zone)} to "
        f"{day(action.ends_at, ws.zone)}."
    )
    told.append(f"By {action.owner}." if action.owner else "")
    if action.channel:
        told.append(f"By {action.channel}; {one.begun.left_out:,} left out for lack of consent.")
    told.append(action.note)
    screen.say(" ".join(part for part in told if part))
    means = [side.mean for side in (lift.treated, lift.held_out) if side.mean is not None]
    money = Money(currency, means)
    columns = [Column(""), Column("People", right=True), Column("came to it", right=True), Column("Rate", right=True)]
    rows = [
        [word, f"{side.people:,}", f"{side.converted:,}", percent(side.rate)]
        for word, side in (("Treated", lift.treated), ("Held out", lift.held_out))
    ]
    if means:
        columns.append(Column("Each", right=True))
        for row, side in zip(rows, (lift.treated, lift.held_out), strict=True):
            row.append("–" if side.mean is None else money(side.mean))
    screen.table(columns, rows)
    screen.say(said(lift, one.verdict, until=day(action.ends_at, ws.zone)), style=_STYLES.get(one.verdict, ""))
    if one.verdict in ("more", "fewer", "too_few") and (sentence := worth(lift, currency)):
        screen.line(sentence)
    if action.kind == "download" and not one.finished:
        screen.next(typed(context, f"actions {action.id} --people -o {action.id}.csv"))


def _rows(found: Sequence[ActionResult]) -> pa.Table:
    from tenure.cli.rows import AMOUNT, MOMENT, SHARE, TEXT, WHOLE, table

    def share(value: float | None) -> object:
        from decimal import Decimal

        return None if value is None else Decimal(repr(value)).quantize(Decimal("0.000001"))

    told = [(one.action, one.lift) for one in found]
    return table(
        action=(TEXT, [action.id for action, _ in told]),
        name=(TEXT, [action.name for action, _ in told]),
        goal=(TEXT, [action.goal.text for action, _ in told]),
        days=(WHOLE, [action.days for action, _ in told]),
        owner=(TEXT, [action.owner or None for action, _ in told]),
        channel=(TEXT, [action.channel for action, _ in told]),
        kind=(TEXT, [action.kind for action, _ in told]),
        started_at=(MOMENT, [action.started_at for action, _ in told]),
        ends_at=(MOMENT, [action.ends_at for action, _ in told]),
        status=(TEXT, ["finished" if one.finished else "running" for one in found]),
        treated=(WHOLE, [lift.treated.people for _, lift in told]),
        treated_converted=(WHOLE, [lift.treated.converted for _, lift in told]),
        held_out=(WHOLE, [lift.held_out.people for _, lift in told]),
        held_out_converted=(WHOLE, [lift.held_out.converted for _, lift in told]),
        left_out=(WHOLE, [one.begun.left_out for one in found]),
        lift=(SHARE, [share(lift.difference) for _, lift in told]),
        lift_low=(SHARE, [share(lift.low) for _, lift in told]),
        lift_high=(SHARE, [share(lift.high) for _, lift in told]),
        relative=(AMOUNT, [share(lift.relative) for _, lift in told]),
        extra=(AMOUNT, [share(lift.extra) for _, lift in told]),
        value=(AMOUNT, [lift.extra_value for _, lift in told]),
        value_low=(AMOUNT, [lift.extra_value_low for _, lift in told]),
        value_high=(AMOUNT, [lift.extra_value_high for _, lift in told]),
        verdict=(TEXT, [one.verdict for one in found]),
        people_needed=(WHOLE, [lift.needed for _, lift in told]),
    )
