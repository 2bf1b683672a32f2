"""Senders that are turned away: noted now and then, never once a request."""

from __future__ import annotations

import logging
import threading
import time

from tenure.server.intake.keys import Sender, seconds_to_wait

_EVERY = 60.0
_LOG = logging.getLogger("tenure.intake")
_lock = threading.Lock()
_counted: dict[str, tuple[float, int]] = {}


def unknown_key(where: str) -> None:
    """Nothing; a request came with no key that is known, which a line of the log tells at most once a minute."""
    _count(f"requests with an unknown write key: {where}")


def elsewhere(sender: Sender, origin: str) -> bool:
    """Whether a sender's key is used from a site that it is not for, which the log tells now and then."""
    if sender.may_come_from(origin):
        return False
    _count(f"requests from a site that the key is not for: {sender.source}")
    return True


def waiting(sender: Sender) -> int:
    """0, or for how many seconds a sender that comes too often is sent away."""
    seconds = seconds_to_wait(sender)
    if seconds:
        _count(f"requests beyond the rate: {sender.source}")
    return seconds


def _count(what: str) -> None:
    now = time.monotonic()
    with _lock:
        since, count = _counted.get(what, (-_EVERY, 0))
        count += 1
        due = now - since >= _EVERY
        _counted[what] = (now, 0) if due else (since, count)
    if due:
        _LOG.warning(what, extra={"requests": count})
