"""The addresses of the API, under /api/v1/."""

from __future__ import annotations

from tenure.server.api import customers, defined, events, figures, privacy, webhooks
from tenure.server.api.api import api

for part in (customers, privacy, figures, defined, events, webhooks):
    api.add_router("", part.router)

urls = api.urls
