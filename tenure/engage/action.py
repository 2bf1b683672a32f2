"""Actions: a list of people, what they are to do, and a share of them held out to compare with.

    parts = split("win-back-june", ["ann", "bob", "cleo"], Decimal("0.1"))
    parts.treated, parts.held_out

Who is held out is settled by the names of the action and of the person alone: the same whoever asks, in whatever order
the people stand, and independent from one action to the next.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeVar, get_args

from tenure.documents import did_you_mean
from tenure.engage.consent import MARKETING, channel_name, purpose_name
from tenure.errors import UsageError

Kind = Literal["download", "tasks"]
Consent = Literal["given", "not_withdrawn"]
Arm = Literal["treated", "held_out"]
Word = TypeVar("Word", bound=str)

SHARE = Decimal("0.1")
MOST_SHARE = Decimal("0.5")
DAYS = 30
MOST_DAYS = 1095
KINDS: tuple[Kind, ...] = get_args(Kind)
CONSENTS: tuple[Consent, ...] = get_args(Consent)
_DAY = 86_400_000_000
_HASHES = 1 << 64
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What people are to do: `text` as it was written, and what it meant when the action began.

    `events` are names of the log, `where` a condition on their properties, `values` the properties (the first that an
    event has) that tell what it is worth; none where it only counts that it happened.
    """

    text: str
    events: tuple[str, ...]
    where: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action as it was laid down. `id` is its name as a word; `share` of the people are held out.

    Goals count from `started_at` (microseconds UTC, without that moment itself) for `days` days. `channel` is the way
    XX
    """

    id: str
    name: str
    goal: Goal
    days: int
    share: Decimal
    started_at: int
    owner: str = ""
    kind: Kind = "download"
    channel: str | None = None
    consent: Consent = "given"
    note: str = ""
    people: str = ""
    purpose: str = MARKETING

    @property
    def ends_at(self) -> int:
        """The last moment that counts, in microseconds UTC."""
        return self.started_at + self.days * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The people of an action, each once, in the order in which they were given."""

    treated: tuple[str, ...]
    held_out: tuple[str, ...]


def split(action: str, people: Iterable[str], share: Decimal) -> Split:
    """Who is treated and who is held out; each person's lot does not depend on the others.

    The lot is the first 64 bits of SHA-256 over the action's id, a zero byte and the customer's id (UTF-8), as a
    fraction of 2^64: whoever draws less than `share` is held out. Raises UsageError where nobody is on the list.
    """
    limit = int(share * _HASHES)
    treated: list[str] = []
    held_out: list[str] = []
    for customer in dict.fromkeys(people):
        (held_out if lot(action, customer) < limit else treated).append(customer)
    if not treated and not held_out:
        raise UsageError("There is nobody on the list.", hint="Take another stage or segment, or look later.")
    return Split(treated=tuple(treated), held_out=tuple(held_out))


def lot(action: str, customer: str) -> int:
    """What somebody draws in an action: a whole number below 2^64."""
    hashed = hashlib.sha256(f"{action}\0{customer}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(hashed[:8], "big")


def defined(
    name: str, *, goal: Goal, started_at: int, days: int = DAYS, share: Decimal | float | str = SHARE, owner: str = "",
    kind: str = "download", channel: str | None = None, consent: str = "given", note: str = "", people: str = "",
    purpose: str = MARKETING,
) -> Action:  # fmt: skip
    """The action of these settings. Raises UsageError for what cannot be."""
    return Action(
        id=identity(name), name=_clean(name), goal=goal, days=_days(days), share=_share(share), started_at=started_at,
        owner=_clean(owner), kind=_one_of(kind, KINDS, "kind"), channel=channel_name(channel),
        consent=_one_of(consent, CONSENTS, "consent"), note=note.strip(), people=people,
        purpose=purpose_name(purpose) or MARKETING,
    )  # fmt: skip


def identity(name: str) -> str:
    """The name as a word: small letters and digits with hyphens between. Raises UsageError where nothing is left."""
    word = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", name).casefold()).strip("-")
    if not word:
        raise UsageError(f"{name!r} is no name for an action.", hint="Use letters or digits: 'Win back, June'.")
    if len(word) > _LONGEST:
        raise UsageError(f"A name of {len(word)} letters is too long.", hint=f"Use at most {_LONGEST}.")
    return word


def _days(days: int) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"{days} days cannot be waited for.", hint=f"Give a number from 1 to {MOST_DAYS:,}.")
    return days


def _share(share: Decimal | float | str) -> Decimal:
    try:
        exact = Decimal(str(share))
    except ArithmeticError:
        exact = Decimal("NaN")
    if not exact.is_finite() or not 0 <= exact <= MOST_SHARE:
        raise UsageError(f"{share} of the people cannot be held out.", hint="Hold out from 0 to 0.5 of them.")
    return exact


def _clean(text: str) -> str:
    return " ".join(text.split())


def _one_of(text: str, known: tuple[Word, ...], what: str) -> Word:
    for one in known:
        if text == one:
            return one
    hint = did_you_mean(text, known) or f"There are: {', '.join(known)}."
    raise UsageError(f"There is no {what} {text!r} of an action.", hint=hint)
