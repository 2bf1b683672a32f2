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
    from tenure.lifecycle.plan import Plan, PlannedMove, Restated
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
    """The moves, then the periods told anew: `what` tells them apart."""
    from tenure.cli.rows import AMOUNT, TEXT, TRUTH, WHOLE, table

    moves, restated = found.moves, found.restated
    both: list[PlannedMove | Restated] = [*moves, *restated]
    no_moves, no_restated = [None] * len(moves), [None] * len(restated)
    return table(
        what=(TEXT, ["move"] * len(moves) + ["restated"] * len(restated)),
        lifecycle=(TEXT, [named(one.lifecycle) for one in both]),
        period=(TEXT, [*no_moves, *(one.period.name for one in restated)]),
        complete=(TRUTH, [*no_moves, *(one.complete for one in restated)]),
        stage=(TEXT, [one.stage for one in both]),
        to=(TEXT, [*(move.to for move in moves), *no_restated]),
        people=(WHOLE, [one.people for one in both]),
        money=(AMOUNT, [one.money for one in both]),
        people_would_be=(WHOLE, [*no_moves, *(one.people_would_be for one in restated)]),
        money_would_be=(AMOUNT, [*no_moves, *(one.money_would_be for one in restated)]),
    )


def _document(found: Plan) -> dict[str, object]:
    moves = [
        {"lifecycle": named(move.lifecycle), "stage": move.stage, "to": move.to, "people": move.people,
         "money": float(move.money)}
        for move in found.moves
    ]  # fmt: skip
    restated = [
        {"lifecycle": named(one.lifecycle), "period": one.period.name, "complete": one.complete, "stage": one.stage,
         "people": one.people, "money": float(one.money), "people_would_be": one.people_would_be,
         "money_would_be": float(one.money_would_be)}
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
    screen.title("What applying the definitions would do", as_of(ws, ws.moment(None)))
    if found.changes_nothing:
        screen.say("Nothing: the files define what is applied.")
        return
    told = [
        *(f"{named(name)} is new: everybody gets a history in it." for name in found.new),
        *(f"{named(name)} has changed; {_rows_words(found, name, _unit(ws, name))}" for name in found.changed),
        *(f"{named(name)} is gone; its history would be deleted." for name in found.removed),
    ]
    screen.listed(told)
    for name in found.changed:
        _show_moves(screen, ws, found, name)
        _show_restated(screen, ws, found, name)
    screen.next(typed(context, "run"))


def _show_moves(screen: Screen, ws: Workspace, found: Plan, name: str) -> None:
    """Nothing; who would be elsewhere today."""
    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    moves = [move for move in found.moves if move.lifecycle == name]
    if not moves:
        return
    unit, count = _unit(ws, name), sum(move.people for move in moves)
    money = Money(ws.definitions.config.currency, [move.money for move in moves])
    screen.title(f"Who would move in {named(name)}")
    screen.table(
        [Column("From", long="cut"), Column("To", long="cut"), Column(units(unit).capitalize(), right=True),
         Column("Money", right=True)],
        [[move.stage or "none", move.to or "none", f"{move.people:,}", money(move.money)] for move in moves],
    )  # fmt: skip
    screen.say(f"{count:,} {units(unit, count)} in all.", style="dim")


def _show_restated(screen: Screen, ws: Workspace, found: Plan, name: str) -> None:
    """Nothing; what the last months would have been, where they would have been different."""
    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    rows = [
        one for one in found.restated
        if one.lifecycle == name and (one.people, one.money) != (one.people_would_be, one.money_would_be)
    ]  # fmt: skip
    if not rows:
        return
    amounts = [worth for one in rows for worth in (one.money, one.money_would_be)]
    money = Money(ws.definitions.config.currency, amounts)
    screen.title(f"The last months of {named(name)}, told anew")
    screen.table(
        [Column("End of"), Column("Stage", long="cut"), Column(units(_unit(ws, name)).capitalize(), right=True),
         Column("would be", right=True), Column("Money", right=True), Column("would be", right=True)],
        [
            [one.period.name if one.complete else f"{one.period.name}*", one.stage or "none", f"{one.people:,}",
             f"{one.people_would_be:,}", money(one.money), money(one.money_would_be)]
            for one in rows
        ],
    )  # fmt: skip
    if any(not one.complete for one in rows):
        screen.say("* so far", style="dim")


def _unit(ws: Workspace, name: str) -> str:
    """What a lifecycle counts; excluded are people."""
    lifecycle = ws.definitions.lifecycle(name)
    return "customer" if lifecycle is None else lifecycle.unit


def _rows_words(found: Plan, name: str, unit: str) -> str:
    from tenure.wording import several, units

    now, then = found.history_rows.get(name, (0, 0))
    moved = any(move.lifecycle == name for move in found.moves)
    rows = f"its history has {several(now, 'stay')} now and would have {then:,}."
    nobody = "Nobody" if unit == "customer" else f"No {units(unit, 1)}"
    return rows if moved else f"{rows} {nobody} would be elsewhere today."
