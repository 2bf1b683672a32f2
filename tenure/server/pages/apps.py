"""The app of the pages, for its templates' tags."""

from __future__ import annotations

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The pages."""

    name = "tenure.server.pages"
    label = "pages"
