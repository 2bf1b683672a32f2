"""`tenure predict`: what customers will do, by the rule that did best on a hold-out, and how far to trust it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, opened
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.progress import working
from tenure.errors import UsageError

if TYPE_CHECKING:
    from tenure.predict.card import ModelCard
    from tenure.workspace import Workspace


class What(StrEnum):
    """What is predicted."""

    PURCHASES = "purchases"
    SPEND = "spend"
    CHURN = "churn"
    RENEWAL = "renewal"
    LEAD = "lead"
    NEXT_ORDER = "next-order"
    NEXT_OFFER = "next-offer"
    HEALTH = "health"


_CHANCES = (What.CHURN, What.RENEWAL, What.LEAD)


@app.command(
    "predict",
    epilog="tenure predict\ntenure predict --horizon 90 --model pareto_nbd\ntenure predict churn --days 60\n"
    "tenure predict renewal --days 30\n"
    "tenure predict churn --event sub_ended --format csv -o churn.csv\ntenure predict next-offer --card\n"
    "tenure predict --write",
)
def predict(
    context: typer.Context,
    what: Annotated[
        What | None,
        typer.Argument(metavar="[WHAT]", help="purchases (default), spend, churn, renewal, lead, next-order, "
                       "next-offer, health.", show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="A rule in place of the one that did best. Of purchases: "
                     "pareto_nbd, mbg_nbd, bg_nbd, last_period, mean_rate. Of churn, renewal and lead: boosted_trees, "
                     "by_stage, by_silence; of renewal by_renewals, sbg, bdw too."),
    ] = None,
    horizon: Annotated[
        int, typer.Option("--horizon", metavar="DAYS", help="Purchases and spend so many days ahead.")
    ] = 365,
    days: Annotated[int, typer.Option("--days", metavar="DAYS", help="All else within so many days.")] = 90,
    event: Annotated[
        str | None,
        typer.Option("--event", metavar="NAME", help="Churn is this event, in place of a stage of kind former."),
    ] = None,
    card: Annotated[bool, typer.Option("--card", help="The whole card of the model in place of people.")] = False,
    write: Annotated[
        bool,
        typer.Option("--write", help="Keep scores and cards, for conditions such as score.p_churn >= 0.5. Without "
                     "WHAT: of everything."),
    ] = False,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:  # fmt: skip
    """What people will do, by the model that foretold the end of the log best, or a naive rule where that did.

    As CSV and JSON a line a person, with the limits of four cases in five: purchases (and what they are worth), the
    value of a purchase (spend), the chance to be lost (churn), not to renew (renewal) or to become a customer (lead),
    days to the next purchase, products to offer, health.
    """
    chosen = what or What.PURCHASES
    if event is not None and chosen is not What.CHURN:
        raise UsageError("--event goes with churn.", hint="Write `tenure predict churn --event sub_ended`.")
    if model is not None and chosen not in (What.PURCHASES, *_CHANCES):
        raise UsageError(f"{chosen.value} takes no --model.", hint="It takes the rule that did best.")
    with opened(context) as ws:
        name = ws.lifecycle(lifecycle).name
        if write:
            _write(context, ws, name, what, horizon, days)
            return
        with working("Learning"):
            listing, made = _found(context, ws, name, chosen, model, horizon, days, event)
            told = made() if card else None
        if told is not None:
            from tenure.cli.predict_card import document, rows, show_card

            listing = Listing(lambda: rows(told), lambda screen: show_card(screen, ws, told), lambda: document(told))
        give(listing, form, file)


def _found(
    context: typer.Context, ws: Workspace, name: str, what: What, model: str | None, horizon: int, days: int,
    event: str | None,
) -> tuple[Listing, Callable[[], ModelCard]]:  # fmt: skip
    """What was predicted, to be listed, and the way to its card."""
    from tenure.cli import predict_people as people
    from tenure.cli.predict_purchases import show_purchases

    predictions, lifecycle = ws.predictions, ws.lifecycle(name)
    match what:
        case What.PURCHASES:
            bought = predictions.purchases(name, model=model, horizon=horizon)
            return Listing(
                lambda: predictions.rows(bought),
                lambda screen: show_purchases(screen, context, ws, lifecycle, bought),
            ), lambda: predictions.purchases_card(bought, name)
        case What.SPEND:
            spent = predictions.spend(name, horizon=horizon)
            return Listing(
                lambda: predictions.spend_rows(spent),
                lambda screen: people.show_spend(screen, context, ws, name, spent, horizon),
            ), lambda: people.spend_card(ws, name, spent, horizon)
        case What.CHURN | What.RENEWAL | What.LEAD:
            if what is What.CHURN:
                found = predictions.churn(name, days=days, event=event, model=model)
            elif what is What.RENEWAL:
                found = predictions.renewals(name, days=days, model=model)
            else:
                found = predictions.leads(name, days=days, model=model)
            return Listing(
                lambda: predictions.chance_rows(found),
                lambda screen: people.show_chances(screen, context, ws, found, event, asked=model is not None),
            ), lambda: people.chance_card(found, asked=model is not None)
        case What.NEXT_ORDER:
            order = predictions.next_orders(name, days=days)
            return Listing(
                lambda: predictions.next_order_rows(order),
                lambda screen: people.show_next_order(screen, context, ws, name, order),
            ), lambda: people.order_card(ws, name, order)
        case What.NEXT_OFFER:
            offers = predictions.offers(name, days=days)
            return Listing(
                lambda: predictions.offer_rows(offers),
                lambda screen: people.show_offers(screen, context, ws, name, offers, days),
            ), lambda: people.offer_card(ws, name, offers, days)
        case _:
            of = predictions.health(days=days)
            return Listing(
                lambda: predictions.health_rows(of), lambda screen: people.show_health(screen, context, ws, of)
            ), lambda: people.health_card(ws, of)


def _write(context: typer.Context, ws: Workspace, name: str, what: What | None, horizon: int, days: int) -> None:
    from tenure.cli.predict_card import show_written
    from tenure.cli.screen import Screen
    from tenure.workspace.scored import MODELS

    models = MODELS if what is None else (what.value.replace("-", "_"),)
    with working("Learning"):
        done = ws.predictions.write(models, name, horizon=horizon, days=days)
        if any(one.written for one in done):
            ws.refresh()
    with Screen.on(None) as screen:
        show_written(screen, context, ws, done)
