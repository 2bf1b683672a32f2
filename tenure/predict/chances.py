"""The chance that something happens to people within so many days, learned from the past and judged by it.

    found = chances(connection, asked, now=now)
    found.used, found.trials          # the rule that did best on the hold-out, and all that were tried
    found.units, found.chance         # everybody's chance today

People are looked at as they stood at several dates of the past. The rules learn from the earliest; a later date makes
chances of the trees' scores; the last, a horizon before now, judges them all. No outcome of a step is later than the
next step begins. The rule that did best there learns anew from dates a horizon later, and tells of today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tenure.errors import FitError
from tenure.predict.classify import BOOSTED, Labelled, Rule, learn_boosted, learn_naive
from tenure.predict.features import DAY, Panel, Question, look_around, panel_of
from tenure.predict.judged import (
    CHANCE_EDGES,
    Bin,
    Bools,
    Decile,
    auc,
    brier,
    deciles_of_counts,
    limits,
    log_score,
    reliability,
    stability,
)
from tenure.predict.leaks import Leak, leaks
from tenure.predict.renewing import MODELS, learn_renewing
from tenure.predict.special import Floats
from tenure.warehouse.connection import Connection, first_row

LEAST_ROWS, LEAST_HITS, LEAST_CALIBRATION, LEAST_TEST = 200, 40, 20, 10
DATES, MOST_PEOPLE = 6, 30_000
WARM = (14, 60)
_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: of whom, and what happens to them within so many days; `outcome` is SQL of (unit, time)."""

    name: str
    question: Question
    outcome: str
    horizon: int
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Something there must be enough of."""

    title: str
    there: int
    needed: int

    @property
    def met(self) -> bool:
        """Whether it suffices."""
        return self.there >= self.needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a rule did on the hold-out: mean log-likelihood of what came (the greater the better), Brier score (the
    smaller the better) and AUC; `why` says why there is none.
    """

    name: str
    title: str
    naive: bool
    score: float | None = None
    brier: float | None = None
    auc: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The moments (microseconds UTC) at which people were looked at for the judgement."""

    training: tuple[int, ...]
    calibration: int | None
    test: int

    def all(self) -> tuple[int, ...]:
        """All of them, the earliest first."""
        return tuple(sorted({*self.training, *([self.calibration] if self.calibration else []), self.test}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far a column has moved from the people of the hold-out to those of today (population stability index)."""

    name: str
    stability: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chances:
    """Everybody's chance, with what speaks for it and against it.

    `people` stood in the hold-out, for `hits` of them it came; `rows` and `row_hits` were learned from. `chance` has
    limits of four cases in five, as uncertain as the hold-out leaves them.
    """

    asked: Asked
    as_of: int
    dates: Dates
    gates: tuple[Gate, ...]
    trials: tuple[Tried, ...]
    used: Tried
    rule: Rule
    rows: int
    row_hits: int
    people: int
    hits: int
    bins: tuple[Bin, ...]
    tenths: tuple[Decile, ...]
    leaks: tuple[Leak, ...]
    drift: tuple[Drift, ...]
    panel: Panel
    chance: Floats
    low: Floats
    high: Floats


def chances(connection: Connection, asked: Asked, *, now: int, model: str | None = None, seed: int = 1) -> Chances:
    """The chances of everybody who stands there now. `model` asks for a rule; else the one that did best is used.

    Raises FitError where there is too little to tell.
    """
    dates = _dates(connection, asked, now)
    spec = look_around(connection, asked.question, max(dates.training))
    spec = replace(spec, without=asked.without)
    past = _Past(connection, asked, spec)
    present = panel_of(connection, replace(asked.question, share=1.0), spec, now)
    found = leaks([past.at(date) for date in dates.all()], present)
    left_out = frozenset(one.group for one in found if one.left_out)
    training = [_without(past.at(date), left_out) for date in dates.training]
    test = _without(past.at(dates.test), left_out)
    calibration = _without(past.at(dates.calibration), left_out) if dates.calibration else None
    gates = tuple(_gates(training, calibration, test))
    if not len(test.came):
        raise FitError("Nobody stood there in the hold-out.", hint="Take fewer --days, or bring in a longer time.")
    rules, failed = _learned(asked, training, calibration, gates, seed)
    trials = _tried(rules, failed, test)
    used = next((one for one in trials if one.name == model), trials[0])
    if used.score is None:
        raise FitError(used.why or "No rule could be tried.", hint="Take fewer --days, or bring in a longer time.")
    rule = next(rule for rule in rules if rule.name == used.name)
    chance_then = rule.chance(test.panel)
    tenths = deciles_of_counts(chance_then, test.came.astype(np.float64))
    bins = reliability(chance_then, test.came)
    # the same dates, each a horizon later
    step = asked.horizon * DAY
    again = [_without(past.at(date + step), left_out) for date in dates.training]
    last, _ = _learned(asked, again, test if calibration is not None else None, gates, seed)
    rule = next((one for one in last if one.name == used.name), rule)
    present = present.without(left_out)
    chance = rule.chance(present)
    low, high = limits(chance, bins)
    return Chances(
        asked=asked, as_of=now, dates=dates, gates=gates, trials=trials, used=used, rule=rule,
        rows=sum(len(one.came) for one in training), row_hits=sum(one.hits for one in training),
        people=len(test.came), hits=test.hits, bins=bins, tenths=tenths, leaks=found,
        drift=_drift(test.panel, present, chance_then, chance), panel=present, chance=chance, low=low, high=high,
    )  # fmt: skip


