"""The app of webhooks."""

from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Addresses that are told of moves, and what is on its way to them."""

    name = "tenure.server.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
