"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.lifecycle import forecast, lists, overview, parts, stage

urlpatterns = [
    path("overview", overview.overview, name="overview"),
    path("stages/<str:lifecycle>/<str:name>", stage.stage, name="stage"),
    path("stages/<str:lifecycle>/<str:name>/charts", stage.pictures, name="stage_charts"),
    path("stages/<str:lifecycle>/<str:name>/staying", stage.staying, name="stage_staying"),
    path("stages/<str:lifecycle>/<str:name>/metrics", stage.measured, name="stage_metrics"),
    path("stages/<str:lifecycle>/<str:name>/sheet", stage.sheet, name="stage_sheet"),
    path("forecast", forecast.forecast, name="forecast"),
    path("forecast/days", forecast.days_chart, name="forecast_days"),
    path("forecast/outlook", forecast.outlook, name="forecast_outlook"),
    path("overview/findings", parts.findings, name="findings"),
    path("overview/targets", parts.standing, name="standing"),
    path("lists/<str:what>", lists.rows, name="list"),
]
