"""Chances, next orders, offers and health for a reader: how the rules did, and the people to look at first."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import as_of, chosen_with, typed
from tenure.cli.predict_card import show_trials

if TYPE_CHECKING:
    from tenure.cli.screen import Screen
    from tenure.predict.card import ModelCard
    from tenure.predict.chances import Chances
    from tenure.predict.health import Health
    from tenure.predict.next_order import NextOrder
    from tenure.predict.offers import Offers
    from tenure.predict.spend import Spend
    from tenure.workspace import Workspace

SHOWN = 5


def chance_card(found: Chances, *, asked: bool) -> ModelCard:
    """The card of chances."""
    from tenure.predict.told import card_of_chances

    return card_of_chances(found, asked=asked)


def show_chances(
    screen: Screen, context: typer.Context, ws: Workspace, found: Chances, event: str | None, *, asked: bool
) -> None:
    """Nothing; how the rules did, and who has the greatest chance and why."""
    from tenure.cli.screen import Column
    from tenure.predict.card import gate_lines
    from tenure.wording import several, units

    lifecycle = found.asked.question.lifecycle
    noun, one_of = units(lifecycle.unit), units(lifecycle.unit, 1).capitalize()
    span = several(found.asked.horizon, "day")
    lost = f"who has {event!r}" if event else "who is lost"
    card = chance_card(found, asked=asked)
    who = lost if found.asked.name == "churn" else card.title
    screen.title(f"{who[:1].upper() + who[1:]} in the next {span}", as_of(ws, found.as_of, lifecycle))
    screen.say(
        f"Learned from {several(len(found.dates.training), 'date')} of the past with {found.rows:,} {noun}, of whom it "
        f"came for {found.row_hits:,}; judged by {found.people:,} as they stood {span} ago, of whom it came for "
        f"{found.hits:,}."
    )
    show_trials(screen, card)
    screen.say(
        "Log score is the mean logarithm of the chance of what came: greater is better. Brier score is the mean "
        "squared error: smaller is better. AUC is how often the right one of two has the greater chance.",
        style="dim",
    )
    screen.say(card.verdict)
    if lacking := gate_lines(found.gates):
        screen.listed(lacking)
    if card.notes:
        screen.listed([note for note in card.notes if note not in lacking])
    people = ws.predictions.chance_rows(found, SHOWN).to_pylist()
    screen.table(
        [Column(one_of, long="cut"), Column("Chance", right=True), Column("four in five cases", right=True),
         Column("Because", long="fold")],
        [[row["customer_id"], _chance(row["chance"]), f"{_chance(row['low'])} to {_chance(row['high'])}",
          row["why"]] for row in people],
    )  # fmt: skip
    screen.more(len(people), len(found.chance), "use --format csv -o FILE.")
    screen.say(
        "Because: how many points this one thing makes, against the typical person. They do not add up.",
        style="dim",
    )
    again = f"predict {found.asked.name} --days {found.asked.horizon}{f' --event {quote(event)}' if event else ''}"
    screen.next(typed(context, f"{again}{chosen_with(ws, lifecycle)} --card"))


def show_next_order(screen: Screen, context: typer.Context, ws: Workspace, name: str, found: NextOrder) -> None:
    """Nothing; how the rules did, and whose next purchase is due first."""
    from tenure.cli.screen import Column
    from tenure.wording import several, units

    lifecycle = ws.lifecycle(name)
    screen.title("When people buy next", as_of(ws, ws.moment(None), lifecycle))
    screen.say(
        f"Judged by {found.customers:,} {units(lifecycle.unit)} in the last {several(found.days, 'day')}: "
        f"{found.came:,} of them bought."
    )
    card = order_card(ws, name, found)
    show_trials(screen, card)
    screen.say(
        "Log score is of the week of the first purchase, or of none. Within the limits should be 0.8. Off by is the "
        "median error in days, of those who bought.",
        style="dim",
    )
    screen.say(card.verdict)
    people = ws.predictions.next_order_rows(found, SHOWN).to_pylist()
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Buys in", right=True),
         Column("four in five cases", right=True)],
        [[row["customer_id"], _in_days(row["days"]), f"{_days(row['low'])} to {_days(row['high'])}"]
         for row in people],
    )  # fmt: skip
    screen.more(len(people), len(found.units), "use --format csv -o FILE.")
    screen.next(typed(context, f"predict next-order{chosen_with(ws, lifecycle)} --format csv -o next.csv"))


def show_spend(screen: Screen, context: typer.Context, ws: Workspace, name: str, found: Spend, horizon: int) -> None:
    """Nothing; how the rules did, what came of the values expected, and whose purchases are worth most."""
    from decimal import Decimal

    from tenure.cli.predict_card import show_values
    from tenure.cli.screen import Column
    from tenure.wording import Money, several, units

    lifecycle = ws.lifecycle(name)
    screen.title("What a purchase is worth", as_of(ws, ws.moment(None), lifecycle))
    screen.say(
        f"Judged by {found.customers:,} {units(lifecycle.unit)} who bought in the last "
        f"{several(found.known.held_out, 'day')}, {several(found.purchases, 'purchase')} that brought "
        f"{found.came:,.0f}."
    )
    card = spend_card(ws, name, found, horizon)
    show_trials(screen, card)
    screen.say(
        "Deviance is how far off expected values are, as parts of themselves: smaller is better. Off by is the mean "
        f"absolute error of the value of a purchase. Amounts are in {ws.definitions.config.currency}.",
        style="dim",
    )
    screen.say(card.verdict)
    show_values(screen, card)
    people = ws.predictions.spend_rows(found, SHOWN).to_pylist()
    known = [row[one] for row in people for one in ("mean_value", "order_value", "low", "high") if row[one] is not None]
    money = Money(ws.definitions.config.currency, [Decimal(str(round(one, 2))) for one in known])

    def amount(value: float | None) -> str:
        return "–" if value is None else money(Decimal(str(round(value, 2))))

    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Bought again", right=True),
         Column("Mean so far", right=True), Column("Expected", right=True), Column("four in five cases", right=True)],
        [[row["customer_id"], several(row["purchases"], "day"), amount(row["mean_value"]), amount(row["order_value"]),
          "–" if row["low"] is None else f"{amount(row['low'])} to {amount(row['high'])}"] for row in people],
    )  # fmt: skip
    screen.more(len(people), len(found.known.units), "use --format csv -o FILE.")
    screen.next(typed(context, f"predict spend{chosen_with(ws, lifecycle)} --card"))


def show_offers(screen: Screen, context: typer.Context, ws: Workspace, name: str, found: Offers, days: int) -> None:
    """Nothing; how the rules did, and what to offer to whom."""
    from tenure.cli.screen import Column
    from tenure.wording import several, units

    lifecycle = ws.lifecycle(name)
    screen.title("What people buy next", as_of(ws, ws.moment(None), lifecycle))
    screen.say(
        f"Judged by {found.judged:,} {units(lifecycle.unit)} who bought something new in the last "
        f"{several(days, 'day')}, of {several(len(found.products), 'product')}."
    )
    card = offer_card(ws, name, found, days)
    show_trials(screen, card)
    screen.say(
        f"Recall is the share of what they newly bought among the {found.k} products named. Reciprocal rank is the "
        "mean of 1/place of the first right one.",
        style="dim",
    )
    screen.say(card.verdict)
    people = ws.predictions.offer_rows(found, SHOWN).to_pylist()
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Offer", long="cut"),
         Column("Goes with", long="cut"), Column("Chance", right=True)],
        [[row["customer_id"], ", ".join(row["products"].split("; ")[:3]), row["because"] or "", _chance(row["chance"])]
         for row in people],
    )  # fmt: skip
    screen.more(len(people), int((found.offered[:, 0] >= 0).sum()), "use --format csv -o FILE.")
    screen.next(typed(context, f"predict next-offer{chosen_with(ws, lifecycle)} --format csv -o offers.csv"))


def show_health(screen: Screen, context: typer.Context, ws: Workspace, found: Health) -> None:
    """Nothing; what came of the bands in the past, and who is least healthy."""
    from tenure.cli.predict_card import show_card
    from tenure.cli.screen import Column
    from tenure.wording import units

    lifecycle = ws.lifecycle(found.definition.lifecycle)
    show_card(screen, ws, health_card(ws, found))
    now = [found.definition.band(float(one)) for one in found.score]
    screen.table(
        [Column("Today"), Column(units(lifecycle.unit).capitalize(), right=True)],
        [[name, f"{now.count(name):,}"] for name, _ in found.definition.bands],
    )
    people = ws.predictions.health_rows(found, SHOWN).to_pylist()
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut"), Column("Health", right=True), Column("Band"),
         Column("Because", long="fold")],
        [[row["customer_id"], f"{row['health']:.0f}", row["band"], row["why"]] for row in people],
    )  # fmt: skip
    screen.more(len(people), len(found.units), "use --format csv -o FILE.")
    screen.next(typed(context, "predict health --write"))


def spend_card(ws: Workspace, name: str, found: Spend, horizon: int) -> ModelCard:
    """The card of what a purchase is worth."""
    from tenure.predict.told import card_of_spend

    return card_of_spend(
        found, lifecycle=name, as_of=ws.moment(None), horizon=horizon, since=ws.first_event or 0
    )  # fmt: skip


def order_card(ws: Workspace, name: str, found: NextOrder) -> ModelCard:
    """The card of next orders."""
    from tenure.predict.told import card_of_next_order

    return card_of_next_order(found, lifecycle=name, as_of=ws.moment(None), since=ws.first_event or 0)


def offer_card(ws: Workspace, name: str, found: Offers, days: int) -> ModelCard:
    """The card of next offers."""
    from tenure.predict.told import card_of_offers

    return card_of_offers(found, lifecycle=name, as_of=ws.moment(None), since=ws.first_event or 0, days=days)


def health_card(ws: Workspace, found: Health) -> ModelCard:
    """The card of a health score."""
    from tenure.predict.told import card_of_health

    name = ws.lifecycle(found.definition.lifecycle).name
    return card_of_health(found, lifecycle=name, since=ws.first_event or 0)


def _chance(chance: float | None) -> str:
    if chance is None:
        return "not told"
    return "> 99 %" if chance >= 0.995 else "< 1 %" if chance < 0.005 else f"{100 * chance:.0f} %"


def _in_days(days: float | None) -> str:
    return "not expected" if days is None else f"{days:,.0f} days"


def _days(days: float | None) -> str:
    return "never" if days is None else f"{days:,.0f}"
