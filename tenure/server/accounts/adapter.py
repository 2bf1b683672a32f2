"""How people come in: by users that an administrator made, never by signing up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The account pages without a way to sign up."""

    def is_open_for_signup(self, request: Any) -> bool:
        """False: an administrator makes users."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The address of the page that a forgotten password's mail leads to, as people type it."""
        found: str = super().get_reset_password_from_key_url(key)
        if settings.ENVIRONMENT.public_url:
            # never the name that the request happened to come with
            return settings.ENVIRONMENT.public_url + "/" + found.split("/", 3)[3]
        return found
