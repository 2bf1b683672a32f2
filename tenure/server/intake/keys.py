"""Who may send: write keys, remembered for a few seconds, each with how often it was asked for."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import close_old_connections, connection

from tenure.server.accounts.keys import LEAD, find_key
from tenure.server.accounts.models import ApiKey
from tenure.server.accounts.origins import allows

SCOPES = ("write", "admin")
LONGEST = 100
_SECONDS = 5.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Sender:
    """A program that may send; `source` is the name under which its events stand in the log.

    `origins` are the sites from which browsers may use its key (none: any), and `server_side` tells whether it may be
    used where there is no site.
    """

    number: int
    source: str
    origins: tuple[str, ...] = ()
    server_side: bool = True

    @classmethod
    def of(cls, key: ApiKey) -> Sender:
        """Whoever has the key."""
        return cls(key.pk, f"live:{key.source or key.name}", tuple(key.origins), key.server_side)

    def may_come_from(self, origin: str) -> bool:
        """Whether the key may be used from a site; empty: from none, as programs on servers do."""
        if not self.origins:
            return True
        return allows(self.origins, origin) if origin else self.server_side


_lock = threading.Lock()
_known: dict[str, tuple[float, Sender | None]] = {}
_budgets: dict[int, tuple[float, float]] = {}


def sender_of(*texts: object) -> tuple[Sender, str] | None:
    """Whose key the first text is that is one, and that text; None where none is. A revoked one ends in seconds."""
    for text in texts:
        if isinstance(text, str) and text.startswith(LEAD) and len(text) <= LONGEST:
            found = _find(text)
            if found is not None:
                return found, text
    return None


def sent_at_all() -> bool:
    """Whether anybody has a key to send with."""
    return ApiKey.objects.filter(scope__in=SCOPES, revoked_at=None).exists()


def seconds_to_wait(sender: Sender) -> int:
    """0, or in how many seconds a sender may come again who comes more often than is allowed."""
    rate = settings.ENVIRONMENT.intake_rate
    now = time.monotonic()
    with _lock:
        left, at = _budgets.get(sender.number, (float(rate), now))
        left = min(float(rate), left + (now - at) * rate) - 1
        _budgets[sender.number] = (max(left, -1.0), now)
    return 0 if left >= 0 else 1


def forget() -> None:
    """Nothing; every key is looked up anew."""
    with _lock:
        _known.clear()
        _budgets.clear()


def _find(text: str) -> Sender | None:
    now = time.monotonic()
    with _lock:
        until, found = _known.get(text, (0.0, None))
        if until > now:
            return found
    if not connection.in_atomic_block:
        close_old_connections()
    key = find_key(text)
    found = Sender.of(key) if key is not None and key.scope in SCOPES else None
    with _lock:
        if len(_known) >= _MOST:
            _known.clear()
        _known[text] = (now + _SECONDS, found)
    return found
