"""The rules by which ids become customers: what may be merged, how many ids one customer has, which say nothing.

An id is written as its kind and itself: `id:c17` is what events name as user or visitor, `email:ann@example.com` what
their traits tell. `named` and `value_of` take it apart, `node` puts it together.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

# what events name as user or visitor; everything else is told about whoever they name
OWN = "id"
EMAIL, PHONE = "email", "phone"
USER, ANONYMOUS, OTHER = "user", "anonymous", "external"

# values that programs send where they know nobody; * stands for anything
BLOCKED = (
    "null", "none", "nil", "nan", "n/a", "na", "undefined", "unknown", "anonymous", "anon", "guest", "visitor",
    "default", "true", "false", "test", "-1", "[object object]", "test@*", "none@*", "null@*", "undefined@*",
    "unknown@*", "anonymous@*", "noreply@*", "no-reply@*", "erased",
)  # fmt: skip
LIMITS: Mapping[str, int] = {USER: 10, ANONYMOUS: 100, EMAIL: 5, PHONE: 5, OTHER: 5}
# of zeros and marks alone, such as 00000000-0000-0000-0000-000000000000
_EMPTY = r"[0\-_. +]*"


@dataclass(frozen=True)
class Rules:
    """What the fold of identities holds to.

    `merge_on` are the kinds of ids by which two known customers become one, `alias` whether an alias or merge call
    does. `limits` are the most ids of a kind that one customer has (`external`: of each kind that is not listed). An id
    that more than `shared_by` others name is nobody's. `blocked` are values that say nothing.
    """

    merge_on: tuple[str, ...] = ()
    alias: bool = True
    limits: Mapping[str, int] = field(default_factory=lambda: dict(LIMITS))
    shared_by: int = 50
    blocked: tuple[str, ...] = BLOCKED

    @cached_property
    def pattern(self) -> str:
        """A regular expression (of RE2 and of Python) for the whole of a blocked value, in small letters."""
        parts = (".*".join(re.escape(part) for part in one.strip().lower().split("*")) for one in self.blocked)
        return "|".join((_EMPTY, *parts))

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.DOTALL)

    def blocks(self, value: str) -> bool:
        """Whether a value (without its kind) says nothing."""
        return self._compiled.fullmatch(value.strip().lower()) is not None

    def limit(self, kind: str) -> int:
        """How many ids of a kind one customer may have."""
        return self.limits.get(kind, self.limits.get(OTHER, LIMITS[OTHER]))

    @cached_property
    def key(self) -> str:
        """What is another one for other rules."""
        told = [self.merge_on, self.alias, sorted(self.limits.items()), self.shared_by, self.blocked]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


DEFAULT = Rules()


def node(kind: str, value: str) -> str:
    """An id with its kind."""
    return f"{kind}:{value}"


def kind_of(named: str) -> str:
    """The kind of an id that is written with it."""
    return named.partition(":")[0]


def value_of(named: str) -> str:
    """The id itself."""
    return named.partition(":")[2]


def normal(kind: str, value: str) -> str:
    """The value as it is compared: e-mails in small letters, telephone numbers as digits after a +, if it has one."""
    text = value.strip()
    if kind == EMAIL:
        return text.lower()
    if kind == PHONE:
        digits = re.sub(r"[^0-9+]", "", text)
        return f"+{digits[2:]}" if digits.startswith("00") else digits
    return text
