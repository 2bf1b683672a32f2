"""The journey map: for every stage and touchpoint how much happens, how it is liked, what it costs, who is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tenure.events import EVENTS
from tenure.lifecycle.bound import meaning
from tenure.lifecycle.forecast import DAY
from tenure.metrics.journeys.touchpoints import FIRST, LAST, Touchpoints, code_of, pack, time_of
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import MeasureKind, ensure

SURVEYS = ("Survey Sent", "Survey Answered")
CASES = ("Case Opened", "Case Reopened")
PRICED = ("Ad Viewed", "Ad Clicked")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapCell:
    """What happens at a touchpoint to people in a stage (None: in none); they are in it with this touch counted.

    `events` by `people`. Answers, cases and costs belong to the last touch before them within the days looked packed:
    `csat` and `nps` are the means of the scores of so many `…_answers` (None of none), `cases` those raised, `cost`
    what was recorded, and what an advertisement itself cost. Of `seen` touches, those so long ago that the time for a
    next one is over, `dropped` had none.
    """

    stage: str | None
    touchpoint: str
    events: int
    people: int
    csat: Decimal | None
    csat_answers: int
    nps: Decimal | None
    nps_answers: int
    cases: int
    cost: Decimal
    seen: int
    dropped: int

    @property
    def drop_off(self) -> Decimal | None:
        """The part of the touches after which nothing followed, to six decimals; None where none is that old."""
        return (Decimal(self.dropped) / self.seen).quantize(Decimal("0.000001")) if self.seen else None


def journey_map(
    connection: Connection, touched: Touchpoints, *, days: int = 7, silence: int = 30
) -> tuple[MapCell, ...]:
    """Every stage and touchpoint that anything happened in, stages in their order (none last), most events first.

    An answer, a case or a cost belongs to the last touch at most `days` before it. Surveys and messages are passed over
    for answers (they are how people were asked) and for costs that are not theirs, surveys and cases for cases.
    `silence` is the days without any touch after which somebody has dropped off there.
    """
    volume = connection.execute(_volume(touched, silence)).fetchall()
    outcomes = connection.execute(_outcomes(connection, touched, days)).fetchall()
    found: dict[tuple[int, int], dict[str, Any]] = {
        (stage, code): {"events": events, "people": people, "seen": seen, "dropped": dropped}
        for stage, code, events, people, seen, dropped in volume
    }
    for stage, code, what, times, total in outcomes:
        found[stage, code][what] = (times, total)
    order = sorted(found, key=lambda key: (key[0] or LAST, -found[key]["events"], touched.name(key[1])))
    return tuple(_cell(touched, stage, code, found[stage, code]) for stage, code in order)


def _cell(touched: Touchpoints, stage: int, code: int, told: Mapping[str, Any]) -> MapCell:
    nothing = (0, None)
    (csat, csat_sum), (nps, nps_sum) = told.get("csat", nothing), told.get("nps", nothing)
    return MapCell(
        stage=touched.scope.held.stages[stage - 1] if stage else None, touchpoint=touched.name(code),
        events=told["events"], people=told["people"], csat=_mean(csat_sum, csat), csat_answers=csat,
        nps=_mean(nps_sum, nps), nps_answers=nps, cases=told.get("case", nothing)[0],
        cost=sum((told[what][1] for what in ("cost", "mailed") if what in told), Decimal(0)), seen=told["seen"],
        dropped=told["dropped"],
    )  # fmt: skip


def _mean(total: Decimal | None, times: int) -> Decimal | None:
    return (total / times).quantize(Decimal("0.000001")) if total is not None and times else None


def _volume(touched: Touchpoints, silence: int) -> str:
    old = f"{time_of('packed')} <= {touched.scope.now - silence * DAY}"
    late = f"(next IS NULL OR {time_of('next')} - {time_of('packed')} > {silence * DAY})"
    return f"""
        WITH touches AS (
            SELECT unit, packed, lead(packed) OVER (PARTITION BY unit ORDER BY packed) AS next FROM ({touched.packed()})
        ),
        rows AS (SELECT * FROM touches UNION ALL SELECT unit, packed, NULL FROM ({touched.stays()})),
        placed AS (
            SELECT unit, packed, next, {code_of("packed")} AS code, {_stage()} AS stage
            FROM rows WINDOW w AS (PARTITION BY unit ORDER BY packed ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
        SELECT coalesce(stage, 0), code, count(*), count(DISTINCT unit), count(*) FILTER (WHERE {old}),
            count(*) FILTER (WHERE {old} AND {late})
        FROM placed WHERE code >= {FIRST} GROUP BY 1, 2
    """


def _outcomes(connection: Connection, touched: Touchpoints, days: int) -> str:
    """SQL of what came of the touches: stage, code, what, how often, the sum of its values."""
    messages = tuple(name for name in EVENTS if name.startswith("Message "))
    asking = SURVEYS + messages
    passed = {"csat": asking, "nps": asking, "case": SURVEYS + CASES, "cost": asking, "mailed": ()}
    kinds = _kinds(touched)
    numbers = ensure(connection, [kind for _, kind in kinds])
    limits = f"time >= 0 AND time <= {touched.scope.now} AND {touched.kept()}"
    happened = []
    for what, kind in kinds:
        own = touched.code(kind.events[0]) if kind.events[0] in PRICED else None
        valued = " AND value IS NOT NULL" if what != "case" else ""
        happened.append(
            f"SELECT unit, {pack('time', str(LAST))} AS packed, '{what}' AS what, "
            f"{'CAST(NULL AS INTEGER)' if own is None else own} AS own, value FROM measures "
            f"WHERE kind = {numbers[kind]} AND {limits}{valued}"
        )
    lasts, arms = [], []
    for what, names in passed.items():
        codes = [str(code) for name in names if (code := touched.code(name)) is not None]
        apart = f" AND {code_of('packed')} NOT IN ({', '.join(codes)})" if codes else ""
        lasts.append(f"max(CASE WHEN what = 'touch'{apart} THEN packed END) OVER w AS {what}_at")
        arms.append(f"WHEN what = '{what}' THEN {what}_at")
    return f"""
        WITH rows AS (
            SELECT unit, packed, 'touch' AS what, CAST(NULL AS INTEGER) AS own, CAST(NULL AS DECIMAL(38,6)) AS value
            FROM ({touched.packed()}) UNION ALL {" UNION ALL ".join(happened)}
        ),
        placed AS (
            SELECT unit, packed, what, own, value, {", ".join(lasts)}
            FROM rows WINDOW w AS (PARTITION BY unit ORDER BY packed ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        ),
        outcomes AS (
            SELECT unit, what, value,
                CASE WHEN own IS NOT NULL THEN packed - {LAST} + own ELSE CASE {" ".join(arms)} END END AS touch, packed
            FROM placed WHERE what <> 'touch'
        ),
        belonging AS (
            SELECT unit, touch AS packed, what, value FROM outcomes
            WHERE touch IS NOT NULL AND {time_of("packed")} - {time_of("touch")} <= {days * DAY}
            UNION ALL SELECT unit, packed, 'mark', NULL FROM ({touched.stays()})
        ),
        staged AS (
            SELECT what, {code_of("packed")} AS code, value, {_stage()} AS stage FROM (
                SELECT *, {code_of("packed")} AS code FROM belonging
            ) WINDOW w AS (PARTITION BY unit ORDER BY packed RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
        SELECT coalesce(stage, 0), code, what, count(*), sum(value) FROM staged WHERE what <> 'mark' GROUP BY 1, 2, 3
    """


def _stage() -> str:
    """SQL of the stage that the last mark tells, over the window w: its place + 1, 0 in none."""
    return code_of(f"max(CASE WHEN {code_of('packed')} < {FIRST} THEN packed END) OVER w")


def _kinds(touched: Touchpoints) -> list[tuple[str, MeasureKind]]:
    """What comes of touches, and the kinds of measures that tell it."""
    unit, bindings = touched.scope.lifecycle.unit, touched.scope.lifecycle.events
    found = []
    for what, name in (("csat", "csat"), ("nps", "nps"), ("case", "raised"), ("cost", "cost")):
        binding = meaning(name, bindings)
        properties = binding.values if what != "case" else ()
        kind = MeasureKind(unit=unit, events=binding.events, where=binding.where, properties=properties)
        found.append((what, kind))
    _, cost = found.pop()
    for what, which in (("cost", "not kind == 'message'"), ("mailed", "kind == 'message'")):
        where = f"({cost.where}) and {which}" if cost.where else which
        found.append((what, replace(cost, where=where)))
    found += [("cost", MeasureKind(unit=unit, events=(name,), properties=("cost",))) for name in PRICED]
    return found
