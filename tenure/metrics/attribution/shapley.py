"""Shapley attribution: what a channel adds to every group of other channels, on average over all orders of joining."""

from __future__ import annotations

from fractions import Fraction

from tenure.metrics.attribution.rules import Credits
from tenure.metrics.attribution.touches import PATHS
from tenure.warehouse.connection import Connection


def shapley(connection: Connection) -> Credits:
    """The Shapley value of each channel, exact for any number of channels; they sum to the conversions.

    A group of channels is worth the conversions whose paths it covers: those that no other channel took part in. That
    game is a sum of one unanimity game a path, in which every channel that took part has the same value. So no group
    has to be listed: a path's conversions are shared alike by the different channels on it, however often each stands
    there.

    Sources: L. S. Shapley, A Value for n-Person Games, Contributions to the Theory of Games II (1953), 307-317;
    K. Zhao, S. H. Mahboobi and S. R. Bagheri, Shapley Value Methods for Attribution Modeling in Online Advertising
    (2018), for this form of it.
    """
    rows = connection.execute(
        f"""
        WITH taking_part AS (
            SELECT unit, path_end, channel, any_value(times) AS times FROM {PATHS} WHERE converts
            GROUP BY unit, path_end, channel
        ),
        shared AS (SELECT channel, times, count(*) OVER (PARTITION BY unit, path_end) AS others FROM taking_part)
        SELECT channel, others, CAST(sum(times) AS BIGINT) FROM shared GROUP BY 1, 2
        """
    ).fetchall()
    found: Credits = {}
    for channel, channels, times in rows:
        found[channel] = found.get(channel, Fraction(0)) + Fraction(times, channels)
    return found