class _Past:
    """People as they stood at dates of the past, each looked at once."""

    def __init__(self, connection: Connection, asked: Asked, spec: object) -> None:
        self._connection, self._asked, self._spec = connection, asked, spec
        self._known: dict[int, Labelled] = {}

    def at(self, date: int) -> Labelled:
        """The people of a date, and for whom it came within the horizon."""
        if date not in self._known:
            panel = panel_of(self._connection, self._asked.question, self._spec, date)  # type: ignore[arg-type]
            self._known[date] = Labelled(panel=panel, came=_came(self._connection, self._asked, panel))
        return self._known[date]


def _came(connection: Connection, asked: Asked, panel: Panel) -> Bools:
    until = panel.as_of + asked.horizon * DAY
    table = connection.sql(
        f"SELECT DISTINCT unit FROM ({asked.outcome}) WHERE time > {panel.as_of} AND time <= {until}"
    ).to_arrow_table()
    return np.isin(panel.units, np.asarray(table["unit"].to_numpy(), dtype=np.int64))


def _without(labelled: Labelled, groups: frozenset[str]) -> Labelled:
    return Labelled(panel=labelled.panel.without(groups), came=labelled.came) if groups else labelled


def _dates(connection: Connection, asked: Asked, now: int) -> Dates:
    """When people are looked at: as many dates as the log has room for, the outcome of each before the next step."""
    row = first_row(connection, f"SELECT min(time) FROM events WHERE customer IS NOT NULL AND time <= {now}")
    first = row[0] if row and row[0] is not None else now
    step, long = asked.horizon * DAY, now - first
    warm = min(max(long // 6, WARM[0] * DAY), WARM[1] * DAY)
    test = now - step
    room = [test - back * step // 2 for back in range(2, 20) if test - back * step // 2 >= first + warm]
    if not room:
        missing = -(-(2 * step + warm - long) // DAY)
        raise FitError(
            f"The log goes over {long // DAY:,} days: too few to judge {asked.horizon:,} days ahead.",
            hint=f"Take fewer --days, or bring in {missing:,} days more.",
        )
    before = [date for date in room if date <= test - 2 * step]
    if not before:
        return Dates(training=(room[0],), calibration=None, test=test)
    whole = [date for date in before if (test - date) % step == 0]
    # dates a horizon apart share no outcome; halves of it where there are too few of those
    chosen = whole if len(whole) > 1 else before
    return Dates(training=tuple(sorted(chosen[:DATES])), calibration=test - step, test=test)


def _gates(training: Sequence[Labelled], calibration: Labelled | None, test: Labelled) -> Iterator[Gate]:
    rows, hits = sum(len(one.came) for one in training), sum(one.hits for one in training)
    yield Gate(title="rows to learn from", there=rows, needed=LEAST_ROWS)
    yield Gate(title="of them for whom it came", there=hits, needed=LEAST_HITS)
    yield Gate(title="of them for whom it did not", there=rows - hits, needed=LEAST_HITS)
    later, later_hits = (len(calibration.came), calibration.hits) if calibration else (0, 0)
    yield Gate(title="for whom it came at a later date", there=later_hits, needed=LEAST_CALIBRATION)
    yield Gate(title="for whom it did not at a later date", there=later - later_hits, needed=LEAST_CALIBRATION)
    yield Gate(title="for whom it came in the hold-out", there=test.hits, needed=LEAST_TEST)


def _learned(
    asked: Asked, training: Sequence[Labelled], calibration: Labelled | None, gates: tuple[Gate, ...], seed: int
) -> tuple[list[Rule], list[Tried]]:
    """The rules that can be learned, and those that cannot, with why."""
    known = [*training, *([calibration] if calibration else [])]
    rules: list[Rule] = []
    failed: list[Tried] = []
    if asked.question.terms is not None:
        for model in MODELS:
            try:
                rules.append(learn_renewing(model, known, asked.question.terms.days))
            except FitError as error:
                failed.append(Tried(name=model.name, title=model.title, naive=False, why=str(error)))
    rules += learn_naive(known)
    lacking = [one for one in gates if not one.met]
    if lacking or calibration is None:
        told = (f"{one.title.capitalize()}: {one.there:,}, it takes {one.needed:,}." for one in lacking)
        failed.append(Tried(name=BOOSTED[0], title=BOOSTED[1], naive=False, why=" ".join(told)))
    else:
        rules.insert(0, learn_boosted(training, calibration, seed=seed))
    return rules, failed


def _tried(rules: Sequence[Rule], failed: Sequence[Tried], test: Labelled) -> tuple[Tried, ...]:
    """How the rules did, the best first, and those that could not be learned."""
    found = []
    for rule in rules:
        chance = rule.chance(test.panel)
        found.append(
            Tried(name=rule.name, title=rule.title, naive=rule.naive, score=log_score(chance, test.came),
                  brier=brier(chance, test.came), auc=auc(chance, test.came))
        )  # fmt: skip
    # a tie goes to the simpler rule
    found.sort(key=lambda one: (-round(one.score or 0.0, _DIGITS), not one.naive))
    return (*found, *failed)


def _drift(then: Panel, now: Panel, chance_then: Floats, chance_now: Floats) -> tuple[Drift, ...]:
    """The chance first, then the columns that have moved most."""
    moved = [
        Drift(name=column.name, stability=stability(then.values[:, place], now.values[:, place]))
        for place, column in enumerate(then.columns)
    ]
    moved.sort(key=lambda one: -(one.stability or 0.0))
    return (
        Drift(name="the chance itself", stability=stability(chance_then, chance_now, edges=CHANCE_EDGES)),
        *moved[:5],
    )
