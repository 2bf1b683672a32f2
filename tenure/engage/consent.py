"""Who may be reached on which channel, read from the events of consent.

`Consent Given` and `Consent Withdrawn` speak of the channel that they name, or of every one; of purposes only marketing
counts (none named: that). `Subscribed` gives, and `Unsubscribed` takes back, the consent to e-mail; a complaint about a
message takes back that to its channel. The last one counts; of two at one moment, the one that takes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tenure.warehouse.connection import Connection
from tenure.warehouse.measures import CUSTOMER, MeasureKind
from tenure.warehouse.where import quote

EMAIL = "email"
EVERY = "*"
_MARKETING = "purpose is None or purpose == 'marketing'"
_NAMED, _UNNAMED = "channel is not None", "channel is None"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Says:
    """What an event says of consent: given or taken back, on the channel that it names, on this one, or on EVERY."""

    kind: MeasureKind
    given: bool
    channel: str | None = None


def _kind(event: str, *where: str, named: bool = False) -> MeasureKind:
    told = " and ".join(f"({one})" for one in where) or None
    return MeasureKind(
        unit=CUSTOMER, events=(event,), where=told, properties=("channel",) if named else (), text=named
    )  # fmt: skip


# events that lack the channel are kinds of their own: a measure without what it reads looks like a fault of the data
_SAYS = (
    _Says(kind=_kind("Consent Given", _MARKETING, _NAMED, named=True), given=True),
    _Says(kind=_kind("Consent Given", _MARKETING, _UNNAMED), given=True, channel=EVERY),
    _Says(kind=_kind("Consent Withdrawn", _MARKETING, _NAMED, named=True), given=False),
    _Says(kind=_kind("Consent Withdrawn", _MARKETING, _UNNAMED), given=False, channel=EVERY),
    _Says(kind=_kind("Subscribed"), given=True, channel=EMAIL),
    _Says(kind=_kind("Unsubscribed"), given=False, channel=EMAIL),
    _Says(kind=_kind("Message Complained", _NAMED, named=True), given=False),
    _Says(kind=_kind("Message Complained", _UNNAMED), given=False, channel=EMAIL),
)
KINDS = tuple(one.kind for one in _SAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """The consents of a log at a moment: its channels in the order of their names, and who said what."""

    channels: tuple[str, ...]
    numbers: Mapping[MeasureKind, int]
    as_of: int

    def last(self, channel: str) -> str:
        """SQL of the last word of everybody who ever said one about a channel: unit, given."""
        arms = []
        for one in _SAYS:
            if one.channel not in (None, EVERY, channel):
                continue
            about = f"{_channel('text')} = {quote(channel)}" if one.channel is None else "TRUE"
            arms.append(
                f"SELECT unit, time * 2 + {0 if one.given else 1} AS word FROM measures "
                f"WHERE kind = {self.numbers[one.kind]} AND time <= {self.as_of} AND {about}"
            )
        # a moment and what was said are one number: even where consent was given
        return f"SELECT unit, max(word) % 2 = 0 AS given FROM ({' UNION ALL '.join(arms)}) GROUP BY unit"


def consents(connection: Connection, numbers: Mapping[MeasureKind, int], *, as_of: int) -> Consents:
    """The consents of the log; `numbers` are those of `KINDS` in the store."""
    arms = [
        f"SELECT DISTINCT {_channel('text') if one.channel is None else quote(one.channel)} AS channel FROM measures "
        f"WHERE kind = {numbers[one.kind]} AND time <= {as_of}"
        for one in _SAYS
        if one.channel != EVERY
    ]
    rows = connection.execute(
        f"SELECT DISTINCT channel FROM ({' UNION ALL '.join(arms)}) WHERE channel IS NOT NULL ORDER BY channel"
    ).fetchall()
    return Consents(channels=tuple(channel for (channel,) in rows), numbers=numbers, as_of=as_of)


def _channel(text: str) -> str:
    """SQL of a channel as `channel_of` has it."""
    word = f"lower(trim({text}))"
    return f"CASE WHEN {word} IN ('e-mail', 'mail') THEN 'email' ELSE {word} END"
