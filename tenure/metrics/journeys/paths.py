"""Paths: what people went through before they came to a stage or event, or after it, and how many dropped off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.tell import timestamp
from tenure.metrics.journeys.occasions import Occasion
from tenure.metrics.journeys.touchpoints import FIRST, LAST, Touchpoints, code_of, pack, time_of
from tenure.warehouse.connection import Connection, first_row

MOST_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Touchpoints in a row, repeats of one counted as one step, on the way to an occasion or from it.

    `people` of the `of` who came to the occasion (or set out from it) went that way; an empty path is of those with no
    touch in the time looked at. Half of them took at most `median` microseconds from the end of the first step to the
    occasion, or from the occasion to the last step.

    `walked` and `came` are of paths that lead somewhere: so many went that way, so long ago that the time looked at is
    over, and so many of those then came. `stopped`: the path is shorter than it might be, as nothing followed.
    """

    steps: tuple[str, ...]
    people: int
    of: int
    median: int | None
    walked: int | None = None
    came: int | None = None
    stopped: bool = False

    @property
    def share(self) -> Decimal:
        """The part of everybody's paths, to six decimals."""
        return (Decimal(self.people) / self.of).quantize(Decimal("0.000001"))

    @property
    def drop_off(self) -> Decimal | None:
        """The part of those who went that way and did not come; None where nobody can have yet."""
        if self.walked is None or self.came is None or not self.walked:
            return None
        return (Decimal(self.walked - self.came) / self.walked).quantize(Decimal("0.000001"))


def paths_to(
    connection: Connection, touched: Touchpoints, occasion: Occasion, *, days: int = 90, steps: int = 5, most: int = 20
) -> tuple[Path, ...]:
    """The most travelled paths to everybody's first occasion, over the `days` before it, at most so many steps.

    Touches at the very moment count where a stage is entered (one of them may be why), and not before an event.
    """
    found = _most(connection, touched, _to(touched, occasion, days, steps), steps, backwards=True)[:most]
    if not found:
        return ()
    ways = [path.steps for path in found if path.steps]
    told = _walked(connection, touched, occasion, ways, days=days, steps=steps) if ways else {}
    return tuple(
        Path(
            steps=path.steps, people=path.people, of=path.of, median=path.median,
            walked=told[path.steps][0] if path.steps else None, came=told[path.steps][1] if path.steps else None,
        )
        for path in found
    )  # fmt: skip


def paths_from(
    connection: Connection, touched: Touchpoints, occasion: Occasion, *, days: int = 90, steps: int = 5, most: int = 20
) -> tuple[Path, ...]:
    """The most travelled paths after everybody's first occasion, over the `days` that follow it.

    Only those count for whom so many days have passed since.
    """
    return tuple(_most(connection, touched, _from(touched, occasion, days, steps), steps, backwards=False)[:most])


def people_to(
    connection: Connection, touched: Touchpoints, occasion: Occasion, way: Sequence[str], *, days: int = 90,
    steps: int = 5,
) -> pa.Table:  # fmt: skip
    """Who came to the occasion by exactly that way, as `paths_to` counts them with as many days and steps.

    Columns: customer_id, happened_at (the end of the first step, null where there is none), next_at (the occasion).
    """
    same = _same(_codes(touched, way)[::-1], steps)
    return _listed(connection, f"SELECT * FROM ({_to(touched, occasion, days, steps)}) WHERE {same}")


def people_from(
    connection: Connection, touched: Touchpoints, occasion: Occasion, way: Sequence[str], *, days: int = 90,
    steps: int = 5,
) -> pa.Table:  # fmt: skip
    """Who went exactly that way after the occasion, as `paths_from` counts them with as many days and steps.

    Columns: customer_id, happened_at (the occasion), next_at (the last step, null where nothing followed).
    """
    same = _same(_codes(touched, way), steps)
    return _listed(connection, f"SELECT * FROM ({_from(touched, occasion, days, steps)}) WHERE {same}")


def people_walked(
    connection: Connection, touched: Touchpoints, occasion: Occasion, way: Sequence[str], *, days: int = 90,
    steps: int = 5,
) -> pa.Table:  # fmt: skip
    """Who went that way long enough ago and before they had come, whether or not they then came: a path's `walked`.

    Columns: customer_id, happened_at (the last step of the way), next_at (the occasion, null for whoever did not come
    in time).
    """
    return _listed(connection, _went(touched, occasion, [way], days=days, steps=steps))


