"""The app of users, keys and the log."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, keys and the log."""

    name = "tenure.server.accounts"
    label = "accounts"
    verbose_name = "People and access"
