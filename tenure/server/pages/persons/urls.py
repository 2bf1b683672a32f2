"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.coming import coming
from tenure.server.pages.persons import listing

urlpatterns = [
    path("people", listing.people, name="people"),
    path("people/<str:customer>", coming, name="person"),
    path("actions", coming, name="actions"),
]
