"""The target of a metric, edited where the metric is looked at; it stands in the workspace's files."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tenure.errors import UsageError
from tenure.lifecycle.periods import PeriodUnit
from tenure.metrics.proposals import Proposal
from tenure.metrics.targets import Limits, Target
from tenure.server import holding
from tenure.server.access import definitions
from tenure.server.access.definition_forms import with_target, without_target
from tenure.server.access.kept import kept
from tenure.server.access.later import later
from tenure.server.access.reader import Reader, require
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.models import Change
from tenure.workspace.calendar import last_periods
from tenure.workspace.changed_files import TARGETS_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The target of a metric that holds now, its band, and the mark of the file it stands in."""

    target: Target | None
    limits: Limits | None
    file: str
    base: str


def aim(reader: Reader, name: str, unit: PeriodUnit, lifecycle: str | None) -> Aim:
    """The target for periods of a unit, as somebody who may change it sees it."""
    require(reader, Right.DEFINE)
    ws = holding.workspace()
    now = last_periods(ws, unit, 1, until=ws.moment(None))[0]
    found = ws.targets.all.of(name, unit, now.start, lifecycle=lifecycle)
    file = found[0].file if found else TARGETS_FILE
    return Aim(
        target=found[0] if found else None, limits=found[1] if found else None, file=file,
        base=definitions.file(reader, file).base,
    )  # fmt: skip


def set_aim(
    user: User, name: str, unit: PeriodUnit, *, low: Decimal | None, high: Decimal | None, note: str, file: str,
    place: int | None, base: str, address: str | None,
) -> Change:  # fmt: skip
    """The change that writes a target. Raises UsageError where nothing is to be reached."""
    require(user, Right.DEFINE)
    if low is None and high is None:
        raise UsageError("A target needs a figure.", hint="Say the least, the most, or both.")
    if low is not None and high is not None and low > high:
        raise UsageError("The least is more than the most.", hint="Exchange them.")
    _own(name, file, place)
    direction = holding.workspace().metrics.metric(name).direction
    alone = low if direction == "up" and high is None else high if direction == "down" and low is None else None
    texts = with_target(
        user, metric=name, period=unit, value=alone, low=low if alone is None else None,
        high=high if alone is None else None, note=note.strip()[:300] or None, file=file if place is not None else None,
        place=place,
    )  # fmt: skip
    return definitions.change(user, texts, note=f"Target of {name}", bases={file: base}, address=address)


def drop_aim(user: User, name: str, *, file: str, place: int, base: str, address: str | None) -> Change:
    """The change that takes a target away."""
    require(user, Right.DEFINE)
    _own(name, file, place)
    texts = without_target(user, file, place)
    return definitions.change(user, texts, note=f"No target of {name}", bases={file: base}, address=address)


def proposal(reader: Reader, name: str, unit: PeriodUnit) -> tuple[Proposal, ...] | None:
    """What may be the target, from the last periods (empty: too few); None while it is worked out."""
    require(reader, Right.FIGURES)
    return later(_proposal, name, unit)


@kept(48)
def _proposal(name: str, unit: PeriodUnit) -> tuple[Proposal, ...]:
    return holding.workspace().targets.propose([name], period=unit)


def _own(name: str, file: str, place: int | None) -> None:
    """Nothing. Raises UsageError where that is no target of the metric."""
    if place is None:
        if file != TARGETS_FILE:
            raise UsageError("New targets stand in targets.yaml.")
        return
    held = holding.workspace().targets.all.targets
    if not any((one.metric, one.file, one.place) == (name, file, place) for one in held):
        raise UsageError("There is no such target any more.", hint="Open the page anew.")
