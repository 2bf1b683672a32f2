"""The app of live intake."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """What clients send, until the log has it."""

    name = "tenure.server.intake"
    label = "intake"
    verbose_name = "Live intake"
