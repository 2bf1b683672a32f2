"""Charts of these pages, drawn once for figures that stay the same."""

from __future__ import annotations

from tenure import charts
from tenure.lifecycle.periods import PeriodUnit
from tenure.server import holding
from tenure.server.access.figures import kept_trend, kept_why
from tenure.server.access.figures_heavy import kept_attribution, kept_follows, kept_paths, kept_personas
from tenure.server.access.kept import kept
from tenure.server.pages.lifecycle.pictures import HALF, Picture, drawn, marks_of, noun_of
from tenure.workspace.timeline import Noted

_PATHS = 12
# as wide as the room beside a form
_BESIDE = 640


def _currency() -> str | None:
    return holding.workspace().definitions.config.currency


@kept(128, spoken=True)
def trend_picture(
    name: str, lifecycle: str | None, unit: PeriodUnit, at: str | None, notes: tuple[Noted, ...] = ()
) -> Picture:
    """A metric over time, its target a band, where the running period will end, and the notes of the time."""
    found = kept_trend(name, lifecycle, unit, at)
    told = charts.Trend(
        title=found.metric.title, unit=found.metric.unit, points=found.points,
        limits=tuple(limits for limits, _ in found.beside), pace=found.judged.pace,
    )  # fmt: skip
    marks = marks_of(notes)
    return drawn(
        "trend", lambda width: charts.trend(told, width=width, currency=_currency(), notes=marks), width=_BESIDE
    )


@kept(64, spoken=True)
def why_picture(
    name: str, lifecycle: str | None, unit: PeriodUnit, since: str | None, until: str | None, dimension: str,
    personas: bool,
) -> Picture:  # fmt: skip
    """A change as steps, one for each part."""
    found = kept_why(name, lifecycle, unit, since, until, personas)
    shown = next(one for one in found.breakdowns if one.dimension == dimension)
    names = {one.name: one.title for one in holding.workspace().lifecycle(lifecycle).stages}
    return drawn(
        "why",
        lambda width: charts.steps(
            found, shown, width=width, currency=_currency(), names=names if dimension == "stage" else None
        ),
    )


@kept(24, spoken=True)
def follows_picture(lifecycle: str, stage: str | None, segment: str | None) -> Picture:
    """Which touchpoint comes right after which."""
    rows = kept_follows(lifecycle, stage, segment)
    return drawn("follows", lambda width: charts.follows(rows, width=width), width=HALF)


@kept(24, spoken=True)
def paths_picture(lifecycle: str, to: str, title: str, days: int, segment: str | None) -> Picture:
    """The most travelled paths to something."""
    rows = kept_paths(lifecycle, to, None, days, segment)[:_PATHS]
    noun = noun_of(holding.workspace().lifecycle(lifecycle))
    return drawn("paths", lambda width: charts.paths(rows, to=title, width=width, noun=noun))


@kept(8, spoken=True)
def personas_picture(lifecycle: str, k: int | None) -> Picture:
    """What sets each persona apart."""
    found = kept_personas(lifecycle, k).personas
    return drawn("personas", lambda width: charts.personas(found, width=width, currency=_currency()))


@kept(24, spoken=True)
def credited_picture(
    lifecycle: str, event: str | None, stage: str | None, by: str, days: int, every: bool, since: str | None
) -> Picture:
    """The credits of the channels by all methods."""
    found = kept_attribution(lifecycle, event, stage, by, days, every, since)
    return drawn("credited", lambda width: charts.credited(found, width=width))
