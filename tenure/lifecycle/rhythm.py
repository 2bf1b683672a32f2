"""How long people wait until they buy again, and from it the windows of at_risk and lapsed.

    rhythm = fit(connection, purchase, as_of=now, timezone="Europe/London")
    rhythm.at_risk, rhythm.lapsed          # 83, 174 days

The waiting time of those who come back is estimated by the product-limit method (E. L. Kaplan and P. Meier,
Nonparametric estimation from incomplete observations, Journal of the American Statistical Association 53, 1958,
457-481). Observed are all intervals, in days, between the days on which somebody bought; the interval since the last
purchase is still open, so it is censored: known to be at least so long. With d(t) intervals that end after t days, and
n(t) that lasted t days or more,

    S(t) = product over u <= t of (1 - d(u) / n(u)),     F(t) = 1 - S(t)

Many never come back, so F levels out below 1, at the largest value it reaches. The q-quantile of those who come back is
the first day on which F(t) / F(largest t) >= q: at_risk is the 0.75-quantile, lapsed the 0.9-quantile. Closed intervals
alone would say less, because the long ones are those that have not had the time to close.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure.documents import Document, Path, parse
from tenure.documents.conditions import origins
from tenure.events import EventBinding
from tenure.expressions import parse as parse_condition
from tenure.ingest.times import Zone
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.survival import kaplan_meier
from tenure.lifecycle.silence import length, silences
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure

AT_RISK, LAPSED = 0.75, 0.9
AT_RISK_DAYS, LAPSED_DAYS = 90, 180
# fixed terms, such as monthly renewals: every interval is the same
AFTER_TERM = (7, 30)
FEWEST_REPEATERS = 30
FEWEST_INTERVALS = 60
_ANEW = "`tenure lifecycles --fit {}` fits them anew; `tenure plan` shows what a change would do."

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The repurchase interval of a trade, in days.

    `at_risk` and `lapsed` are the windows, fitted where `refusal` is empty, else 90 and 180; `refusal` says why.
    `people` have bought, `repeaters` of them on more than one day, which makes `intervals` closed ones; `histogram[t]`
    counts those of t days. `level` is the share that ever comes back, as far as the curve goes; `median` the
    half of those; `bare` the two quantiles of the closed intervals alone. `term` is the one length of fixed terms.
    """

    at_risk: int = AT_RISK_DAYS
    lapsed: int = LAPSED_DAYS
    refusal: str = ""
    people: int = 0
    repeaters: int = 0
    intervals: int = 0
    level: float = 0.0
    median: int | None = None
    bare: tuple[int, int] | None = None
    term: int | None = None
    histogram: tuple[int, ...] = ()

    @property
    def fitted(self) -> bool:
        """Whether the windows come from the data."""
        return not self.refusal

    @property
    def told(self) -> str:
        """Where the windows come from, in one sentence."""
        if self.refusal:
            return f"Not fitted: {self.refusal}; {AT_RISK_DAYS} and {LAPSED_DAYS} days are the defaults."
        if self.term is not None:
            after, longer = AFTER_TERM
            return f"People buy every {self.term} days, so {after} days more are late, and {longer} are too late."
        return (
            f"Of those who buy again, three in four do so within {self.at_risk} days and nine in ten within "
            f"{self.lapsed} (Kaplan-Meier over {self.intervals:,} intervals, {self.people:,} open ones censored)."
        )


def fit(
    connection: Connection, purchase: EventBinding, *, as_of: int, timezone: str = "UTC", unit: str = "customer"
) -> Rhythm:
    """The rhythm of the purchases in the store up to `as_of` (microseconds UTC), by the days of `timezone`."""
    kind = MeasureKind(unit=unit, events=purchase.events, where=purchase.where, properties=purchase.values)
    number = ensure(connection, [kind])[kind]
    table = connection.sql(
        f"SELECT unit, time FROM measures WHERE kind = {number} AND time <= {as_of} ORDER BY unit, time"
    ).to_arrow_table()
    zone = Zone.named(timezone)
    units = table["unit"].to_numpy()
    days = local_days(zone, table["time"].to_numpy())
    return rhythm(units, days, last_day=int(local_days(zone, np.array([as_of], dtype=np.int64))[0]))


