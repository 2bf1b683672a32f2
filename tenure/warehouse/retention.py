"""How long events are kept: what is past its period, and how it leaves the log.

An event past its period *leaves*: the row, its measures, and the traits that it told. Where a lifecycle counts events
of that name, or it is the first of a person, or the last word on a trait, the event is *bared* instead: that it
happened, when and to whom stays, with the properties that measures read; all else that it said is gone. So every stage
at every moment stays what it was, and figures that count what left know only of what is left.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from tenure.expressions import parse_where
from tenure.expressions.tree import Property, walk
from tenure.warehouse.compaction import TAKEN_OUT
from tenure.warehouse.connection import Connection, first_row
from tenure.warehouse.facts import set_fact
from tenure.warehouse.measured_anew import anew_at
from tenure.warehouse.measures import CUSTOMER, MeasureKind, registered
from tenure.warehouse.where import path, quote

DEFAULT = "default"
DAY = 86_400_000_000
# events that others rest on: consent must be shown, identities and actions are read from them again and again
WHOLE = frozenset(
    {
        "Consent Given", "Consent Withdrawn", "Subscribed", "Unsubscribed", "Message Complained",
        "Suppression Requested", "Deletion Requested", "Identified", "Identities Merged", "Account Joined",
        "Action Defined", "Action Started", "Stage Set",
    }
)  # fmt: skip
AT_ONCE = 200_000
_LENGTH = re.compile(r"\s*([1-9][0-9]{0,4})\s+(day|days|year|years)\s*")


def days(text: str) -> int:
    """A length such as `400 days` or `3 years` (of 365 days) in days. Raises ValueError for what is none."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no length of time. Write 400 days or 3 years.")
    return int(match[1]) * (365 if match[2].startswith("year") else 1)


def _length(text: str) -> str:
    days(text)
    return text


