"""Why a metric changed between two periods: boring causes first, then parts, then the people.

    explain_change(connection, metric, question, one=8, two=9, segments=())

`one` and `two` are places among the question's periods; those before them tell what is usual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from tenure.lifecycle.definition import Lifecycle
from tenure.lifecycle.refresh import Applied
from tenure.metrics.definition import Metric
from tenure.metrics.figures import MetricPoint, points
from tenure.metrics.formula import Figure, Formula, Leaf, LevelFigure, Ratio, leaves
from tenure.metrics.question import DAY, Question
from tenure.metrics.why.activity import Activity, activity, events_of
from tenure.metrics.why.calendar import CalendarEffect, calendar_effect
from tenure.metrics.why.cells import NOBODY, NONE, SEVERAL, Table, headcount, table_of
from tenure.metrics.why.data_faults import BESIDE, Fault, faults
from tenure.metrics.why.decompose import Atom, atoms, decompose, value
from tenure.metrics.why.dimensions import COHORT, OTHERS, Dimension, dimensions
from tenure.metrics.why.found import Behind, Breakdown, Cause, PartChange, Why
from tenure.metrics.why.people import Told, behind, notes
from tenure.metrics.why.persons import TABLE, adds_up, by_person
from tenure.metrics.why.ranking import SURE, Excess, Floats, Pair, corrected, excesses, interval, total_error
from tenure.warehouse.connection import Connection

_EXACT = Context(prec=60)
# a fault that concerns less of an event than this does not come first
_MATTERS = 0.03
_PAIRS = 6
_ABOUT_AS_SURE = 0.7
_PARTLY, _WHOLLY = "campaign", "channel"
# a part with so many of the people is everybody
_NEARLY_ALL = 0.6
_FEW = 20


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is compared: the metric, the question, the places of both periods."""

    connection: Connection
    metric: Metric
    question: Question
    one: int
    two: int

    @property
    def formula(self) -> Formula:
        return self.metric.formula

    @property
    def gap(self) -> int:
        return self.two - self.one

    @property
    def days(self) -> tuple[Fraction, Fraction]:
        return Fraction(self.question.days(self.one)), Fraction(self.question.days(self.two))


def explain_change(
    connection: Connection, metric: Metric, question: Question, *, one: int, two: int,
    segments: Sequence[tuple[Lifecycle, Applied]] = (), first_event: int = 0, besides: Sequence[Dimension] = (),
) -> Why:  # fmt: skip
    """Why the metric changed from period `one` to period `two`; `first_event` is where the log begins.

    `besides` are breakdowns that the caller brings.

    Measures that are missing are extracted, so the connection is inside a transaction that may write.
    """
    asked = _Asked(connection, metric, question, one, two)
    told = points(connection, [metric], replace(question, by=None))
    # points leave the first period out
    was, now = told[one - 1], told[two - 1]
    periods = question.periods[one], question.periods[two]
    found = Why(
        metric=metric, one=periods[0], two=periods[1], before=was.value, after=now.value, change=None,
        n_before=was.n, n_after=now.n, running=question.running(two),
        notes=notes(connection, periods[0], periods[1], question),
    )  # fmt: skip
    if was.value is None or now.value is None:
        return replace(found, status=_lacking(was, now))
    log = activity(connection, question, after=BESIDE * DAY)
    names = events_of(metric, question)
    found = replace(
        found, change=now.value - was.value, usual=_usual(told, asked),
        faults=_faults(log, names, asked), calendar=_calendar(log, names, asked, was.value),
    )  # fmt: skip
    if not adds_up(metric):
        status = "A middle value, a largest or smallest one, or a number of different values has no parts that add up."
        return replace(found, causes=_causes(found, []), status=status)
    told_by = (*dimensions(connection, metric, question, segments, first_event), *besides)
    return _with_parts(found, asked, told_by, first_event)


