"""The WSGI application: the intake of events, and the pages behind it."""

from __future__ import annotations

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenure.server.settings")


def _application() -> Any:
    pages = get_wsgi_application()
    # its tables are there once Django is
    from tenure.server.intake.router import Router

    return Router(pages)


application = _application()
