"""What changed since last week, in three sentences: each a number, what it is of, and the list behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenure.server.access.lifecycle import Overview, Week
from tenure.server.pages.lifecycle.addresses import listed
from tenure.server.spoken import people
from tenure.wording import number
from tenure.workspace.moments import iso

_ENOUGH = 4  # earlier weeks, before anything is called usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A number with its unit, which opens the list behind it, and what is said of it."""

    number: str
    after: str
    link: str


def sentences(week: Week, found: Overview) -> list[Sentence]:
    """Who was new, which stage changed most, and who fell into risk or loss (or the least usual flow where none is)."""
    lifecycle = found.lifecycle
    within = {"since": iso(week.since), "until": iso(week.until)}
    noun = lifecycle.unit
    said = [
        Sentence(
            number=_counted(week.new[0], noun),
            after=ngettext("turned up for the first time", "turned up for the first time", week.new[0])
            + _compared(week.new),
            link=listed("moved", lifecycle, stages=["new"], **within),
        )
    ]
    changes = {name: week.entries[name][0] - week.exits[name][0] for name in week.entries}
    most = max(changes, key=lambda name: abs(changes[name]), default=None)
    titles = {stage.name: stage.title for stage in lifecycle.stages}
    if most is not None and (week.entries[most][0] or week.exits[most][0]):
        words = _("came to %(stage)s and %(left)s left: %(people)s are there now, %(change)s than a week ago") % {
            "stage": titles[most], "left": number(week.exits[most][0]), "people": number(found.row(most).people),
            "change": _more(changes[most]),
        }  # fmt: skip
        said.append(
            Sentence(
                number=_counted(week.entries[most][0], noun),
                after=words,
                link=listed("moved", lifecycle, to=[most], **within),
            )
        )
    lost = [stage.name for stage in lifecycle.stages if stage.phase in ("risk", "gone") or stage.kind == "former"]
    others = [name for name in (lost or week.entries) if name != most and week.entries[name][0]]
    if others:
        name = max(others, key=lambda one: _unusual(week.entries[one]))
        words = _("came to %(stage)s") % {"stage": titles[name]}
        said.append(
            Sentence(
                number=_counted(week.entries[name][0], noun), after=words + _compared(week.entries[name]),
                link=listed("moved", lifecycle, to=[name], **within),
            )
        )  # fmt: skip
    return said


def _counted(count: int, unit: str) -> str:
    return people(count, unit)


def _more(change: int) -> str:
    if not change:
        return _("as many")
    return (_("%(count)s more") if change > 0 else _("%(count)s fewer")) % {"count": number(abs(change))}


def _compared(weeks: Sequence[int]) -> str:
    """How the last of the weeks (newest first) stands beside the others; empty where there are too few."""
    now, before = weeks[0], weeks[1:]
    if len(before) < _ENOUGH:
        return ""
    told = {"count": len(before), "low": number(min(before)), "high": number(max(before))}
    if now > max(before):
        return _(", more than in any of the %(count)s weeks before (%(low)s to %(high)s)") % told
    if now < min(before):
        return _(", fewer than in any of the %(count)s weeks before (%(low)s to %(high)s)") % told
    return _(", as in the %(count)s weeks before (%(low)s to %(high)s)") % told


def _unusual(weeks: Sequence[int]) -> float:
    """How far the last week is from the mean of the others, in roots of it: counts scatter by that."""
    before = weeks[1:]
    mean = sum(before) / len(before) if before else 0.0
    return abs(weeks[0] - mean) / (mean + 1) ** 0.5
