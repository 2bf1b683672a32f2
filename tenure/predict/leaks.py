"""Whether a feature knows the answer: a guard against leaks, before anything is learned.

Three things keep the future out. A panel of the past holds only what had happened by then (`time`) and had been
received by then (`received_at`; `tenure.predict.features`). What is left are facts dated back before they reached the
log: an exit interview filed under the day of the last visit, a reason for leaving imported as if it had always been
known. Such a fact sets people apart too well in the past, and nobody has it whose outcome is still open. That is what
is looked for here: a feature that by itself tells who it came for, and is all but gone among people of today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tenure.predict.classify import Labelled
from tenure.predict.features import Panel
from tenure.predict.judged import Bools, auc
from tenure.predict.special import Floats

TOO_GOOD = 0.97
_LIFT_SHARE, _LEAST_PEOPLE, _LEAST_COVERED = 0.9, 10, 0.1
GONE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A group of columns that by itself told who it came for.

    `alone` is the AUC of its best column; of those who had it, it came for a share of `hit`. `then` and `now` are the
    shares of people who have it at the dates of the past, and today. `left_out` says whether it is not used.
    """

    group: str
    column: str
    alone: float
    hit: float
    then: float
    now: float
    left_out: bool


def leaks(past: Sequence[Labelled], present: Panel) -> tuple[Leak, ...]:
    """The suspicious groups of columns, those that are left out first."""
    came = np.concatenate([one.came for one in past])
    if not came.any() or came.all():
        return ()
    found: dict[str, Leak] = {}
    for place, column in enumerate(past[0].panel.columns):
        if ":" not in column.group:
            # stages, silence and purchases are what the outcome is made of, and may tell much
            continue
        values = np.concatenate([one.panel.values[:, place] for one in past])
        told = _told(values, came, present.values[:, place], named=bool(column.values))
        if told is None:
            continue
        alone, hit, then, now = told
        one = Leak(
            group=column.group, column=column.name, alone=alone, hit=hit, then=then, now=now, left_out=now < GONE * then
        )
        known = found.get(column.group)
        if known is None or (one.left_out, one.alone) > (known.left_out, known.alone):
            found[column.group] = one
    return tuple(sorted(found.values(), key=lambda one: (not one.left_out, -one.alone, one.group)))


def _told(values: Floats, came: Bools, now: Floats, *, named: bool) -> tuple[float, float, float, float] | None:
    """AUC, share of hits, and shares of people then and now, of the most telling way to have it; None if not telling.

    To have it is, of a name, to be called so; of a number, to have one other than 0.
    """
    if named:
        ways = [(values == code, now == code) for code in np.unique(values[np.isfinite(values)])]
    else:
        ways = [(_has(values), _has(now))]
    worst = None
    for there, there_now in ways:
        people, hits = int(there.sum()), int(came[there].sum())
        if people < _LEAST_PEOPLE:
            continue
        hit = hits / people
        telling = hit >= _LIFT_SHARE and hit >= 2 * came.mean() and hits >= _LEAST_COVERED * came.sum()
        apart = auc(there.astype(np.float64), came) if named else auc(np.where(there, _ranked(values), -np.inf), came)
        apart = max(apart, 1 - apart)
        if telling or apart >= TOO_GOOD:
            told = (apart, hit, float(there.mean()), float(there_now.mean()) if len(there_now) else 0.0)
            worst = told if worst is None or told[3] / told[2] < worst[3] / worst[2] else worst
    return worst


def _has(values: Floats) -> Bools:
    return np.asarray(np.isfinite(values) & (values != 0), dtype=np.bool_)


def _ranked(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)
