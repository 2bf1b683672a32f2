"""Every address of the application."""

from __future__ import annotations

from django.urls import include, path

from tenure.server.pages import health, profile, welcome

urlpatterns = [
    path("", health.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("welcome", welcome.welcome, name="welcome"),
    path("account/", include("allauth.urls")),
    path("me", profile.profile, name="profile"),
    path("", include("tenure.server.pages.lifecycle.urls")),
    path("", include("tenure.server.pages.persons.urls")),
    path("", include("tenure.server.pages.work.urls")),
    path("", include("tenure.server.pages.figures.urls")),
    path("", include("tenure.server.pages.setup.urls")),
]