def _with_parts(found: Why, asked: _Asked, told_by: Sequence[Dimension], first_event: int) -> Why:
    """The answer with breakdowns, ranked, and the people behind the first of the parts."""
    connection, question, wanted = asked.connection, asked.question, atoms(asked.formula)
    numbers = by_person(connection, asked.metric, question)
    count = len(question.periods)
    places = (asked.one, asked.two)
    whole = table_of(connection, numbers, None, places, count, table=TABLE)
    days = (float(asked.days[0]), float(asked.days[1]))
    error = total_error(asked.formula, whole.cells(wanted, asked.one), whole.cells(wanted, asked.two), days)
    low, high = interval(float(found.change or 0), error) if error is not None else (None, None)
    found = replace(found, low=low, high=high)
    pairs = _earlier(asked, first_event)
    made: list[tuple[Dimension, Breakdown, list[Excess | None]]] = []
    for dimension in told_by:
        table = TABLE
        if dimension.own is not None:
            table = f"{TABLE}_{dimension.own}"
            by_person(connection, asked.metric, question, own=dimension.own, table=table)
        parted = table_of(connection, numbers, dimension, places, count, table=table, whole=whole)
        if len(parted.parts) < 2:
            continue
        broken = _breakdown(asked, dimension, parted)
        if broken is None:
            continue
        heads = headcount(connection, dimension, parted.parts, count) if dimension.by_period else None
        # who was not there as the periods began is nowhere: no part whose people did anything
        left_out = {*dimension.open_parts, *([NONE] if dimension.by_period else [])}
        told = excesses(
            asked.formula, _pair(parted, wanted, heads, *places), days,
            [_pair(parted, wanted, heads, *pair) for pair in pairs],
        )  # fmt: skip
        told = [
            one if _may_be_a_cause(part) and part.part not in left_out else None
            for part, one in zip(broken.parts, told, strict=True)
        ]
        made.append((dimension, broken, told))
    breakdowns = _corrected(made)
    if not breakdowns:
        status = "There is nothing to break it down by: its events carry no parts and belong to nobody, or all to one."
        found = replace(found, status=status)
    found = replace(found, breakdowns=breakdowns)
    ranked = _ranked(breakdowns)
    found = replace(found, causes=_causes(found, ranked))
    first = next((one for one in found.causes if one.kind == "part"), None)
    if first is not None and first.dimension and first.part:
        of = {dimension.name: dimension for dimension, _, _ in made}[first.dimension]
        found = replace(found, behind=_behind(asked, numbers, of, first.part, whole))
    return found


def _pair(table: Table, wanted: tuple[Atom, ...], heads: Floats | None, one: int, two: int) -> Pair:
    crowds = None if heads is None else (heads[one], heads[two])
    aside = table.parts.index(SEVERAL) if SEVERAL in table.parts else None
    return Pair(table.cells(wanted, one), table.cells(wanted, two), crowds, aside)


def _behind(asked: _Asked, numbers: dict[Leaf, int], dimension: Dimension, part: str, whole: Table) -> Behind | None:
    """The people of a part, by the figure that the metric is about."""
    if part in (NOBODY, SEVERAL, OTHERS):
        return None
    places = (asked.one, asked.two)
    table = TABLE if dimension.own is None else f"{TABLE}_{dimension.own}"
    return behind(
        asked.connection, table, dimension, part, told_of(asked.formula, numbers, whole, places), places,
        asked.question.periods[asked.two], asked.question,
    )  # fmt: skip


def told_of(formula: Formula, numbers: Mapping[Leaf, int], whole: Table | None, places: tuple[int, int]) -> Told:
    """What is told of people: of a rate of two figures both, else the first figure of the formula."""
    top = next(iter(leaves(formula.numerator if isinstance(formula, Ratio) else formula)), None)
    first = top if top is not None else next(iter(leaves(formula)))
    if isinstance(formula, Ratio) and formula.numerator == top and formula.denominator in numbers and whole is not None:
        below: Leaf = formula.denominator  # type: ignore[assignment]
        sums = [[whole.total(leaf, place) for place in places] for leaf in (first, below)]
        if all(sums[1]):
            rates = [float(one / other) for one, other in zip(*sums, strict=True)]
            return Told(
                figure=numbers[first], words=figure_words(below), of=numbers[below],
                weights=(1 / float(sums[1][0]), 1 / float(sums[1][1])), mean=sum(rates) / 2,
            )  # fmt: skip
    return Told(figure=numbers[first], words=figure_words(first))


