"""What an answer to "why did it change" is made of: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from tenure.lifecycle.periods import Period
from tenure.metrics.definition import Metric
from tenure.metrics.why.calendar import CalendarEffect
from tenure.metrics.why.data_faults import Fault

CauseKind = Literal["data", "definition", "calendar", "part", "noise", "spread"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChange:
    """What one part had to do with a change.

    `before` and `after` are the metric of this part alone; `contribution` of all parts of a dimension, and its rest,
    add up to the change; `mix` is what of it a changed weight made (None: the metric is no rate). `excess` is what the
    part did beyond what all others did, `low` to `high` its 95 % interval, `probability` that of such an excess by
    chance, corrected for all parts of all dimensions (None: cannot be told).
    """

    part: str
    before: Decimal | None
    after: Decimal | None
    people_before: int
    people_after: int
    contribution: Decimal
    mix: Decimal | None = None
    excess: float | None = None
    low: float | None = None
    high: float | None = None
    strength: float = 0.0
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A change by one dimension; `told` says what its parts are, `rest` is what no part did (the days of a period)."""

    dimension: str
    told: str
    parts: tuple[PartChange, ...]
    rest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason for a change, the likeliest first.

    `data`: events broke off; `definition`: they come at another rate from one day on, for everybody; `calendar`: days;
    `part`: one part did what the others did not; `noise`: no larger than chance; `spread`: everybody, more or less.
    """

    kind: CauseKind
    dimension: str | None = None
    part: str | None = None
    change: PartChange | None = None
    fault: Fault | None = None
    calendar: CalendarEffect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """One person behind a part: the figure in both periods, and of a rate what it is the share of."""

    customer_id: str
    before: Decimal
    after: Decimal
    of_before: Decimal | None = None
    of_after: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on the time axis, or a release, on its day."""

    day: date
    event: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A comment in a survey, or the subject of a case, of one of the people behind a change."""

    day: date
    customer_id: str
    event: str
    text: str
    score: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The people of a part: how many had the figure in both periods, no longer, or only now; and the largest changes.

    `figure` is what is told of each of them, in the words of the formula.
    """

    dimension: str
    part: str
    figure: str
    stayed: int
    gone: int
    come: int
    people: tuple[PersonChange, ...]
    voices: tuple[Voice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a metric changed from one period to another.

    `change` is None, and so are parts, where a figure is missing: `status` then says what of. `low` and `high` bound
    the change at 95 % as far as chance goes (None: cannot be told); `usual` is the median size of earlier changes.
    `running` tells that the later period is not over.
    """

    metric: Metric
    one: Period
    two: Period
    before: Decimal | None
    after: Decimal | None
    change: Decimal | None
    n_before: int | None = None
    n_after: int | None = None
    low: float | None = None
    high: float | None = None
    usual: Decimal | None = None
    running: bool = False
    status: str | None = None
    causes: tuple[Cause, ...] = ()
    faults: tuple[Fault, ...] = ()
    calendar: CalendarEffect | None = None
    breakdowns: tuple[Breakdown, ...] = ()
    behind: Behind | None = None
    notes: tuple[Note, ...] = ()

    @property
    def within_noise(self) -> bool:
        """Whether a change of this size happens by chance; the days of the periods are taken off first."""
        if self.low is None or self.high is None:
            return False
        off = self.calendar.effect if self.calendar else 0.0
        return self.low - off <= 0 <= self.high - off
