"""Why somebody has the chance they have: how much each thing about them moves it, seen from two ends.

Columns that tell of one thing (the silence since the last purchase, visits, the stage …) are a group. For each group
the rule is asked what this person's chance would be with the typical numbers of the group (the median; of names the
commonest) in place of their own, and what the typical person's would be with theirs. The mean of what the one takes and
the other adds is the points of the group: two of the orders over which a Shapley value is the mean. Points of several
groups do not add up to the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tenure.events import STANDARD
from tenure.expressions.nouns import noun, nouns
from tenure.predict.classify import Boosted, Rule
from tenure.predict.features import Matrix, Panel
from tenure.predict.special import Floats

MOST = 3
_LEAST = 0.005
_PERIOD = 30
_BLOCK = 2000
# short names by the one event that they stand for
_SHORT: Mapping[str, str] = {
    one.events[0]: name for name, one in reversed(list(STANDARD.items())) if len(one.events) == 1 and not one.where
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Something about somebody in words (`no visit for 41 days`), and by how much it moves the chance (0.12)."""

    said: str
    points: float


def reasons(rule: Rule, panel: Panel, rows: Sequence[int]) -> list[tuple[Reason, ...]]:
    """The three things that move the chance of each of these rows most, the greatest first."""
    if not len(rows):
        return []
    if not isinstance(rule, Boosted):
        return _simple(rule, panel, rows)
    values = panel.values[list(rows)]
    typical = _typical(panel)
    groups = list(dict.fromkeys(one.group for one in panel.columns))
    own = [[at for at, one in enumerate(panel.columns) if one.group == group] for group in groups]
    moved = np.concatenate(
        [_moved(rule, part, typical, own) for part in np.array_split(values, -(-len(values) // _BLOCK))]
    )
    order = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :MOST]
    found = []
    for at, best in enumerate(order):
        shown = [
            Reason(said=said(panel, values[at], groups[place]), points=float(moved[at, place]))
            for place in best
            if abs(moved[at, place]) >= _LEAST
        ]
        found.append(tuple(shown))
    return found


def _moved(rule: Boosted, values: Matrix, typical: Floats, groups: Sequence[Sequence[int]]) -> Matrix:
    """By how much each group of columns moves the chance of each row: the rule is asked for all of them at once."""
    count = len(groups)
    asked = np.concatenate([
        np.repeat(values[None], count + 1, axis=0), np.broadcast_to(typical, (count + 1, *values.shape)),
    ])  # fmt: skip
    for place, own in enumerate(groups):
        asked[place][:, own] = typical[own]
        asked[count + 1 + place][:, own] = values[:, own]
    chance = rule.chance_of(asked.reshape(-1, values.shape[1])).reshape(2 * count + 2, -1)
    taken, added = chance[count] - chance[:count], chance[count + 1 : -1] - chance[-1]
    return np.asarray((taken + added).T / 2, dtype=np.float64)


def _simple(rule: Rule, panel: Panel, rows: Sequence[int]) -> list[tuple[Reason, ...]]:
    """The one thing that such a rule looks at."""
    group = {**dict.fromkeys(("by_renewals", "sbg", "bdw"), "renewals"), "by_stage": "stage"}.get(rule.name, "recency")
    if group not in {one.group for one in panel.columns}:
        group = "silence"
    chance = rule.chance(panel)
    moved = chance - chance.mean()
    return [(Reason(said=said(panel, panel.values[row], group), points=float(moved[row])),) for row in rows]


def _typical(panel: Panel) -> Floats:
    """The typical number of each column: the median, of names the commonest; never, where most never did."""
    found = []
    for place, column in enumerate(panel.columns):
        values = panel.values[:, place]
        known = values[np.isfinite(values)]
        if 2 * len(known) < len(values) or not len(known):
            found.append(np.nan)
        elif column.values:
            found.append(float(np.bincount(known.astype(np.int64)).argmax()))
        else:
            found.append(float(np.median(known)))
    return np.asarray(found, dtype=np.float64)


def said(panel: Panel, row: Floats, group: str) -> str:
    """What is so with somebody, of one group of columns, in words."""
    told = {one.name: float(row[place]) for place, one in enumerate(panel.columns) if one.group == group}
    kind, _, name = group.partition(":")
    match kind:
        case "stage":
            return f"in {_named(panel, 'stage', told['stage'])} for {_days(told['days in stage'])}"
        case "due":
            ahead = told["days to next move"]
            return "no move is due" if ahead != ahead else f"the next move is due in {_days(ahead)}"
        case "term" | "renewals" | "notice":
            return _of_term(kind, told)
        case "recency":
            silent = told["days since purchase"]
            return "never bought" if silent != silent else f"no purchase for {_days(silent)}"
        case "rhythm":
            gap = told["mean gap"]
            return "bought once at most" if gap != gap else f"buys every {_days(gap)}"
        case "purchases":
            return f"{_several(told['purchases'], 'purchase')}, {told['purchases in 365 days']:.0f} of them in a year"
        case "spend":
            spent = told["spent in 365 days"]
            return "spent nothing in a year" if spent != spent else f"spent {spent:,.2f} in a year"
        case "age":
            return f"known for {_days(told['days known'])}"
        case "activity":
            return (
                f"{_several(told['events in 30 days'], 'event')} in {_PERIOD} days, "
                f"{told['events in 90 days']:,.0f} in 90"
            )
        case "silence":
            return f"nothing at all for {_days(told['days since any event'])}"
        case "event":
            return _event(name, told)
        case "survey":
            answer, ago = told[f"last {name}"], told[f"days since {name}"]
            never = f"never answered {name.upper()}"
            return never if answer != answer else f"{name.upper()} of {answer:.0f} {_days(ago)} ago"
        case _:
            value = _named(panel, name, told[name])
            return f"{name.replace('_', ' ')}: {value}" if value else f"{name.replace('_', ' ')} not known"


def _of_term(kind: str, told: Mapping[str, float]) -> str:
    if kind == "term":
        return f"the term ends in {_days(told['days to the end of the term'])}"
    if kind == "renewals":
        return f"renewed {_several(told['renewals'], 'time')}"
    given = told["days since notice"]
    return "no notice was given" if given != given else f"gave notice {_days(given)} ago"


def _event(name: str, told: Mapping[str, float]) -> str:
    short = _SHORT.get(name, name)
    month, ago = told[f"{name} in 30 days"], told[f"days since {name}"]
    if ago != ago:
        return f"never a {noun(short)}" if noun(short)[:1] not in "aeio" else f"never an {noun(short)}"
    if month:
        return f"{month:,.0f} {noun(short) if month == 1 else nouns(short)} in {_PERIOD} days"
    return f"no {noun(short)} for {_days(ago)}"


def _named(panel: Panel, column: str, code: float) -> str:
    values = next((one.values for one in panel.columns if one.name == column), ())
    return values[int(code)] if code == code and 0 <= int(code) < len(values) else ""


def _several(number: float, thing: str) -> str:
    return f"{number:,.0f} {thing}{'' if number == 1 else 's'}"


def _days(days: float) -> str:
    return _several(round(days), "day")
