"""What is expected of somebody: their scores in words, with units and the days that they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenure.lifecycle.roster.person import Score
from tenure.server.access.predictions import About
from tenure.server.pages.templatetags.persons import words
from tenure.server.pages.templatetags.tenure import money
from tenure.wording import share

# by score: what is told, the same where the days are known, and what the number is
_TOLD = {
    "clv": (gettext_lazy("What purchases will bring"), gettext_lazy("What purchases bring in %s days"), "money"),
    "order_value": (gettext_lazy("Value of a purchase"), None, "money"),
    "purchases": (gettext_lazy("Purchases to come"), gettext_lazy("Purchases in %s days"), "number"),
    "next_order": (gettext_lazy("The next purchase comes after"), None, "days"),
    "p_alive": (gettext_lazy("Chance that they are still a customer"), None, "chance"),
    "p_churn": (gettext_lazy("Chance to be lost"), gettext_lazy("Chance to be lost within %s days"), "chance"),
    "p_not_renewed": (
        gettext_lazy("Chance not to renew"), gettext_lazy("Chance not to renew within %s days"), "chance",
    ),
    "lead": (
        gettext_lazy("Chance to become a customer"), gettext_lazy("Chance to become a customer within %s days"),
        "chance",
    ),
    "next_offer": (
        gettext_lazy("Chance to buy what is proposed"), gettext_lazy("Chance to buy what is proposed within %s days"),
        "chance",
    ),
    "health": (gettext_lazy("Health, of 100"), None, "number"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A score as it is told: what it is, the value, its limits ("" where there are none), and who says so."""

    title: str
    value: str
    between: str
    by: str
    card: str
    as_of: int


def expected(scores: Sequence[Score], about: Mapping[str, About]) -> tuple[Expected, ...]:
    """The scores in the order in which they are read; those that nobody here knows come last."""
    places = {name: place for place, name in enumerate(_TOLD)}
    return tuple(
        _line(one, about.get(one.name))
        for one in sorted(scores, key=lambda one: (places.get(one.name, len(places)), one.name))
        if one.value is not None
    )


def _line(one: Score, about: About | None) -> Expected:
    title, within, unit = _TOLD.get(one.name, (words(one.name), None, "number"))
    limits = (one.low, one.high)
    between = [_said(limit, unit) for limit in limits if limit is not None]
    return Expected(
        title=str(within) % about.days if within and about else str(title), value=_said(one.value or 0.0, unit),
        between=_("%s to %s") % tuple(between) if len(between) == len(limits) else "",
        by=about.by if about else one.model, card=about.card if about else "", as_of=one.as_of,
    )  # fmt: skip


def _said(value: float, unit: str) -> str:
    match unit:
        case "money":
            return money(Decimal(repr(value)).quantize(Decimal("0.01")))
        case "chance":
            return share(Decimal(repr(value)), 1)
        case "days":
            return ngettext("%s day", "%s days", round(value)) % f"{value:,.0f}"
        case _:
            return f"{value:,.1f}"
