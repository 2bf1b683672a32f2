"""The directly-follows graph: which touchpoint follows which, how often, and after how long."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from tenure.lifecycle.tell import named, timestamp
from tenure.metrics.journeys.touchpoints import FIRST, Touchpoints, code_of, time_of
from tenure.warehouse.connection import Connection
from tenure.warehouse.where import quote

# in place of a touchpoint: nothing came before, nothing came after
EDGE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """How often `target` came right after `source`, among everybody, or within stays in `stage`.

    A `source` of None is the beginning (of the person's history, or of the stay), a `target` of None its end so far;
    both None are stays without any touch. `times` out of `of` times that something or nothing followed the source;
    half of them came within `median` microseconds (from the beginning of a stay, where that is the source), None where
    nothing followed.
    """

    stage: str | None
    source: str | None
    target: str | None
    times: int
    of: int
    median: int | None

    @property
    def share(self) -> Decimal:
        """The part of all that followed the source, to six decimals."""
        return (Decimal(self.times) / self.of).quantize(Decimal("0.000001"))


def follows(connection: Connection, touched: Touchpoints) -> tuple[Follow, ...]:
    """The graph over everybody's whole history, the most frequent first: one pass, one sort.

    Source: W. M. P. van der Aalst, Process Mining: Data Science in Action (2016), ch. 6: the directly-follows relation
    with counts, the cases being persons.
    """
    rows: list[tuple[int, int, int, int | None]] = connection.execute(
        f"""
        WITH touches AS ({touched.packed()}),
        pairs AS (SELECT packed, lead(packed) OVER (PARTITION BY unit ORDER BY packed) AS next FROM touches)
        SELECT {code_of("packed")} AS source, coalesce({code_of("next")}, {EDGE}) AS target, count(*),
            quantile_disc({time_of("next")} - {time_of("packed")}, 0.5)
        FROM pairs GROUP BY 1, 2
        """
    ).fetchall()
    # what does not follow anything is first
    firsts = Counter[int]()
    for source, target, times, _ in rows:
        firsts[source] += times
        firsts[target] -= times
    rows += [(EDGE, code, times, None) for code, times in firsts.items() if code != EDGE and times]
    return _told(touched, [(0, *row) for row in rows])


def follows_in_stages(connection: Connection, touched: Touchpoints, *, stage: str | None = None) -> tuple[Follow, ...]:
    """The graph within stays, of every stage or of one; stages in their order, then the most frequent first.

    A touch belongs to the stay that has begun at its moment: what makes somebody enter a stage is its first touch.
    """
    chosen = "stage > 0" if stage is None else f"stage = {touched.scope.code(stage) + 1}"
    rows = connection.execute(
        f"""
        SELECT stage, source, target, count(*), quantile_disc(waited, 0.5)
        FROM ({_steps(touched)}) WHERE {chosen} GROUP BY 1, 2, 3
        """
    ).fetchall()
    return _told(touched, rows)


def people_follow(
    connection: Connection, touched: Touchpoints, *, source: str | None, target: str | None, stage: str | None = None,
) -> pa.Table:  # fmt: skip
    """Every time that `target` came right after `source`, the latest first.

    Columns: customer_id, stage, from, to, happened_at, next_at. None stands for the beginning and the
    end. With `stage` only within stays in it; `stage` is null without.
    """
    codes = [EDGE if name is None else touched.code(name) for name in (source, target)]
    first, second = ("NULL" if code is None else str(code) for code in codes)
    if stage is None:
        steps = _chains(touched)
        where = f"source = {first} AND target = {second}"
    else:
        steps = _steps(touched)
        where = f"source = {first} AND target = {second} AND stage = {touched.scope.code(stage) + 1}"
    texts = [_text(name) for name in (source, target)]
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, {named("stage - 1", touched.scope.held.stages)} AS stage,
            {texts[0]} AS "from", {texts[1]} AS "to", {timestamp("began")} AS happened_at,
            {timestamp("came")} AS next_at
        FROM ({steps}) AS steps JOIN units ON units.key = steps.unit
        WHERE {where} ORDER BY coalesce(came, began) DESC, customer_id
        """
    ).to_arrow_table()


def _chains(touched: Touchpoints) -> str:
    """SQL of what follows what over whole histories: unit, stage (0), source, target, began, came."""
    return f"""
        WITH touches AS ({touched.packed()}),
        pairs AS (
            SELECT unit, packed, lead(packed) OVER (PARTITION BY unit ORDER BY packed) AS next,
                row_number() OVER (PARTITION BY unit ORDER BY packed) AS place FROM touches
        )
        SELECT unit, 0 AS stage, {code_of("packed")} AS source, coalesce({code_of("next")}, {EDGE}) AS target,
            {time_of("packed")} AS began, {time_of("next")} AS came FROM pairs
        UNION ALL SELECT unit, 0, {EDGE}, {code_of("packed")}, NULL, {time_of("packed")} FROM pairs WHERE place = 1
    """


def _steps(touched: Touchpoints) -> str:
    """SQL of what follows what within stays: unit, stage (place + 1; 0 in none), source, target, began, came, waited.

    Stages are marks between the touches; two touches with no mark between them are of one stay.
    """
    return f"""
        WITH rows AS (
            SELECT unit, packed, {code_of("packed")} AS code FROM ({touched.packed()} UNION ALL {touched.stays()})
        ),
        placed AS (
            SELECT unit, packed, code, lead(packed) OVER w AS next, {code_of("lead(packed) OVER w")} AS follower,
                {code_of(f"max(CASE WHEN code < {FIRST} THEN packed END) OVER w")} AS stage
            FROM rows WINDOW w AS (PARTITION BY unit ORDER BY packed ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        )
        SELECT unit, coalesce(stage, 0) AS stage, CASE WHEN code >= {FIRST} THEN code ELSE {EDGE} END AS source,
            CASE WHEN follower >= {FIRST} THEN follower ELSE {EDGE} END AS target, {time_of("packed")} AS began,
            CASE WHEN follower >= {FIRST} THEN {time_of("next")} END AS came,
            CASE WHEN follower >= {FIRST} THEN {time_of("next")} - {time_of("packed")} END AS waited
        FROM placed
    """


def _told(touched: Touchpoints, rows: list[tuple[int, int, int, int, int | None]]) -> tuple[Follow, ...]:
    out: dict[tuple[int, int], int] = {}
    for stage, source, _, times, _ in rows:
        out[stage, source] = out.get((stage, source), 0) + times
    found = [
        Follow(
            stage=touched.scope.held.stages[stage - 1] if stage else None,
            source=touched.name(source) if source else None, target=touched.name(target) if target else None,
            times=times, of=out[stage, source], median=median,
        )
        for stage, source, target, times, median in sorted(rows, key=lambda row: (row[0], -row[3], row[1], row[2]))
    ]  # fmt: skip
    return tuple(found)


def _text(name: str | None) -> str:
    return "CAST(NULL AS VARCHAR)" if name is None else quote(name)
