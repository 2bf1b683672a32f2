"""What the pages of the lifecycle need beyond the common words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

from tenure.wording import length

register = template.Library()


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
