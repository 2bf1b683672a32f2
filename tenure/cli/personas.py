"""`tenure personas`: groups of people who behave alike, how stable they are, and what sets them apart."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.cli.app import app, as_of, chosen_with, opened, typed
from tenure.cli.options import AtOption, LifecycleOption
from tenure.cli.output import FormatOption, Listing, OutputOption, give
from tenure.cli.people import explaining

if TYPE_CHECKING:
    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.lifecycle.definition import Lifecycle
    from tenure.metrics.personas.personas import Personas
    from tenure.workspace import Workspace

CountOption = Annotated[
    int | None,
    typer.Option("--k", metavar="N", help="So many personas, stable or not. Default: as many as are stable."),
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", help="What chance begins with; the same gives the same.")
]


@app.command(
    "personas",
    epilog="tenure personas\ntenure personas --k 4 --seed 7\ntenure personas --people p2 --format csv -o p2.csv\n"
    "tenure journeys --map --persona p2",
)
def personas(
    context: typer.Context,
    k: CountOption = None,
    seed: SeedOption = 1,
    people: Annotated[
        str | None, typer.Option("--people", metavar="PERSONA", help="List the people of a persona: p2.")
    ] = None,
    event: Annotated[str, typer.Option("--event", metavar="EVENT", help="What counts as buying.")] = "purchase",
    at: AtOption = None,
    lifecycle: LifecycleOption = None,
    form: FormatOption = None,
    file: OutputOption = None,
) -> None:
    """Groups of people who behave alike: how many, how stable, and what sets each apart, in words."""
    with opened(context) as ws:
        chosen = ws.lifecycle(lifecycle)
        again = "".join(
            f" --{name} {quote(str(value))}"
            for name, value, usual in (
                ("k", k, None),
                ("seed", seed, 1),
                ("event", event, "purchase"),
                ("at", at, None),
            )
            if value != usual
        )
        if people is not None:
            rows = ws.journeys.persona_people(people, chosen.name, k=k, seed=seed, event=event, at=at)
            listing = Listing(lambda: rows, lambda screen: _show_people(screen, context, ws, chosen, rows, people))
        else:
            found = ws.journeys.personas(chosen.name, k=k, seed=seed, event=event, at=at)
            currency = ws.definitions.config.currency
            listing = Listing(
                lambda: _rows(found, currency), lambda screen: _show(screen, context, ws, chosen, found, again, at)
            )
        give(listing, form, file)


def _rows(found: Personas, currency: str | None) -> pa.Table:
    """A row for every trait of every persona, those that set it apart most first."""
    from tenure.cli.rows import AMOUNT, SHARE, TEXT, TRUTH, WHOLE, table

    both = [(one, trait) for one in found.personas for trait in one.traits]
    return table(
        persona=(TEXT, [one.name for one, _ in both]),
        people=(WHOLE, [one.people for one, _ in both]),
        share=(SHARE, [_exact(one.share) for one, _ in both]),
        money=(AMOUNT, [one.money for one, _ in both]),
        stability=(SHARE, [_exact(one.stability) for one, _ in both]),
        stable=(TRUTH, [one.stable for one, _ in both]),
        trait=(TEXT, [trait.told for _, trait in both]),
        difference=(AMOUNT, [_exact(trait.difference) for _, trait in both]),
        value=(AMOUNT, [_exact(trait.inside) for _, trait in both]),
        others=(AMOUNT, [_exact(trait.others) for _, trait in both]),
        words=(TEXT, [trait.words(currency) if trait in one.apart else None for one, trait in both]),
    )


def _show(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, found: Personas, again: str,
    at: str | None,
) -> None:  # fmt: skip
    from tenure.cli.screen import Column
    from tenure.wording import Money, share, units

    screen.title("Personas: who behaves alike", as_of(ws, ws.moment(at), lifecycle))
    if not found.personas:
        screen.say(f"None. {found.reason}" if found.people else "Nobody has bought anything.")
        if found.tried:
            screen.next(typed(context, f"personas --k 3{again}{chosen_with(ws, lifecycle)}"))
        return
    currency = ws.definitions.config.currency
    money = Money(currency, [one.money for one in found.personas])
    screen.table(
        [Column("Persona"), Column(units(lifecycle.unit).capitalize(), right=True), Column("Share", right=True),
         Column("Money", right=True), Column("Stability", right=True), Column("", spare=True)],
        [
            [one.name, f"{one.people:,}", share(one.people, found.people), money(one.money), f"{one.stability:.2f}",
             one.firm]
            for one in found.personas
        ],
    )  # fmt: skip
    screen.listed([f"{one.name}: {one.words(currency)}." for one in found.personas])
    screen.say(
        "Of all who bought; figures against those of all others. Stability is how well a group comes back when people "
        "are drawn anew: 1 wholly, below 0.75 it is not to be relied on.",
        style="dim",
    )
    first = found.personas[0].name
    chosen = chosen_with(ws, lifecycle)
    screen.next(typed(context, f"personas --people {first}{again}{chosen}"))


def _show_people(
    screen: Screen, context: typer.Context, ws: Workspace, lifecycle: Lifecycle, rows: pa.Table, persona: str
) -> None:
    from tenure.cli.screen import PAGE, Column
    from tenure.wording import several, units

    screen.title(f"Who is in {persona}", as_of(ws, ws.moment(None), lifecycle))
    shown = rows.slice(0, PAGE)
    screen.table(
        [Column(units(lifecycle.unit, 1).capitalize(), long="cut")], [[one] for one in shown["customer_id"].to_pylist()]
    )
    screen.more(shown.num_rows, rows.num_rows, "use --format csv -o FILE.")
    screen.say(f"{several(rows.num_rows, units(lifecycle.unit, 1), units(lifecycle.unit))}.", style="dim")
    screen.next(explaining(context, ws, lifecycle, rows))


def _exact(value: float) -> object:
    from decimal import Decimal

    return Decimal(repr(value)).quantize(Decimal("0.000001"))
