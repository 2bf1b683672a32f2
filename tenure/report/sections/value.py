"""What customers are worth: how value is spread, what winning them cost, what is at stake, which products help."""

from __future__ import annotations

from decimal import Decimal

from tenure import charts
from tenure.report.measured import Measured, Valued
from tenure.report.sketch import Look, Sketch
from tenure.wording import Money, several

_PRODUCTS = 10


def worth(measured: Measured, look: Look) -> list[Sketch]:
    """The sections of value; none where nothing is predicted."""
    found = measured.value
    if found is None:
        return []
    return [one for one in (_spread(found, look), _won(found, look), _saving(found, look)) if one is not None]


def _spread(found: Valued, look: Look) -> Sketch:
    told, basis = found.spread, found.basis
    money = Money(look.currency, [_exact(told.total)])
    each = Money(look.currency, [_exact(one.most) for one in told.tenths])
    top = f" The best tenth holds {_percent(told.top)} of it." if told.top is not None else ""
    margin = " No margin is known, so revenue counts in full." if basis.margin is None else ""
    products = [
        f"{word}: {', '.join(f'{one.product} ({one.first:,} first buyers)' for one in rows[:_PRODUCTS])}. "
        "This proves no cause: try it on some, with others held out."
        for word, rows in (
            ("Candidates to promote, after which more buy again than expected", found.promote),
            ("Candidates to discontinue, after which fewer do, or which come back too often", found.discontinue),
        )
        if rows
    ]
    return Sketch(
        name="worth", title="What are customers worth?",
        told=f"{money(_exact(told.total))} is expected of {several(told.people, 'customer')} in "
        f"{several(basis.horizon, 'day')}.{top}{margin}",
        draw=lambda width: charts.worth(told.bars, width=width, noun=look.noun),
        head=("Tenth", look.noun.capitalize(), "From", "To", "Together"),
        rows=tuple(
            (str(one.number), f"{one.people:,}", each(_exact(one.least)), each(_exact(one.most)),
             money(_exact(one.total)))
            for one in told.tenths
        ),
        listed=tuple(products),
    )  # fmt: skip


def _won(found: Valued, look: Look) -> Sketch | None:
    told = found.cohorts
    rows = [one for one in told.groups if one.people]
    if told.since is None or len(rows) < 2:
        return None
    money = Money(look.currency, [_exact(one.each or 0) for one in rows])
    return Sketch(
        name="payback", title="Is winning customers paid back?",
        told="What a customer cost (bars) and is worth, the margin so far and the one expected (ticks), by the "
        f"{told.by} of the first purchase.",
        draw=lambda width: charts.payback(rows, width=width),
        head=("First bought in", "Customers", "Each cost", "Each is worth", "Paid back in"),
        rows=tuple(
            (one.part or "", f"{one.people:,}", "–" if one.cac is None else money(_exact(one.cac)),
             money(_exact(one.each or 0)), "–" if one.payback is None else several(one.payback, "month"))
            for one in rows
        ),
    )  # fmt: skip


def _saving(found: Valued, look: Look) -> Sketch | None:
    told = found.saving
    if told is None or not told.at_stake:
        return None
    money = Money(look.currency, [_exact(told.value)])
    lost = found.unprofitable
    serving = (
        (f"{lost.count:,} of {several(lost.people, 'customer')} will cost more to serve than their margin brings.",)
        if lost.known
        else ()
    )
    return Sketch(
        name="at-stake", title="What is at stake?",
        told=f"Of {money(_exact(told.value))} expected from {several(told.people, 'customer')} "
        f"{money(_exact(told.at_stake))} is at stake (value times chance to be lost), half of it with {told.half:,}.",
        draw=lambda width: charts.at_stake(told.bands, width=width),
        head=("Chance to be lost", look.noun.capitalize(), "Expected of them", "At stake"),
        rows=tuple(
            (f"{one.least} to {one.most} %", f"{one.people:,}", money(_exact(one.value)), money(_exact(one.at_stake)))
            for one in told.bands
        ),
        listed=serving,
    )  # fmt: skip


def _exact(amount: float) -> Decimal:
    return Decimal(repr(round(float(amount), 6)))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
