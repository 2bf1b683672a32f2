"""What the pages of the lifecycle need beyond the common words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template

from tenure.server.pages.lifecycle.pictures import Column
from tenure.server.spoken import judged, length, period
from tenure.wording import in_signs

register = template.Library()

register.filter("judged", judged)
register.filter("period", period)


@register.filter
def of(held: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping holds under a key; empty where there is nothing."""
    return held.get(key, "")


@register.filter
def as_length(microseconds: int) -> str:
    """A length of time in its largest whole unit: `12 days`."""
    return length(microseconds)


@register.filter
def lined(texts: Sequence[str]) -> str:
    """Texts as the lines of one."""
    return "\n".join(texts)


@register.filter
def percent(part: float) -> str:
    """A part of one in percent: `12.5 %`."""
    return f"{in_signs(f'{100 * part:.1f}')} %"


@register.filter
def decimal(amount: float) -> Decimal:
    """An estimate as an amount, to be written as money."""
    return Decimal(f"{amount:.2f}")


@register.filter
def written(amount: Decimal, column: Column) -> str:
    """An amount as its whole column is written."""
    return column.money(amount)
