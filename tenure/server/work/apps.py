"""The app of what people do."""

from __future__ import annotations

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """What people do."""

    name = "tenure.server.work"
    label = "work"
    verbose_name = "Work"
