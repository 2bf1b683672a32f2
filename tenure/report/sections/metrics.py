"""How the key figures are doing, and why the most unusual of them changed."""

from __future__ import annotations

from tenure import charts
from tenure.charts.steps import gained
from tenure.metrics.targets import Limits
from tenure.metrics.why.dimensions import STAGE
from tenure.metrics.why.found import Breakdown, Why
from tenure.report.measured import Measured
from tenure.report.sketch import Look, Sketch
from tenure.wording import change, figure, number, several


def key_figures(measured: Measured, look: Look) -> list[Sketch]:
    """A small chart for each key figure."""
    shown = measured.trends
    if not shown:
        return []
    aimed = any(one.trend.limits and any(one.trend.limits) for one in shown)
    running = any(not one.judged.over for one in shown)
    told = f"The last {several(len(shown[0].trend.points), 'month')}, up to {shown[0].judged.period.name}."
    if aimed:
        told += " The band is the target."
    if running:
        told += " That month goes on: the diamond is where it will end at the pace of earlier ones."
    told += look.noted([point.period for one in shown for point in one.trend.points])
    return [
        Sketch(
            name="figures", title="How are the key figures doing?", told=told,
            draw=lambda width: charts.trends(
                [one.trend for one in shown], width=width, currency=look.currency, notes=look.marks
            ),
            head=("Key figure", "Month", "Value", "Before", "Change", "Target", "Status", "n"),
            rows=tuple(
                (
                    one.title, one.period.name + ("" if one.over else " so far"),
                    figure(one.value, one.unit, look.currency), figure(one.previous, one.unit, look.currency),
                    change(one.value, one.previous, one.unit), _target(one.limits, one.unit, look), one.status or "",
                    "" if one.n is None else number(one.n),
                )
                for one in (each.judged for each in shown)
            ),
        )
    ]  # fmt: skip


def why(measured: Measured, look: Look) -> list[Sketch]:
    """Why the key figure with the most unusual change changed."""
    found = measured.why
    if found is None:
        return []
    broken = breakdown_of(found)
    unit, currency = found.metric.unit, look.currency
    names = look.titles if broken.dimension == STAGE else {}
    by = change(found.after, found.before, unit)
    told = (
        f"From {figure(found.before, unit, currency)} in {found.one.name} to {figure(found.after, unit, currency)} in "
        f"{found.two.name}{f' ({by})' if by else ''}, by {broken.dimension} ({broken.told.split(':')[0]}); the "
        "parts add up to the change."
    )
    if found.within_noise:
        told += " A change of this size happens by chance."
    return [
        Sketch(
            name="why", title=f"Why did the figure change: {found.metric.title}?", told=told,
            draw=lambda width: charts.steps(
                found, broken, width=width, currency=currency, names=names
            ),
            head=("Part", "Before", "After", "Contributes", "By chance"),
            rows=(
                *(
                    (
                        names.get(one.part, one.part), figure(one.before, unit, currency),
                        figure(one.after, unit, currency), gained(one.contribution, unit, currency),
                        "" if one.probability is None else f"{100 * one.probability:.0f} %",
                    )
                    for one in sorted(broken.parts, key=lambda one: -abs(one.contribution))
                ),
                *([("the days of the period", "", "", gained(broken.rest, unit, currency), "")] if broken.rest else []),
            ),
        )
    ]  # fmt: skip


def breakdown_of(found: Why) -> Breakdown:
    """The breakdown that says most: that of the first part among the causes, else the first."""
    named = next((one.dimension for one in found.causes if one.kind == "part"), None)
    return next((one for one in found.breakdowns if one.dimension == named), found.breakdowns[0])


def _target(limits: Limits | None, unit: str, look: Look) -> str:
    if limits is None:
        return ""
    low, high = (None if one is None else figure(one, unit, look.currency) for one in (limits.low, limits.high))
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
