"""How people come in: by users that an administrator made, never by signing up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The account pages without a way to sign up."""

    def is_open_for_signup(self, request: Any) -> bool:
        """False: an administrator makes users."""
        return False
