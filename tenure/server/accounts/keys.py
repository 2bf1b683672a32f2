"""API keys: made once, shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from tenure.errors import UsageError
from tenure.server.accounts.audit import record
from tenure.server.accounts.models import ApiKey, User
from tenure.server.accounts.origins import origins_of

LEAD = "tnr_"
WRITE = "write"
_SEEN = 60  # seconds in which a key's last use is not written again


def make_key(
    name: str, scope: str, *, by: User | None = None, source: str = "", origins: Sequence[str] = (),
    server_side: bool | None = None,
) -> tuple[ApiKey, str]:  # fmt: skip
    """A new key and its text, which is kept nowhere.

    Its events stand in the log under `source` (default: its name). Browsers may use it from the `origins` alone, where
    there are any; programs without an origin may where it is `server_side`, by default where there are none.
    """
    allowed = origins_of(origins)
    if allowed and scope != WRITE:
        raise UsageError("Only a write key may stand in pages.", hint="Leave the origins out, or take --scope write.")
    if len(source.strip()) > 100 or not source.isprintable():
        raise UsageError("A source has at most 100 letters, on one line.")
    if scope not in ApiKey.Scope.values:
        raise UsageError(f"There is no scope {scope!r}.", hint=f"There are: {', '.join(ApiKey.Scope.values)}.")
    text = LEAD + secrets.token_urlsafe(30)
    key = ApiKey.objects.create(
        name=name.strip()[:100] or "key", scope=scope, prefix=text[: len(LEAD) + 6], digest=_digest(text),
        created_by=by, source=source.strip(), origins=allowed,
        server_side=not allowed if server_side is None else server_side,
    )  # fmt: skip
    return key, text


def find_key(text: str) -> ApiKey | None:
    """The key of that text, where it is not revoked; notes that it was used."""
    key = ApiKey.objects.filter(digest=_digest(text), revoked_at=None).first()
    now = timezone.now()
    if key and (key.last_used_at is None or (now - key.last_used_at).total_seconds() > _SEEN):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke(key: ApiKey) -> None:
    """Nothing; the key opens nothing any more."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def _digest(text: str) -> str:
    # a key is 240 random bits: a plain hash of it cannot be turned back by trying
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def revoke_by_prefix(prefix: str) -> ApiKey:
    """The key that begins so, which opens nothing any more. Raises UsageError where not exactly one key does."""
    found = (
        list(ApiKey.objects.filter(prefix__startswith=prefix, revoked_at=None)[:2]) if len(prefix) > len(LEAD) else []
    )
    if len(found) != 1:
        raise UsageError(
            f"{'Several keys begin' if found else 'No key begins'} with {prefix!r}.", hint="See `tenure keys list`."
        )
    (key,) = found
    with transaction.atomic():
        revoke(key)
        record(None, "revoked an API key", key.name, prefix=key.prefix)
    return key
