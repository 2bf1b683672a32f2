"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.coming import coming

urlpatterns = [
    path("definitions", coming, name="definitions"),
    path("data", coming, name="data"),
    path("access", coming, name="access"),
]
