"""What the API answers with, as JSON Schema tells it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ninja import Field, Schema


class Fault(Schema):
    """What went wrong, and what to do next."""

    error: str
    hint: str = ""


class StageAnswer(Schema):
    """A stay in a stage; `left_at` is scheduled where it lies ahead, null where nothing is."""

    lifecycle: str
    stage: str | None
    previous: str | None
    entered_at: datetime | None
    left_at: datetime | None


class CustomerAnswer(Schema):
    """Somebody in a list; the stage is that of the lifecycle asked for."""

    id: str
    name: str
    email: str
    stage: str | None
    since: datetime | None
    until: datetime | None
    next: str | None
    money: Decimal
    last_seen: datetime | None
    owner: str
    traits: dict[str, str]


class CustomersAnswer(Schema):
    """A page of a list: how many there are in all, and what they are worth."""

    count: int
    money: Decimal
    lifecycle: str
    customers: list[CustomerAnswer]


class CountAnswer(Schema):
    """People and money of a stage; null stands for no stage."""

    stage: str | None
    title: str
    people: int
    money: Decimal


class DueAnswer(Schema):
    """Who moves when, and where to, if nothing happens."""

    customer_id: str
    stage: str
    to: str | None
    moves_at: datetime
    money: Decimal


class DuePage(Schema):
    """A page of those who move."""

    count: int
    people: list[DueAnswer]


class StageDefinition(Schema):
    """A stage as it is defined."""

    name: str
    title: str
    means: str
    kind: str | None
    phase: str | None
    side: bool
    condition: str


class LifecycleAnswer(Schema):
    """A lifecycle, or a segment (a lifecycle of one stage)."""

    name: str
    title: str
    unit: str
    segment: bool
    definition: str
    stages: list[StageDefinition]


class MetricAnswer(Schema):
    """A metric of the catalogue; `lacks` says what this workspace has no events for."""

    name: str
    title: str
    phase: str
    unit: str
    direction: str
    formula: str
    means: str
    lacks: str


class PointAnswer(Schema):
    """A metric in a period, by the first day of the period; rates keep numerator and denominator."""

    metric: str
    period: str
    part: str | None
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    target: Any
    status: str | None


class PlanIn(Schema):
    """Definition files as they would be: name to text; null takes a file away."""

    files: dict[str, str | None]


class ChangeIn(PlanIn):
    """Definition files to write and apply."""

    note: str = ""
    bases: dict[str, str] = Field(default_factory=dict)


class ProblemAnswer(Schema):
    """Something wrong in a file, by line and column."""

    file: str
    line: int
    column: int
    message: str
    hint: str


class PlanAnswer(Schema):
    """What the files would do: problems, or people and money by stage before and after."""

    problems: list[ProblemAnswer]
    changes: list[dict[str, Any]]
