"""`tenure plan`: what applying the changed definitions would do, before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tenure.cli.app import app, as_of, opened, typed
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.plan import Plan
    from tenure.workspace import Workspace


@app.command("plan", epilog="tenure plan\ntenure plan --format csv -o moves.csv")
def plan(context: typer.Context, form: FormatOption = None, file: OutputOption = None) -> None:
    """Who would move under the changed definitions; changes nothing.

    The definitions as the files now have them are computed beside the applied ones. `tenure run` applies them.
    """
    with opened(context) as ws:
        with working("Computing the changed histories beside the applied ones"):
            found = ws.plan()
        give(
            Listing(lambda: _rows(found), lambda screen: _show(screen, context, ws, found), lambda: _document(found)),
            form, file,
        )  # fmt: skip


def _rows(found: Plan) -> pa.Table:
    from tenure.cli.rows import AMOUNT, TEXT, WHOLE, table

    return table(
        lifecycle=(TEXT, [named(move.lifecycle) for move in found.moves]),
        stage=(TEXT, [move.stage for move in found.moves]),
        to=(TEXT, [move.to for move in found.moves]),
        people=(WHOLE, [move.people for move in found.moves]),
        money=(AMOUNT, [move.money for move in found.moves]),
    )


def _document(found: Plan) -> dict[str, object]:
    moves = [
        {"lifecycle": named(move.lifecycle), "stage": move.stage, "to": move.to, "people": move.people,
         "money": float(move.money)}
        for move in found.moves
    ]  # fmt: skip
    restated = [
        {"lifecycle": named(one.lifecycle), "period": one.period.name, "stage": one.stage, "people": one.people,
         "money": float(one.money), "people_then": one.people_then, "money_then": float(one.money_then)}
        for one in found.restated
    ]  # fmt: skip
    rows = {named(name): {"now": now, "then": then} for name, (now, then) in found.history_rows.items()}
    return {
        "new": [named(name) for name in found.new], "changed": [named(name) for name in found.changed],
        "removed": [named(name) for name in found.removed], "history_rows": rows, "moves": moves, "restated": restated,
    }  # fmt: skip


def named(lifecycle: str) -> str:
    """A lifecycle as the files name it; that of the excluded people is `exclude`."""
    return "exclude" if lifecycle == "#excluded" else lifecycle


def _show(screen: Screen, context: typer.Context, ws: Workspace, found: Plan) -> None:
    from tenure.cli.screen import Column
    from tenure.wording import Money, several

    screen.title("What applying the definitions would do", as_of(ws, ws.moment(None)))
    if found.changes_nothing:
        screen.say("Nothing: the files define what is applied.")
        return
    told = [
        *(f"{named(name)} is new: everybody gets a history in it." for name in found.new),
        *(f"{named(name)} has changed; {_rows_words(found, name)}" for name in found.changed),
        *(f"{named(name)} is gone; its history would be deleted." for name in found.removed),
    ]
    screen.listed(told)
    for name in found.changed:
        moves = [move for move in found.moves if move.lifecycle == name]
        if not moves:
            continue
        money = Money(ws.definitions.config.currency, [move.money for move in moves])
        screen.title(f"Who would move in {named(name)}")
        screen.table(
            [Column("From", long="cut"), Column("To", long="cut"), Column("People", right=True),
             Column("Money", right=True)],
            [[move.stage or "none", move.to or "none", f"{move.people:,}", money(move.money)] for move in moves],
        )  # fmt: skip
        screen.say(f"{several(sum(move.people for move in moves), 'person', 'people')} in all.", style="dim")
        _show_restated(screen, ws, found, name)
    screen.next(typed(context, "run"))


def _show_restated(screen: Screen, ws: Workspace, found: Plan, name: str) -> None:
    """Nothing; what the last months would have been, where they would have been different."""
    from tenure.cli.screen import Column
    from tenure.wording import Money

    rows = [
        one for one in found.restated
        if one.lifecycle == name and (one.people, one.money) != (one.people_then, one.money_then)
    ]  # fmt: skip
    if not rows:
        return
    money = Money(ws.definitions.config.currency, [worth for one in rows for worth in (one.money, one.money_then)])
    screen.title(f"The last months of {named(name)}, told anew")
    screen.table(
        [Column("End of"), Column("Stage", long="cut"), Column("People", right=True), Column("then", right=True),
         Column("Money", right=True), Column("then", right=True)],
        [
            [one.period.name, one.stage or "none", f"{one.people:,}", f"{one.people_then:,}", money(one.money),
             money(one.money_then)]
            for one in rows
        ],
    )  # fmt: skip


def _rows_words(found: Plan, name: str) -> str:
    from tenure.wording import several

    now, then = found.history_rows.get(name, (0, 0))
    moved = any(move.lifecycle == name for move in found.moves)
    rows = f"its history has {several(now, 'stay')} now and would have {then:,}."
    return rows if moved else f"{rows} Nobody would be elsewhere today."
