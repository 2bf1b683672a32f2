"""Figures, moments and stages as pages write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tenure import charts
from tenure.server import holding, spoken
from tenure.wording import Money, share
from tenure.wording import day as written_day
from tenure.wording import moment as written_moment

register = template.Library()


@register.filter
def money(amount: Decimal | None) -> str:
    """An amount in the workspace's currency."""
    return "" if amount is None else Money(holding.workspace().definitions.config.currency, [amount])(amount)


@register.filter
def as_moment(time: int | None) -> str:
    """A moment (microseconds UTC) by the workspace's clocks."""
    return written_moment(time, holding.workspace().zone)


@register.filter
def as_day(time: int | None) -> str:
    """The day of a moment (microseconds UTC) by the workspace's clocks."""
    return "" if time is None else written_day(time, holding.workspace().zone)


@register.filter
def ago(time: int | None) -> str:
    """How long before the figures' moment that was: `12 days`."""
    if time is None:
        return ""
    ws = holding.workspace()
    return spoken.length((ws.refreshed_as_of or ws.as_of) - time)


@register.filter
def of_whole(part: Any, whole: Any) -> str:
    """A part as a percentage of a whole."""
    return share(part, whole)


@register.filter
def people(count: int, unit: str = "customer") -> str:
    """`1 person`, `2,000 people`."""
    return spoken.people(count, unit)


@register.filter
def several(count: int, word: str) -> str:
    """`1 row`, `2,000 rows`."""
    return spoken.several(count, word)


@register.simple_tag
def as_figure(value: Decimal | None, unit: str, short: bool = False) -> str:
    """The figure of a metric as people read it."""
    return spoken.figure(value, unit, holding.workspace().definitions.config.currency, short=short)


@register.simple_tag
def stage(name: str | None, lifecycle: str | None = None) -> SafeString:
    """A stage by its title, with its colour."""
    defined = holding.workspace().lifecycle(lifecycle)
    found = next((one for one in defined.stages if one.name == name), None)
    if found is None:
        return format_html('<span class="tag">{}</span>', _("no stage") if name is None else name)
    return format_html('<span class="tag stage" style="--stage: {}"><span class="swatch"></span>{}</span>',
                       charts.stage_colours(defined)[found.name], found.title)  # fmt: skip


@register.simple_tag
def stage_colour(name: str | None, lifecycle: str | None = None) -> str:
    """The colour of a stage, for `--stage`."""
    return charts.stage_colours(holding.workspace().lifecycle(lifecycle)).get(name or "", "#8a8f98")


@register.simple_tag
def picture(drawn: str) -> SafeString:
    """A chart that `charts.svg` drew, as it stands in a page: made here of figures, every text in it escaped."""
    return mark_safe(drawn)
