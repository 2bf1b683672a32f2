"""What customers will buy, for a reader: how the rules did on the hold-out, the parameters, and who brings most."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import as_of, chosen_with, typed

if TYPE_CHECKING:
    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.predict.choice import Trial
    from tenure.workspace import Workspace
    from tenure.workspace.predictions import Card

SHOWN = 5


def show_purchases(screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, card: Card) -> None:
    """Nothing; what is expected, how the rules did, and who brings most."""
    from tenure.cli.screen import Column
    from tenure.predict.told import verdict_of_purchases
    from tenure.wording import several, units

    noun = units(lifecycle.unit)
    choice, now = card.choice, card.known.after
    screen.title(
        f"What will be bought in the next {several(card.horizon, 'day')}", as_of(ws, ws.moment(None), lifecycle)
    )
    again = int((now.frequency > 0).sum())
    screen.say(
        f"{len(now.frequency):,} {noun} bought, {again:,} of them again. Known {_days(choice.days)} before the end "
        f"were {choice.customers:,}, who then bought {several(choice.bought, 'time')}."
    )
    screen.table(
        [Column("On those days"), Column("Score", right=True), Column("Off by", right=True),
         Column("Expected", right=True), Column("Came", right=True)],
        [[one.title, *_trial(one), f"{choice.bought:,}"] for one in choice.trials],
    )  # fmt: skip
    screen.say(
        "Score is the mean log-likelihood of what each bought then, by what was known before: greater is better. "
        "Off by is the mean absolute error of their number, of models of its median.",
        style="dim",
    )
    if failed := [f"{one.title}: {one.why}" for one in choice.trials if one.why]:
        screen.listed(failed)
    screen.say(verdict_of_purchases(choice, card.used, asked=card.asked)[1])
    if card.fitted is not None:
        screen.table(
            [Column(f"{card.used.title} on all days"), Column("Value", right=True), Column("Error", right=True)],
            [
                [name, f"{value:.4g}", _error(card.fitted.standard_errors[name])]
                for name, value in card.fitted.params.items()
            ],
        )
        if card.fitted.notes:
            screen.listed(card.fitted.notes)
    screen.say(_total(card, noun))
    _show_people(screen, ws, lifecycle, card)
    screen.next(typed(context, f"predict{_again(card)}{chosen_with(ws, lifecycle)} --format csv -o predicted.csv"))


def _days(days: int) -> str:
    from tenure.wording import several

    return several(days, "day")


def _again(card: Card) -> str:
    model = f" --model {quote(card.used.name)}" if card.asked else ""
    return model + (f" --horizon {card.horizon}" if card.horizon != 365 else "")


def _trial(trial: Trial) -> list[str]:
    if trial.score is None:
        return ["–", "–", "–"]
    return [f"{trial.score:.4f}", f"{trial.error:.3f}", f"{trial.expected:,.0f}"]


def _error(error: float) -> str:
    return f"{error:.2g}" if error == error else "not known"


def _total(card: Card, noun: str) -> str:
    if card.total is None:
        return f"In all, {card.expected:,.0f} purchases are expected. A naive rule has no limits."
    low, high = float(card.total.low[0]), float(card.total.high[0])
    return (
        f"In all, these {noun} are expected to buy {card.expected:,.0f} times; four outcomes in five lie from "
        f"{low:,.0f} to {high:,.0f}. That counts how uncertain the parameters are, chance, and how far the "
        "model was off on those days. Who comes new is not counted."
    )


def _show_people(screen: Screen, ws: Workspace, lifecycle: Lifecycle, card: Card) -> None:
    from decimal import Decimal

    from tenure.cli.screen import Column
    from tenure.wording import Money, units

    rows = ws.predictions.rows(card, SHOWN).to_pylist()
    alive, worth = card.fitted is not None, card.spend.value is not None
    amounts = [Decimal(str(round(row["value"], 2))) for row in rows] if worth else []
    money = Money(ws.definitions.config.currency, amounts)
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Bought on", right=True),
         *([Column("Alive", right=True)] if alive else []), Column("Will buy", right=True),
         *([Column("four in five cases", right=True)] if alive else []),
         *([Column("Worth", right=True)] if worth else [])],
        [
            [row["customer_id"], f"{row['frequency'] + 1:,} days",
             *([_chance(row["p_alive"])] if alive else []), f"{row['purchases']:,.1f}",
             *([f"{row['purchases_low']:,.0f} to {row['purchases_high']:,.0f}"] if alive else []),
             *([money(amounts[place])] if worth else [])]
            for place, row in enumerate(rows)
        ],
    )  # fmt: skip
    screen.more(len(rows), len(card.purchases), "use --format csv -o FILE.")
    if card.spend.used is not None:
        screen.say(
            f"Worth is the expected purchases at the expected value of each, by {card.spend.used.title}, before "
            "refunds and without discount.",
            style="dim",
        )
    else:
        screen.say(f"What they are worth is not told: {card.spend.why}", style="dim")


def _chance(chance: float | None) -> str:
    if chance is None:
        return "not told"
    return "> 99 %" if chance >= 0.995 else f"{100 * chance:.0f} %"
