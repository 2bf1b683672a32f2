"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.figures import channels, cohorts, journeys, metric, metrics, people, predictions, value

urlpatterns = [
    path("metrics/list/keys", metrics.key_metrics, name="metrics_keys"),
    path("metrics/list/scorecard", metrics.scorecard, name="metrics_scorecard"),
    path("metrics/list/alerts", metrics.alerts, name="metrics_alerts"),
    path("metrics/list/catalogue", metrics.catalogue, name="metrics_catalogue"),
    path("metrics/<str:name>", metric.metric, name="metric"),
    path("metrics/<str:name>/trend", metric.trend, name="metric_trend"),
    path("metrics/<str:name>/split", metric.split, name="metric_split"),
    path("metrics/<str:name>/why", metric.why, name="metric_why"),
    path("metrics/<str:name>/sql", metric.sql, name="metric_sql"),
    path("metrics/<str:name>/target", metric.target, name="metric_target"),
    path("cohorts", cohorts.cohorts, name="cohorts"),
    path("journeys", journeys.journeys, name="journeys"),
    path("channels", channels.channels, name="channels"),
    path("value", value.value, name="value"),
    path("value/<str:what>", value.value, name="value_of"),
    path("predictions", predictions.predictions, name="predictions"),
    path("predictions/<str:name>", predictions.prediction, name="prediction"),
    path("figures/<str:what>", people.people, name="figures_people"),
]
