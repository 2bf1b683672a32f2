"""Who may be reached on which channel, for which purpose: what somebody said of it, folded in the order of time.

A *word* of consent is an event, or a trait that the workspace reads as one: at a moment somebody agrees or takes back,
on a channel or on every one, for a purpose or without naming any.

- Consent that names no purpose is for marketing. What is taken back without a purpose is taken back for every purpose.
- Of the words without a purpose that cover a channel, the last one says whether the channel is open at all. Where it
  takes back, no purpose of the channel is left, and a later word for one purpose does not open the channel again: that
  takes one that names no purpose.
- Where the channel is open, the last word for the purpose counts. Nothing said is no consent.
- Of two words at one moment, the one that takes back counts.

So the outcome is a pure function of the set of words up to a moment, whatever their order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tenure.documents import DefinitionModel
from tenure.warehouse.connection import Connection
from tenure.warehouse.schema import BUCKETS
from tenure.warehouse.where import property_text, quote

EMAIL = "email"
MARKETING = "marketing"
GIVEN, WITHDRAWN = "Consent Given", "Consent Withdrawn"
_YES = ("true", "yes", "y", "1", "on", "subscribed", "opted in", "opted_in", "opt-in", "opt_in")
_NO = ("false", "no", "n", "0", "off", "unsubscribed", "opted out", "opted_out", "opt-out", "opt_out")


class ConsentTrait(DefinitionModel):
    """A trait that tells of consent, such as a shop's `accepts_marketing`."""

    channel: str | None = None
    """The channel that it is about; absent: every one."""
    purpose: str = MARKETING
    """The purpose that it is about."""
    withdraws: bool = False
    """Whether "yes" takes the whole channel back, as `unsubscribed` does, and "no" says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody said: agreed (`given`) or took back; `channel` None: every one, `purpose` None: none was named.

    `time` is in microseconds UTC. The rest is where it came from: the event, the source it was loaded from, how it was
    said, the version of the text that they agreed to, who wrote it down, the reason.
    """

    time: int
    given: bool
    channel: str | None
    purpose: str | None
    event: str = ""
    message_id: str = ""
    source: str = ""
    how: str = ""
    text_version: str = ""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a person stands on a channel and purpose: agreed, taken back, or None where nothing was said; by `word`."""

    channel: str
    purpose: str
    given: bool | None
    word: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Says:
    """What an event says: `named` where it may name channel and purpose, else it speaks of `channel`."""

    given: bool
    named: bool = False
    channel: str | None = None


# a complaint is about the message's channel; whoever asks to be left alone, or forgotten, is not written to
_SAYS: Mapping[str, _Says] = {
    GIVEN: _Says(given=True, named=True),
    WITHDRAWN: _Says(given=False, named=True),
    "Subscribed": _Says(given=True, channel=EMAIL),
    "Unsubscribed": _Says(given=False, channel=EMAIL),
    "Message Complained": _Says(given=False, named=True, channel=EMAIL),
    "Suppression Requested": _Says(given=False),
    "Deletion Requested": _Says(given=False),
}
EVENTS = tuple(_SAYS)
_TOLD = ("how", "text_version", "by", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consents:
    """The consents of a log at a moment: its channels and purposes in the order of their names, and who said what."""

    channels: tuple[str, ...]
    purposes: tuple[str, ...]
    as_of: int
    traits: Mapping[str, ConsentTrait] = field(default_factory=dict)

    def last(self, channel: str, purpose: str = MARKETING) -> str:
        """SQL of where everybody stands who ever said a word about a channel: unit, given (null: not for this)."""
        # a moment and what was said are one number: even where consent was given
        word = "time * 2 + CASE WHEN given THEN 0 ELSE 1 END"
        unnamed = "purpose IS NULL"
        about = f"purpose = {quote(purpose)}" + (f" OR {unnamed}" if purpose == MARKETING else "")
        return (
            f"SELECT unit, CASE WHEN max({word}) FILTER ({unnamed}) % 2 <> 0 THEN FALSE "
            f"ELSE max({word}) FILTER ({about}) % 2 = 0 END AS given "
            f"FROM ({words_sql(self.traits, as_of=self.as_of)}) "
            f"WHERE channel IS NULL OR channel = {quote(channel)} GROUP BY unit"
        )


def consents(connection: Connection, *, as_of: int, traits: Mapping[str, ConsentTrait] | None = None) -> Consents:
    """The consents of the log at a moment; `traits` are those of the workspace that tell of consent."""
    told = dict(traits or {})
    rows = connection.execute(
        f"SELECT DISTINCT channel, purpose FROM ({words_sql(told, as_of=as_of)}) ORDER BY ALL"
    ).fetchall()
    return Consents(
        channels=tuple(sorted({channel for channel, _ in rows if channel})),
        purposes=tuple(sorted({MARKETING, *(purpose for _, purpose in rows if purpose)})),
        as_of=as_of, traits=told,
    )  # fmt: skip


def standing(
    words: Iterable[Word], *, channels: Sequence[str] = (), purposes: Sequence[str] = ()
) -> tuple[Standing, ...]:
    """Where somebody stands after these words, on every channel and purpose of them or given here."""
    # oldest first; at one moment, what takes back comes last and so counts
    ordered = sorted(words, key=lambda one: (one.time, not one.given, one.message_id))
    named = sorted({*channels, *(one.channel for one in ordered if one.channel)})
    asked = sorted({MARKETING, *purposes, *(one.purpose for one in ordered if one.purpose)})
    return tuple(_standing(ordered, channel, purpose) for channel in named for purpose in asked)


def _standing(words: Sequence[Word], channel: str, purpose: str) -> Standing:
    about = [one for one in words if one.channel in (None, channel)]
    whole = next((one for one in reversed(about) if one.purpose is None), None)
    if whole is not None and not whole.given:
        return Standing(channel=channel, purpose=purpose, given=False, word=whole)
    meant = (purpose, None) if purpose == MARKETING else (purpose,)
    last = next((one for one in reversed(about) if one.purpose in meant), None)
    return Standing(channel=channel, purpose=purpose, given=None if last is None else last.given, word=last)


def words_of(
    connection: Connection, key: int, *, as_of: int, traits: Mapping[str, ConsentTrait] | None = None
) -> tuple[Word, ...]:
    """Every word of one person up to a moment, the newest first; `key` is theirs in the store."""
    rows = connection.execute(
        f"SELECT * EXCLUDE (unit) FROM ({words_sql(traits or {}, as_of=as_of, person=key)}) "
        "ORDER BY time DESC, message_id DESC"
    ).fetchall()
    return tuple(
        Word(
            time=time, given=given, channel=channel, purpose=purpose, event=event, message_id=message, source=source,
            how=how or "", text_version=version or "", by=by or "", reason=reason or "",
        )
        for time, given, channel, purpose, event, message, source, how, version, by, reason in rows
    )  # fmt: skip


def word_of(name: str, time: int, properties: Mapping[str, object], *, message_id: str = "") -> Word | None:
    """The word that an event says, such as one on its way to the log; None where it says none."""
    says = _SAYS.get(name)
    if says is None:
        return None
    told = {key: str(properties[key]) for key in ("channel", "purpose", *_TOLD) if properties.get(key) is not None}
    return Word(
        time=time, given=says.given, event=name, message_id=message_id, source="tenure",
        channel=(channel_name(told.get("channel")) or says.channel) if says.named else says.channel,
        purpose=purpose_name(told.get("purpose")) if says.named and says.channel is None else None,
        **{key: told.get(key, "") for key in _TOLD},
    )  # fmt: skip


def channel_name(text: str | None) -> str | None:
    """A channel in small letters; None where none is named."""
    word = (text or "").strip().lower()
    return EMAIL if word in ("e-mail", "mail") else word or None


def purpose_name(text: str | None) -> str | None:
    """A purpose in small letters; None where none is named."""
    return (text or "").strip().lower() or None


def words_sql(traits: Mapping[str, ConsentTrait], *, as_of: int, person: int | None = None) -> str:
    """SQL of the words up to a moment: unit, time, given, channel, purpose, event, and where it came from."""
    whose = "customer IS NOT NULL" if person is None else f"bucket = {person % BUCKETS} AND customer = {person}"
    within = f"{whose} AND time <= {int(as_of)}"
    named = [name for name, one in _SAYS.items() if one.named]
    told = ", ".join(f"{property_text(key)} AS {key}" for key in _TOLD)
    # each event's own channel where it names none
    default = " ".join(
        f"WHEN {quote(name)} THEN {quote(one.channel) if one.channel else 'NULL'}" for name, one in _SAYS.items()
    )
    purposed = [name for name in named if _SAYS[name].channel is None]
    said = (
        f"SELECT customer AS unit, time, name IN ({_listed(n for n, one in _SAYS.items() if one.given)}) AS given, "
        f"coalesce(CASE WHEN name IN ({_listed(named)}) THEN {_channel(property_text('channel'))} END, "
        f"CASE name {default} END) AS channel, "
        f"CASE WHEN name IN ({_listed(purposed)}) THEN {_word(property_text('purpose'))} END AS purpose, "
        f"name AS event, message_id, source, {told} FROM events WHERE {within} AND name IN ({_listed(_SAYS)})"
    )
    return " UNION ALL ".join([said, *(_trait_sql(name, one, within) for name, one in sorted(traits.items()))])


def _trait_sql(name: str, trait: ConsentTrait, within: str) -> str:
    value = "lower(trim(json_extract_string(value, '$')))"
    channel, purpose = channel_name(trait.channel), purpose_name(trait.purpose)
    # "no" to a trait that takes back is no consent
    heard = _YES if trait.withdraws else (*_YES, *_NO)
    given = "FALSE" if trait.withdraws else f"{value} IN ({_listed(_YES)})"
    return (
        f"SELECT customer AS unit, time, {given} AS given, {quote(channel) if channel else 'NULL'} AS channel, "
        f"{quote(purpose) if purpose and not trait.withdraws else 'NULL'} AS purpose, {quote(f'trait {name}')} "
        "AS event, message_id, '' AS source, 'import' AS how, NULL AS text_version, NULL AS \"by\", NULL AS reason "
        f"FROM trait_changes WHERE {within} AND name = {quote(name)} AND {value} IN ({_listed(heard)})"
    )


def _channel(text: str) -> str:
    """SQL of a channel as `channel_name` has it."""
    word = _word(text)
    return f"CASE WHEN {word} IN ('e-mail', 'mail') THEN {quote(EMAIL)} ELSE {word} END"


def _word(text: str) -> str:
    return f"nullif(lower(trim({text})), '')"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(quote, words))
