"""What stands out in how people move, in sentences that each come with the command that lists the people.

Counts and sums are told as they are. A difference is told only where it is more than chance: the shares of cohorts are
compared by Fisher's exact test, two-sided, and all comparisons of a call are corrected together by Holm's method, so
that where nothing differs anything at all is said of it in at most one of twenty cases. Cohorts from soon after the
first event are left out: they differ because the data begin there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tenure.lifecycle.definition import Stage
from tenure.lifecycle.forecast import DAY, DueMove, forecast
from tenure.lifecycle.moves.chance import fisher, holm
from tenure.lifecycle.moves.conversion import Cohort, conversion
from tenure.lifecycle.moves.risk import AtRisk, at_risk, risk_stages
from tenure.lifecycle.moves.scope import Scope
from tenure.lifecycle.periods import Period
from tenure.warehouse.connection import Connection
from tenure.wording import units

DUE_DAYS = 14
COHORT_DAYS = 90
RECENT = 3  # cohorts that make "lately"
CHANCE = 0.05
WEIGHTY = Decimal("0.1")  # a level with less of the money at risk is no news

FindingKind = Literal["at risk", "due", "cohort", "worse"]
Written = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A sentence, and the command (without `tenure`) that lists the `people` rows it speaks of.

    `money` is theirs (None where the sentence tells none), `period` when it is true of: a moment's day, or from the
    first to the last day. For a difference, `chance` is the probability of one like it by chance alone, corrected for
    the number of `comparisons`.
    """

    kind: FindingKind
    sentence: str
    people: int
    money: Decimal | None
    period: str
    command: str
    chance: float | None = None
    comparisons: int | None = None


def findings(
    connection: Connection, scope: Scope, months: Sequence[Period], *, money: Written, day: Callable[[int], str],
    option: str = "", most: int = 10,
) -> tuple[Finding, ...]:  # fmt: skip
    """The findings of a lifecycle, at most so many: money at risk first, then moves that are due, then differences.

    `months` are the last calendar months, all of them within the data; `money` and `day` write an amount and the day of
    a moment; `option` is what chooses the lifecycle in a command.
    """
    today = day(scope.now)
    found = [*_left_behind(connection, scope, money, today, option), *_due(connection, scope, money, day, option)]
    return tuple([*found, *_differences(connection, scope, months, option)][:most])


def _left_behind(connection: Connection, scope: Scope, money: Written, today: str, option: str) -> list[Finding]:
    """Of those at risk (or gone, where no stage is risk) the highest level that weighs, and the next by money."""
    stages = scope.lifecycle.stages
    risky = [stages[place].name for place in risk_stages(scope) if stages[place].phase == "risk"]
    rows = [row for row in at_risk(connection, scope) if row.stage in risky or not risky]
    levels, there = _levels(scope, rows)
    total = sum(there.values(), Decimal(0))
    weighty = [level for level, (worth, _) in levels.items() if worth > 0 and worth >= total * WEIGHTY]
    if not weighty:
        return []
    found = []
    # of one level in two stages the one with more money, and of equals the stage further down the list
    highest = max(weighty, key=lambda one: (one[0], levels[one], one[1]))
    others = sorted((one for one in weighty if one != highest), key=lambda one: (levels[one], one), reverse=True)
    for level in (highest, *others[:1]):
        (worth, people), told, stage = levels[level], stages[level[0]], stages[level[1]]
        found.append(
            Finding(
                kind="at risk", people=people, money=worth, period=today,
                sentence=f"{_who(scope, people, stage)} {_that(scope)} had come as far as {told.title} {_be(people)} "
                f"in {stage.title} now, worth {money(worth)} of the {money(there[level[1]])} there.",
                command=f"people --stage {stage.name} --highest {told.name}{option}",
            )
        )  # fmt: skip
    return found


def _levels(
    scope: Scope, rows: Sequence[AtRisk]
) -> tuple[dict[tuple[int, int], tuple[Decimal, int]], dict[int, Decimal]]:
    """Money and people by the highest level and the stage of now, and the money of everybody in each stage."""
    levels: dict[tuple[int, int], tuple[Decimal, int]] = {}
    there: dict[int, Decimal] = {}
    for row in rows:
        stage = scope.code(row.stage)
        there[stage] = there.get(stage, Decimal(0)) + row.money
        if row.highest is not None:
            level = scope.code(row.highest), stage
            worth, people = levels.get(level, (Decimal(0), 0))
            levels[level] = (worth + row.money, people + row.people)
    return levels, there


