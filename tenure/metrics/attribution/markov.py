"""Markov attribution: what share of conversions would be lost if a channel led nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tenure.metrics.attribution.rules import Credits
from tenure.metrics.attribution.touches import PATHS
from tenure.warehouse.connection import Connection

START, CONVERTED, NOTHING = "start", "converted", "nothing"
# from and to: a channel, or one of the three above; how often
Step = tuple[tuple[str, str | None], tuple[str, str | None], int]
_CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Markov:
    """`probability` that a path converts, by the chain; `removal` is the part of it that each channel holds."""

    probability: float
    removal: dict[str, float]

    def credits(self, conversions: int) -> Credits:
        """The conversions shared out in proportion to the removal effects; they sum to them exactly."""
        total = sum(self.removal.values())
        if not conversions or total <= 0:
            return {}
        shares: Credits = {
            channel: Fraction(effect / total) * conversions for channel, effect in sorted(self.removal.items())
        }
        # what rounding left over goes where it matters least
        largest = max(shares, key=lambda channel: shares[channel])
        shares[largest] += conversions - sum(shares.values())
        return shares


def markov(steps: Iterable[Step]) -> Markov:
    """The absorbing chain of first order over channels, and its removal effects.

    The states are the channels, entered from a start and absorbed by a conversion or by nothing; probabilities are the
    observed shares. With N = (I - Q)^-1 for the channels' steps Q, a path visits c at all with probability
    h(c) = N(start, c) / N(c, c), and converts from c with v(c). If c led nowhere, the paths through it would be lost:
    the removal effect is h(c) v(c) / P(conversion). The chain's P(conversion) is the observed one, as the expected
    numbers of steps are the observed numbers.

    Sources: E. Anderl, I. Becker, F. von Wangenheim and J. H. Schumann, Mapping the Customer Journey: Lessons Learned
    from Graph-Based Online Attribution Modeling, International Journal of Research in Marketing 33 (2016), 457-474;
    J. G. Kemeny and J. L. Snell, Finite Markov Chains (1960), ch. 3.
    """
    told = list(steps)
    channels = sorted({name for pair in told for kind, name in pair[:2] if kind == _CHANNEL and name is not None})
    place = {channel: at for at, channel in enumerate(channels)}
    size = len(channels)
    # the row after the channels is the start
    counts, won, total = np.zeros((size + 1, size)), np.zeros(size + 1), np.zeros(size + 1)
    for (kind, source), (to, target), times in told:
        row = size if kind == START else place[source or ""]
        total[row] += times
        if to == _CHANNEL:
            counts[row, place[target or ""]] += times
        elif to == CONVERTED:
            won[row] += times
    if not size or not total[size]:
        return Markov(probability=0.0, removal={})
    shares, converts = counts / total[:, None], won / total
    visits = np.linalg.inv(np.eye(size) - shares[:size])
    from_each = visits @ converts[:size]
    expected = shares[size] @ visits
    probability = float(shares[size] @ from_each + converts[size])
    if probability <= 0:
        return Markov(probability=0.0, removal=dict.fromkeys(channels, 0.0))
    effects = expected / np.diag(visits) * from_each / probability
    return Markov(
        probability=probability,
        removal={channel: min(max(float(effects[at]), 0.0), 1.0) for channel, at in place.items()},
    )


def observed_steps(connection: Connection) -> list[Step]:
    """How often each channel followed which on the paths that were found, with their beginnings and ends."""
    rows = connection.execute(
        f"""
        WITH steps AS (
            SELECT lag(channel) OVER p AS source, channel, place, length, converts, times
            FROM {PATHS} WINDOW p AS (PARTITION BY unit, path_end, converts ORDER BY place)
        )
        SELECT CASE WHEN place = 1 THEN '{START}' ELSE '{_CHANNEL}' END, source, '{_CHANNEL}', channel,
            CAST(sum(times) AS BIGINT) FROM steps GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT '{_CHANNEL}', channel, CASE WHEN converts THEN '{CONVERTED}' ELSE '{NOTHING}' END, NULL,
            CAST(sum(times) AS BIGINT) FROM steps WHERE place = length GROUP BY 1, 2, 3, 4
        """
    ).fetchall()
    return [((kind, source), (to, target), times) for kind, source, to, target, times in rows]