def figure_words(leaf: Leaf) -> str:
    """A figure in a word or two, for the heading of a column."""
    match leaf:
        case Figure():
            return leaf.rows.part.event.replace("_", " ") + (f" {leaf.rows.part.property}" if leaf.rows.part.property
                                                             else "")  # fmt: skip
        case LevelFigure():
            return leaf.level.part.event.replace("_", " ")
        case _:
            return "counted"


def _breakdown(asked: _Asked, dimension: Dimension, table: Table) -> Breakdown | None:
    wanted = atoms(asked.formula)
    sides = table.sides(wanted, asked.one, asked.two, asked.days)
    parted = decompose(asked.formula, sides)
    if parted is None:
        return None
    made = []
    for place, part in enumerate(table.parts):
        alone = [
            value(asked.formula, {atom: cells[place] for atom, cells in side.items()}, length)
            for side, length in zip((sides.before, sides.after), asked.days, strict=True)
        ]
        made.append(
            PartChange(
                part=part, before=_decimal(alone[0]), after=_decimal(alone[1]),
                people_before=table.people.get((asked.one, part), 0),
                people_after=table.people.get((asked.two, part), 0),
                contribution=_exactly(parted.parts[place]),
                mix=None if parted.mix is None else _exactly(parted.mix[place]),
            )
        )  # fmt: skip
    return Breakdown(dimension=dimension.name, told=dimension.told, parts=tuple(made), rest=_exactly(parted.rest))


def _may_be_a_cause(part: PartChange) -> bool:
    """Whether a part is somebody, and more than a few."""
    return part.part not in (OTHERS, SEVERAL) and (
        part.part == NOBODY or max(part.people_before, part.people_after) >= _FEW or not part.people_before
    )


def _corrected(made: Sequence[tuple[Dimension, Breakdown, list[Excess | None]]]) -> tuple[Breakdown, ...]:
    """The breakdowns with the excess of each part, its probability corrected for all of them."""
    flat = [one for _, _, told in made for one in told]
    probabilities = iter(corrected(flat))
    found = []
    for _, broken, told in made:
        parts = []
        for part, one in zip(broken.parts, told, strict=True):
            probability = next(probabilities)
            if one is not None:
                low, high = interval(one.excess, one.error)
                part = replace(
                    part, excess=one.excess, low=low, high=high, strength=one.strength, probability=probability
                )
            parts.append(part)
        found.append(replace(broken, parts=tuple(parts)))
    return tuple(sorted(found, key=lambda one: -max(part.strength for part in one.parts)))


def _ranked(breakdowns: Sequence[Breakdown]) -> list[Cause]:
    """The parts that chance does not explain, the surest first."""
    found = [
        Cause(kind="part", dimension=broken.dimension, part=part.part, change=part)
        for broken in breakdowns
        for part in broken.parts
        if part.probability is not None and part.probability < SURE
    ]
    ranked = sorted(found, key=lambda cause: -_strength(cause))
    for place, cause in enumerate(ranked):
        if cause.dimension != _PARTLY:
            continue
        # a campaign is a part of a channel: where the channel is about as sure, it is told first
        above = next((one for one in ranked[place:] if one.dimension == _WHOLLY and _alike(one, cause)), None)
        if above is not None:
            ranked.remove(above)
            ranked.insert(place, above)
        break
    return ranked


def _strength(cause: Cause) -> float:
    return cause.change.strength if cause.change else 0.0


def _alike(channel: Cause, campaign: Cause) -> bool:
    """Whether both went the same way, the channel nearly as surely."""
    one, other = channel.change, campaign.change
    if one is None or other is None or one.excess is None or other.excess is None:
        return False
    return one.excess * other.excess > 0 and one.strength >= _ABOUT_AS_SURE * other.strength