def _due(connection: Connection, scope: Scope, money: Written, day: Callable[[int], str], option: str) -> list[Finding]:
    """The move of the next days with the most money."""
    moves: list[DueMove] = [
        move
        for move in forecast(
            connection, scope.lifecycle, scope.held, money=scope.money, as_of=scope.now, days=DUE_DAYS,
            exclusion=scope.exclusion,
        )
        if move.money > 0
    ]  # fmt: skip
    if not moves:
        return []
    move = max(moves, key=lambda one: (one.money, one.people))
    last, told = day(scope.now + DUE_DAYS * DAY), _stage(scope, move.stage)
    target = "leave" if move.to is None else f"move to {_stage(scope, move.to).title} from"
    return [
        Finding(
            kind="due", people=move.people, money=move.money, period=f"{day(scope.now)} to {last}",
            sentence=f"{_who(scope, move.people, told)}, worth {money(move.money)}, will {target} {told.title} by "
            f"{last} if nothing happens.",
            command=f"forecast --days {DUE_DAYS} --people --from {move.stage} --to {move.to or 'none'}{option}",
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Comparison:
    kind: FindingKind
    stage: str
    cohorts: tuple[Cohort, ...]
    others: tuple[Cohort, ...]

    def shares(self) -> tuple[float, float]:
        return _share(self.cohorts), _share(self.others)

    def chance(self) -> float:
        return fisher(*_counts(self.cohorts), *_counts(self.others))


def _differences(connection: Connection, scope: Scope, months: Sequence[Period], option: str) -> list[Finding]:
    """Cohorts that came further, or less far, than the others, and stages from which fewer come than before."""
    compared: list[_Comparison] = []
    settled = scope.settled(connection)
    months = [month for month in months if month.begins >= settled]
    for place in scope.main[:-1]:
        cohorts = [
            cohort
            for cohort in conversion(connection, scope, months, stage=place, days=COHORT_DAYS)
            if cohort.complete and cohort.people
        ]
        compared += _comparisons(scope.held.stages[place], cohorts)
    chances = holm([one.chance() for one in compared])
    told = [
        (chance, one)
        for chance, one in zip(chances, compared, strict=True)
        if chance <= CHANCE and (one.kind == "cohort" or one.shares()[0] < one.shares()[1])
    ]
    told.sort(key=lambda pair: (pair[1].kind != "worse", pair[0]))
    return [_told(scope, one, chance, len(compared), option) for chance, one in told]


def _comparisons(stage: str, cohorts: Sequence[Cohort]) -> list[_Comparison]:
    found = []
    if len(cohorts) > 2:
        # of two, one against the other would be told twice
        found += [
            _Comparison("cohort", stage, (one,), tuple(other for other in cohorts if other is not one))
            for one in cohorts
        ]
    if len(cohorts) >= 2 * RECENT:
        found.append(_Comparison("worse", stage, tuple(cohorts[-RECENT:]), tuple(cohorts[-2 * RECENT : -RECENT])))
    return found


def _told(scope: Scope, one: _Comparison, chance: float, comparisons: int, option: str) -> Finding:
    stage = _stage(scope, one.stage)
    here, there = (f"{100 * share:.0f} %" for share in one.shares())
    if here == there:
        here, there = (f"{100 * share:.1f} %" for share in one.shares())
    first, last = one.cohorts[0].period, one.cohorts[-1].period
    _, people = _counts(one.cohorts)
    _, others = _counts(one.others)
    when = first.name if first is last else f"{first.name} to {last.name}"
    before = (
        f"in the other {len(one.others)} months" if one.kind == "cohort"
        else f"from {one.others[0].period.name} to {one.others[-1].period.name}"
    )  # fmt: skip
    since, until = first.start.isoformat(), _last_day(last)
    return Finding(
        kind=one.kind, people=people, money=None, period=f"{since} to {until}", chance=chance, comparisons=comparisons,
        sentence=f"Of {_counted(scope, people)} {_that(scope)} first entered {stage.title} in {when}, {here} came "
        f"further within {COHORT_DAYS} days; {before} {there} of {others:,} did.",
        command=f"conversion {one.stage} --within {COHORT_DAYS} --since {since} --until {until} --people{option}",
    )  # fmt: skip


def _last_day(period: Period) -> str:
    from datetime import timedelta

    # a month ends where the next begins; whole days, whatever clocks do
    following = period.start + timedelta(days=round((period.ends - period.begins) / DAY))
    return (following - timedelta(days=1)).isoformat()


def _counts(cohorts: Sequence[Cohort]) -> tuple[int, int]:
    return sum(one.reached for one in cohorts), sum(one.people for one in cohorts)


def _share(cohorts: Sequence[Cohort]) -> float:
    reached, people = _counts(cohorts)
    return reached / people


def _stage(scope: Scope, name: str) -> Stage:
    found = scope.lifecycle.stage(name)
    assert found is not None
    return found


def _counted(scope: Scope, count: int) -> str:
    unit = scope.lifecycle.unit
    return f"{count:,}" if unit == "customer" else f"{count:,} {units(unit, count)}"


def _that(scope: Scope) -> str:
    return "who" if scope.lifecycle.unit == "customer" else "that"


def _who(scope: Scope, count: int, stage: Stage) -> str:
    unit = scope.lifecycle.unit
    if unit != "customer":
        return _counted(scope, count)
    if stage.kind in ("customer", "former"):
        word = "customer" if count == 1 else "customers"
        return f"{count:,} former {word}" if stage.kind == "former" else f"{count:,} {word}"
    return f"{count:,} {units(unit, count)}"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"
