"""The WSGI application."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenure.server.settings")

_pages = get_wsgi_application()

from tenure.server.intake.router import Router  # noqa: E402 its tables are there once Django is

application = Router(_pages)
