"""Stages of one person, now, at a moment and over time, and of everybody, for programs."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.explain import Explanation
from tenure.lifecycle.population import StageCount
from tenure.server import holding
from tenure.server.access.people import looked_through
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right


def lifecycle_of(reader: Reader, name: str | None) -> Lifecycle:
    """The lifecycle or segment of that name. Raises UsageError where there is none."""
    require(reader, Right.FIGURES)
    return holding.workspace().lifecycle(name)


def stays(reader: Reader, customer: str, lifecycle: str | None = None) -> list[dict[str, Any]]:
    """Every stay of somebody, scheduled ones too: lifecycle, stage, previous, entered_at, left_at. Raises Http404."""
    require(reader, Right.PEOPLE)
    ws = holding.workspace()
    chosen = ws.lifecycle(lifecycle)
    if not ws.knows(customer, chosen.name):
        raise Http404(f"There is nobody of the id {customer!r}.")
    found: list[dict[str, Any]] = ws.history(chosen.name, customer=customer).drop_columns(["customer_id"]).to_pylist()
    return found


def stay_at(reader: Reader, customer: str, lifecycle: str | None = None, at: str | None = None) -> dict[str, Any]:
    """The stay of somebody at a moment (default: now); its stage is None where they are in none. Raises Http404."""
    found = stays(reader, customer, lifecycle)
    ws = holding.workspace()
    moment = ws.moment(at)
    for one in found:
        entered, left = _micro(one["entered_at"]), _micro(one["left_at"])
        if entered is not None and entered <= moment and (left is None or left > moment):
            return one
    nothing = {"stage": None, "previous": None, "entered_at": None, "left_at": None}
    return {"lifecycle": ws.lifecycle(lifecycle).name, **nothing}


def explained(reader: Reader, customer: str, lifecycle: str | None = None, at: str | None = None) -> Explanation:
    """Why somebody is in a stage at a moment (default: now). Raises Http404."""
    require(reader, Right.PEOPLE)
    ws = holding.workspace()
    chosen = ws.lifecycle(lifecycle)
    if not ws.knows(customer, chosen.name):
        raise Http404(f"There is nobody of the id {customer!r}.")
    return ws.explain(customer, chosen.name, at=at)


def counted(reader: Reader, lifecycle: str | None = None, at: str | None = None) -> tuple[StageCount, ...]:
    """People and money of every stage at a moment (default: now)."""
    require(reader, Right.FIGURES)
    return holding.workspace().stages(lifecycle, at=at)


def due(
    reader: Reader, lifecycle: str | None, *, days: int, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """How many move within days if nothing happens, and some of them, the earliest first."""
    require(reader, Right.PEOPLE)
    limit = looked_through(reader, offset, limit)
    found = holding.workspace().due(lifecycle, days=days)
    return found.num_rows, found.slice(offset, limit).to_pylist()


def _micro(moment: Any) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1_000_000)
