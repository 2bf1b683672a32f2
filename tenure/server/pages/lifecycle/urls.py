"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.coming import coming
from tenure.server.pages.lifecycle import overview

urlpatterns = [
    path("overview", overview.overview, name="overview"),
    path("stages/<str:lifecycle>/<str:name>", coming, name="stage"),
    path("forecast", coming, name="forecast"),
]
