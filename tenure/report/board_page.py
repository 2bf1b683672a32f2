"""The report to the board as one HTML file: two printed pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from tenure import charts
from tenure.engage.words import said, worth
from tenure.report.board import Board, KeyFigure
from tenure.report.sketch import Picture, Sketch, drawn
from tenure.wording import Money, change, day, figure, moment, several, units
from tenure.workspace.actions import ActionResult

_NONE = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A key figure in words."""

    title: str
    means: str
    value: str
    target: str
    status: str
    before: str
    year_before: str
    n: str


def board_page(told: Board, *, command: str = "tenure") -> str:
    """The report as HTML; `command` is what stands before the commands that list people."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markdown_it import MarkdownIt

    environment = Environment(
        loader=PackageLoader("tenure.report", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    colours = charts.stage_colours(told.lifecycle)
    trends = _trends(told)
    zone = told.zone
    return environment.get_template("board.html.jinja").render(
        told=told, trends=trends, aimed=any(one.judged.limits is not None for one in told.figures),
        lines=[_line(told, one) for one in told.figures], command=command,
        stages=[
            (
                stage.title, colours[stage.name], f"{row.before:,}", f"{row.entries:,}", f"{row.exits:,}",
                f"{row.people:,}", "" if row.money is None else money(row.money),
            )
            for money in [Money(told.currency, [row.money for row in told.stages if row.money is not None])]
            for row in told.stages
            if row.stage is not None and (stage := told.lifecycle.stage(row.stage)) is not None
        ],
        # what is written is text and emphasis: no HTML passes
        comments=MarkdownIt("commonmark", {"html": False}).disable("image").render(told.comments),
        first=told.period.start.isoformat(), last=day(told.period.ends - 1, zone), as_of=moment(told.as_of, zone),
        known_at=moment(told.known_at, zone), noun=units(told.lifecycle.unit).capitalize(),
        style=(files("tenure.report") / "report.css").read_text(encoding="utf-8"),
        count=several(len(told.figures), "key figure"), actions=[_done(told, one) for one in told.actions],
    )  # fmt: skip


def _trends(told: Board) -> Picture | None:
    """The key figures over the periods up to this one; None where there are none before it."""
    shown = [one.trend for one in told.trends]
    marks = [charts.Mark(number=one.number, period=one.period) for one in told.notes]
    if max((len(one.points) for one in shown), default=0) < 2:
        return None
    sketch = Sketch(
        name="trends", title="How did they develop?",
        told=f"The last {several(max(len(one.points) for one in shown), told.unit)}, up to {told.period.name}"
        + (" so far" if told.running else "")
        + (". The band is the target." if any(any(one.limits) for one in shown) else ".")
        + "".join(f" {one.number}: {one.text} ({one.day.isoformat()})." for one in told.notes),
        draw=lambda width: charts.trends(shown, width=width, currency=told.currency, notes=marks), head=(), rows=(),
    )  # fmt: skip
    (picture,) = drawn([sketch])
    return picture


def _done(told: Board, one: ActionResult) -> tuple[str, str, str, str]:
    """An action in words: its name, whom it was for, what it brought, and what that is worth."""
    reached = f"{one.lift.treated.people:,} treated, {one.lift.held_out.people:,} held out"
    owner = f"{one.action.owner} · " if one.action.owner else ""
    brought = said(one.lift, one.verdict, until=day(one.action.ends_at, told.zone))
    return one.action.name, f"{owner}{reached}", brought, worth(one.lift, told.currency)


def _line(told: Board, one: KeyFigure) -> Line:
    judged = one.judged
    limits = judged.limits
    target = ""
    if limits is not None:
        low, high = (
            "" if value is None else figure(value, judged.unit, told.currency) for value in (limits.low, limits.high)
        )
        target = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    return Line(
        title=judged.title, means=one.metric.means, value=figure(judged.value, judged.unit, told.currency),
        target=target or _NONE, status=judged.status or "",
        before=_beside(judged.value, judged.previous, judged.unit, told.currency),
        year_before=_beside(judged.value, one.year_before, judged.unit, told.currency),
        n="" if judged.n is None else f"{judged.n:,}",
    )  # fmt: skip


def _beside(value: Decimal | None, before: Decimal | None, unit: str, currency: str | None) -> str:
    """What it was, and what has been gained since."""
    gained = change(value, before, unit)
    return figure(before, unit, currency) + (f" ({gained})" if gained else "")
