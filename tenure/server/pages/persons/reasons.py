"""An explanation in sentences: why somebody is in a stage, and what would move them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.explain import Explanation, MeasureTold
from tenure.server import holding
from tenure.server.access.happenings import Happening, happening
from tenure.server.spoken import length
from tenure.wording import day, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A stage with its condition in words and in code, whether that holds, and the values that decide it."""

    stage: str
    title: str
    words: str
    code: str
    holds: bool
    here: bool
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why somebody is where they are: the rule that decided, stages from the deciding one on, events, what comes."""

    rule: str
    stages: tuple[Reason, ...]
    events: tuple[Happening, ...]
    silence: str
    others: tuple[tuple[str, str], ...]


def reasons(lifecycle: Lifecycle, found: Explanation) -> Reasons:
    """The explanation as sentences; stages are called by their titles."""
    titles = {stage.name: stage.title for stage in lifecycle.stages}
    told = tuple(
        Reason(
            stage=one.stage, title=titles.get(one.stage, one.stage), words=one.words, code=one.condition,
            holds=one.holds, here=one.stage == found.stage,
            values=tuple((measure.measure, _value(measure)) for measure in one.measures),
        )
        for one in found.stages
    )  # fmt: skip
    return Reasons(
        rule=_rule(lifecycle, found), stages=told,
        events=tuple(happening(one.time, one.name, one.properties, None, "") for one in found.events),
        silence=_silence(found, titles, lifecycle),
        others=tuple(
            (_supposed(one.times, one.event, one.value), titles.get(one.stage or "", _outside(lifecycle)))
            for one in found.if_events
        ),
    )  # fmt: skip


def _rule(lifecycle: Lifecycle, found: Explanation) -> str:
    holding_now = [one.stage for one in found.stages if one.holds]
    if found.stage is None:
        return _("No condition holds.")
    if found.stage in holding_now:
        return _("The last condition of the list that holds decides.") if len(found.stages) > 1 else ""
    stage = lifecycle.stage(found.stage)
    if stage is not None and stage.otherwise and not holding_now:
        return _("No condition holds, and this stage is for everybody else.")
    if lifecycle.forward:
        return _("Nobody falls back here: the stage is kept though its condition does not hold any more.")
    return _("The stage was set by hand.")


def _silence(found: Explanation, titles: Mapping[str, str], lifecycle: Lifecycle) -> str:
    zone = holding.workspace().zone
    if not found.if_silent:
        return _("If nothing happens, nothing changes.")
    moves = [
        _("%(stage)s from %(day)s") % {"stage": titles.get(stage or "", _outside(lifecycle)), "day": day(time, zone)}
        for time, stage in found.if_silent[:4]
    ]
    return _("If nothing happens: %(moves)s.") % {"moves": _(", then ").join(moves)}


def _supposed(times: int, event: str, value: object) -> str:
    told = ngettext("%(times)s more %(event)s", "%(times)s more times %(event)s", times)
    words = told % {"times": times, "event": event.replace("_", " ")}
    return _("%(event)s with %(value)s") % {"event": words, "value": value} if value is not None else words


def _outside(lifecycle: Lifecycle) -> str:
    return _("not in it") if lifecycle.segment else _("no stage")


def _value(measure: MeasureTold) -> str:
    value = measure.value
    if value is None:
        return _("unknown")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return length(value) if measure.is_time else number(Decimal(str(value)) if isinstance(value, float) else value)