def reached(connection: Connection, touched: Touchpoints, occasion: Occasion) -> int:
    """How many came to the occasion at all."""
    row = first_row(connection, f"SELECT count(*) FROM ({occasion.first()}) WHERE {touched.kept()}")
    return int(row[0]) if row else 0


def _walked(
    connection: Connection, touched: Touchpoints, occasion: Occasion, chosen: Sequence[tuple[str, ...]], *, days: int,
    steps: int,
) -> dict[tuple[str, ...], tuple[int, int]]:  # fmt: skip
    """How many went each of the ways long enough ago, before they had come, and how many of those came in time."""
    went = _went(touched, occasion, chosen, days=days, steps=steps)
    rows = connection.execute(f"SELECT place, count(*), count(came) FROM ({went}) GROUP BY place").fetchall()
    counted = {chosen[place]: (walked, came) for place, walked, came in rows}
    return {path: counted.get(path, (0, 0)) for path in chosen}


def _to(touched: Touchpoints, occasion: Occasion, days: int, steps: int) -> str:
    """SQL of everybody's way to the occasion, the last step first: unit, s1, s2 …, began, came."""
    mark = 0 if occasion.stage is None else LAST
    asked = f"SELECT * FROM ({occasion.first()}) WHERE time >= 0 AND {touched.kept()}"
    return f"""
        WITH {_marked(touched, asked, mark)}
        SELECT unit, {_columns(steps)}, started AS began, {time_of("packed")} AS came
        FROM ({_backwards("rows", days, steps)}) WHERE {code_of("packed")} = {mark}
    """


def _from(touched: Touchpoints, occasion: Occasion, days: int, steps: int) -> str:
    """SQL of everybody's way after the occasion, if that is long enough ago: unit, s1, s2 …, began, came."""
    asked = (
        f"SELECT * FROM ({occasion.first()}) WHERE time >= 0 AND time <= {touched.scope.now - days * DAY} "
        f"AND {touched.kept()}"
    )
    ahead = ", ".join(
        f"CASE WHEN {time_of(f'lead(packed, {step}) OVER w')} <= {time_of('packed')} + {days * DAY} "
        f"THEN lead(packed, {step}) OVER w END AS a{step}"
        for step in range(1, steps + 1)
    )
    codes = ", ".join(f"{code_of(f'a{step}')} AS s{step}" for step in range(1, steps + 1))
    last = f"coalesce({', '.join(f'a{step}' for step in range(steps, 0, -1))})"
    begun = f"({_distinct('rows')}) WINDOW w AS (PARTITION BY unit ORDER BY packed)"
    return f"""
        WITH {_marked(touched, asked, LAST)}, ahead AS (SELECT unit, packed, {ahead} FROM {begun})
        SELECT unit, {codes}, {time_of("packed")} AS began, {time_of(last)} AS came
        FROM ahead WHERE {code_of("packed")} = {LAST}
    """


def _marked(touched: Touchpoints, asked: str, mark: int) -> str:
    """SQL of `asked`, and of `rows`: the touches of those asked about, and the mark of their occasion among them."""
    return f"""
        asked AS ({asked}),
        rows AS (
            SELECT unit, packed FROM ({touched.packed()}) WHERE unit IN (SELECT unit FROM asked)
            UNION ALL SELECT unit, {pack("time", str(mark))} FROM asked
        )"""


