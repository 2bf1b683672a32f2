"""The app of users, keys and the log."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, keys and the log."""

    name = "tenure.server.accounts"
    label = "accounts"
    verbose_name = "People and access"

    def ready(self) -> None:
        """Nothing; who comes in, fails to, and changes a password is written down from now on."""
        from tenure.server.accounts.noting import begin

        begin()
