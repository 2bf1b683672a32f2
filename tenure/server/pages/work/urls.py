"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.coming import coming

urlpatterns = [
    path("today", coming, name="today"),
    path("accounts", coming, name="accounts"),
    path("renewals", coming, name="renewals"),
    path("feedback", coming, name="feedback"),
]