def _went(
    touched: Touchpoints, occasion: Occasion, chosen: Sequence[Sequence[str]], *, days: int, steps: int
) -> str:  # fmt: skip
    """SQL of who went the ways long enough ago, before they had come: place (of the way), unit, began, came.

    Began is when they had first gone that way, came is null where they did not come in time.
    """
    listed = []
    for place, path in enumerate(chosen):
        # the last step stands first
        codes = _codes(touched, path)[::-1]
        told = [str(code) for code in codes] + ["0"] * (steps - len(codes))
        listed.append(f"({place}, {', '.join(told)})")
    names = ", ".join(f"p{step}" for step in range(1, steps + 1))
    # whatever was before the path does not matter
    same = " AND ".join(
        ["s1 = p1", *(f"(p{step} = 0 OR coalesce(s{step}, 0) = p{step})" for step in range(2, steps + 1))]
    )
    # a stage is entered after the touches of its moment, an event comes before them
    before = "<=" if occasion.stage is not None else "<"
    return f"""
        WITH asked AS ({occasion.first()}), rows AS ({touched.packed()}),
        went AS (
            SELECT place, unit, min({time_of("packed")}) AS time
            FROM ({_backwards("rows", days, steps, own=True)}) AS told
            JOIN (VALUES {", ".join(listed)}) AS paths (place, {names}) ON {same} GROUP BY place, unit
        )
        SELECT place, unit, went.time AS began,
            CASE WHEN asked.time - went.time <= {days * DAY} THEN asked.time END AS came
        FROM went LEFT JOIN asked USING (unit)
        WHERE went.time <= {touched.scope.now - days * DAY} AND (asked.time IS NULL OR went.time {before} asked.time)
    """


def _distinct(rows: str) -> str:
    """SQL of the rows that begin a step: unit, packed, before (the row before them, which ends the step before)."""
    return (
        f"SELECT unit, packed, before FROM "
        f"(SELECT unit, packed, lag(packed) OVER (PARTITION BY unit ORDER BY packed) AS before FROM {rows}) "
        f"WHERE before IS NULL OR {code_of('before')} <> {code_of('packed')}"
    )


def _backwards(rows: str, days: int, steps: int, *, own: bool = False) -> str:
    """SQL of the steps before each row (with `own`, up to it), the last first: unit, packed, s1, s2 …, started.

    A step counts by its last touch: that one lies in the time looked at if any of it does.
    """
    ends = ["packed"] if own else []
    ends += [f"lag(before, {step}) OVER w" for step in range(steps)]
    behind = ", ".join(
        f"CASE WHEN {time_of(end)} > {time_of('packed')} - {days * DAY} THEN {end} END AS a{step}"
        for step, end in enumerate(ends[:steps], start=1)
    )
    codes = ", ".join(f"{code_of(f'a{step}')} AS s{step}" for step in range(1, steps + 1))
    started = time_of(f"coalesce({', '.join(f'a{step}' for step in range(steps, 0, -1))})")
    return (
        f"SELECT unit, packed, {codes}, {started} AS started "
        f"FROM (SELECT unit, packed, {behind} FROM ({_distinct(rows)}) WINDOW w AS (PARTITION BY unit ORDER BY packed))"
    )


def _columns(steps: int) -> str:
    return ", ".join(f"s{step}" for step in range(1, steps + 1))


def _codes(touched: Touchpoints, way: Sequence[str]) -> list[int]:
    return [touched.code(name) or LAST - 1 for name in way]


def _same(codes: Sequence[int], steps: int) -> str:
    """SQL of the condition that a way has these steps, and no others."""
    return " AND ".join(
        f"s{step} = {codes[step - 1]}" if step <= len(codes) else f"s{step} IS NULL" for step in range(1, steps + 1)
    )


def _listed(connection: Connection, ways: str) -> pa.Table:
    """Whose ways (SQL of unit, began, came) they are, the latest first."""
    return connection.sql(
        f"""
        SELECT units.id AS customer_id, {timestamp("began")} AS happened_at, {timestamp("came")} AS next_at
        FROM ({ways}) AS ways JOIN units ON units.key = ways.unit
        ORDER BY coalesce(came, began) DESC, customer_id
        """
    ).to_arrow_table()


def _most(connection: Connection, touched: Touchpoints, ways: str, steps: int, *, backwards: bool) -> list[Path]:
    """The ways (SQL of s1, s2 …, began, came), those of most people first."""
    rows: list[tuple[int | None, ...]] = connection.execute(
        f"SELECT {_columns(steps)}, count(*), quantile_disc(came - began, 0.5) FROM ({ways}) GROUP BY ALL"
    ).fetchall()
    of = sum(row[steps] or 0 for row in rows)
    found = []
    for row in rows:
        codes = [code for code in row[:steps] if code is not None and code >= FIRST]
        if backwards:
            codes.reverse()
        found.append(
            Path(
                steps=tuple(touched.name(code) for code in codes), people=row[steps] or 0, of=of,
                median=row[steps + 1], stopped=not backwards and len(codes) < steps,
            )
        )  # fmt: skip
    return sorted(found, key=lambda path: (-path.people, path.steps))
