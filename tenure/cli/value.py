"""`tenure value`: what customers are worth, what they cost, who is worth saving, and which products help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, opened
from tenure.cli.options import LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.workspace import Workspace


class Of(StrEnum):
    """What is told."""

    SPREAD = "spread"
    COHORTS = "cohorts"
    CHANNELS = "channels"
    SAVING = "saving"
    UNPROFITABLE = "unprofitable"
    PRODUCTS = "products"
    CONTACT = "contact"


_UNITS = ("week", "month", "quarter", "year")


@app.command(
    "value",
    epilog="tenure value\ntenure value --of channels\ntenure value --of saving --format csv -o saving.csv\n"
    "tenure value --of unprofitable\ntenure value --of products --days 180\n"
    "tenure value --of contact --stage at_risk --uplift 0.05 --cost 0.50",
)
def value(
    context: typer.Context,
    of: Annotated[
        Of,
        typer.Option(
            "--of", metavar="WHAT", help="spread, cohorts, channels, saving, unprofitable, products or contact."
        ),
    ] = Of.SPREAD,
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help="Cohorts by week, month, quarter, year.")] = (
        "quarter"
    ),
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="In place of channels: source, medium, campaign.")
    ] = "channel",
    days: Annotated[
        int, typer.Option("--days", metavar="N", help="Products: who buys again within so many days.")
    ] = 90,
    stage: Annotated[str | None, typer.Option("--stage", metavar="STAGE", help="Contact: those in this stage.")] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="NAME", help="Contact: those in this segment.")
    ] = None,
    ids: Annotated[
        Path | None, typer.Option("--ids", metavar="FILE", help="Contact: an id a line, or CSV with customer_id.")
    ] = None,
    chance: Annotated[
        str, typer.Option("--chance", metavar="SCORE", help="Contact: p_churn, p_alive, next_offer or lead.")
    ] = "p_churn",
    uplift: Annotated[
        float | None, typer.Option("--uplift", metavar="SHARE", help="Contact: what is assumed, 0.1 where nothing is.")
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", metavar="NAME", help="Contact: what the hold-out of this action measured.")
    ] = None,
    cost: Annotated[
        float | None, typer.Option("--cost", metavar="AMOUNT", help="Contact: of each; else `costs: message:`.")
    ] = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:  # fmt: skip
    """What customers are worth in the time to come, by the scores that `tenure predict --write` keeps.

    As CSV and JSON saving and unprofitable are a line a person, the most important first; products a line a product.
    """
    from tenure.cli import value_shown as shown

    if unit not in _UNITS:
        raise UsageError(f"There are no cohorts by {unit!r}.", hint=f"There are: {', '.join(_UNITS)}.")
    with opened(context) as ws:
        name = ws.lifecycle(lifecycle).name
        if of is Of.CONTACT:
            listed, words = _listed(ws, name, stage, segment, ids)
            found = ws.value.contact(listed, name, chance=chance, uplift=uplift, cost=cost, action=action)
            give(Listing(lambda: shown.contact_rows(found), lambda screen: shown.contact(screen, ws, found, words)),
                 form, file)  # fmt: skip
            return
        if stage or segment or ids or action or uplift is not None or cost is not None:
            raise UsageError("A list, an uplift and a cost go with --of contact.", hint="Write --of contact.")
        match of:
            case Of.SPREAD:
                listing = shown.spread_of(context, ws, name)
            case Of.COHORTS | Of.CHANNELS:
                cohorts = of is Of.COHORTS
                told = ws.value.cohorts(name, unit=unit) if cohorts else ws.value.channels(name, by=by)  # type: ignore[arg-type]
                listing = shown.payback_of(ws, name, told)
            case Of.SAVING:
                listing = shown.saving_of(context, ws, name)
            case Of.UNPROFITABLE:
                listing = shown.unprofitable_of(context, ws, name)
            case _:
                listing = shown.products_of(ws, name, days)
        give(listing, form, file)


def _listed(
    ws: Workspace, name: str, stage: str | None, segment: str | None, ids: Path | None
) -> tuple[pa.Table | list[str], str]:
    """The people to contact and which they are; by default everybody whose chance to be lost is told."""
    from tenure.cli.act import listed_people

    if stage is None and segment is None and ids is None:
        return ws.value.people("saving", "", name), "everybody who may be lost"
    return listed_people(ws, stage, segment, ids, name, None)