def _causes(found: Why, parts: Sequence[Cause]) -> tuple[Cause, ...]:
    """All causes, the likeliest first: the data, a rule, chance, the calendar, then parts."""
    causes = [
        Cause(kind="data", fault=one) for one in found.faults if one.kind == "outage" and _matters(one, found)
    ]  # fmt: skip
    steps = [one for one in found.faults if one.kind == "step" and _matters(one, found)]
    # what moves one part alone is no rule for everybody
    alone = bool(parts) and parts[0].dimension != COHORT
    steps = [] if alone and not causes and _narrow(parts[0], found) else steps
    causes += [Cause(kind="definition", fault=one) for one in steps]
    if found.within_noise and not parts and not causes:
        causes.append(Cause(kind="noise"))
    days = [Cause(kind="calendar", calendar=found.calendar)] if _of_calendar(found) else []
    # what one part alone did comes first where it did more
    causes += [*parts, *days] if parts and _outweighs(parts[0], found) else [*days, *parts]
    return tuple(causes) or (Cause(kind="spread"),)


def _narrow(cause: Cause, found: Why) -> bool:
    """Whether one part makes more than half of the change by what it alone did."""
    part = cause.change
    if part is None or part.excess is None or not found.change:
        return False
    of_all = next(broken for broken in found.breakdowns if broken.dimension == cause.dimension)
    everybody = sum(one.people_before + one.people_after for one in of_all.parts)
    few = part.people_before + part.people_after < _NEARLY_ALL * everybody
    return few and abs(part.excess) > abs(float(found.change)) / 2


def _matters(fault: Fault, found: Why) -> bool:
    """Whether so many events are missing, or added, that the change may come from it."""
    days = (found.two.start - found.one.start).days or 1
    length = max((fault.last - fault.first + timedelta(days=1)).days, 1)
    usual = fault.usual * max(days / length, 1.0)
    return abs(fault.usual - fault.found) >= _MATTERS * usual


def _of_calendar(found: Why) -> bool:
    """Whether the calendar makes half of the change, and no more than it, or nearly."""
    change = float(found.change or 0)
    return found.calendar is not None and change != 0 and 0.5 <= found.calendar.effect / change <= 1.5


def _outweighs(cause: Cause, found: Why) -> bool:
    """Whether what a part alone did is more than what the calendar does."""
    if cause.change is None or cause.change.excess is None or found.calendar is None:
        return True
    return abs(cause.change.excess) > abs(found.calendar.effect)


def _faults(log: Activity, names: Sequence[str], asked: _Asked) -> tuple[Fault, ...]:
    one, two = asked.question.periods[asked.one], asked.question.periods[asked.two]
    last = two.start + timedelta(days=round(float(asked.question.days(asked.two))) - 1)
    return faults(log, names, one.start, last)


def _calendar(log: Activity, names: tuple[str, ...], asked: _Asked, was: Decimal) -> CalendarEffect | None:
    sides = []
    for place in (asked.one, asked.two):
        first = log.place(asked.question.periods[place].start)
        sides.append((first, first + round(float(asked.question.days(place)))))
    return calendar_effect(asked.formula, log, names, sides[0], sides[1], Fraction(was))


def _earlier(asked: _Asked, first_event: int) -> list[tuple[int, int]]:
    """Pairs of periods as far apart as the two, that end before the first of them does, from the log's beginning on."""
    pairs = [
        (two - asked.gap, two)
        for two in range(asked.one, asked.gap, -1)
        if asked.question.periods[two - asked.gap].begins >= first_event
    ]
    return pairs[:_PAIRS]


def _usual(told: Sequence[MetricPoint], asked: _Asked) -> Decimal | None:
    """The median size of earlier changes."""
    changes = [
        abs(told[two - 1].value - told[two - asked.gap - 1].value)  # type: ignore[operator]
        for two in range(asked.one, asked.gap, -1)
        if told[two - 1].value is not None and told[two - asked.gap - 1].value is not None
    ]
    return Decimal(repr(float(np.median([float(one) for one in changes])))) if len(changes) >= 3 else None


def _lacking(was: MetricPoint, now: MetricPoint) -> str:
    for point in (was, now):
        if point.value is None:
            return point.status if point.status and point.status.startswith("no data") else (
                f"There is no figure for {point.period}: nothing to divide by, or nothing happened."
            )  # fmt: skip
    return ""


def _decimal(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else _exactly(exact)


def _exactly(exact: Any) -> Decimal:
    """The number with 60 digits."""
    fraction = Fraction(exact)
    return _EXACT.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))