KeptFor = Annotated[
    str, AfterValidator(_length), WithJsonSchema({"type": "string", "examples": ["400 days", "3 years"]})
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What lifecycles read: events by name, and traits."""

    events: frozenset[str]
    traits: frozenset[str]

    @classmethod
    def of(cls, kinds: Iterable[MeasureKind]) -> Counted:
        """What some kinds of measures read."""
        told = tuple(kinds)
        return cls(
            events=frozenset(name for kind in told for name in kind.events),
            traits=frozenset(kind.name for kind in told if kind.reads != "event" and kind.name),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The events of a name that are past their period: how many leave, and how many are bared.

    `period` is in days, `cut` the moment (microseconds UTC) before which events are past it, `earliest` that of the
    first of them; `read` are the properties that stay where an event is bared.
    """

    name: str
    period: int
    cut: int
    leaving: int
    bared: int
    earliest: int
    read: tuple[str, ...]


def past(connection: Connection, periods: Mapping[str, str], *, now: int, counted: Counted) -> tuple[Past, ...]:
    """What is past its period at `now`, by name; `counted` is what lifecycles read. Nothing is changed."""
    if not periods:
        return ()
    read = _read(registered(connection))
    rows = connection.execute("SELECT name, min(time) FROM events GROUP BY name ORDER BY name").fetchall()
    found = []
    for name, earliest in rows:
        told = None if name in WHOLE else periods.get(name, periods.get(DEFAULT))
        cut = earliest if told is None else now - days(told) * DAY
        if told is None or earliest >= cut:
            continue
        properties = tuple(sorted(read.get(name, ())))
        leaving, bared = first_row(
            connection,
            "SELECT count(*) FILTER (NOT stays), count(*) FILTER (stays AND says_more) "
            f"FROM ({_aged(name, cut, counted, properties)})",
        ) or (0, 0)
        if leaving or bared:
            found.append(
                Past(
                    name=name, period=days(told), cut=cut, leaving=leaving, bared=bared, earliest=earliest,
                    read=properties,
                )
            )  # fmt: skip
    return tuple(found)


def forget(connection: Connection, one: Past, *, counted: Counted) -> tuple[int, int]:
    """How many events left and how many were bared, at most `AT_ONCE`. Call it inside a transaction, until it gives 0.

    Cut short it may be called again: what is done is done, and the rest is found anew.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE aged AS FROM ({_aged(one.name, one.cut, counted, one.read)}) "
        f"WHERE NOT stays OR says_more LIMIT {AT_ONCE}"
    )
    ((left, bared),) = connection.execute(
        "SELECT count(*) FILTER (NOT stays), count(*) FILTER (stays) FROM aged"
    ).fetchall()
    if left or bared:
        connection.execute(
            "DELETE FROM trait_changes WHERE message_id IN (SELECT message_id FROM aged) "
            f"AND (customer, message_id) IN (SELECT customer, message_id FROM aged) AND NOT {_holds(counted)}"
        )
        connection.execute("DELETE FROM events WHERE rowid IN (SELECT place FROM aged WHERE NOT stays)")
        connection.execute(
            f"UPDATE events SET properties = {_only(one.read)}, context = NULL "
            "WHERE rowid IN (SELECT place FROM aged WHERE stays)"
        )
        anew_at(connection, "aged")
        set_fact(connection, TAKEN_OUT, "by age")
    connection.execute("DROP TABLE aged")
    return left, bared


def blank_rejected(connection: Connection, *, before: int) -> int:
    """How many rejected rows that came in before a moment (microseconds UTC) lost their text; the reasons stay."""
    old = (
        "raw IS NOT NULL AND load IN (SELECT load FROM loads GROUP BY load HAVING max(received_at) < "
        f"{int(before)})"
    )  # fmt: skip
    ((count,),) = connection.execute(f"SELECT count(*) FROM rejected WHERE {old}").fetchall()
    if count:
        connection.execute(f"UPDATE rejected SET raw = NULL WHERE {old}")
        set_fact(connection, TAKEN_OUT, "by age")
    return int(count)


def _aged(name: str, cut: int, counted: Counted, read: Collection[str]) -> str:
    """SQL of the events past their period, their places in the log, whether each stays, and says more than it may."""
    old = f"name = {quote(name)} AND time < {cut}"
    firsts = (
        "SELECT customer, min((time, message_id)) AS first FROM events "
        f"WHERE customer IN (SELECT customer FROM events WHERE {old}) GROUP BY customer"
    )
    holds = _holds(counted)
    told = (
        f"SELECT customer, message_id, bool_or({holds}) AS holds, bool_or(NOT {holds}) AS sheds FROM trait_changes "
        f"WHERE message_id IN (SELECT message_id FROM events WHERE {old}) GROUP BY ALL"
    )
    stays = (
        "TRUE" if name in counted.events else "coalesce((time, message_id) = first, FALSE) OR coalesce(holds, FALSE)"
    )
    return (
        f"SELECT e.*, {stays} AS stays, "
        f"context IS NOT NULL OR properties <> {_only(read)} OR coalesce(sheds, FALSE) AS says_more "
        f"FROM (SELECT rowid AS place, * FROM events WHERE {old}) AS e LEFT JOIN ({firsts}) USING (customer) "
        f"LEFT JOIN ({told}) USING (customer, message_id)"
    )


def _holds(counted: Counted) -> str:
    """SQL of whether a row of `trait_changes` has to stay: it is the last word, or a lifecycle reads the trait."""
    read = f"name IN ({', '.join(map(quote, sorted(counted.traits)))})" if counted.traits else "FALSE"
    return (
        f"({read} OR NOT EXISTS (SELECT 1 FROM trait_changes AS later WHERE later.customer = trait_changes.customer "
        "AND later.name = trait_changes.name "
        "AND (later.time, later.message_id) > (trait_changes.time, trait_changes.message_id)))"
    )


def _only(read: Collection[str]) -> str:
    """SQL of the properties without those that nothing reads."""
    if not read:
        return "'{}'"
    pairs = ", ".join(f"{quote(name)}, json_extract(properties, {path(name)})" for name in sorted(read))
    # what an event lacks is absent, not null
    return f"CAST(json_merge_patch('{{}}', json_object({pairs})) AS VARCHAR)"


def _read(kinds: Iterable[MeasureKind]) -> Mapping[str, set[str]]:
    """The properties that measures read, by event; those that tell which deal, say, it belongs to for every event."""
    told = tuple(kinds)
    units = {kind.unit for kind in told} - {CUSTOMER, "account"}
    found: dict[str, set[str]] = {}
    for kind in told:
        for name in kind.events:
            found.setdefault(name, set(units)).update(kind.properties, _named_in(kind.where))
    return found


def _named_in(where: str | None) -> set[str]:
    if where is None:
        return set()
    return {node.name for node in walk(parse_where(where)) if isinstance(node, Property)}
