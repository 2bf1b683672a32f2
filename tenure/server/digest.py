"""The weekly digest: the key figures of the last whole week, how their status changed, and what stands out.

It names nobody. Links lead to the pages, where people log in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tenure.lifecycle.periods import Period
from tenure.metrics.judged import Judged
from tenure.server import holding
from tenure.server.spoken import figure
from tenure.wording import Money, change, day
from tenure.workspace.calendar import last_periods

FINDINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A key figure: in words, beside the week before, and its status now and then (empty: it has no target)."""

    name: str
    title: str
    value: str
    change: str
    status: str
    before: str

    @property
    def turned(self) -> bool:
        """Whether the status is another than a week before."""
        return bool(self.status and self.before) and self.status != self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A week in figures and sentences; `week` is its first day."""

    workspace: str
    week: str
    name: str
    lines: tuple[Line, ...]
    findings: tuple[str, ...]

    @property
    def turned(self) -> tuple[Line, ...]:
        """The figures whose status changed."""
        return tuple(one for one in self.lines if one.turned)


def weekly() -> Digest | None:
    """The digest of the last whole week, its numbers as the active language writes them; None where the log does not
    reach into one.
    """
    ws = holding.workspace()
    now = ws.refreshed_as_of
    if now is None or ws.first_event is None:
        return None
    weeks = [one for one in last_periods(ws, "week", 3, until=now) if one.ends <= now + 1]
    if not weeks:
        return None
    week = weeks[-1]
    told = {one.name: one for one in ws.targets.judged(period="week", at=_inside(week))}
    earlier = {one.name: one for one in ws.targets.judged(period="week", at=_inside(weeks[-2]))} if weeks[1:] else {}
    currency = ws.definitions.config.currency
    money = Money(currency, [])
    findings = ws.moves.findings(most=FINDINGS, money=money, day=partial(day, zone=ws.zone))
    return Digest(
        workspace=ws.definitions.config.name, week=str(week.start), name=week.name,
        lines=tuple(_line(one, earlier.get(one.name), currency) for one in told.values() if one.value is not None),
        findings=tuple(one.sentence for one in findings),
    )  # fmt: skip


def _inside(week: Period) -> str:
    return str(week.start)


def _line(one: Judged, before: Judged | None, currency: str | None) -> Line:
    return Line(
        name=one.name, title=one.title, value=figure(one.value, one.unit, currency),
        change=change(one.value, one.previous, one.unit), status=one.status or "",
        before=(before.status or "") if before else "",
    )  # fmt: skip
