"""Touchpoints: the events at which a person meets the company, in the order in which they happened.

A touchpoint is an event's name. Moment and touchpoint are packed into one number, so that the one sort that journeys
need runs over a person and a single narrow key.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenure.lifecycle.moves.scope import Scope
from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import CUSTOMER, keyed_events
from tenure.warehouse.where import quote

# what the company notes for itself: nobody meets it there
NOT_MET = (
    "Stage Set", "Identified", "Cost Recorded", "Marketing Spend Recorded", "Task Created", "Task Completed",
    "Task Changed", "Task Dropped", "Feature Shipped", "Noted", "Action Defined", "Action Started", "Consent Given",
    "Consent Withdrawn",
)  # fmt: skip
OTHER = "other events"

# numbers below are marks between the touchpoints: stages, moments that are asked about
FIRST = 128
LAST = 511
_NAMES = LAST - FIRST - 1  # the last but one stands for all other names
_SIZE = 512
_LATEST = 1 << 53  # in the year 2255; later moments would not fit beside a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoints:
    """The touchpoints of a log, the most frequent first, and whose they are; `among` (SQL of units) limits to some."""

    scope: Scope
    names: tuple[str, ...]
    others: tuple[str, ...] = ()
    among: str | None = None

    def name(self, code: int) -> str:
        """The touchpoint of a number."""
        place = code - FIRST
        return self.names[place] if place < len(self.names) else OTHER

    def code(self, name: str) -> int | None:
        """The number of a touchpoint; None where the log has none of that name."""
        return FIRST + self.names.index(name) if name in self.names else None

    def packed(self) -> str:
        """SQL of every touch up to now: unit, packed. Touches before 1970 are left out.

        Those of one microsecond stand in the order of how frequent their touchpoints are.
        """
        coded = [(name, FIRST + place) for place, name in enumerate(self.names)]
        coded += [(name, LAST - 1) for name in self.others]
        listed = ", ".join(f"({quote(name)}, {code})" for name, code in coded) or "(NULL, NULL)"
        return (
            f"SELECT unit, {pack('time', 'code')} AS packed FROM ({keyed_events(self.scope.lifecycle.unit, 'events')}) "
            f"JOIN (VALUES {listed}) AS named (name, code) USING (name) "
            f"WHERE time >= 0 AND time <= {min(self.scope.now, _LATEST)} AND {self.kept()}"
        )

    def stays(self) -> str:
        """SQL of the marks of stages: unit, packed. Where one begins its place + 1, where one ends 0."""
        within = f"entered_at >= 0 AND entered_at <= {_LATEST} AND {self.kept()}"
        stays = f"(SELECT * FROM ({self.scope.stays()}) WHERE {within})"
        return (
            f"SELECT unit, {pack('entered_at', 'stage + 1')} AS packed FROM {stays} UNION ALL "
            f"SELECT unit, {pack('left_at', '0')} AS packed FROM {stays} "
            f"WHERE left_at <= {min(self.scope.now, _LATEST)}"
        )

    def kept(self, unit: str = "unit") -> str:
        """SQL of the condition that somebody is looked at."""
        among = f" AND {unit} IN ({self.among})" if self.among else ""
        return f"{self.scope.kept(unit)}{among}"


def touchpoints(connection: Connection, scope: Scope, *, among: str | None = None) -> Touchpoints:
    """The touchpoints of the log for the units of a lifecycle; `among` (SQL of units) limits to some of them."""
    owned = "customer IS NOT NULL AND " if scope.lifecycle.unit == CUSTOMER else ""
    left_out = ", ".join(map(quote, NOT_MET))
    rows = connection.execute(
        f"SELECT name, count(*) AS times FROM events WHERE {owned}name NOT IN ({left_out}) GROUP BY name "
        f"ORDER BY times DESC, name"
    ).fetchall()
    names = tuple(name for name, _ in rows)
    return Touchpoints(scope=scope, names=names[:_NAMES], others=names[_NAMES:], among=among)


def pack(time: str, code: str) -> str:
    """SQL of a moment and a number below 512 in one."""
    return f"({time}) * {_SIZE} + {code}"


def code_of(packed: str) -> str:
    """SQL of the number in a packed moment."""
    return f"({packed}) % {_SIZE}"


def time_of(packed: str) -> str:
    """SQL of the moment in a packed moment."""
    return f"({packed}) // {_SIZE}"
