"""What the pages of users and passwords ask besides."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.filter
def first_line(text: str) -> str:
    """The first line of a message: the others show the place, which is linked."""
    return text.split("\n", 1)[0]


@register.simple_tag
def mail_is_sent() -> bool:
    """Whether mail leaves the house: a forgotten password can be set anew by mail then."""
    return bool(settings.ENVIRONMENT.email_url)
