"""What are customers worth? Spread, payback, who is worth saving, who costs more than they bring, and products."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenure import charts
from tenure.errors import UsageError
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import PeriodUnit
from tenure.predict.value.payback import Group
from tenure.predict.value.products import ProductRow
from tenure.server import holding
from tenure.server.access import value as access
from tenure.server.access.figures_heavy import BY
from tenure.server.access.kept import kept
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.asked import choice, has_figures, lifecycle_of, nothing
from tenure.server.pages.figures.cohorts import COUNT
from tenure.server.pages.lifecycle.pictures import Picture, drawn, noun_of
from tenure.server.pages.page import page
from tenure.server.words import with_query
from tenure.wording import Money, in_signs, number

TITLES = {
    "spread": gettext_lazy("What are customers worth?"), "won": gettext_lazy("When is winning them paid back?"),
    "saving": gettext_lazy("Who is worth saving?"), "unprofitable": gettext_lazy("Who costs more than they bring?"),
    "products": gettext_lazy("What do products do?"),
}  # fmt: skip
TABS = {
    "spread": gettext_lazy("Spread"), "won": gettext_lazy("Payback"), "saving": gettext_lazy("Worth saving"),
    "unprofitable": gettext_lazy("Unprofitable"), "products": gettext_lazy("Products"),
}  # fmt: skip
KINDS = {
    "delivery": gettext_lazy("Delivery"), "service": gettext_lazy("Service"), "return": gettext_lazy("Returns"),
    "message": gettext_lazy("Messages"), "incentive": gettext_lazy("Incentives"),
    "given back": gettext_lazy("Given back"),
}  # fmt: skip
SOURCES = {
    "recorded": gettext_lazy("recorded"), "orders": gettext_lazy("told by orders"),
    "default": gettext_lazy("amount in tenure.yaml"), "none": gettext_lazy("not known"),
}  # fmt: skip
DAYS = (30, 90, 180, 365)
_PRODUCTS = 50


@page(Right.FIGURES)
def value(request: HttpRequest, what: str = "spread") -> HttpResponse:
    """One of the pages."""
    if what not in TITLES:
        raise Http404(what)
    if not has_figures():
        return nothing(request, str(TITLES[what]))
    lifecycle = lifecycle_of(request)
    told: dict[str, Any] = {
        "what": what, "title": TITLES[what], "lifecycle": lifecycle, "predicted": access.predicted(request.user),
        "tabs": [(name, title, reverse("value_of", args=[name])) for name, title in TABS.items()],
        "lifecycles": [one for one in holding.workspace().definitions.lifecycles if not one.segment],
        "query": urlencode({"lifecycle": request.GET["lifecycle"]}) if request.GET.get("lifecycle") else "",
    }  # fmt: skip
    if told["predicted"]:
        tell = {
            "spread": _spread, "won": _won, "saving": _saving, "unprofitable": _unprofitable, "products": _products
        }  # fmt: skip
        try:
            told |= tell[what](request, lifecycle) | {"basis": _basis(request, lifecycle)}
        except UsageError as error:
            told["problem"] = error
    return render(request, "figures/value.html", told)


def _spread(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    found = access.spread(request.user, lifecycle.name)
    each, money = _money(one.most for one in found.tenths), _money([found.total])
    return {
        "found": found, "total": money(_exact(found.total)), "top": _percent(found.top),
        "median": each(_exact(dict(found.quantiles)[0.5])),
        "quantiles": [(_percent(share), each(_exact(amount))) for share, amount in found.quantiles],
        "tenths": [
            (one.number, one.people, _list(request, lifecycle, "tenth", one.number), each(_exact(one.least)),
             each(_exact(one.most)), money(_exact(one.total)),
             _percent(one.total / found.total if found.total > 0 else None))
            for one in found.tenths
        ],
        "picture": _picture(lifecycle.name), "everybody": _list(request, lifecycle, "everybody"),
    }  # fmt: skip


@kept(4, spoken=True)
def _picture(lifecycle: str) -> Picture:
    ws = holding.workspace()
    bars, noun = ws.value.spread(lifecycle).bars, noun_of(ws.lifecycle(lifecycle))
    return drawn("worth", lambda width: charts.worth(bars, width=width, noun=noun))


def _won(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    unit: PeriodUnit = next((one for one in COUNT if one == request.GET.get("unit")), "quarter")
    by = choice(request, "by", ("period", *BY), "period")
    found = access.payback(request.user, lifecycle.name, "" if by == "period" else by, unit)
    every = (*found.groups, found.all)
    money, spent = _money(one.each or 0 for one in every), _money(one.spend or 0 for one in every)

    def row(one: Group) -> dict[str, Any]:
        asked = {"unit": unit} if by == "period" else {"by": by}
        which = "cohort" if by == "period" else "channel"
        return {
            "name": one.part, "people": one.people,
            "link": _list(request, lifecycle, which, one.part, **asked) if one.part and one.people else "",
            "spend": "–" if one.spend is None else spent(one.spend),
            "cac": "–" if one.cac is None else money(_exact(one.cac)),
            "each": "–" if one.each is None else money(_exact(one.each)),
            "ratio": "–" if one.ratio is None else in_signs(f"{one.ratio:.1f}"),
            "payback": _months(one),
        }  # fmt: skip

    return {
        "groups": [row(one) for one in found.groups], "all": row(found.all), "since": found.since, "by": by,
        "bys": ("period", *BY), "unit": unit, "by_period": by == "period",
        "units": [(one, _unit(one), with_query(request.GET, unit=one)) for one in COUNT],
    }  # fmt: skip


def _unit(unit: PeriodUnit) -> str:
    return {"week": _("Week"), "month": _("Month"), "quarter": _("Quarter"), "year": _("Year")}.get(unit, unit)


def _months(one: Group) -> str:
    if one.cac is None:
        return "–"
    if one.payback is None:
        return _("not in %(n)s months") % {"n": number(len(one.curve))}
    return ngettext("%(n)s month", "%(n)s months", one.payback) % {"n": number(one.payback)}


def _saving(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    found = access.saving(request.user, lifecycle.name)
    money = _money([found.value])
    saved = access.saved(request.user, lifecycle.name)
    return {
        "found": found, "total": money(_exact(found.value)), "at_stake": money(_exact(found.at_stake)),
        "bands": [
            (f"{one.least} – {one.most} %", one.people, _list(request, lifecycle, "saving", one.least),
             money(_exact(one.value)), money(_exact(one.at_stake)))
            for one in found.bands
        ],
        "everybody": _list(request, lifecycle, "saving"), "contact": contact_words(saved),
    }  # fmt: skip


def _unprofitable(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    found, retaining = access.unprofitable(request.user, lifecycle.name)
    money, small = _money([found.margin]), _money([0])
    return {
        "found": found, "margin": money(_exact(found.margin)), "cost": money(_exact(found.cost)),
        "their_margin": money(_exact(found.their_margin)), "their_cost": money(_exact(found.their_cost)),
        "kinds": [
            (KINDS[one.kind], money(_exact(one.expected)), money(_exact(one.of_unprofitable)), one.cured,
             _list(request, lifecycle, "unprofitable", one.kind), SOURCES[one.source],
             "" if one.each is None else small(one.each))
            for one in found.kinds
        ],
        "everybody": _list(request, lifecycle, "unprofitable"), "retaining": retaining,
        "retain": "–" if retaining.retain is None else small(_exact(retaining.retain)),
        "acquire": "–" if retaining.acquire is None else small(_exact(retaining.acquire)),
    }  # fmt: skip


def _products(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    days = next((one for one in DAYS if str(one) == request.GET.get("days")), 90)
    found = access.products(request.user, lifecycle.name, days)

    def row(one: ProductRow) -> dict[str, Any]:
        return {
            "row": one, "rate": _percent(one.rate), "expected": _percent(one.expected),
            "between": f"{_percent(one.low)} – {_percent(one.high)}" if one.low is not None else "–",
            "returns": _percent(one.returns), "rating": "–" if one.rating is None else in_signs(f"{one.rating:.1f}"),
            "after": "–" if one.after is None else in_signs(f"{one.after:.1f}"),
            "first": _list(request, lifecycle, "product", one.product, days=days),
            "again": _list(request, lifecycle, "product", f"again:{one.product}", days=days),
        }  # fmt: skip

    return {
        "found": found, "again": _percent(found.again), "days": days, "returned": _percent(found.returns),
        "spans": [(one, with_query(request.GET, days=one)) for one in DAYS],
        "parts": [
            (_("Candidates to promote"), [row(one) for one in found.rows if one.advice == "promote"]),
            (_("Candidates to discontinue"), [row(one) for one in found.rows if one.advice == "discontinue"]),
        ],
        "rest": [row(one) for one in found.rows[:_PRODUCTS]],
    }  # fmt: skip


def contact_words(found: Any) -> dict[str, Any]:
    """What it is worth to contact a list, as templates tell it."""
    money = _money([found.value])
    low, high = found.net_low, found.net_high
    return {
        "found": found, "gain": money(_exact(found.gain)), "cost": money(_exact(found.cost)),
        "net": money(_exact(found.net)), "best": money(_exact(found.best)), "uplift": _percent(found.uplift.share),
        "points": in_signs(f"{100 * found.uplift.share:+.1f}"), "at_stake": money(_exact(found.at_stake)),
        "between": None if low is None or high is None else (money(_exact(low)), money(_exact(high))),
    }  # fmt: skip


def _basis(request: HttpRequest, lifecycle: Lifecycle) -> dict[str, Any]:
    found = access.basis(request.user, lifecycle.name)
    return {"found": found, "margin": _percent(found.margin)}


def _list(request: HttpRequest, lifecycle: Lifecycle, which: str, part: object = "", **told: object) -> str:
    """The list of that name; empty for whoever may not see people."""
    if not request.user.may(Right.PEOPLE):
        return ""
    query = {"lifecycle": lifecycle.name, "cell": which, "first": part, **told}
    return f"{reverse('figures_people', args=['value'])}?{urlencode({k: v for k, v in query.items() if v != ''})}"


def _money(amounts: Iterable[float | Decimal]) -> Money:
    return Money(holding.workspace().definitions.config.currency, [_exact(one) for one in amounts])


def _exact(amount: float | Decimal) -> Decimal:
    return amount if isinstance(amount, Decimal) else Decimal(repr(round(float(amount), 6)))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{number(Decimal(repr(round(100 * share, 1))))} %"
