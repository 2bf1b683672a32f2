"""Every address of the application."""

from __future__ import annotations

from django.urls import include, path

from tenure.server.api.urls import urls as api_urls
from tenure.server.pages import health, profile, welcome

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
    path("", include("tenure.server.pages.lifecycle.urls")),
    path("", include("tenure.server.pages.persons.urls")),
    path("", include("tenure.server.pages.work.urls")),
    path("", include("tenure.server.pages.figures.urls")),
    path("", include("tenure.server.pages.setup.urls")),
]
