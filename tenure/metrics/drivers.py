"""What people do before they enter a stage, or leave it: which behaviours go with a higher or lower chance of that.

    drivers(connection, scope, stage=3, leave=False, days=30)

People are looked at every `days` days, at up to twelve moments. Of those who might enter the stage (or who are in it),
some did something in the `days` before; the question is how many more of them than of the others enter (or leave) in
the `days` after. Everybody is compared with people in the same stage for about as long: the risk ratio and difference
are those of Mantel and Haenszel (N. Mantel and W. Haenszel, Journal of the National Cancer Institute 22 (1959),
719-748; S. Greenland and J. M. Robins, Biometrics 41 (1985), 55-68). One person is looked at several times, so
intervals are from a delete-a-group jackknife over people. Probabilities are corrected for how many behaviours there are
(Holm). That is no proof of a cause: whoever means to buy also looks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure.lifecycle.moves.chance import holm
from tenure.lifecycle.moves.scope import NONE, Scope
from tenure.metrics.question import DAY
from tenure.metrics.why.ranking import GROUPS, SURE, two_sided
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import keyed_events

LOOKS = 12
# people do it so often at least, and so many of those enter or leave, or nothing is said
FEW, FEW_CASES = 30, 5
_TENURES = (7, 30, 90, 365)
_NONE_SEEN = 3.689
_Z95 = 1.959963984540054
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One behaviour: of `did` looks at people who showed it, `moved` were followed by the move; and of the others.

    `ratio` is the risk ratio among people alike in stage and time in it, `low` to `high` its 95 % interval,
    `difference` that of the risks. `probability` is corrected for all behaviours; `sure` is below 0.05.
    """

    event: str
    did: int
    moved: int
    others: int
    others_moved: int
    ratio: float
    low: float
    high: float
    difference: float
    probability: float

    @property
    def sure(self) -> bool:
        """Whether chance does not explain it."""
        return self.probability < SURE


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """The behaviours before a move, the surest first; how many looks at how many people there were, and moves.

    `scarce` are behaviours too rare to say anything of.
    """

    stage: str
    leave: bool
    days: int
    looks: int
    people: int
    moves: int
    found: tuple[Driver, ...]
    scarce: tuple[str, ...]


def drivers(connection: Connection, scope: Scope, *, stage: int, leave: bool, days: int) -> Drivers:
    """The behaviours in the `days` before, for the move in the `days` after."""
    length = days * DAY
    last = scope.now - length
    rows = connection.execute(_counts(scope, stage, leave, last, length)).fetchall()
    whole: dict[int, Floats] = defaultdict(lambda: np.zeros((2, GROUPS)))
    did: dict[str, dict[int, Floats]] = defaultdict(lambda: defaultdict(lambda: np.zeros((2, GROUPS))))
    for event, stratum, crowd, looks, moves in rows:
        cells = whole[stratum] if event is None else did[event][stratum]
        cells[:, crowd] += (looks, moves)
    ((people,),) = connection.execute(
        f"SELECT count(DISTINCT unit) FROM ({_looked(scope, stage, leave, last, length)})"
    ).fetchall()
    total = sum((cells.sum(axis=1) for cells in whole.values()), np.zeros(2))
    told, scarce = [], []
    for event, strata in did.items():
        one = _driver(event, strata, whole)
        if one is None:
            scarce.append(event)
        else:
            told.append(one)
    corrected = holm([one.probability for one in told])
    found = [
        Driver(
            event=one.event, did=one.did, moved=one.moved, others=one.others, others_moved=one.others_moved,
            ratio=one.ratio, low=one.low, high=one.high, difference=one.difference, probability=probability,
        )
        for one, probability in zip(told, corrected, strict=True)
    ]  # fmt: skip
    return Drivers(
        stage=scope.held.stages[stage], leave=leave, days=days, looks=int(total[0]), people=int(people),
        moves=int(total[1]), scarce=tuple(sorted(scarce)),
        found=tuple(sorted(found, key=lambda one: (not one.sure, -_distance(one.ratio), one.event))),
    )  # fmt: skip


def _distance(ratio: float) -> float:
    """How far a ratio is from 1, above or below alike."""
    return abs(math.log(ratio)) if ratio > 0 else math.inf


def _driver(event: str, strata: Mapping[int, Floats], whole: Mapping[int, Floats]) -> Driver | None:
    exposed = np.array([strata[key] for key in strata])
    # strata in which nobody did it say nothing of it
    rest = np.array([whole[key] for key in strata]) - exposed
    everybody = sum((cells.sum(axis=1) for cells in whole.values()), np.zeros(2))
    did, moved = (int(one) for one in exposed.sum(axis=(0, 2)))
    others, others_moved = int(everybody[0]) - did, int(everybody[1]) - moved
    if did < FEW or rest[:, 0].sum() < FEW or rest[:, 1].sum() < FEW_CASES:
        return None
    sums = exposed.sum(axis=2, keepdims=True), rest.sum(axis=2, keepdims=True)
    if not moved:
        return _never(event, did, others, others_moved, *sums)
    if moved < FEW_CASES:
        return None
    kept = [one.sum(axis=2, keepdims=True) - one for one in (exposed, rest)]
    ratios, _ = mantel_haenszel(*kept)
    (ratio,), (difference,) = mantel_haenszel(*sums)
    if not ratio > 0 or not np.isfinite(ratio):
        return None
    logs = np.log(ratios[np.isfinite(ratios) & (ratios > 0)])
    if len(logs) < GROUPS / 2:
        return None
    error = math.sqrt((len(logs) - 1) / len(logs) * float(((logs - logs.mean()) ** 2).sum()))
    if error == 0:
        return None
    middle = math.log(ratio)
    return Driver(
        event=event, did=did, moved=moved, others=others, others_moved=others_moved, ratio=float(ratio),
        low=math.exp(middle - _Z95 * error), high=math.exp(middle + _Z95 * error), difference=float(difference),
        probability=two_sided(abs(middle) / error, GROUPS - 1),
    )  # fmt: skip


