"""Cohorts, journeys, personas, RFM and attribution: figures over everybody, worked out once and kept.

Each is None while it is being worked out: ask again in a moment.
"""

from __future__ import annotations

from collections.abc import Sequence

from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.attribution.side_by_side import Attribution
from tenure.metrics.cohorts import CohortCell
from tenure.metrics.journeys.follows import Follow
from tenure.metrics.journeys.journey_map import MapCell
from tenure.metrics.journeys.paths import Path
from tenure.metrics.personas.personas import Personas
from tenure.metrics.rfm import RfmCell
from tenure.metrics.split import FIRST_TOUCH
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.later import later
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.roles import Right

BY = FIRST_TOUCH
MOST_EVENTS = 40


def cohorts(
    reader: Reader, lifecycle: str, what: str, by: str, unit: PeriodUnit, count: int
) -> tuple[CohortCell, ...] | None:
    """The cells of the last cohorts. Raises UsageError for what does not exist."""
    require(reader, Right.FIGURES)
    ws = holding.workspace()
    scope = ws.moves.scope(lifecycle)
    # what does not exist is told before anything is begun
    ws.cohorts.begin(scope, by)
    ws.cohorts.counted(scope, what)
    return later(kept_cohorts, lifecycle, what, by, unit, count)


def follows(
    reader: Reader, lifecycle: str, stage: str | None, segment: str | None
) -> tuple[Follow, ...] | None:  # fmt: skip
    """Which touchpoint comes right after which, over whole histories or within stays in a stage."""
    require(reader, Right.FIGURES)
    return later(kept_follows, lifecycle, stage, segment)


def paths(
    reader: Reader, lifecycle: str, to: str | None, start: str | None, days: int, segment: str | None
) -> tuple[Path, ...] | None:
    """The most travelled paths to a stage or event, or from one."""
    require(reader, Right.FIGURES)
    return later(kept_paths, lifecycle, to, start, days, segment)


def journey_map(
    reader: Reader, lifecycle: str, segment: str | None, persona: str | None
) -> tuple[MapCell, ...] | None:  # fmt: skip
    """For every stage and touchpoint volume, satisfaction, cases, cost and drop-off."""
    require(reader, Right.FIGURES)
    return later(kept_map, lifecycle, segment, persona)


def personas(reader: Reader, lifecycle: str, k: int | None) -> Personas | None:
    """The groups of people who behave alike."""
    require(reader, Right.FIGURES)
    return later(kept_personas, lifecycle, k)


def rfm(reader: Reader, lifecycle: str, days: int | None) -> tuple[RfmCell, ...] | None:
    """How recently, how often and for how much people bought."""
    require(reader, Right.FIGURES)
    return later(kept_rfm, lifecycle, days)


def attribution(
    reader: Reader, lifecycle: str, event: str | None, stage: str | None, by: str, days: int, *, every: bool,
    since: str | None,
) -> Attribution | None:  # fmt: skip
    """What each channel is credited with; only by what says nothing of single people. Raises UsageError otherwise."""
    from tenure.errors import UsageError

    require(reader, Right.FIGURES)
    if by not in BY:
        raise UsageError(f"Channels are not told by {by[:60]!r}.", hint=f"There are: {', '.join(BY)}.")
    return later(kept_attribution, lifecycle, event, stage, by, days, every, since)


def events_of(reader: Reader) -> Sequence[str]:
    """The names of the commonest events that belong to people, the most frequent first."""
    require(reader, Right.FIGURES)
    return _events()


@kept(4)
def _events() -> tuple[str, ...]:
    counted = holding.workspace().roster.events()
    return tuple(sorted(counted, key=lambda name: (-counted[name], name))[:MOST_EVENTS])


@kept(48)
def kept_cohorts(lifecycle: str, what: str, by: str, unit: PeriodUnit, count: int) -> tuple[CohortCell, ...]:
    """The cells of the last cohorts, and those of all together."""
    return holding.workspace().cohorts.table(what, by=by, unit=unit, count=count, name=lifecycle)


@kept(24)
def kept_follows(lifecycle: str, stage: str | None, segment: str | None) -> tuple[Follow, ...]:
    """Which touchpoint comes right after which."""
    return holding.workspace().journeys.follows(lifecycle, stage=stage, segment=segment)


@kept(24)
def kept_paths(
    lifecycle: str, to: str | None, start: str | None, days: int, segment: str | None
) -> tuple[Path, ...]:  # fmt: skip
    """The most travelled paths."""
    return holding.workspace().journeys.paths(lifecycle, to=to, start=start, days=days, segment=segment)


@kept(12)
def kept_map(lifecycle: str, segment: str | None, persona: str | None) -> tuple[MapCell, ...]:
    """The journey map."""
    return holding.workspace().journeys.map(lifecycle, segment=segment, persona=persona)


@kept(8)
def kept_personas(lifecycle: str, k: int | None) -> Personas:
    """The personas."""
    return holding.workspace().journeys.personas(lifecycle, k=k)


@kept(12)
def kept_rfm(lifecycle: str, days: int | None) -> tuple[RfmCell, ...]:
    """The cells of the RFM map."""
    return holding.workspace().journeys.rfm(lifecycle, days=days)


@kept(24)
def kept_attribution(
    lifecycle: str, event: str | None, stage: str | None, by: str, days: int, every: bool, since: str | None
) -> Attribution:
    """The credits of every channel by all methods."""
    return holding.workspace().journeys.attribution(
        event, lifecycle, stage=stage, by=by, days=days, every=every, since=since
    )