def rhythm(units: Integers, days: Integers, *, last_day: int) -> Rhythm:
    """The rhythm of purchases: whose and on which day (counted from anywhere), sorted by both, up to `last_day`."""
    if not len(units):
        return Rhythm(refusal="nobody has bought anything")
    same = units[1:] == units[:-1]
    gaps = (days[1:] - days[:-1])[same]
    gaps = gaps[gaps > 0]
    last = np.append(~same, True)
    open_for = last_day - days[last]
    people = int(last.sum())
    repeaters = len(np.unique(units[1:][same & (days[1:] > days[:-1])]))
    if repeaters < FEWEST_REPEATERS or len(gaps) < FEWEST_INTERVALS:
        return Rhythm(
            refusal=f"only {repeaters:,} of {people:,} people bought on more than one day ({len(gaps):,} intervals), "
            f"and it takes {FEWEST_REPEATERS} people and {FEWEST_INTERVALS} intervals",
            people=people, repeaters=repeaters, intervals=len(gaps),
            histogram=tuple(np.bincount(gaps).tolist()) if len(gaps) else (),
        )  # fmt: skip
    waits = np.concatenate([gaps, np.maximum(open_for, 0)])
    curve = kaplan_meier(waits, np.arange(len(waits)) < len(gaps))
    level = 1 - float(curve.staying[-1])
    median, at_risk, lapsed = (curve.gone(q * level) or 0 for q in (0.5, AT_RISK, LAPSED))
    closed = np.bincount(gaps)
    total = np.cumsum(closed)
    bare_at_risk, bare_lapsed = (int(np.searchsorted(total, q * len(gaps) - 1e-9)) for q in (AT_RISK, LAPSED))
    term = at_risk if at_risk == lapsed else None
    if term is not None:
        at_risk, lapsed = term + AFTER_TERM[0], term + AFTER_TERM[1]
    return Rhythm(
        at_risk=at_risk, lapsed=lapsed, people=people, repeaters=repeaters, intervals=len(gaps), level=level,
        median=median, bare=(bare_at_risk, bare_lapsed), term=term,
        histogram=tuple(closed.tolist()),
    )  # fmt: skip


def with_windows(definition: str, found: Rhythm) -> str:
    """The text of a lifecycle's file with the windows of `found`, and the reason as a comment above `windows:`.

    The days change under `windows:` and in the conditions that wait for so long a silence; all else stays as written,
    but for the comment right above `windows:`. A file without `windows:` stays as it is.
    """
    document = parse(definition, file="lifecycle")
    declared = document.value(("windows",))
    if not isinstance(declared, dict):
        return definition
    fitted = {"at_risk": found.at_risk, "lapsed": found.lapsed}
    edits = [_comment(document, found)]
    lengths: dict[int, int] = {}
    for name, days in declared.items():
        mark = document.marks[("windows", name)]
        edits.append((mark.start, mark.end, str(fitted[name])))
        lengths[int(str(days)) * DAY] = fitted[name]
    for path, text in _conditions(document):
        places = origins(document.text, document.marks[path], text)
        for silence in silences(parse_condition(text)):
            if places is not None and length(silence) in lengths:
                span = silence.right.span
                edits.append((places[span.start], places[span.end - 1] + 1, f"days({lengths[length(silence)]})"))
    for start, end, new in sorted(edits, reverse=True):
        definition = definition[:start] + new + definition[end:]
    return definition


def _comment(document: Document, found: Rhythm) -> tuple[int, int, str]:
    """The comment above `windows:`: where the present one stands, and the new one."""
    first = last = document.place(("windows",), key=True)[0]
    while first > 1 and document.line(first - 1).startswith("#"):
        first -= 1
    lines = textwrap.wrap(f"{found.told} {_ANEW.format(document.value(('lifecycle',)))}", 110, break_on_hyphens=False)
    starts = document.line_starts
    return starts[first - 1], starts[last - 1], "".join(f"# {line}\n" for line in lines)


def _conditions(document: Document) -> Iterator[tuple[Path, str]]:
    """The conditions of a lifecycle's file."""
    stages = document.value(("stages",))
    paths: list[Path] = [("clear",)]
    for place, stage in enumerate(stages if isinstance(stages, list) else []):
        paths += [("stages", place, name, "when") for name in (stage if isinstance(stage, dict) else {})]
    for path in paths:
        text = document.value(path)
        if isinstance(text, str):
            yield path, text


def local_days(zone: Zone, moments: Integers) -> Integers:
    """The local days of moments, counted from 1970."""
    begun = (zone.starts - zone.offsets)[1:]
    offsets = zone.offsets[np.searchsorted(begun, moments, side="right")]
    return np.asarray((moments + offsets) // DAY, dtype=np.int64)
