"""What customers are worth: spread, payback, who is worth saving, who costs more than they bring, products, contacts.

Figures are worked out once and kept; where that takes longer than a page has, NotYet is raised.
"""

from __future__ import annotations

from decimal import Decimal

from tenure.errors import UsageError
from tenure.lifecycle.periods import PeriodUnit
from tenure.lifecycle.roster import Asked
from tenure.predict.value.contact import ContactValue
from tenure.predict.value.products import Products
from tenure.predict.value.saving import Saving
from tenure.predict.value.serving import Unprofitable
from tenure.predict.value.spread import Spread
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import soon
from tenure.server.access.people import ids_of
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right
from tenure.workspace.value import Basis, Payback, Retaining


def predicted(reader: Reader) -> bool:
    """Whether any values were predicted."""
    require(reader, Right.FIGURES)
    return holding.workspace().predictions.card("purchases") is not None


def basis(reader: Reader, lifecycle: str) -> Basis:
    """What all these figures rest on."""
    require(reader, Right.FIGURES)
    return soon(_basis, lifecycle)


def spread(reader: Reader, lifecycle: str) -> Spread:
    """How value is spread over people."""
    require(reader, Right.FIGURES)
    return soon(_spread, lifecycle)


def payback(reader: Reader, lifecycle: str, by: str, unit: PeriodUnit) -> Payback:
    """Customers by the period in which they were won (`by` is empty), or by channel, source, medium or campaign."""
    require(reader, Right.FIGURES)
    return soon(_payback, lifecycle, by, unit)


def saving(reader: Reader, lifecycle: str) -> Saving:
    """What of the value is at stake. Raises UsageError where no chances are written."""
    require(reader, Right.FIGURES)
    return soon(_saving, lifecycle)


def saved(reader: Reader, lifecycle: str) -> ContactValue:
    """What it is worth to contact everybody who may be lost."""
    require(reader, Right.FIGURES)
    return soon(_saved, lifecycle)


def unprofitable(reader: Reader, lifecycle: str) -> tuple[Unprofitable, Retaining]:
    """Whose expected margin does not cover the cost to serve them, and what keeping and winning a customer cost."""
    require(reader, Right.FIGURES)
    return soon(_unprofitable, lifecycle)


def products(reader: Reader, lifecycle: str, days: int) -> Products:
    """What products do. Raises UsageError where no purchase tells any."""
    require(reader, Right.FIGURES)
    return soon(_products, lifecycle, days)


def contact(
    reader: Reader, asked: Asked, *, lifecycle: str | None, goal: str, uplift: float | None, cost: Decimal | None
) -> ContactValue | None:
    """What it is worth to contact the people of a list; None where no values or chances are predicted.

    Raises UsageError for an uplift or cost that cannot be.
    """
    require(reader, Right.PEOPLE)
    ws = holding.workspace()
    if not {"purchases", "churn"} <= {one.name for one in ws.predictions.cards()}:
        return None
    ids = ids_of(reader, asked, lifecycle=lifecycle)  # type: ignore[arg-type]
    try:
        return ws.value.contact(ids, lifecycle, uplift=uplift, cost=cost, goal=goal or None)
    except UsageError:
        if uplift is not None or cost is not None:
            raise
        return None


@kept(4)
def _basis(lifecycle: str) -> Basis:
    return holding.workspace().value.basis(lifecycle)


@kept(4)
def _spread(lifecycle: str) -> Spread:
    return holding.workspace().value.spread(lifecycle)


@kept(16)
def _payback(lifecycle: str, by: str, unit: PeriodUnit) -> Payback:
    ws = holding.workspace()
    return ws.value.channels(lifecycle, by=by) if by else ws.value.cohorts(lifecycle, unit=unit)


@kept(4)
def _saving(lifecycle: str) -> Saving:
    return holding.workspace().value.saving(lifecycle)


@kept(4)
def _saved(lifecycle: str) -> ContactValue:
    ws = holding.workspace()
    return ws.value.contact(ws.value.people("saving", "", lifecycle), lifecycle)


@kept(4)
def _unprofitable(lifecycle: str) -> tuple[Unprofitable, Retaining]:
    ws = holding.workspace()
    return ws.value.unprofitable(lifecycle), ws.value.retaining(lifecycle)


@kept(8)
def _products(lifecycle: str, days: int) -> Products:
    return holding.workspace().value.products(lifecycle, days=days)
