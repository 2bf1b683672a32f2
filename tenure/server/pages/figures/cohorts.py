"""Do newer customers stay? Who came in one period, followed through the periods after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenure import charts
from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.cohorts import CohortCell
from tenure.server import holding
from tenure.server.access.figures_heavy import cohorts as cells_of
from tenure.server.access.notes import notes_of
from tenure.server.accounts.roles import Right
from tenure.server.pages.figures.asked import choice, has_figures, is_part, lifecycle_of, nothing, working
from tenure.server.pages.lifecycle.pictures import marks_of
from tenure.server.pages.page import page
from tenure.server.words import with_query
from tenure.wording import Money, number, share

COUNT: dict[PeriodUnit, int] = {"week": 16, "month": 13, "quarter": 9, "year": 8}
TITLES = {"week": gettext_lazy("Week"), "month": gettext_lazy("Month"), "quarter": gettext_lazy("Quarter"),
          "year": gettext_lazy("Year")}  # fmt: skip
SHOWN = ("share", "number", "each")
# shades of a cell
_SHADES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as the table shows it: its text, shade, whether it is complete, and the list of its people."""

    text: str
    title: str
    shade: int
    complete: bool
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A cohort (all of them where it has no name), its people and the list of them, and its cells."""

    name: str
    people: int
    link: str
    cells: tuple[Cell | None, ...]


@page(Right.FIGURES)
def cohorts(request: HttpRequest) -> HttpResponse:
    """The page; for htmx the table alone."""
    title = _("Do newer customers stay?")
    if not has_figures():
        return nothing(request, title)
    lifecycle = lifecycle_of(request)
    unit: PeriodUnit = next((one for one in COUNT if one == request.GET.get("unit")), "month")
    shown = choice(request, "show", SHOWN, "share")
    what, by = request.GET.get("what", "")[:80] or "retention", request.GET.get("first", "")[:80] or "purchase"
    found = cells_of(request.user, lifecycle.name, what, f"first {by}", unit, COUNT[unit])
    told: dict[str, Any] = {
        "lifecycle": lifecycle, "again": f"{reverse('cohorts')}?{request.GET.urlencode()}", "working": found is None,
        "unit": unit, "what": what, "first": by, "show": shown, "measures": _measures(lifecycle),
        "beginnings": _beginnings(lifecycle), "ofsums": what in ("revenue", "orders"),
        "units": [(one, TITLES[one], with_query(request.GET, unit=one)) for one in COUNT],
        "ways": [(name, text, with_query(request.GET, show=name)) for name, text in _ways(what)],
        "lifecycles": [one for one in holding.workspace().definitions.lifecycles if not one.segment],
    }  # fmt: skip
    if found is not None:
        asked = {"lifecycle": lifecycle.name, "counted": what, "by": f"first {by}", "unit": unit}
        rows = _rows(found, asked, what, shown)
        periods = list({one.cohort.name: one.cohort for one in found if one.cohort is not None}.values())
        notes = notes_of(
            request.user, [(one.name, one.start) for one in periods], until=periods[-1].ends
        ) if periods else ()  # fmt: skip
        told |= {
            "notes": notes, "noted": charts.notes_in(marks_of(notes), [one.name for one in periods]),
            "rows": rows, "ages": range(max((one.age for one in found), default=-1) + 1),
            "nobody": not any(one.people for one in found),
            "running": any(not one.complete for one in found),
        }  # fmt: skip
    if is_part(request):
        if found is None:
            return working(request, told["again"])
        return render(request, "figures/cohort_table.html", told)
    return render(request, "figures/cohorts.html", told)


def _measures(lifecycle: Lifecycle) -> list[tuple[str, str]]:
    found = [
        ("retention", _("Who bought again")), ("revenue", _("Money they brought")), ("orders", _("Orders they placed")),
    ]  # fmt: skip
    if any(stage.kind == "customer" for stage in lifecycle.stages):
        found.append(("kept", _("Who is still a customer")))
    stages = [stage for stage in lifecycle.stages if not stage.otherwise]
    return [*found, *((f"reached:{one.name}", _("Who reached %(stage)s") % {"stage": one.title}) for one in stages)]


def _beginnings(lifecycle: Lifecycle) -> list[tuple[str, str]]:
    stages = [stage for stage in lifecycle.stages if not stage.otherwise]
    return [
        ("purchase", _("their first purchase")), ("event", _("the first that is known of them")),
        *((one.name, _("the first time in %(stage)s") % {"stage": one.title}) for one in stages),
    ]  # fmt: skip


def _ways(what: str) -> list[tuple[str, str]]:
    if what in ("revenue", "orders"):
        return [("share", _("% of the first")), ("number", _("Sum")), ("each", _("For each of them"))]
    return [("share", "%"), ("number", _("People"))]


def _rows(found: Sequence[CohortCell], asked: dict[str, str], what: str, shown: str) -> list[Row]:
    by_cohort: dict[str, list[CohortCell]] = {}
    for cell in found:
        by_cohort.setdefault(cell.cohort.name if cell.cohort else "", []).append(cell)
    ages = max((one.age for one in found), default=-1) + 1
    values = {one: _value(one, shown) for one in found}
    # where age 0 is everybody it says nothing, and would make all others pale
    told = [value for one, value in values.items() if value is not None and one.complete and not _whole(one, shown)
            and one.cohort is not None]  # fmt: skip
    most = max(told, default=Decimal(1)) or Decimal(1)
    money = Money(holding.workspace().definitions.config.currency, [value for value in values.values() if value])
    rows = []
    for name, cells in by_cohort.items():
        line: list[Cell | None] = [None] * ages
        for one in cells:
            value = values[one]
            if value is None:
                continue
            whole = _whole(one, shown)
            part = 0.0 if whole or not one.complete else float(min(max(value / most, Decimal(0)), Decimal(1)))
            line[one.age] = Cell(
                text=_text(one, value, what, shown, money),
                title=_("%(value)s of %(base)s") % {"value": number(one.value), "base": number(one.base)},
                shade=round(_SHADES * part), complete=one.complete,
                link=_list(asked, name, one.age) if name and one.value > 0 else "",
            )  # fmt: skip
        people = cells[0].people if name else sum(one[0].people for key, one in by_cohort.items() if key)
        rows.append(
            Row(name=name, people=people, link=_list(asked, name, None) if name and people else "", cells=tuple(line))
        )
    return rows


def _value(cell: CohortCell, shown: str) -> Decimal | None:
    match shown:
        case "share":
            return cell.share
        case "each":
            return cell.each
        case _:
            return cell.value if cell.people else None


def _whole(cell: CohortCell, shown: str) -> bool:
    return cell.age == 0 and cell.value == cell.base and shown != "each"


def _text(cell: CohortCell, value: Decimal, what: str, shown: str, money: Money) -> str:
    if shown == "share":
        return share(cell.value, cell.base).removesuffix(" %")
    if what == "revenue":
        return money(value)
    return number(value.quantize(Decimal("0.01")) if shown == "each" else value)


def _list(asked: dict[str, str], cohort: str, age: int | None) -> str:
    told = asked | {"cell": cohort} | ({} if age is None else {"age": str(age)})
    return f"{reverse('figures_people', args=['cohort'])}?{urlencode(told)}"
