"""What people do, in numbers: how recently, how often and for how much they buy, and the mix of what they do.

A mix is a share of their purchases (in a month of the year, of a category), or how often they do something else for
each purchase. One purchase says little about a mix: everybody's counts as if a few of the usual kind stood beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tenure.events import EventBinding
from tenure.lifecycle.forecast import DAY
from tenure.lifecycle.moves.scope import Scope, placed
from tenure.lifecycle.periods import Period
from tenure.metrics.journeys.touchpoints import touchpoints
from tenure.metrics.personas.clusters import Floats, Ints
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.measures import MeasureKind, ensure, keyed_events
from tenure.warehouse.where import property_text, quote

Kind = Literal["recency", "frequency", "money", "month", "category", "behaviour"]

CATEGORY = "category"
# what the company does, or what a purchase brings by itself, is no behaviour
NOT_THEIRS = (
    "Message Sent", "Message Delivered", "Survey Sent", "Order Shipped", "Order Delivered", "Reward Issued",
    "Points Earned", "Points Expired", "Tier Changed", "Case Resolved", "Follow-up Done", "Recommendation Shown",
    "Inquiry Answered", "Ad Viewed", "Payment Recovered",
)  # fmt: skip
_MOST_CATEGORIES, _MOST_BEHAVIOURS = 8, 8
# what fewer do is no mark of a group; what nearly all do alike neither
_RARE, _ALIKE, _REPEATED = 0.03, 0.95, 0.05
# so many purchases of the usual mix stand beside those of everybody
_BESIDE = 4
_SKEWED = 1.0
_FURTHEST = 3.0
_LOOKED_AT = 5000
_YEAR = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that people do: its kind, and which month (1 to 12), category or touchpoint it is about."""

    kind: Kind
    of: str = ""

    @property
    def block(self) -> str:
        """The mix that it is a part of; all parts together weigh as much as one other feature."""
        return self.kind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Behaviour:
    """Everybody who bought (`units`, ordered by their ids) and what they do.

    A feature of a person is `above` by `below`: recency is days since the last purchase (by 1), frequency purchases (by
    1), money and mixes are by the number of purchases. All are of the same shape, people by features.
    """

    units: Ints
    money: Floats
    features: tuple[Feature, ...]
    above: Floats
    below: Floats

    def points(self) -> tuple[Floats, tuple[Feature, ...]]:
        """The features as points to be clustered, without those that hardly differ.

        Skewed ones as logarithms, all with mean 0 and deviation 1, nothing further off than three deviations; so
        neither the unit of money nor that of time matters.
        """
        columns, kept = [], []
        for place, feature in enumerate(self.features):
            drawn = self._drawn(place, feature)
            spread = drawn.std()
            common = np.unique(drawn, return_counts=True)[1].max() / len(drawn)
            if spread <= 1e-9 * max(1.0, float(np.abs(drawn).max())) or common > _ALIKE:
                continue
            columns.append(np.clip((drawn - drawn.mean()) / spread, -_FURTHEST, _FURTHEST))
            kept.append(feature)
        if not columns:
            return np.zeros((len(self.units), 0)), ()
        parts = [sum(other.block == one.block for other in kept) for one in kept]
        return np.stack(columns, axis=1) / np.sqrt(parts), tuple(kept)

    def _drawn(self, place: int, feature: Feature) -> Floats:
        above, below = self.above[:, place], self.below[:, place]
        if feature.kind in ("month", "category", "behaviour"):
            usual = above.sum() / max(below.sum(), 1.0)
            values = (above + _BESIDE * usual) / (below + _BESIDE)
        else:
            values = above / below
        return _logged(values)


