"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.coming import coming

urlpatterns = [
    path("metrics", coming, name="metrics"),
    path("cohorts", coming, name="cohorts"),
    path("journeys", coming, name="journeys"),
    path("channels", coming, name="channels"),
]