def _never(event: str, did: int, others: int, others_moved: int, exposed: Floats, rest: Floats) -> Driver | None:
    """A behaviour that nobody's move followed on, where some were to be expected by what the others did.

    The upper limit is that of a Poisson number of which none was seen: 3.69 (two-sided, 95 %).
    """
    risk = np.divide(rest[:, 1], rest[:, 0], out=np.zeros_like(rest[:, 1]), where=rest[:, 0] > 0)
    expected = float((exposed[:, 0] * risk).sum())
    if expected < FEW_CASES:
        return None
    _, (difference,) = mantel_haenszel(exposed, rest)
    return Driver(
        event=event, did=did, moved=0, others=others, others_moved=others_moved, ratio=0.0, low=0.0,
        high=_NONE_SEEN / expected, difference=float(difference), probability=math.exp(-expected),
    )  # fmt: skip


def mantel_haenszel(exposed: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """Risk ratios and risk differences over strata, a column for each replicate.

    Both arrays are stratum × (people, cases) × replicate. NaN where no case is among the rest.
    """
    n1, a = exposed[:, 0], exposed[:, 1]
    n0, c = rest[:, 0], rest[:, 1]
    n = np.maximum(n1 + n0, 1.0)
    top, bottom = (a * n0 / n).sum(axis=0), (c * n1 / n).sum(axis=0)
    weight = (n1 * n0 / n).sum(axis=0)
    unknown = np.full_like(top, np.nan)
    ratio = np.divide(top, bottom, out=unknown.copy(), where=bottom > 0)
    difference = np.divide(top - bottom, weight, out=unknown, where=weight > 0)
    return ratio, difference


def _looked(scope: Scope, stage: int, leave: bool, last: int, length: int) -> str:
    """SQL of everybody who might enter (or leave) at each moment: look, unit, stratum, moved."""
    moments = ", ".join(f"({place}, {last - place * length})" for place in range(LOOKS))
    state = f"coalesce(stay.stage, {NONE})"
    tenure = "looks.moment - coalesce(stay.entered_at, born.time)"
    bucket = " ".join(f"WHEN {tenure} < {upto * DAY} THEN {place}" for place, upto in enumerate(_TENURES))
    stays = scope.stays()
    if leave:
        chosen, moved = f"{state} = {stage}", f"coalesce(stay.left_at <= looks.moment + {length}, FALSE)"
        join = ""
    else:
        chosen, moved = f"{state} <> {stage}", "entry.unit IS NOT NULL"
        join = (
            f"LEFT JOIN (SELECT DISTINCT unit, ({last} - entered_at + {length}) // {length} AS look "
            f"FROM ({stays}) WHERE stage = {stage} AND entered_at > {last - (LOOKS - 1) * length} "
            f"AND entered_at <= {last + length}) AS entry ON entry.unit = born.unit AND entry.look = looks.look"
        )
    return (
        f"SELECT looks.look, born.unit, {state} * 8 + CASE {bucket} ELSE {len(_TENURES)} END AS stratum, "
        f"{moved} AS moved FROM (VALUES {moments}) AS looks (look, moment) "
        f"JOIN ({scope.born()}) AS born ON born.time <= looks.moment "
        f"LEFT JOIN ({stays}) AS stay ON stay.unit = born.unit AND stay.entered_at <= looks.moment "
        f"AND (stay.left_at IS NULL OR stay.left_at > looks.moment) {join} WHERE {chosen}"
    )


def _counts(scope: Scope, stage: int, leave: bool, last: int, length: int) -> str:
    """SQL of looks and moves by behaviour (null: all), stratum and group of people."""
    crowd = f"looked.unit % {GROUPS}"
    counted = "count(*), count(*) FILTER (WHERE moved)"
    # a look takes the events of the days before it, the moment itself included
    did = (
        f"SELECT DISTINCT unit, name, ({last} - time) // {length} AS look "
        f"FROM ({keyed_events(scope.lifecycle.unit, 'events')}) "
        f"WHERE time <= {last} AND time > {last - LOOKS * length}"
    )
    return (
        f"WITH looked AS ({_looked(scope, stage, leave, last, length)}) "
        f"SELECT CAST(NULL AS VARCHAR) AS name, stratum, {crowd}, {counted} FROM looked GROUP BY ALL "
        f"UNION ALL SELECT did.name, stratum, {crowd}, {counted} FROM looked JOIN ({did}) AS did "
        "ON did.unit = looked.unit AND did.look = looked.look GROUP BY ALL"
    )