def behaviour(connection: Connection, scope: Scope, bought: EventBinding, months: Sequence[Period]) -> Behaviour:
    """What everybody who bought by now did by now; `months` are those of the log, in the time zone of the workspace.

    Months of the year are told apart where the log has two years or more: in a shorter one they tell of when people
    came. Measures that are missing are extracted, so the connection is inside a transaction that may write.
    """
    kind = MeasureKind(unit=scope.lifecycle.unit, events=bought.events, where=bought.where, properties=bought.values)
    number = ensure(connection, [kind])[kind]
    bought_by_now = f"SELECT unit, time, value FROM measures WHERE kind = {number} AND time <= {scope.now}"
    found = connection.sql(
        f"SELECT unit, max(time) AS last_at, count(*) AS times, CAST(coalesce(sum(value), 0) AS DOUBLE) AS money "
        f"FROM ({bought_by_now}) AS bought JOIN units ON units.key = unit WHERE {scope.kept()} "
        "GROUP BY unit ORDER BY any_value(units.id)"
    ).to_arrow_table()
    units = found["unit"].to_numpy().astype(np.int64)
    times = found["times"].to_numpy().astype(np.float64)
    money = np.maximum(found["money"].to_numpy().astype(np.float64), 0.0)
    days = np.maximum((scope.now - found["last_at"].to_numpy().astype(np.int64)) // DAY, 0).astype(np.float64)
    ones = np.ones(len(units))
    features = [(Feature(kind="recency"), days, ones), (Feature(kind="frequency"), times, ones)]
    if bought.values:
        features.append((Feature(kind="money"), money, times))
    place_of = {int(unit): place for place, unit in enumerate(units)}

    def counted(query: str) -> dict[str, Floats]:
        told: dict[str, Floats] = {}
        for unit, of, count in connection.execute(query).fetchall():
            if unit in place_of and of is not None:
                told.setdefault(of, np.zeros(len(units)))[place_of[unit]] += count
        return told

    for which, rows in (
        ("month", counted(_months(bought_by_now, months)) if _two_years(months) else {}),
        ("category", counted(_categories(connection, scope, kind) or _NOTHING)),
        ("behaviour", counted(_others(connection, scope, bought))),
    ):
        most = {"month": 12, "category": _MOST_CATEGORIES, "behaviour": _MOST_BEHAVIOURS}[which]
        usual = [of for of in rows if (rows[of] > 0).sum() >= _RARE * len(units)]
        if which == "behaviour":
            # what is done once in a lifetime tells, for each purchase, of the purchases alone
            usual = [of for of in usual if (rows[of] > 1).sum() >= _REPEATED * (rows[of] > 0).sum()]
        for of in sorted(sorted(usual, key=lambda of: (-(rows[of] > 0).sum(), of))[:most]):
            features.append((Feature(kind=which, of=of), rows[of], times))  # type: ignore[arg-type]
    return Behaviour(
        units=units, money=money, features=tuple(feature for feature, _, _ in features),
        above=np.stack([above for _, above, _ in features], axis=1),
        below=np.stack([below for _, _, below in features], axis=1),
    )  # fmt: skip


_NOTHING = "SELECT 0 AS unit, CAST(NULL AS VARCHAR) AS of, 0 AS times WHERE FALSE"


def _months(bought: str, months: Sequence[Period]) -> str:
    names = " ".join(f"WHEN {place} THEN '{one.start.month:02}'" for place, one in enumerate(months, start=1))
    place = placed("time", [one.begins for one in months])
    return f"SELECT unit, CASE {place} {names} END AS of, count(*) FROM ({bought}) AS bought GROUP BY 1, 2"


def _two_years(months: Sequence[Period]) -> bool:
    return len(months) > 0 and months[-1].ends - months[0].begins >= (2 * _YEAR - 1) * DAY


def _categories(connection: Connection, scope: Scope, kind: MeasureKind) -> str | None:
    listed = ", ".join(quote(event) for event in kind.events)
    carried = first_row(
        connection, f"SELECT 1 FROM (SELECT properties FROM events WHERE name IN ({listed}) LIMIT {_LOOKED_AT}) "
        f"AS some_events WHERE {property_text(CATEGORY)} IS NOT NULL LIMIT 1"
    )  # fmt: skip
    if carried is None:
        return None
    texts = MeasureKind(unit=kind.unit, events=kind.events, where=kind.where, properties=(CATEGORY,), text=True)
    number = ensure(connection, [texts])[texts]
    return (
        f"SELECT unit, text AS of, count(*) FROM measures WHERE kind = {number} AND time <= {scope.now} "
        "AND text IS NOT NULL GROUP BY 1, 2"
    )


def _others(connection: Connection, scope: Scope, bought: EventBinding) -> str:
    """SQL of how often everybody did the other things that people do: unit, touchpoint, times."""
    left_out = {*NOT_THEIRS, *bought.events}
    names = [name for name in touchpoints(connection, scope).names if name not in left_out]
    listed = ", ".join(quote(name) for name in names) or "NULL"
    return (
        f"SELECT unit, name AS of, count(*) FROM ({keyed_events(scope.lifecycle.unit, 'events')}) AS keyed "
        f"WHERE name IN ({listed}) AND time <= {scope.now} GROUP BY 1, 2"
    )


def _logged(values: Floats) -> Floats:
    """The logarithm of what is skewed to the right; a hundredth of the middle value stands in for nothing at all."""
    spread: Any = values.std()
    above = values[values > 0]
    if spread <= 0 or values.min() < 0 or not above.size:
        return values
    skew = float((((values - values.mean()) / spread) ** 3).mean())
    logged: Floats = np.log(values + float(np.median(above)) / 100)
    return logged if skew > _SKEWED else values
