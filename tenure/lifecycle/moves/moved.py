"""Every move that has happened, with where it began: what flows, transitions and their sums have in common."""

from __future__ import annotations

from tenure.lifecycle.moves.scope import NEW, NONE, Scope


def moved(scope: Scope) -> str:
    """SQL of the moves up to now: unit, moment, origin, target, stayed.

    Origin and target are positions of stages, NONE, or, for origin, NEW: at the moment of the first event somebody is
    known of, into a stage or into none. So everybody's moves form one chain, and entries less exits are those who are
    there. `stayed` is the length of the stay that ended, in microseconds; null for NEW.
    """
    return f"""
        WITH stays AS ({scope.stays()}), born AS ({scope.born()}),
        leaving AS (
            SELECT a.unit, a.left_at AS moment, a.stage AS origin, b.stage AS target, a.left_at - a.entered_at AS stayed
            FROM stays AS a LEFT JOIN stays AS b ON b.unit = a.unit AND b.entered_at = a.left_at
            WHERE a.left_at <= {scope.now}
        ),
        arriving AS (
            SELECT stays.unit, entered_at AS moment, stage AS target, entered_at = time AS fresh
            FROM stays JOIN born ON born.unit = stays.unit WHERE previous IS NULL
        ),
        outside AS (SELECT unit, time FROM born WHERE unit NOT IN (SELECT unit FROM arriving WHERE fresh)),
        gaps AS (
            SELECT unit, moment, CAST(NULL AS SMALLINT) AS target FROM leaving WHERE target IS NULL
            UNION ALL SELECT unit, time, CAST(NULL AS SMALLINT) FROM outside
            UNION ALL SELECT unit, moment, target FROM arriving WHERE NOT fresh
        ),
        returned AS (
            SELECT unit, moment, target, moment - lag(moment) OVER (PARTITION BY unit ORDER BY moment) AS stayed
            FROM gaps
        )
        SELECT unit, moment, origin, coalesce(target, {NONE}) AS target, stayed FROM leaving
        UNION ALL SELECT unit, moment, {NEW}, target, NULL FROM arriving WHERE fresh
        UNION ALL SELECT unit, time, {NEW}, {NONE}, NULL FROM outside
        UNION ALL SELECT unit, moment, {NONE}, target, stayed FROM returned WHERE target IS NOT NULL
    """
