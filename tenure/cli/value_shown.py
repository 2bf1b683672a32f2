"""Figures of value for a reader, and as rows for files."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from tenure.cli.app import as_of, chosen_with, typed
from tenure.cli.output import Listing
from tenure.cli.rows import AMOUNT, SHARE, TEXT, WHOLE, table
from tenure.wording import Money, several, units

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from tenure.cli.screen import Screen
    from tenure.predict.value.contact import ContactValue
    from tenure.predict.value.products import Products
    from tenure.workspace import Workspace
    from tenure.workspace.value import Payback, Retaining

SHOWN = 10
_NO_PROOF = (
    "Who begins with a product may be of another kind than who begins with the next: none of this proves a cause. "
    "Try it on some of them, with others held out."
)
SOURCES = {
    "recorded": "recorded", "orders": "told by orders", "default": "tenure.yaml", "none": "not known"
}  # fmt: skip


def spread_of(context: typer.Context, ws: Workspace, name: str) -> Listing:
    """How value is spread."""
    found = ws.value.spread(name)

    def show(screen: Screen) -> None:
        from tenure.cli.screen import Column, bar

        money = _money(ws, [found.total])
        _title(screen, ws, name, "What customers are worth")
        top = "" if found.top is None else f" The best tenth holds {_percent(found.top)} of it."
        screen.say(f"{several(found.people, 'customer')}, {money(_exact(found.total))} together.{top}")
        each = _money(ws, [one.most for one in found.tenths])
        most = max((one.total for one in found.tenths), default=0.0)
        screen.table(
            [Column("Tenth", right=True), Column(units(ws.lifecycle(name).unit).capitalize(), right=True),
             Column("From", right=True), Column("To", right=True), Column("Together", right=True),
             Column("Share", right=True), Column("")],
            [[str(one.number), f"{one.people:,}", each(_exact(one.least)), each(_exact(one.most)),
              money(_exact(one.total)), _percent(one.total / found.total if found.total else None),
              bar(one.total / most if most > 0 else 0, 16, "cyan")] for one in found.tenths],
        )  # fmt: skip
        quantiles = ", ".join(f"{_percent(share)} up to {each(_exact(most))}" for share, most in found.quantiles)
        screen.say(f"Of them are worth: {quantiles}.")
        _basis(screen, ws, name)
        screen.next(typed(context, f"value --of saving{chosen_with(ws, ws.lifecycle(name))}"))

    return Listing(
        lambda: table(
            tenth=(WHOLE, [one.number for one in found.tenths]), people=(WHOLE, [one.people for one in found.tenths]),
            value_from=(AMOUNT, [_exact(one.least) for one in found.tenths]),
            value_to=(AMOUNT, [_exact(one.most) for one in found.tenths]),
            value=(AMOUNT, [_exact(one.total) for one in found.tenths]),
        ),
        show,
    )  # fmt: skip


def payback_of(ws: Workspace, name: str, found: Payback) -> Listing:
    """What customers cost beside what they are worth."""
    every = (*found.groups, found.all)

    def show(screen: Screen) -> None:
        from tenure.cli.screen import Column

        _title(screen, ws, name, "When is it paid back?")
        money = _money(ws, [one.each or 0 for one in every])
        spent = _money(ws, [one.spend or 0 for one in every])
        screen.table(
            [Column(found.by.capitalize()), Column("Customers", right=True), Column("Spent", right=True),
             Column("Each cost", right=True), Column("Each is worth", right=True), Column("Times", right=True),
             Column("Paid back", right=True)],
            [[one.part or "all", f"{one.people:,}", "–" if one.spend is None else spent(one.spend),
              "–" if one.cac is None else money(_exact(one.cac)), "–" if one.each is None else money(_exact(one.each)),
              "–" if one.ratio is None else f"{one.ratio:.1f}", _months(one.payback, one.cac, len(one.curve))]
             for one in every],
            total=True,
        )  # fmt: skip
        if found.since is None:
            screen.say("No spend on marketing is recorded, so nobody can tell what a customer cost.", style="yellow")
        screen.say(
            "Worth: the margin so far and the one expected. Paid back: the month since the first purchase in which the "
            "margin per customer covers what each cost; of late-comers as far as they are known.", style="dim",
        )  # fmt: skip
        _basis(screen, ws, name)

    def amounts(values: Iterable[float | None]) -> tuple[pa.DataType, list[Decimal | None]]:
        return AMOUNT, [None if one is None else _exact(one) for one in values]

    return Listing(
        lambda: table(
            part=(TEXT, [one.part for one in every]), people=(WHOLE, [one.people for one in every]),
            spend=(AMOUNT, [one.spend for one in every]), cost_each=amounts(one.cac for one in every),
            margin_so_far=amounts(one.so_far for one in every), margin_expected=amounts(one.expected for one in every),
            value_each=amounts(one.each for one in every), times=amounts(one.ratio for one in every),
            payback_months=(WHOLE, [one.payback for one in every]),
        ),
        show,
    )  # fmt: skip


def saving_of(context: typer.Context, ws: Workspace, name: str) -> Listing:
    """Who is worth saving."""
    found = ws.value.saving(name)
    people = ws.value.people("saving", "", name)

    def show(screen: Screen) -> None:
        from tenure.cli.screen import Column

        money = _money(ws, [found.value])
        _title(screen, ws, name, "Who is worth saving?")
        screen.say(
            f"Of {money(_exact(found.value))} expected from {several(found.people, 'customer')} "
            f"{money(_exact(found.at_stake))} is at stake, half of it with {found.half:,} of them."
        )
        screen.table(
            [Column("Chance to be lost"), Column("Customers", right=True), Column("Worth", right=True),
             Column("At stake", right=True)],
            [[f"{one.least} to {one.most} %", f"{one.people:,}", money(_exact(one.value)), money(_exact(one.at_stake))]
             for one in found.bands],
        )  # fmt: skip
        rows = people.slice(0, SHOWN).to_pylist()
        each = Money(ws.definitions.config.currency, [one["value"] for one in rows])
        screen.table(
            [Column(units(ws.lifecycle(name).unit, 1).capitalize(), long="cut"), Column("At stake", right=True),
             Column("Chance to be lost", right=True), Column("Worth", right=True)],
            [[one["customer_id"], each(one["at_stake"]), _percent(one["p_churn"]), each(one["value"])] for one in rows],
        )  # fmt: skip
        screen.more(len(rows), people.num_rows, "use --format csv -o FILE.")
        _basis(screen, ws, name)
        lifecycle = chosen_with(ws, ws.lifecycle(name))
        screen.next(
            typed(context, f"value --of saving{lifecycle} --format csv -o saving.csv"),
            typed(context, "act 'Keep them' --ids saving.csv --goal order --preview"),
        )

    return Listing(lambda: people, show)


def unprofitable_of(context: typer.Context, ws: Workspace, name: str) -> Listing:
    """Who costs more than they bring."""
    found, people = ws.value.unprofitable(name), ws.value.people("unprofitable", "", name)
    retaining = ws.value.retaining(name)

    def show(screen: Screen) -> None:
        from tenure.cli.screen import Column

        money = _money(ws, [found.margin])
        _title(screen, ws, name, "Who costs more than they bring?")
        if not found.known:
            screen.say(
                "Nothing tells what serving customers costs: record `Cost Recorded`, or write amounts under `costs:` "
                "in tenure.yaml.", style="yellow",
            )  # fmt: skip
        screen.say(
            f"{found.count:,} of {several(found.people, 'customer')} will cost more to serve than their margin brings. "
            f"From all of them {money(_exact(found.margin))} is expected, and serving them costs "
            f"{money(_exact(found.cost))}. With prices a tenth higher {found.by_price:,} of the {found.count:,} would "
            "bring more than they cost."
        )
        screen.table(
            [Column("Cost"), Column("Expected", right=True), Column("Of them", right=True),
             Column("Profitable without it", right=True), Column("Known from")],
            [[one.kind.capitalize(), money(_exact(one.expected)), money(_exact(one.of_unprofitable)), f"{one.cured:,}",
              SOURCES[one.source] + (f", {one.each:f} each" if one.each is not None else "")] for one in found.kinds],
        )  # fmt: skip
        rows = people.slice(0, SHOWN).to_pylist()
        if rows:
            each = Money(ws.definitions.config.currency, [one["cost"] for one in rows])
            screen.table(
                [Column(units(ws.lifecycle(name).unit, 1).capitalize(), long="cut"), Column("Left", right=True),
                 Column("Margin", right=True), Column("Cost", right=True), Column("Most of it"),
                 Column("cut to", right=True), Column("or prices", right=True)],
                [[one["customer_id"], each(one["net"]), each(one["value"]), each(one["cost"]), one["largest_cost"],
                  "–" if one["cut_to"] is None else each(one["cut_to"]),
                  "–" if one["price_rise"] is None else f"+{_percent(one['price_rise'])}"] for one in rows],
            )  # fmt: skip
            screen.more(len(rows), people.num_rows, "use --format csv -o FILE.")
        screen.say(_kept_and_won(ws, retaining))
        screen.say(
            "Costs come with purchases, as many as are expected, as if everybody had made one more average purchase; "
            "those of messages with time.", style="dim",
        )  # fmt: skip
        _basis(screen, ws, name)

    return Listing(lambda: people, show)


def _kept_and_won(ws: Workspace, found: Retaining) -> str:
    money = _money(ws, [0])
    kept = "not known" if found.retain is None else money(_exact(found.retain))
    won = "not known" if found.acquire is None else money(_exact(found.acquire))
    return (
        f"In the last {found.days} days keeping a customer cost {kept} ({found.kept:,} kept), winning one {won} "
        f"({found.won:,} won)."
    )


def products_of(ws: Workspace, name: str, days: int) -> Listing:
    """What products do."""
    found = ws.value.products(name, days=days)

    def show(screen: Screen) -> None:
        from tenure.cli.screen import Column

        _title(screen, ws, name, "What do products do?")
        screen.say(
            f"{_percent(found.again)} of {several(found.people, 'customer')} bought again within "
            f"{several(found.days, 'day')} of their first purchase."
        )
        for advice, word in (("promote", "To promote"), ("discontinue", "To discontinue")):
            rows = [one for one in found.rows if one.advice == advice]
            screen.say(f"{word}: {len(rows)}." if rows else f"{word}: none that stands out.", style="bold")
            if rows:
                screen.table(
                    [Column("Product", long="cut"), Column("First buyers", right=True), Column("again", right=True),
                     Column("expected", right=True), Column("19 of 20 cases", right=True),
                     Column("Returned", right=True), Column("Rated", right=True)],
                    [[one.product, f"{one.first:,}", _percent(one.rate), _percent(one.expected),
                      f"{_percent(one.low)} to {_percent(one.high)}", _percent(one.returns),
                      "–" if one.rating is None else f"{one.rating:.1f}"] for one in rows[:SHOWN]],
                )  # fmt: skip
                screen.more(min(len(rows), SHOWN), len(rows), "use --format csv -o FILE.")
        screen.say(
            "Again: drawn towards what is expected of who first bought in the same month, the more so the fewer there "
            f"are. {_NO_PROOF}", style="dim",
        )  # fmt: skip

    return Listing(lambda: _product_rows(found), show)


def _product_rows(found: Products) -> pa.Table:
    rows = found.rows

    def shares(name: str) -> tuple[pa.DataType, list[Decimal | None]]:
        told = [getattr(one, name) for one in rows]
        return SHARE, [None if one is None else Decimal(repr(one)).quantize(Decimal("0.000001")) for one in told]

    return table(
        product=(TEXT, [one.product for one in rows]), buyers=(WHOLE, [one.buyers for one in rows]),
        first_buyers=(WHOLE, [one.first for one in rows]), again=(WHOLE, [one.again for one in rows]),
        expected=shares("expected"), rate=shares("rate"), low=shares("low"), high=shares("high"),
        sold=(WHOLE, [one.sold for one in rows]), returned=(WHOLE, [one.returned for one in rows]),
        returns=shares("returns"), rated=(WHOLE, [one.rated for one in rows]), rating=shares("rating"),
        answered=(WHOLE, [one.answered for one in rows]), answers=shares("after"),
        advice=(TEXT, [one.advice or None for one in rows]),
    )  # fmt: skip


def contact(screen: Screen, ws: Workspace, found: ContactValue, words: str) -> None:
    """Nothing; what it is worth to contact a list."""
    from tenure.cli.screen import Column

    money = _money(ws, [found.value])
    screen.title("What is it worth to contact them?", words)
    uplift = found.uplift
    if uplift.measured:
        said = f"{uplift.action} measured {100 * uplift.share:+.1f} points of all contacted"
        between = ""
        if found.net_low is not None and found.net_high is not None:
            between = f" ({money(_exact(found.net_low))} to {money(_exact(found.net_high))} in 19 of 20 cases)"
    else:
        said, between = f"Assumed: a contact turns {_percent(uplift.share)} of the chances around", ""
    screen.table(
        [Column(""), Column("", right=True)],
        [["People on the list", f"{found.people:,}"], [f"of them with a value and {found.chance}", f"{found.known:,}"],
         ["They are worth", money(_exact(found.value))], ["Value times chance", money(_exact(found.at_stake))],
         ["A contact gains", money(_exact(found.gain))], ["All contacts cost", money(_exact(found.cost))],
         ["Left", money(_exact(found.net))]],
    )  # fmt: skip
    screen.say(f"{said}: {money(_exact(found.net))} are left{between}.")
    screen.line(
        f"{several(found.worth, 'person', 'people')} bring more than their contact costs; these alone leave "
        f"{money(_exact(found.best))}."
    )
    if not found.each:
        screen.line("What a contact costs is not known: --cost, or `costs: message:` in tenure.yaml.", style="yellow")
    if not uplift.measured:
        screen.line("Hold some of them out (`tenure act`), and the next time it is measured.", style="dim")


def contact_rows(found: ContactValue) -> pa.Table:
    """The same as one row."""
    uplift = found.uplift

    def amount(value: float | None) -> tuple[pa.DataType, list[Decimal | None]]:
        return AMOUNT, [None if value is None else _exact(value)]

    return table(
        people=(WHOLE, [found.people]), known=(WHOLE, [found.known]), worth_contacting=(WHOLE, [found.worth]),
        chance=(TEXT, [found.chance]), value=amount(found.value), at_stake=amount(found.at_stake),
        uplift=(SHARE, [Decimal(repr(uplift.share)).quantize(Decimal("0.000001"))]),
        measured_by=(TEXT, [uplift.action]), gain=amount(found.gain), gain_low=amount(found.low),
        gain_high=amount(found.high), cost=amount(found.cost), left=amount(found.net), best=amount(found.best),
    )  # fmt: skip


def _title(screen: Screen, ws: Workspace, name: str, title: str) -> None:
    screen.title(title, as_of(ws, ws.moment(None), ws.lifecycle(name)))


def _basis(screen: Screen, ws: Workspace, name: str) -> None:
    from tenure.wording import day

    found = ws.value.basis(name)
    if found.margin is None:
        told = "No margin is known, so revenue counts in full: set `margin:` in tenure.yaml"
    elif found.own:
        told = f"by the margin of each one's own orders, {_percent(found.margin)} of all revenue"
    else:
        told = f"margin is {_percent(found.margin)} of revenue"
    chances = f"; chances to be lost within {several(found.churn_days, 'day')}" if found.churn_days else ""
    screen.say(
        f"Value of purchases in {several(found.horizon, 'day')}, as predicted on {day(found.as_of, ws.zone)}{chances}; "
        f"{told}.", style="dim",
    )  # fmt: skip


def _months(payback: int | None, cac: float | None, known: int) -> str:
    if cac is None:
        return "–"
    return several(payback, "month") if payback is not None else f"not in {several(known, 'month')}"


def _money(ws: Workspace, amounts: Iterable[float | Decimal]) -> Money:
    return Money(ws.definitions.config.currency, [_exact(one) for one in amounts])


def _exact(amount: float | Decimal) -> Decimal:
    return amount if isinstance(amount, Decimal) else Decimal(repr(round(float(amount), 6)))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %".replace(".0 %", " %")
