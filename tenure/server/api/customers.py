"""Customers: found, one by one, their stages, why, and what happened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from tenure.server.access import histories
from tenure.server.access.people import Person, people
from tenure.server.access.person import timeline, whole
from tenure.server.api.answers import CustomerAnswer, CustomersAnswer, DuePage, StageAnswer
from tenure.server.api.api import MOST, asked
from tenure.server.words import MOST_OFFSET, asked_of

router = Router(tags=["customers"])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, le=MOST_OFFSET)]
Days = Annotated[int, Query(ge=1, le=3650)]


@router.get("/customers", response=CustomersAnswer, summary="Find customers")
@asked
def customers(
    request: HttpRequest, lifecycle: str | None = None, limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:  # fmt: skip
    """Everybody, or those that the filters keep, the most money first.

    Filters are those of the pages: `q` (name, mail, id), `in.<lifecycle>=<stage>`, `is.<trait>=<value>`, `from` and
    `to` (money), `quiet` (days without an event), `due` (moves within days), `sort` (`-money`, `name`, `until` …).
    """
    found = people(request.auth, asked_of(request.GET), lifecycle=lifecycle, offset=offset, limit=limit)
    return {
        "count": found.count, "money": found.money, "lifecycle": found.lifecycle.name,
        "customers": [_customer(one) for one in found.rows],
    }  # fmt: skip


@router.get("/customers/{customer}", response=CustomerAnswer, summary="One customer")
@asked
def customer(request: HttpRequest, customer: str, lifecycle: str | None = None) -> dict[str, Any]:
    """Who that is, and where: traits, money, stage, since when, and what is next."""
    found = whole(request.auth, customer, lifecycle=lifecycle)
    shown = ("id", "name", "email", "stage", "next", "money", "owner", "traits")
    times = {name: _moment(getattr(found, name)) for name in ("since", "until", "last_seen")}
    return {**{name: getattr(found, name) for name in shown}, **times}


@router.get("/customers/{customer}/stage", response=StageAnswer, summary="The stage of a customer")
@asked
def stage(request: HttpRequest, customer: str, lifecycle: str | None = None, at: str | None = None) -> dict[str, Any]:
    """The stage now, or at a moment such as 2025-06-30 or 2025-06-30T12:00Z."""
    return histories.stay_at(request.auth, customer, lifecycle, at)


@router.get("/customers/{customer}/history", response=list[StageAnswer], summary="Every stage of a customer")
@asked
def history(request: HttpRequest, customer: str, lifecycle: str | None = None) -> list[dict[str, Any]]:
    """Every stay, the earliest first; those ahead are what comes if nothing happens."""
    return histories.stays(request.auth, customer, lifecycle)


@router.get("/customers/{customer}/explain", summary="Why a customer is in a stage")
@asked
def explain(request: HttpRequest, customer: str, lifecycle: str | None = None, at: str | None = None) -> dict[str, Any]:
    """The conditions with their values, the events behind them, and what would move the customer."""
    return asdict(histories.explained(request.auth, customer, lifecycle, at))


@router.get("/customers/{customer}/timeline", summary="What happened to a customer")
@asked
def events(
    request: HttpRequest, customer: str, group: str = "", limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:  # fmt: skip
    """The events, the newest first."""
    found, more = timeline(request.auth, customer, group=group, offset=offset, limit=limit)
    return {"more": more, "events": [{**asdict(one), "time": _moment(one.time)} for one in found]}


@router.get("/forecast", response=DuePage, summary="Who moves next")
@asked
def forecast(
    request: HttpRequest, lifecycle: str | None = None, days: Days = 30,
    limit: Limit = 50, offset: Offset = 0,
) -> dict[str, Any]:  # fmt: skip
    """Who moves within days if nothing happens, the earliest first."""
    count, rows = histories.due(request.auth, lifecycle, days=days, limit=limit, offset=offset)
    return {"count": count, "people": rows}


def _customer(one: Person) -> dict[str, Any]:
    times = {name: _moment(getattr(one, name)) for name in ("since", "until", "last_seen")}
    return {**asdict(one), **times}


def _moment(time: int | None) -> datetime | None:
    return None if time is None else _EPOCH + timedelta(microseconds=time)
