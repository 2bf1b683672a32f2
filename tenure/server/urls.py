"""Every address of the application."""

from __future__ import annotations

from django.urls import include, path

from tenure.server.api.urls import urls as api_urls
from tenure.server.pages import health, profile, telemetry, welcome

urlpatterns = [
    path("", health.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("welcome", welcome.welcome, name="welcome"),
    path("api/v1/", api_urls),
    # an administrator makes users and keeps their addresses
    *(
        path(f"account/{shut}/", health.shut, name="shut")
        for shut in ("signup", "email", "confirm-email", "password/set")
    ),
    path("account/", include("allauth.urls")),
    path("me", profile.profile, name="profile"),
    # people find the metrics of the company there, a machine with a key those of the server
    path("metrics", telemetry.metrics, name="metrics"),
    path("", include("tenure.server.pages.lifecycle.urls")),
    path("", include("tenure.server.pages.persons.urls")),
    path("", include("tenure.server.pages.work.urls")),
    path("", include("tenure.server.pages.figures.urls")),
    path("", include("tenure.server.pages.setup.urls")),
]
