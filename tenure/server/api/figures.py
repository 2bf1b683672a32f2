"""Figures: populations, the scorecard, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from ninja import Router

from tenure.metrics.judged import Judged
from tenure.server.access import histories, measured
from tenure.server.access.measured import Unit
from tenure.server.api.answers import CountAnswer, MetricAnswer, PointAnswer
from tenure.server.api.api import asked

router = Router(tags=["figures"])


@router.get("/lifecycles/{name}/stages", response=list[CountAnswer], summary="People and money by stage")
@asked
def stages(request: HttpRequest, name: str, at: str | None = None) -> list[dict[str, Any]]:
    """How many are in each stage, and what they are worth, now or at a moment; last those in none."""
    lifecycle = histories.lifecycle_of(request.auth, name)
    titles: Mapping[str | None, str] = {one.name: one.title for one in lifecycle.stages}
    return [
        {"stage": one.stage, "title": titles.get(one.stage, "no stage"), "people": one.people, "money": one.money}
        for one in histories.counted(request.auth, name, at)
    ]


@router.get("/metrics", response=list[MetricAnswer], summary="The catalogue of metrics")
@asked
def metrics(request: HttpRequest) -> list[dict[str, Any]]:
    """Every metric, with what this workspace has no events for."""
    return [
        {
            "name": one.metric.name, "title": one.metric.title, "phase": one.metric.phase, "unit": one.metric.unit,
            "direction": one.metric.direction, "formula": one.metric.text, "means": one.metric.means,
            "lacks": one.lacks,
        }
        for one in measured.catalogue(request.auth)
    ]  # fmt: skip


@router.get("/metrics/{name}", response=list[PointAnswer], summary="A metric by period")
@asked
def metric(
    request: HttpRequest, name: str, period: Unit = "month", since: str | None = None, until: str | None = None,
    by: str | None = None, lifecycle: str | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The figures of a metric, by default of the last 12 months; `by` breaks them down, by channel say."""
    return measured.values(
        request.auth, name, period=period, since=since, until=until, by=by, lifecycle=lifecycle
    )  # fmt: skip


@router.get("/scorecard", summary="How every stage did in a period")
@asked
def scorecard(
    request: HttpRequest, period: Unit = "month", at: str | None = None, lifecycle: str | None = None
) -> dict[str, Any]:
    """Population, inflow, outflow, conversion, time and metrics of every stage, beside the period before."""
    found = measured.scorecard(request.auth, period=period, at=at, lifecycle=lifecycle)
    return {
        "lifecycle": found.lifecycle.name, "period": str(found.period.start), "previous": str(found.previous.start),
        "stages": [
            {
                "stage": card.stage.name, "title": card.stage.title,
                "figures": {name: _judged(one) for name, one in card.figures.items()},
                "metrics": {one.name: _judged(one) for one in card.metrics},
            }
            for card in found.stages
        ],
        "besides": {one.name: _judged(one) for one in found.besides},
    }  # fmt: skip


def _judged(one: Judged) -> dict[str, Any]:
    return {
        "title": one.title, "unit": one.unit, "value": one.value, "previous": one.previous, "pace": one.pace,
        "numerator": one.numerator, "denominator": one.denominator, "status": one.status, "lacks": one.lacks or None,
    }  # fmt: skip
