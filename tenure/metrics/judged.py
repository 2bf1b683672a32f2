"""A figure beside its target, its pace and the period before: what scorecards and lists of targets show."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tenure.lifecycle.periods import Period
from tenure.metrics.definition import Direction, Unit
from tenure.metrics.status import Status
from tenure.metrics.targets import Limits, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A figure in a period, and how it stands.

    `pace` is where the period will end (None where it is over, or nothing can be told), `previous` what the period
    before was at its end. `lacks` says what there is no figure for. `status` is None where there is no target.
    """

    name: str
    title: str
    unit: Unit
    direction: Direction
    period: Period
    value: Decimal | None
    previous: Decimal | None = None
    pace: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    n: int | None = None
    over: bool = True
    part: str | None = None
    target: Target | None = None
    limits: Limits | None = None
    status: Status | None = None
    lacks: str = ""
