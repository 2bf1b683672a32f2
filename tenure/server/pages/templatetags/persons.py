"""What templates of lists need: a value of a mapping, names as words, amounts as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

from tenure.engage.words import points
from tenure.server import holding
from tenure.server.pages.templatetags.tenure import money
from tenure.server.spoken import length
from tenure.wording import moment

register = template.Library()


@register.filter
def at(mapping: Mapping[str, Any], name: str) -> Any:
    """What a mapping has under a name; nothing where it has none."""
    return mapping.get(name, ())


@register.filter
def words(name: str) -> str:
    """A name of the log as words: `first_name` is first name."""
    return name.replace("_", " ")


@register.filter
def unlocalized(amount: Decimal) -> str:
    """An amount as somebody types it."""
    return f"{amount:f}"


@register.filter
def long_at(time: int | None, now: int) -> str:
    """How long before the moment `now` that was; for rows, so that it is not asked anew for each."""
    return "" if time is None else length(now - time)


@register.filter
def clock(time: int) -> str:
    """The time of day of a moment (microseconds UTC) by the workspace's clocks."""
    return moment(time, holding.workspace().zone)[-5:]


@register.simple_tag
def spoken(key: str, value: str | Decimal) -> str:
    """A property as a timeline tells it; amounts in the workspace's currency."""
    return money(value) if isinstance(value, Decimal) else value


@register.simple_tag
def stage_title(name: str, lifecycle: str) -> str:
    """The title of a stage."""
    found = holding.workspace().lifecycle(lifecycle).stage(name)
    return found.title if found else name


@register.filter
def in_points(share: float) -> str:
    """A difference of shares in points, without its sign."""
    return points(share).lstrip("+")
