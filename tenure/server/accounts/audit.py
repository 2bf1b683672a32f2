"""The log of what was done."""

from __future__ import annotations

from typing import Any

from tenure.server.accounts.models import AuditEntry, User


def record(user: User | None, did: str, what: str = "", *, address: str | None = None, **detail: Any) -> None:
    """Nothing; notes that somebody did something to something. `detail` holds no secrets."""
    AuditEntry.objects.create(
        user=user, who=user.username if user else "system", did=did, what=what[:300], detail=detail, address=address
    )
