"""What somebody agreed to: where they stand, how that came about, and another word of theirs written down."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from tenure.engage.consent import (
    GIVEN,
    MARKETING,
    WITHDRAWN,
    Standing,
    Word,
    channel_name,
    purpose_name,
    standing,
    word_of,
)
from tenure.errors import UsageError
from tenure.server import holding
from tenure.server.access.kept import kept
from tenure.server.access.person import known_person, waiting_events
from tenure.server.access.reader import KeyHolder, Reader, require
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import User
from tenure.server.accounts.roles import Right
from tenure.server.work.timeline import tell

HOWS = ("agent", "form", "phone", "letter", "contract", "import", "api")
_LONGEST = {"channel": 40, "purpose": 60, "how": 100, "text_version": 100, "reason": 300}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Where somebody stands on every channel and purpose that anybody ever spoke of, and every word, the newest first.

    What was written down just now, and is on its way to the log, counts.
    """

    standing: tuple[Standing, ...]
    words: tuple[Word, ...]


def consent(reader: Reader, customer: str) -> Agreed:
    """What somebody agreed to. Raises Http404 where there is nobody of that id."""
    require(reader, Right.PEOPLE)
    persons, known = known_person(customer)
    coming = tuple(
        word
        for told in waiting_events(customer)
        if (word := word_of(told["name"], told["time"], told.get("properties") or {}))
    )
    words = (*coming, *persons.words(known))
    channels, purposes = _spoken_of()
    return Agreed(standing=standing(words, channels=channels, purposes=purposes), words=words)


def spoken_of(reader: Reader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The channels and the purposes of which anybody ever spoke."""
    require(reader, Right.PEOPLE)
    return _spoken_of()


def say(
    reader: Reader, customer: str, *, given: bool, channel: str = "", purpose: str = "", how: str = "agent",
    text_version: str = "", reason: str = "", address: str | None = None,
) -> None:  # fmt: skip
    """Nothing; the word is on its way to the log. No channel: every one; no purpose: as the fold of words has it.

    Raises Http404 where there is nobody of that id, UsageError for what cannot be.
    """
    require(reader, Right.WORK)
    known_person(customer)
    told = {"channel": channel, "purpose": purpose, "how": how, "text_version": text_version, "reason": reason}
    for name, text in told.items():
        if len(text) > _LONGEST[name] or not text.isprintable():
            raise UsageError(f"The {name.replace('_', ' ')} has at most {_LONGEST[name]} letters, on one line.")
    if given and not how.strip():
        raise UsageError("How did they agree?", hint="Say so: a form, a letter, on the phone.")
    said = {name: text.strip() for name, text in told.items() if text.strip()}
    said |= {"channel": channel_name(channel) or "", "purpose": purpose_name(purpose) or ""}
    with transaction.atomic():
        tell(
            GIVEN if given else WITHDRAWN,
            customer,
            {key: text for key, text in said.items() if text},
            by=name_of(reader),
        )
        record(
            reader if isinstance(reader, User) else None, "wrote down a consent", customer, address=address,
            given=given, by=name_of(reader), **{key: said.get(key, "") for key in ("channel", "purpose")},
        )  # fmt: skip


def name_of(reader: Reader) -> str:
    """What the log calls a reader: a user's name, or the name of a key."""
    return f"key {reader.name}" if isinstance(reader, KeyHolder) else str(getattr(reader, "username", "system"))


@kept(2)
def _spoken_of() -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = holding.workspace().actions.consents()
    return found.channels, found.purposes or (MARKETING,)
